"""Drawn letters: always the same, all there, and different enough to be told apart."""

import numpy as np
import pytest

from pipeline.data import glyphs
from pipeline.stages.data import data
from tests.helpers import compose


@pytest.fixture(scope="module")
def drawn():
    return glyphs.read(400, 100)


def test_the_same_letters_are_drawn_each_time(drawn):
    again = glyphs.read(400, 100)
    np.testing.assert_array_equal(drawn.train, again.train)
    np.testing.assert_array_equal(drawn.test_labels, again.test_labels)


def test_all_ten_letters_are_there_and_lie_within_their_images(drawn):
    assert drawn.train.shape == (400, 28, 28)
    assert drawn.test.shape == (100, 28, 28)
    assert drawn.train.dtype == np.uint8
    assert set(drawn.train_labels) == set(drawn.test_labels) == set(range(10))
    assert (drawn.train.max(axis=(1, 2)) > 150).all()
    border = np.ones((28, 28), bool)
    border[1:-1, 1:-1] = False
    assert (drawn.train[:, border] == 0).mean() > 0.99


@pytest.mark.parametrize("name", glyphs.FONTS)
def test_each_font_has_every_letter(name, monkeypatch):
    monkeypatch.setattr(glyphs, "FONTS", (name,))
    monkeypatch.setattr(glyphs, "SIZES", (22,))
    monkeypatch.setattr(glyphs, "TURN", 0.0)
    monkeypatch.setattr(glyphs, "SHIFT", 0.0)
    images = [glyphs._image(letter, np.random.default_rng(0)) for letter in glyphs.LETTERS]
    assert len({image.tobytes() for image in images}) == 10


def test_the_data_set_has_held_out_letters_and_their_names(tmp_path, monkeypatch):
    monkeypatch.setattr(glyphs.read, "__defaults__", (60, 20))
    images, labels = data(compose("data=glyphs", outputs=tmp_path).data)
    assert (len(images.fitted), len(images.held_out)) == (60, 20)
    assert labels.names == list("ABCDEFGHIJ")
