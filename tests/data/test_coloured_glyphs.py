"""Coloured letters: reproducible, legible, and without information in their colours."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pipeline.data import coloured_glyphs
from pipeline.data.coloured_glyphs import LUMINANCE, MIN_CONTRAST


@pytest.fixture(scope="module")
def letters():
    return coloured_glyphs.read_coloured_glyphs(300, 60)


def test_the_same_images_are_drawn_each_time(letters):
    again = coloured_glyphs.read_coloured_glyphs(300, 60)
    np.testing.assert_array_equal(letters.train, again.train)
    assert (letters.train.shape, letters.test.shape) == ((300, 64, 64, 3), (60, 64, 64, 3))
    assert letters.train.dtype == np.uint8
    assert set(letters.train_labels) == set(range(10))


def test_letter_and_ground_differ_in_luminance():
    rng = np.random.default_rng(0)
    colours = [coloured_glyphs._draw_colours(rng) for _ in range(100)]
    assert min(abs((ink - ground) @ LUMINANCE) for ink, ground in colours) >= MIN_CONTRAST


def test_colours_do_not_tell_the_letter(letters):
    colours = letters.train.mean(axis=(1, 2)) / 255
    classifier = LogisticRegression().fit(colours, letters.train_labels)
    assert classifier.score(letters.test.mean(axis=(1, 2)) / 255, letters.test_labels) < 0.3
