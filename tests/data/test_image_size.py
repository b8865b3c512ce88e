"""The size that images get if none is set."""

import pytest

from pipeline.data.image_size import choose_size


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(28, 28)] * 3, (28, 28)),
        ([(64, 33)] * 2, (64, 33)),
        ([(480, 640)] * 2, (48, 64)),
        ([(65, 65)], (64, 64)),
        ([(300, 10)], (64, 8)),
        ([(28, 28), (30, 30), (32, 32)], (28, 28)),
        ([(100, 50), (300, 400), (500, 500)], (64, 64)),
        ([(30, 200), (27, 90), (90, 31)], (28, 28)),
        ([(2, 2), (3, 3)], (8, 8)),
    ],
)
def test_the_rule(sizes, expected):
    size, note = choose_size(sizes)
    assert size == expected
    assert bool(note) == (set(sizes) != {expected})


def test_notes_say_what_was_chosen():
    assert choose_size([(480, 640)])[1] == (
        "data.image_size: images are 640×480 pixels; all are resized to 64×48; data.image_size=… sets another size, "
        "and model=pretrained reads photographs at its own"
    )
    assert (
        "images have 2 sizes from 20×10 to 10×40 pixels; all are resized to 8×8" in choose_size([(40, 10), (10, 20)])[1]
    )
