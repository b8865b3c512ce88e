"""Rendered letters: reproducible, complete, and inside their images."""

import numpy as np
import pytest

from pipeline.data import glyphs
from pipeline.runtime.errors import ArgumentError


@pytest.fixture(scope="module")
def letters():
    return glyphs.read_glyphs(400, 100)


def test_the_same_letters_are_rendered_each_time(letters):
    again = glyphs.read_glyphs(400, 100)
    np.testing.assert_array_equal(letters.train, again.train)
    np.testing.assert_array_equal(letters.test_labels, again.test_labels)


def test_all_ten_letters_occur_and_lie_inside_their_images(letters):
    assert (letters.train.shape, letters.test.shape) == ((400, 28, 28), (100, 28, 28))
    assert letters.train.dtype == np.uint8
    assert set(letters.train_labels) == set(letters.test_labels) == set(range(10))
    assert letters.names == list("ABCDEFGHIJ")
    assert (letters.train.max(axis=(1, 2)) > 150).all()
    border = np.ones((28, 28), bool)
    border[1:-1, 1:-1] = False
    assert (letters.train[:, border] == 0).mean() > 0.99


def test_other_characters_are_drawn_in_the_fonts_that_have_them():
    greek = glyphs.read_glyphs(200, 50, letters="αβγ")
    assert greek.names == ["α", "β", "γ"]
    assert set(greek.train_labels) == {0, 1, 2}
    assert len(glyphs._fonts_with("αβγ")) < len(glyphs._fonts_with("0123456789")) == len(glyphs.FONTS)


@pytest.mark.parametrize(
    ("letters", "message"),
    [
        ("A", r"letters = 'A': give at least two characters, each once"),
        ("ABA", r"letters = 'ABA': give at least two characters, each once"),
        ("Aあ", r"letters = 'Aあ': no font of matplotlib has all of them; leave out 'あ'"),
    ],
)
def test_characters_that_cannot_be_drawn_are_refused(letters, message):
    with pytest.raises(ArgumentError, match=message):
        glyphs.read_glyphs(10, 5, letters=letters)


@pytest.mark.parametrize("name", glyphs.FONTS)
def test_each_font_has_every_letter(name, monkeypatch):
    monkeypatch.setattr(glyphs, "FONTS", (name,))
    monkeypatch.setattr(glyphs, "FONT_SIZES", (22,))
    monkeypatch.setattr(glyphs, "MAX_DEGREES", 0.0)
    monkeypatch.setattr(glyphs, "MAX_SHIFT", 0.0)
    images = [glyphs.draw_letter(letter, np.random.default_rng(0)) for letter in glyphs.LETTERS]
    assert len({image.tobytes() for image in images}) == 10
