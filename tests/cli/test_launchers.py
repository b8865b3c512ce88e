"""Sweeps whose jobs run elsewhere: by submitit on this machine, and what it would ask Slurm for."""

import pytest

from pipeline.runtime.paths import conf_dir, register_resolvers
from tests.helpers import sweep_of_two

NEEDED = {"modname": "hydra_plugins.hydra_submitit_launcher", "reason": "not installed: pip install -e '.[slurm]'"}


@pytest.mark.slow
def test_submitit_runs_a_sweep_on_this_machine(outputs):
    pytest.importorskip(**NEEDED)
    sweep_of_two("hydra/launcher=submitit_local", outputs=outputs)


def test_slurm_script_has_the_configured_resources(tmp_path, monkeypatch):
    """Checks the script that submitit would pass to sbatch, made from conf/hydra/launcher/slurm.yaml."""
    pytest.importorskip(**NEEDED)
    import submitit
    from hydra import compose, initialize_config_dir
    from hydra_plugins.hydra_submitit_launcher.submitit_launcher import SlurmLauncher

    executors = []
    monkeypatch.setattr(submitit.AutoExecutor, "map_array", lambda self, *_: executors.append(self._executor) or [])
    (tmp_path / "srun").touch(0o755)  # submitit recognises a Slurm cluster by it
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    register_resolvers()
    overrides = ["hydra/launcher=slurm", "hydra.launcher.partition=short", f"hydra.sweep.dir={tmp_path}/sweep"]
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        config = compose("config", overrides, return_hydra_config=True)
    settings = {key: value for key, value in config.hydra.launcher.items() if key != "_target_"}
    launcher = SlurmLauncher(**settings)
    launcher.setup(hydra_context=None, task_function=None, config=config)
    launcher.launch([["seed=0"], ["seed=1"]], 0)
    script = executors[0]._make_submission_file_text("python -u -m submitit.core._submit", "id")
    for line in ("--partition=short", "--time=240", "--cpus-per-task=8", "--mem=16GB", "--ntasks-per-node=1"):
        assert f"#SBATCH {line}\n" in script
    assert "srun" in script.splitlines()[-1]
    assert executors[0].parameters["array_parallelism"] == 32


@pytest.mark.parametrize(("launcher", "extra"), [("submitit_slurm", "slurm"), ("ray", "ray"), ("joblib", "joblib")])
def test_missing_launcher_is_named_with_its_extra(launcher, extra):
    from hydra.errors import MissingConfigException

    from pipeline.config.override_errors import explain_override_error

    error = MissingConfigException("", missing_cfg_file=f"hydra/launcher/{launcher}", options=["basic"])
    assert (
        explain_override_error([error]) == f"hydra/launcher/{launcher}: is not installed; pip install -e '.[{extra}]'"
    )
