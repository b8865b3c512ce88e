"""Stage search: the nearest images, the page, the table, and the commands of export and search on a finished run."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Clustering, Images, Latents
from pipeline.config import Search
from pipeline.data.new_images import NewImages
from pipeline.embedding.neighbors import exact
from pipeline.models.baselines import PixelModel
from pipeline.models.vectors import VectorModel
from pipeline.runtime.errors import UserError
from pipeline.stages.search import search
from pipeline.stages.search.page import MAX_IMAGES
from pipeline.tracking import Store
from pipeline.workflow.run_action import run_action
from tests.helpers import compose, pipeline


@pytest.fixture(scope="module")
def parts(images):
    """A run on 96 digits whose latents are pixels, in three clusters of which one has a name."""
    model = PixelModel(images.shape)
    latents = Latents(model.encode(images.fitted), model.encode(images.held_out), [64])
    clusters, confidence = (np.arange(96) % 3).astype(np.int32), np.ones(96, np.float32)
    clusters[-1] = -1
    clustering = Clustering(
        clusters, clusters[:0], confidence, confidence[:0], np.zeros((3, 64), np.float32), "kmeans",
        names=["", "<b>one", ""],
    )  # fmt: skip
    return {
        "images": images, "autoencoder": model, "latents": latents, "graph": exact(latents, 5), "clustering": clustering
    }  # fmt: skip


@pytest.fixture(scope="module")
def queries(images):
    return NewImages(images.held_out[:4], [f"new/{row} <i>.png" for row in range(4)])


@pytest.fixture(scope="module")
def result(parts, queries):
    return search(Search(k=7), queries, **parts)


def test_the_nearest_images_come_in_the_order_of_their_distances(result, parts):
    distances = np.linalg.norm(parts["latents"].held_out[:4, None] - parts["latents"].fitted[None], axis=2)
    order = np.argsort(distances, axis=1, kind="stable")[:, :7]
    table = result.table
    assert list(table) == ["query", "rank", "image", "cluster", "name", "distance"]
    assert table["image"].tolist() == [str(row) for row in order.ravel()]
    assert table["distance"].to_numpy() == pytest.approx(np.take_along_axis(distances, order, 1).ravel(), rel=1e-3)
    assert table["rank"].tolist() == [1, 2, 3, 4, 5, 6, 7] * 4
    assert table["cluster"].tolist() == parts["clustering"].fitted[order.ravel()].tolist()
    assert table["name"].tolist() == [{1: "<b>one"}.get(cluster, "") for cluster in table["cluster"]]


def test_a_fitted_image_finds_itself(parts, images):
    table = search(Search(k=1), NewImages(images.fitted, images.names("train")), **parts).table
    assert table["image"].tolist() == table["query"].tolist()
    assert table["distance"].to_numpy() == pytest.approx(0, abs=1e-2)


def test_distances_are_those_of_the_graph(parts, queries):
    graph = exact(parts["latents"], 5, metric="cosine")
    result = search(Search(k=3), queries, **parts | {"graph": graph})
    codes, fitted = parts["latents"].held_out[0], parts["latents"].fitted
    cosine = fitted @ codes / np.linalg.norm(fitted, axis=1) / np.linalg.norm(codes)
    assert result.table["distance"][0] == pytest.approx(1 - cosine.max(), abs=1e-4)
    assert "by cosine distance in the latent space" in result.html


def test_removed_images_are_not_found(parts, images):
    marks = np.zeros(96, np.int8)
    marks[5] = 2
    clustering = replace(parts["clustering"], marks=marks)
    query = NewImages(images.fitted[5:6], ["5"])
    result = search(Search(k=95), query, **parts | {"clustering": clustering})
    assert "Among the 95 fitted images" in result.html
    assert set(result.table["image"]) == {str(row) for row in range(96)} - {"5"}


def test_k_is_at_most_the_number_of_images(parts, queries, recorder):
    result = search(Search(k=500), queries, **parts, observer=recorder)
    assert result.k == 96
    assert recorder.notes == ["search.k = 500 is lowered to 96: there are 96 images"]
    assert recorder.steps == [(4, 4)]


def test_the_page_shows_queries_and_neighbours_and_no_markup_of_names(result):
    assert result.html.count("<img") == 4 * 8
    assert "new/0 &lt;i&gt;.png" in result.html
    assert "c1 &lt;b&gt;one" in result.html
    assert not {"<i>.png", "<b>"} & {text for text in ("<i>.png", "<b>") if text in result.html}
    assert "http" not in result.html.replace("http-equiv", "")


def test_of_many_queries_the_page_shows_the_first(parts, images, recorder):
    m = MAX_IMAGES // 96 + 3
    queries = NewImages(images.fitted[:m], images.names("train")[:m])
    result = search(Search(k=96), queries, **parts, observer=recorder)
    assert recorder.notes == [f"search.html shows the first {m - 3} of {m} queries; search.csv has all"]
    assert recorder.notes[0] in result.html
    assert len(result.table) == m * 96


def test_vectors_are_searched_and_shown_as_cards(parts, images):
    vectors = np.random.default_rng(0).normal(size=(128, 6)).astype(np.float32)
    latents = Latents(vectors[:96], vectors[96:], [6])
    run = parts | {
        "images": replace(images, vectors=vectors, has_images=False), "autoencoder": VectorModel.identity(6),
        "latents": latents, "graph": exact(latents, 5),
    }  # fmt: skip
    result = search(Search(k=3), NewImages(vectors[8:9], ["a text"]), **run)
    assert result.table["image"][0] == "8"
    assert result.html.count("<img") == 4


def test_large_images_are_shrunk(parts):
    pixels = np.random.default_rng(0).integers(0, 255, (96, 200, 100, 3), np.uint8)
    queries = NewImages(pixels[:1], ["large"])
    model = PixelModel((200, 100, 3))
    latents = Latents(model.encode(pixels), model.encode(pixels[:0]), [60_000])
    run = parts | {"images": Images(pixels, pixels[:0]), "autoencoder": model, "latents": latents}
    assert len(search(Search(k=5), queries, **run).html) < 300_000


def test_the_result_is_saved_and_summarized(result, tmp_path):
    assert result.save(tmp_path) == ["search.html", "search.csv"]
    table = pd.read_csv(tmp_path / "search.csv", dtype={"image": str}, keep_default_na=False)
    assert table["image"].tolist() == result.table["image"].tolist()
    lines = result.summary_lines()
    assert lines[0] == "searched the 7 nearest images of 4 queries"
    assert lines[1].startswith(f"nearest  new/0 <i>.png: {result.table['image'][0]}, c")
    metrics = result.metrics()
    assert metrics["search/queries"] == 4
    assert metrics["search/mean_first_distance"] < metrics["search/mean_last_distance"]


def test_input_is_required(tmp_path):
    with pytest.raises(UserError, match=r"^input: needs a value; .*, the images to search for"):
        run_action(compose("stage=search", outputs=tmp_path), tmp_path / "job", [])


@pytest.mark.slow
def test_the_command_line_exports_and_searches_a_finished_run(finished_run, images, tmp_path):
    np.save(tmp_path / "query.npy", np.zeros((2, 28, 28), np.uint8))
    answer = pipeline("stage=search", f"input={tmp_path / 'query.npy'}", "search.k=5", outputs=finished_run)
    assert answer.returncode == 0, answer.stderr
    assert "searched the 5 nearest images of 2 queries" in answer.stdout
    metrics = run_action(compose("stage=export", outputs=finished_run), finished_run / "export", [])
    assert metrics["export/images"] == 500
    folders = finished_run / "export" / "folders"
    assert sorted(path.name for path in folders.iterdir()) == ["c0", "c1", "c2", "c3", "c4"]
    store = Store(compose(outputs=finished_run).tracking, finished_run)
    (run,) = store.client.search_runs([store.experiment_id], "tags.`pipeline.kind` = 'export'")
    assert [file.path for file in store.client.list_artifacts(run.info.run_id)] == ["export.json"]
