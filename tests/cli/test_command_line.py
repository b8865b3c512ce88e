import re
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest
from omegaconf import OmegaConf

from pipeline.cli.help import group_choices
from pipeline.cli.help_topics import describe_topics
from pipeline.cli.sweep import _is_about
from pipeline.runtime.paths import conf_dir
from tests.helpers import TINY, environment, new_process, pipeline

QUICK = ("tracking.models=false", "tracking.git_commit=false")
HEAVY = ("hydra", "mlflow", "tensorflow", "keras", "sklearn", "pandas", "umap", "faiss", "numpy")


def test_help_names_every_stage_group_and_choice_and_imports_nothing_heavy():
    code = "import sys; sys.argv = ['pipeline', '--help']; from pipeline.__main__ import main; main()"
    code += f"; print('LOADED', [name for name in {HEAVY} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert "LOADED []" in answer.stdout
    for word in ("data", "evaluate", "cluster", "[gmm]", "hdbscan", "conv7x7x2", "--multirun", "tsne"):
        assert word in answer.stdout


def test_help_puts_the_default_of_every_group_in_brackets():
    defaults = {group: choices.split()[0] for group, choices in group_choices(conf_dir())}
    root = OmegaConf.load(conf_dir() / "config.yaml").defaults
    chosen = {key: entry[key] for entry in root if not isinstance(entry, str) for key in entry if key in defaults}
    assert {group: choice for group, choice in defaults.items() if choice[0] == "["} == {
        group: f"[{choice}]" for group, choice in chosen.items() if choice is not None
    }


