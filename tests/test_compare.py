"""Two runs side by side: clusters are matched, what moved is listed, and what cannot be compared is refused."""

import numpy as np
import pandas as pd
import pytest

from pipeline import on_demand
from pipeline.artifacts import Clustering, Images
from pipeline.comparing.overlap import overlap
from pipeline.comparing.page import differing, score_rows
from pipeline.comparing.sides import Side, common
from pipeline.config import Compare
from pipeline.errors import UserError
from pipeline.run import execute
from pipeline.stages.compare import compare
from tests.helpers import TINY, compose


def side(pixels, clusters, name="one", held=0, **facts):
    """A run on images (n, h, w, c) of which the last `held` were held out."""
    border = len(pixels) - held
    images = Images(pixels[:border], pixels[border:], "train", "some", **facts)
    clusters, sure = np.asarray(clusters, np.int32), np.linspace(0.5, 1, len(pixels), dtype=np.float32)
    centres = np.zeros((clusters.max() + 1, 2), np.float32)
    clustering = Clustering(clusters[:border], clusters[border:], sure[:border], sure[border:], centres, "kmeans")
    return Side(name, name * 4, {"k": float(clustering.k), "train/purity_score": 0.5}, {"seed": 1}, images, clustering)


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (30, 4, 5, 1), np.uint8)


@pytest.fixture
def clusters():
    return np.repeat([0, 1, 2], 10)


# Matching


def test_renamed_clusters_are_the_same_clusters(clusters):
    found = overlap(clusters, np.array([2, 0, 1])[clusters])
    assert found.stayed.all()
    assert found.metrics() == {"compare/images": 30, "compare/stayed": 1, "compare/ari": 1, "compare/nmi": 1}


def test_what_went_elsewhere_moved(clusters):
    other = clusters.copy()
    other[:3] = 1
    found = overlap(clusters, other)
    assert np.flatnonzero(~found.stayed).tolist() == [0, 1, 2]
    assert found.counts.tolist() == [[7, 3, 0], [0, 10, 0], [0, 0, 10]]


def test_a_split_cluster_keeps_its_larger_half(clusters):
    other = np.where(np.arange(30) < 4, 3, clusters)
    found = overlap(clusters, other)
    assert (~found.stayed).sum() == 4
    merged = overlap(other, clusters)
    assert (~merged.stayed).sum() == 4
    assert merged.partner.tolist() == [0, 1, 2, -1]


def test_noise_is_matched_with_noise_alone(clusters):
    noisy = np.where(clusters == 2, -1, clusters)
    assert overlap(noisy, noisy).stayed.all()
    assert (~overlap(clusters, noisy).stayed).sum() == 10
    assert (~overlap(noisy, clusters).stayed).sum() == 10


# Common images


def test_images_are_found_again_by_their_pixels(pixels, clusters):
    order = np.random.default_rng(1).permutation(30)[:20]
    one, two = common(side(pixels, clusters, held=5), side(pixels[order], clusters[order], held=3))
    assert len(one) == 20
    assert np.array_equal(order[two], one)


def test_images_of_other_sizes_are_found_again_by_their_files(pixels, clusters):
    paths = [f"{i}.png" for i in range(30)]
    one, two = common(side(pixels, clusters, paths=paths), side(pixels[:, :2], clusters, paths=paths[::-1]))
    assert np.array_equal(one, 29 - two)


def test_runs_on_different_images_are_refused(pixels, clusters):
    with pytest.raises(UserError, match=r"^runs: .* have no image in common"):
        common(side(pixels, clusters), side(255 - pixels, clusters))
    with pytest.raises(UserError, match=r"^runs: .* have no image in common"):
        common(side(pixels, clusters), side(pixels[:, :2], clusters))


# The page


def test_the_page_shows_and_lists_what_moved(pixels, clusters, recorder, tmp_path):
    other = clusters.copy()
    other[[0, 25]] = 1
    made = compare(Compare(examples=1), side(pixels, clusters, "<b>", held=5), side(pixels, other, "two", held=5))
    assert made.moved["image"].tolist() == ["test/0", "train/0"], "the surest first"
    assert made.moved[["first", "second", "expected"]].to_numpy().tolist() == [[2, 1, 2], [0, 1, 0]]
    assert "93.3 % of 30 images stayed" in made.html
    assert "c0 → c1: 1" in made.html
    assert "<b>" not in made.html
    assert "http" not in made.html.replace("http-equiv", "")
    made.save(tmp_path)
    assert len(pd.read_csv(tmp_path / "moved.csv")) == 2


def test_equal_runs_have_nothing_that_moved(pixels, clusters):
    made = compare(Compare(), side(pixels, clusters), side(pixels, clusters))
    assert made.moved.empty
    assert "100 % of 30 images stayed" in made.html
    assert "Nothing that changes a result" in made.html


def test_it_is_said_when_only_some_images_are_common(pixels, clusters, recorder):
    compare(Compare(), side(pixels, clusters), side(pixels[:20], clusters[:20]), recorder)
    assert "20 images in common, of 30 and 20" in recorder.notes[0]


def test_settings_that_change_no_result_are_left_out():
    one = {"seed": 1, "output_dir": "a", "cluster.k": 3, "label.budget": 4}
    assert differing(one, one | {"output_dir": "b", "cluster.k": 5, "label.budget": 9}) == [("cluster.k", "3", "5")]
    assert differing({}, {"cluster.n": 2}) == [("cluster.n", "–", "2")]


def test_scores_stand_side_by_side_with_their_change():
    rows = score_rows({"k": 3.0, "train/nmi_score": 0.5}, {"train/nmi_score": 0.75, "test/nmi_score": 0.6})
    assert [(row["name"], row["change"]) for row in rows] == [
        ("train/nmi_score", 0.25), ("test/nmi_score", None), ("k", None),
    ]  # fmt: skip


# Through the store


def test_two_finished_runs_are_compared_by_id_or_as_the_last_two(outputs):
    words = [*TINY, "stage=evaluate"]
    ids = [execute(compose(*words, f"cluster.k={k}", outputs=outputs), outputs / str(k), [])["run_id"] for k in (6, 10)]
    last = on_demand.execute(compose("stage=compare", outputs=outputs), outputs / "last", [])
    page = (outputs / "last" / "compare.html").read_text(encoding="utf-8")
    assert page.index(ids[0]) < page.index(ids[1]), "the older one is A"
    assert "cluster.k" in page
    assert 0 < last["compare/stayed"] < 1
    backwards = compose("stage=compare", f"runs=[{ids[1]},{ids[0][:8]}]", outputs=outputs)
    turned = on_demand.execute(backwards, outputs / "turned", [])
    assert turned["compare/ari"] == pytest.approx(last["compare/ari"])
    for wrong in ("runs=[abc,def]", f"runs=[{ids[0]}]", f"runs=[{ids[0]},{ids[0]}]"):
        with pytest.raises(UserError, match=r"^runs"):
            on_demand.execute(compose("stage=compare", wrong, outputs=outputs), outputs / "wrong", [])
