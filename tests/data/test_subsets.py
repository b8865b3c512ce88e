"""Random subsets and images that are held out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.compose import compose_config
from pipeline.data.source import Source
from pipeline.data.subsets import hold_out, stratified_rows
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT
from pipeline.stages.data import data


def make_source(n=60, **facts):
    """Images of which each pixel is the index, with labels 0, 1, 2, 0, …."""
    pixels = np.broadcast_to(np.arange(n, dtype=np.uint8)[:, None, None], (n, 4, 4))
    return Source(pixels, train_labels=np.arange(n) % 3, paths=[f"{i}.png" for i in range(n)], **facts)


@given(st.lists(st.integers(-1, 4), min_size=2, max_size=40), st.data())
def test_subset_of_any_labels_has_the_exact_size_and_distinct_rows(classes, draw):
    size = draw.draw(st.integers(0, len(classes)))
    rows = stratified_rows(np.array(classes, np.int32), size, np.random.default_rng(0))
    assert len(rows) == size
    assert (np.diff(rows) > 0).all()
    assert set(rows) <= set(range(len(classes)))


def test_the_held_out_images_keep_their_labels_paths_vectors_and_indices():
    source = make_source(vectors=np.arange(60.0)[:, None])
    parts = hold_out(source, 0.2, np.random.default_rng(3))
    assert len(parts.test) == 12
    assert np.bincount(parts.test_labels).tolist() == [4, 4, 4], "stratified"
    rows = np.concatenate([parts.train_rows, parts.test_rows])
    assert sorted(rows) == list(range(60))
    np.testing.assert_array_equal(np.concatenate([parts.train, parts.test])[:, 0, 0], rows)
    np.testing.assert_array_equal(np.concatenate([parts.train_labels, parts.test_labels]), rows % 3)
    assert [*parts.paths, *parts.test_paths] == [f"{row}.png" for row in rows]
    np.testing.assert_array_equal(parts.vectors[:, 0], rows)


def test_images_without_labels_or_paths_are_held_out():
    parts = hold_out(Source(make_source().train), 0.001, np.random.default_rng(0))
    assert (len(parts.train), len(parts.test)) == (59, 1)
    assert (parts.test_labels, parts.paths, parts.test_paths, parts.vectors) == (None, [], [], None)


@pytest.mark.parametrize(
    ("source", "fraction", "message"),
    [
        (
            make_source(test=make_source(7).train),
            0.2,
            r"^data\.test_fraction = 0\.2: the data set has a test part of 7",
        ),
        (make_source(10), 0.9, r"^data\.test_fraction = 0\.9: of 10 images, 1 would be fitted; give a smaller"),
    ],
)
def test_a_second_test_part_and_a_train_part_of_one_image_are_refused(source, fraction, message):
    with pytest.raises(UserError, match=message):
        hold_out(source, fraction, np.random.default_rng(0))


def test_the_stage_holds_out_images_under_their_names_in_the_source():
    whole, whole_labels = data(compose_config("data=digits").data, SILENT)
    config = compose_config("data=digits", "data.test_fraction=0.25", "data.train_size=1000", "seed=5").data
    images, labels = data(config, SILENT)
    assert (len(images.train), len(images.test)) == (1000, 449)
    assert "449 images held out at random" in images.note
    rows = [np.array(images.names(part), int) for part in ("train", "test")]
    assert not set(rows[0]) & set(rows[1])
    for part, index in zip(("train", "test"), rows, strict=True):
        np.testing.assert_array_equal(images.part(part), whole.train[index])
        np.testing.assert_array_equal(getattr(labels, part), whole_labels.train[index])
    again, other = (data(compose_config("data=digits", "data.test_fraction=0.25", f"seed={s}").data) for s in (5, 6))
    assert again[0].names("test") == images.names("test") != other[0].names("test")


def test_images_are_held_out_of_the_fitted_part_only():
    with pytest.raises(
        UserError, match=r"^data\.test_fraction = 0\.5: images are held out with data\.split=train alone"
    ):
        compose_config("data=digits", "data.test_fraction=0.5", "data.split=all")
