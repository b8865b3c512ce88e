"""Stage shards on a real Ray cluster of two workers: results equal to one process, killed workers, and errors."""

import os
import secrets
import signal
from dataclasses import dataclass

import numpy as np
import pytest

from pipeline.api import cluster_images
from pipeline.data.digits import read_digits
from pipeline.models.assigner import PARTS, Assigner
from pipeline.runtime.errors import UserError
from pipeline.stages.shards.engine import LocalEngine
from pipeline.stages.shards.kmeans import sample_latents, sharded_kmeans
from pipeline.stages.shards.ray_engine import RayEngine
from pipeline.stages.shards.shard import Shard, find_shards
from pipeline.stages.shards.shard_assigner import ShardAssigner
from tests.helpers import environment, sweep_of_two

pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")

pytestmark = pytest.mark.slow

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_TOKEN": secrets.token_hex(16),
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
WORDS = ("model=pca", "model.latent_dim=6", "neighbors.k=8", "manifold=none", "cluster=kmeans", "project=pca")


@pytest.fixture(scope="module")
def cluster():
    """The address of a running cluster with two workers, to which this process is connected."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        # The workers import this package, as on a cluster where it is installed.
        for name, value in (SETTINGS | {"PYTHONPATH": environment()["PYTHONPATH"]}).items():
            patch.setenv(name, value)
        context = ray.init(
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=100 * 2**20,
            log_to_driver=False,
            logging_level="ERROR",
        )
        yield context.address_info["gcs_address"]
        ray.shutdown()


@dataclass(frozen=True)
class KilledOnce(ShardAssigner):
    """A task whose worker is killed in the first try of one shard, after it wrote a part of a file."""

    def __call__(self, shard: Shard) -> None:
        marker = self.folder / "killed"
        if shard.start == 200 and not marker.exists():
            marker.write_text(str(os.getpid()))
            (self.folder / "latents").mkdir(exist_ok=True)
            (self.folder / "latents" / ".half.part").write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        super().__call__(shard)


def kill_worker(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse_two(number: int) -> None:
    if number == 2:
        raise UserError("two: is not allowed; give three")


def read_results(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.glob("*/*.*-*"))}


def test_results_equal_those_of_one_process_to_the_bit_after_a_worker_was_killed(cluster, tmp_path):
    pixels = read_digits().train
    result = cluster_images(pixels[:150], *WORDS, k=10)
    Assigner.from_artifacts(**{name: getattr(result, name) for name in PARTS}).save(tmp_path / "assigner")
    np.save(tmp_path / "a.npy", pixels)
    shards = find_shards(str(tmp_path / "a.npy"), 200)
    for kind, engine in ((ShardAssigner, LocalEngine()), (KilledOnce, RayEngine())):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        list(engine.map(kind(folder, tmp_path / "assigner", (8, 8, 1)), shards))
    assert int((tmp_path / "KilledOnce" / "killed").read_text()) != os.getpid()
    expected = read_results(tmp_path / "ShardAssigner")
    assert len(expected) == 2 * len(shards) == 18
    assert read_results(tmp_path / "KilledOnce") == expected
    latents = [tmp_path / "KilledOnce" / "latents" / f"{shard.name}.npy" for shard in shards]
    start = sample_latents(latents, 10, 0)
    local, remote = (sharded_kmeans(latents, start, engine) for engine in (LocalEngine(), RayEngine()))
    assert remote.centres.tobytes() == local.centres.tobytes()
    assert remote.inertia == local.inertia
    assert remote.iterations == local.iterations > 3


def test_exceptions_of_workers_are_raised(cluster):
    with pytest.raises(UserError, match=r"^two: is not allowed; give three$"):
        list(RayEngine().map(refuse_two, [1, 2, 3]))


def test_a_worker_that_dies_in_every_try_is_explained(cluster):
    with pytest.raises(UserError, match=r"^engine\.tries = 2: a worker died in each of 2 tries of a shard"):
        list(RayEngine(tries=2).map(kill_worker, [1]))


@pytest.mark.long
def test_a_sweep_on_the_cluster_has_one_parent_run(cluster, tmp_path):
    """The cluster was started before the sweep, so that its processes do not have the sweep's environment."""
    pytest.importorskip("hydra_plugins.hydra_ray_launcher", reason="pip install -e '.[ray]'")
    launcher = ["hydra/launcher=ray_cluster", f"hydra.launcher.ray.init.address={cluster}"]
    variables = SETTINGS | {"RAY_AUTH_MODE": "token"}
    environment().update(variables)
    try:
        sweep_of_two(*launcher, outputs=tmp_path)
    finally:
        for name in variables:
            environment().pop(name)
