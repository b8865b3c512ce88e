"""umap-learn is imported without TensorFlow, and stays whole for other code in the process."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from pipeline.embedding.umap_learn import PARAMETRIC, import_umap

library = import_umap()
assert import_umap() is library is sys.modules["umap.umap_"]
loaded = {"tensorflow", "keras", "torch", PARAMETRIC} & set(sys.modules)
assert not loaded, loaded
assert library.UMAP is sys.modules["umap"].UMAP
"""


@pytest.mark.parametrize("options", [(), ("-W", "error")])
def test_umap_is_imported_without_tensorflow(options):
    answer = subprocess.run([sys.executable, *options, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.slow
def test_the_hidden_class_can_be_imported_afterwards():
    script = f"{SCRIPT}\nfrom umap.parametric_umap import ParametricUMAP\nassert 'tensorflow' in sys.modules"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
