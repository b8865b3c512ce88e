"""A run of digits, a run of image files, and what was exported of them."""

import numpy as np
import pytest
from PIL import Image

from pipeline.artifacts import Images, Labels
from pipeline.config import Export
from pipeline.stages.export import export
from tests.stages.export.run_parts import NAMES, run_parts


@pytest.fixture(scope="module")
def parts(images, labels):
    """128 digits, one of them to remove and one not sure."""
    marks = np.zeros(96, np.int8)
    marks[[0, 7]] = 2, 1
    return run_parts(images, labels, NAMES, marks)


@pytest.fixture(scope="module")
def exported(parts, tmp_path_factory):
    """A function that exports the digits in a format once, and returns the result."""
    results = {}

    def once(name, **settings):
        key = (name, *settings.items())
        if key not in results:
            path = tmp_path_factory.mktemp("export") / name
            results[key] = export(Export(format=name, **settings), **parts, path=path)
        return results[key]

    return once


@pytest.fixture
def photos(tmp_path):
    """A run of six image files, of which two have the same name and one is a page of another."""
    folder = tmp_path / "photos"
    names = ["cat/1.jpg", "cat/tom.PNG", "dog/1.jpg", "dog/é 2.png", "scan.tif#1", "scan.tif#2"]
    rng = np.random.default_rng(0)
    for name in names[:4]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (30, 40, 3), np.uint8)).save(folder / name)
    pages = [Image.fromarray(rng.integers(0, 255, (20, 10), np.uint8)) for _ in range(2)]
    pages[0].save(folder / "scan.tif", save_all=True, append_images=pages[1:])
    pixels = rng.integers(0, 255, (6, 8, 8, 1), np.uint8)
    images = Images(pixels, pixels[:0], name="photos", paths=names, folder=str(folder.resolve()), background="white")
    return run_parts(images, Labels(np.full(6, -1, np.int32), np.zeros(0, np.int32)))
