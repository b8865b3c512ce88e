import numpy as np
import pytest

from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.data.description import describe_image_set, image_set_facts, image_set_warnings


def images_of(n, held_out=0, shape=(4, 5, 1), **fields):
    pixels = np.random.default_rng(0).integers(0, 256, (n + held_out, *shape), dtype=np.uint8)
    return Images(pixels[:n], pixels[n:], **fields)


def labels_of(train, names, test=()):
    return Labels(np.array(train, np.int32), np.array(test, np.int32), list(names))


def test_facts_and_line_count_fitted_images_their_classes_and_the_rest():
    images = images_of(8, 2, value_format={"dtype": "uint16", "limits": [0, 4095], "is_cut": False}, skipped=3)
    labels = labels_of([0, 0, 0, 0, 2, 2, -1, 1], ["cat", "dog", "cow", "horse"], [3, 3])
    assert image_set_facts(images, labels) == {
        "images": 8, "held_out": 2, "height": 4, "width": 5, "channels": 1, "dtype": "uint16", "classes": 3,
        "unlabelled": 1, "skipped": 3,
    }  # fmt: skip
    assert describe_image_set(images, labels) == (
        "8 images of 4×5, grey, uint16 from 0 to 4095, 3 classes of 1 (dog) to 4 (cat) images, 1 without a label, "
        "2 held out, 3 skipped"
    )
    assert not list(image_set_warnings(images, labels))


def test_the_line_says_that_there_are_no_labels_and_no_held_out_images():
    line = describe_image_set(images_of(1200, shape=(9, 9, 3)), labels_of([-1] * 1200, []))
    assert line == "1,200 images of 9×9, colour, uint8, no labels, none held out (split train)"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0] * 100, "all labels are of one class, a"),
        ([0] * 96 + [1] * 4, "classes differ much in size: 2 classes of 4 (b) to 96 (a) images"),
        ([0] * 94 + [1] * 6, None),
    ],
)
def test_a_single_class_and_unequal_classes_are_noted(labels, expected):
    warnings = list(image_set_warnings(images_of(100), labels_of(labels, "ab")))
    assert len(warnings) == (expected is not None)
    assert expected is None or warnings[0].startswith(expected)


def test_copies_and_held_out_copies_are_counted():
    images = images_of(200, 100)
    images.train[190:] = images.train[0]
    images.test[:50] = images.train[7]
    warnings = list(image_set_warnings(images, labels_of([-1] * 200, [])))
    assert [warning.split(" are exact")[0] for warning in warnings] == [
        "10 of 200 images", "50 of 100 held-out images",
    ]  # fmt: skip


def test_images_of_little_contrast_are_noted():
    images = images_of(50)
    images.train[...] = images.train // 32 + 100
    (warning,) = image_set_warnings(images, labels_of([-1] * 50, []))
    assert warning.startswith("images have little contrast: values lie between 0.392 and 0.42 of 0 (black)")
