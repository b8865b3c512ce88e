import subprocess
import sys

import pytest

from tests.helpers import environment, pipeline

HEAVY = ("hydra", "mlflow", "tensorflow", "keras", "sklearn", "pandas", "umap", "faiss", "numpy")


def test_help_names_every_stage_group_and_choice_and_imports_nothing_heavy():
    code = "import sys; sys.argv = ['pipeline', '--help']; from pipeline.__main__ import main; main()"
    code += f"; print('LOADED', [name for name in {HEAVY} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert "LOADED []" in answer.stdout
    for word in ("data", "evaluate", "cluster", "[gmm]", "hdbscan", "conv7x7x2", "--multirun", "tsne"):
        assert word in answer.stdout


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
        (["model=conv7x7x2", "model.latent_dim=8"], "latent_dim"),
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


def test_a_traceback_is_shown_on_request(tmp_path):
    environment().update(HYDRA_FULL_ERROR="1")
    try:
        answer = pipeline("train.epochs=0", outputs=tmp_path)
    finally:
        environment().pop("HYDRA_FULL_ERROR")
    assert "Traceback" in answer.stderr
