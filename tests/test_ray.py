"""A real Ray cluster of two workers on this machine: the same bits as one process, also where a worker is killed."""

import os
import secrets
import signal
from dataclasses import dataclass

import numpy as np
import pytest

from pipeline.assign import PARTS, Assigner
from pipeline.data.readers import read_digits
from pipeline.errors import UserError
from pipeline.notebook import cluster_images
from pipeline.sharded.engine import Local
from pipeline.sharded.extract import Extraction
from pipeline.sharded.kmeans import kmeans, sampled
from pipeline.sharded.ray_engine import RayEngine
from pipeline.sharded.shards import Shard, find_shards
from tests.helpers import environment, sweep_of_two

pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_TOKEN": secrets.token_hex(16),
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
WORDS = ("model=pca", "model.latent_dim=6", "neighbors.k=8", "manifold=none", "cluster=kmeans", "project=pca")


@pytest.fixture(scope="module")
def cluster():
    """The address of a cluster that runs, of two workers, which this process is part of."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        # As on a cluster on whose machines this package is installed.
        for name, value in (SETTINGS | {"PYTHONPATH": environment()["PYTHONPATH"]}).items():
            patch.setenv(name, value)
        started = ray.init(
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=100 * 2**20,
            log_to_driver=False,
            logging_level="ERROR",
        )
        yield started.address_info["gcs_address"]
        ray.shutdown()


@dataclass(frozen=True)
class Fatal(Extraction):
    """Work whose worker is killed at its first try of one shard, half of a file written."""

    def __call__(self, shard: Shard) -> None:
        tried = self.folder / "tried"
        if shard.start == 200 and not tried.exists():
            tried.write_text(str(os.getpid()))
            (self.folder / "latents").mkdir(exist_ok=True)
            (self.folder / "latents" / ".half.part").write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        super().__call__(shard)


def die(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(number: int) -> None:
    if number == 2:
        raise UserError("two: is not allowed; give three")


def results(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.glob("*/*.*-*"))}


def test_the_results_are_those_of_one_process_to_the_bit_though_a_worker_was_killed(cluster, tmp_path):
    pixels = read_digits().train
    found = cluster_images(pixels[:150], *WORDS, k=10)
    Assigner.of(**{name: getattr(found, name) for name in PARTS}).save(tmp_path / "assigner")
    np.save(tmp_path / "a.npy", pixels)
    shards = find_shards(str(tmp_path / "a.npy"), 200)
    for kind, engine in ((Extraction, Local()), (Fatal, RayEngine())):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        list(engine.map(kind(folder, tmp_path / "assigner", (8, 8, 1)), shards))
    assert int((tmp_path / "Fatal" / "tried").read_text()) != os.getpid()
    expected = results(tmp_path / "Extraction")
    assert len(expected) == 2 * len(shards) == 18
    assert results(tmp_path / "Fatal") == expected
    latents = [tmp_path / "Fatal" / "latents" / f"{shard.name}.npy" for shard in shards]
    first = sampled(latents, 10, 0)
    here, there = (kmeans(latents, first, engine) for engine in (Local(), RayEngine()))
    assert there.centres.tobytes() == here.centres.tobytes()
    assert there.inertia == here.inertia
    assert there.iterations == here.iterations > 3


def test_what_a_worker_raises_and_that_it_always_dies_is_told(cluster):
    with pytest.raises(UserError, match=r"^two: is not allowed; give three$"):
        list(RayEngine().map(refuse, [1, 2, 3]))
    with pytest.raises(UserError, match=r"^engine\.tries = 2: a shard's worker died at each of them"):
        list(RayEngine(tries=2).map(die, [1]))


def test_a_sweep_runs_on_the_cluster_below_one_parent_run(cluster, tmp_path):
    """Its jobs are processes of the cluster, which was there before the sweep and has nothing of its environment."""
    pytest.importorskip("hydra_plugins.hydra_ray_launcher", reason="pip install -e '.[ray]'")
    launcher = ["hydra/launcher=ray_cluster", f"hydra.launcher.ray.init.address={cluster}"]
    joining = SETTINGS | {"RAY_AUTH_MODE": "token"}
    environment().update(joining)
    try:
        sweep_of_two(*launcher, outputs=tmp_path)
    finally:
        for name in joining:
            environment().pop(name)
