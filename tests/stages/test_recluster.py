"""Clustering one cluster again."""

from types import SimpleNamespace

import pytest

from pipeline.config import Recluster
from pipeline.runtime.errors import UserError
from pipeline.stages.recluster import recluster


@pytest.mark.parametrize(
    ("k", "message"),
    [
        (0, r"^run: it has no cluster that could be split, only noise; set run=ID to one with clusters$"),
        (1, r"^recluster\.cluster = 7: give a cluster of the run, which has only 0$"),
        (3, r"^recluster\.cluster = 7: give a cluster of the run, a number from 0 to 2$"),
    ],
)
def test_a_cluster_that_the_run_lacks_is_refused(k, message):
    with pytest.raises(UserError, match=message):
        recluster(Recluster(cluster=7), *[None] * 6, SimpleNamespace(k=k))