def test_help_describes_every_key_of_the_configuration():
    config = OmegaConf.to_container(OmegaConf.load(conf_dir() / "config.yaml"))
    sections = [name for name, value in config.items() if isinstance(value, dict) and name != "hydra"]
    general = [name for name in config if name not in (*sections, "hydra", "defaults")]
    for name in sections:
        text = describe_topics([name], conf_dir())
        assert all(f"\n  {key}: " in text for key in config[name])
    assert all(f"\n  {key}: " in describe_topics(["general"], conf_dir()) for key in general)
    for group, choices in group_choices(conf_dir()):
        for choice in choices.replace("[", "").replace("]", "").split():
            assert f"{group}={choice}; choices" in describe_topics([f"{group}={choice}"], conf_dir())


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        (["--help", "kmeens"], 2, "error: --help kmeens: no such group"),
        (["--help", "clustre"], 2, "did you mean cluster?"),
        (["--help", "cluster=kmeens"], 2, "'kmeens' is no choice of cluster; choose from agglomerative"),
        (["stage=quality", "--help"], 0, "quality.KEY=VALUE"),
        (["--help", "umap"], 0, "project=umap; choices: [umap]"),
        (["--version"], 0, f"latent-clustering {version('latent-clustering')}"),
    ],
    ids=str,
)
def test_help_of_a_topic(tmp_path, words, status, expected):
    answer = new_process(*words, outputs=tmp_path)
    assert answer.returncode == status
    assert expected in (answer.stderr if status else answer.stdout)
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train.epochs=0"], "train.epochs = 0: input should be greater than or equal to 1"),
        (["cluster.k=many"], "cluster.k = 'many': input should be a valid integer"),
        (["cluster=gnn"], "cluster = 'gnn': no such choice; choose from agglomerative"),
        (["train.epoch=3"], "train.epoch: no such key; did you mean train.epochs?"),
        (["+train.epoch=3"], "train.epoch: no such key; did you mean train.epochs?"),
        (["stage=fit"], "stage: 'fit' is unknown; choose from data, train"),
        (["data=npz"], "data.path: needs a value; give data.path="),
        (["data=image_folder", "data.path="], "data.path: the path is empty; give a file or folder, or null"),
        (["data=digits", "--k=10"], "--k=10: keys have no dashes; write k=10"),
        (
            ["sweep=seeds", "data=digits"],
            "sweep = seeds: needs --multirun; write python -m pipeline --multirun",
        ),
        (["cluster=[kmeans,gmm]"], "cluster = [kmeans, gmm]: needs the name of one choice; to sweep over them, write"),
        (["model=conv7x7x2", "model.latent_dim=8"], "latent_dim"),
        (["--multirun", "seed=1,2", "train.epochs=0"], "train.epochs = 0: input should be greater than or equal to 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_mistake_is_one_clear_message_and_status_2(tmp_path, words, message):
    answer = pipeline(*words, outputs=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.startswith("error: ")
    assert message in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "mlflow.db").exists(), "a mistake in the configuration must not start anything"


@pytest.mark.parametrize("sweep", [[], ["--multirun", "seed=1,2"]], ids=["run", "sweep"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("null", "output_dir = null: needs the path of a folder, such as output_dir=./outputs"),
        ("true", "output_dir = true: needs the path of a folder, such as output_dir=./true"),
        ("''", "output_dir = '': needs the path of a folder, such as output_dir=./outputs"),
        ("[a]", "output_dir = ['a']: needs the path of a folder, such as output_dir=./outputs"),
    ],
)
def test_an_output_folder_that_is_not_a_path_is_refused_before_a_folder_is_created(tmp_path, sweep, value, message):
    answer = pipeline(*sweep, "stage=data", f"output_dir={value}", outputs=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr == f"error: {message}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_sweep_of_an_action_has_a_parent_run_a_table_and_a_figure(outputs):
    from mlflow.tracking import MlflowClient

    for name in ("a", "b"):
        np.save(outputs / f"{name}.npy", np.random.default_rng(0).integers(0, 255, (20, 28, 28), np.uint8))
    assert pipeline(*TINY, "stage=cluster", outputs=outputs).returncode == 0
    answer = pipeline("--multirun", "stage=assign", "input=a.npy,b.npy", outputs=outputs)
    assert (answer.returncode, answer.stderr) == (0, "")
    (sweep,) = (outputs / "sweeps").glob("*/*")
    rows = (sweep / "sweep.csv").read_text().splitlines()
    assert [row.split(",")[:3] for row in rows] == [
        ["job", "stage", "input"],
        ["0", "assign", "a.npy"],
        ["1", "assign", "b.npy"],
    ]
    assert (sweep / "sweep.png").exists()
    client = MlflowClient(f"sqlite:///{outputs / 'mlflow.db'}")
    (parent,) = client.search_runs(["1"], "tags.`pipeline.kind` = 'sweep'")
    children = client.search_runs(["1"], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert [child.data.tags["pipeline.kind"] for child in children] == ["assign", "assign"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stage=assign"], "input: needs a value; give input=FOLDER_OR_FILE, the images to assign"),
        (["data=npz"], "data.path: needs a value; give data.path=…"),
    ],
)
def test_a_value_that_no_job_has_is_reported_before_the_first_job(tmp_path, words, message):
    answer = pipeline("--multirun", "seed=1,2", *words, outputs=tmp_path)
    assert (answer.returncode, answer.stderr, answer.stdout) == (2, f"error: {message}\n", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_sweep_whose_jobs_cannot_be_composed_fails_at_once(outputs):
    from mlflow.tracking import MlflowClient

    answer = pipeline("--multirun", "cluster=kmeans,hdbscan", "cluster.k=3", "stage=data", *QUICK, outputs=outputs)
    assert answer.returncode == 2
    assert answer.stderr == (
        "error: cluster.k: hdbscan finds the number of clusters itself; leave it out, or choose another clusterer; no "
        "job of the sweep was run\n"
    )
    (parent,) = MlflowClient(f"sqlite:///{outputs / 'mlflow.db'}").search_runs(["1"])
    assert parent.info.status == "FAILED"


@pytest.mark.slow
def test_an_output_folder_may_begin_with_a_tilde(outputs):
    answer = pipeline("data=digits", "stage=data", 'output_dir="~/2026"', outputs=outputs, HOME=str(outputs))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(list((outputs / "2026").glob("runs/*/*/summary.json"))) == 1
    assert not (outputs / "~").exists()


@pytest.mark.slow
def test_a_sweep_may_give_a_mandatory_value(outputs):
    """Its jobs have a parent run though the settings that they share are not complete."""
    for name in ("a", "b"):
        np.savez(outputs / f"{name}.npz", x_train=np.random.default_rng(0).integers(0, 255, (20, 8, 8), np.uint8))
    swept = f"data.path={outputs / 'a.npz'},{outputs / 'b.npz'}"
    answer = pipeline("--multirun", "data=npz", swept, "stage=data", *QUICK, outputs=outputs)
    assert (answer.returncode, answer.stderr) == (0, "")
    (sweep,) = (outputs / "sweeps").glob("*/*")
    assert re.fullmatch(r"\d\d-\d\d-\d\d-\d{6}", sweep.name)
    assert (sweep / "sweep.csv").read_text().startswith("job,")


@pytest.mark.parametrize(
    ("message", "keys", "expected"),
    [
        ("data.path: needs a value", {"data"}, True),
        ("data.path: needs a value", {"data.path"}, True),
        ("cluster.k = 0: input should be", {"cluster.k"}, True),
        ("data_path: needs a value", {"data"}, False),
        ("train.epochs = 0: input should be", {"data"}, False),
    ],
)
def test_a_mistake_in_a_swept_key_is_left_to_the_jobs(message, keys, expected):
    assert _is_about(message, keys) is expected


def test_a_traceback_is_shown_on_request(tmp_path):
    answer = new_process("train.epochs=0", outputs=tmp_path, HYDRA_FULL_ERROR="1")
    assert "Traceback" in answer.stderr
