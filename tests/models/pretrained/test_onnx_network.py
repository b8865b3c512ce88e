"""ONNX files as encoders: layout, size, scaling, outputs, and files that do not suit."""

import pickle

import numpy as np
import pytest
from onnx import TensorProto

from pipeline.models.pretrained.model import encode_batches, load_network
from pipeline.models.pretrained.network import IMAGENET_MEAN, IMAGENET_STD
from pipeline.runtime.errors import UserError
from tests.models.pretrained.onnx_files import write_onnx
from tests.models.pretrained.settings import pretrained

PIXELS = np.random.default_rng(0).integers(0, 256, (70, 8, 8, 3), np.uint8)


def load(path, observer, **keys):
    return load_network(pretrained(path, **keys), observer)


def test_channels_first_and_the_scaling_of_imagenet_are_assumed_and_said(tmp_path, recorder):
    network = load(write_onnx(tmp_path / "m.onnx"), recorder)
    means = (PIXELS / 255).mean(axis=(1, 2))
    np.testing.assert_allclose(
        encode_batches(network, PIXELS), 2 * (means - IMAGENET_MEAN) / IMAGENET_STD, rtol=1e-4, atol=1e-5
    )
    (note,) = recorder.notes
    assert note.startswith("model.mean: m.onnx does not say how pixels are scaled; ")


def test_set_scaling_is_used(tmp_path, recorder):
    network = load(write_onnx(tmp_path / "m.onnx"), recorder, mean=[0.5] * 3, std=[0.25] * 3)
    means = (PIXELS / 255).mean(axis=(1, 2))
    np.testing.assert_allclose(encode_batches(network, PIXELS), 2 * (means - 0.5) / 0.25, rtol=1e-4, atol=1e-5)
    assert recorder.notes == []


def test_a_network_of_bytes_gets_the_pixels_as_they_are(tmp_path, recorder):
    network = load(write_onnx(tmp_path / "m.onnx", dtype=TensorProto.UINT8), recorder)
    np.testing.assert_allclose(encode_batches(network, PIXELS), 2 * PIXELS.mean(axis=(1, 2)), rtol=1e-5)
    assert recorder.notes == []


def test_grey_images_become_colour_and_colour_becomes_grey(tmp_path, recorder):
    colour = load(write_onnx(tmp_path / "m.onnx"), recorder, mean=[0.0] * 3)
    grey = load(write_onnx(tmp_path / "g.onnx", (None, 1, 8, 8)), recorder, mean=[0.0])
    from_grey = encode_batches(colour, PIXELS[..., :1])
    assert from_grey.shape == (70, 3)
    np.testing.assert_allclose(from_grey, from_grey[:, :1].repeat(3, axis=1))
    luminance = (PIXELS / 255 @ [0.299, 0.587, 0.114]).mean(axis=(1, 2))
    np.testing.assert_allclose(encode_batches(grey, PIXELS)[:, 0], 2 * luminance, rtol=1e-4)


def test_an_intermediate_value_is_pooled(tmp_path, recorder):
    network = load(write_onnx(tmp_path / "m.onnx"), recorder, layer="cast", mean=[0.0] * 3)
    np.testing.assert_allclose(encode_batches(network, PIXELS), (PIXELS / 255).mean(axis=(1, 2)), rtol=1e-4)
    flat = load(tmp_path / "m.onnx", recorder, layer="cast", mean=[0.0] * 3, pool="flatten")
    np.testing.assert_allclose(encode_batches(flat, PIXELS), (PIXELS / 255).reshape(70, -1), rtol=1e-4, atol=1e-6)


def test_of_several_outputs_the_vector_is_used(tmp_path, recorder):
    network = load(write_onnx(tmp_path / "m.onnx", outputs=("mean", "y")), recorder, mean=[0.0] * 3)
    assert network.output == "y"
    assert recorder.notes == [
        "model.layer: y is used of the outputs mean, y; model.layer=NAME takes another",
    ]


def test_a_network_can_be_pickled(tmp_path, recorder):
    network = load(write_onnx(tmp_path / "m.onnx"), recorder, mean=[0.0] * 3)
    again = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(encode_batches(again, PIXELS), encode_batches(network, PIXELS))


def test_a_size_must_be_given_where_the_file_has_none(tmp_path, recorder):
    path = write_onnx(tmp_path / "m.onnx", ("n", 3, None, None))
    with pytest.raises(UserError, match=r"^model\.image_size: .*m\.onnx takes images of any size; set one"):
        load(path, recorder)
    network = load(path, recorder, image_size=16, mean=[0.0] * 3)
    assert network.input.size == (16, 16)
    assert encode_batches(network, PIXELS[:0]).shape == (0, 3)


@pytest.mark.parametrize(
    ("shape", "keys", "message"),
    [
        ((None, 3, 8, 8), {"image_size": 9}, "model.image_size = 9: {} takes images of 8×8; remove the key"),
        ((None, 4, 8, 8), {}, "model.encoder: {} takes images with 8 channels; a network of grey or colour images has"),
        ((None, 3, 8, 8), {"layer": "z"}, "model.layer = 'z': the network has no such value; its last are cast, mean"),
        ((None, 3, 8, 8), {"mean": [0.5]}, "model.mean = [0.5]: the network takes 3 channels; give as many numbers"),
        ((None, 3, 8, 8), {"mean": [0.5] * 3, "std": [1, 0, 1]}, "model.std = [1.0, 0.0, 1.0]: give positive numbers"),
    ],
)
def test_settings_that_do_not_suit_are_refused(tmp_path, recorder, shape, keys, message):
    path = write_onnx(tmp_path / "m.onnx", shape)
    with pytest.raises(UserError) as caught:
        load(path, recorder, **keys)
    assert str(caught.value).startswith(message.format(path))


@pytest.mark.parametrize("content", [b"", b"no model", bytes(range(256)) * 4])
def test_a_file_that_is_no_model_is_one_line(tmp_path, recorder, content):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(
        UserError, match=r"^model\.encoder: .*m\.onnx is not an ONNX model that can be read: .+"
    ) as caught:
        load(path, recorder)
    assert "\n" not in str(caught.value)


def test_a_network_of_texts_and_images_is_refused(tmp_path, recorder):
    path = write_onnx(tmp_path / "m.onnx", inputs=("x", "text"))
    with pytest.raises(UserError, match=r"takes several inputs \(x, text\); export only the part for images"):
        load(path, recorder)
