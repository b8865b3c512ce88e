"""Layer tables: what is built from them, which errors they give, and the summary of a model's layers."""

import pytest

from pipeline.config import Model
from pipeline.models.layers import build_encoder, layer_table
from pipeline.runtime.errors import UserError
from tests.networks import DENSE_DECODER, DENSE_ENCODER, build_pair, layer, load_model


@pytest.mark.parametrize(
    ("name", "bottleneck", "outputs", "parameters"),
    [
        ("patch64", (64,), ["7×7×64", "7×7×64", "3136", "64", "64"], 415_041 + 128),
        ("conv64", (64,), ["14×14×32", "7×7×64", "3136", "64", "64"], 421_377 + 128),
        ("conv7x7x2", (7, 7, 2), ["28×28×16", "14×14×16", "14×14×2", "7×7×2"], 937),
    ],
)
def test_layers_of_a_model_file(name, bottleneck, outputs, parameters):
    encoder, decoder = build_pair(load_model(name))
    rows = layer_table(encoder, decoder)
    assert encoder.output_shape[1:] == bottleneck
    assert decoder.output_shape[1:] == (28, 28, 1)
    assert [row["output"] for row in rows if row["part"] == "encoder"] == outputs
    assert sum(row["parameters"] for row in rows) == encoder.count_params() + decoder.count_params() == parameters


@pytest.mark.parametrize("latent_dim", [1, 3])
def test_latent_size_sets_the_bottleneck(latent_dim):
    encoder, _ = build_pair(load_model("patch64", latent_dim=latent_dim), (8, 8, 1))
    assert encoder.output_shape == (None, latent_dim)
    encoder, _ = build_pair(load_model("conv7x7x2", latent_channels=latent_dim))
    assert encoder.output_shape == (None, 7, 7, latent_dim)


@pytest.mark.parametrize(
    ("name", "changes"), [("patch64", {}), ("conv64", {}), ("dec", {}), ("dcec", {"padding": "same"})]
)
@pytest.mark.parametrize("shape", [(8, 8, 1), (30, 22, 3)])
def test_decoder_output_has_the_shape_of_the_images(name, changes, shape):
    _, decoder = build_pair(load_model(name, **changes), shape)
    assert decoder.output_shape[1:] == shape


ACCEPT = r"does not accept an input of shape \(64,\)"


@pytest.mark.parametrize(
    ("encoder", "decoder", "message"),
    [
        (
            [layer("Dense", units="@unknown")],
            DENSE_DECODER,
            r"^model\.encoder\[0\]: @unknown is not defined; choose from @height",
        ),
        # Without a Flatten there is no map for the decoder to mirror.
        (
            [layer("Conv2D", filters=1, kernel_size=1)],
            [layer("Dense", units="@map_size")],
            r"^model\.decoder\[0\]: @map_size is not defined",
        ),
        (
            [layer("Flatten"), layer("Conv2D", filters=1, kernel_size=1)],
            DENSE_DECODER,
            rf"^model\.encoder\[1\]: keras\.layers\.Conv2D {ACCEPT}: .* expected min_ndim=4, found",
        ),
        (
            DENSE_ENCODER,
            [DENSE_DECODER[0], layer("Reshape", target_shape=[7, 7, 1])],
            rf"^model\.decoder\[1\]: keras\.layers\.Reshape {ACCEPT}: The total size",
        ),
        ([{"units": 3}], DENSE_DECODER, r"^model\.encoder\[0\]: has no _target_"),
        ([layer("Dense", unitz=3)], DENSE_DECODER, r"^model\.encoder\[0\]: .*keras\.layers\.Dense"),
        ([layer("Dens", units=3)], DENSE_DECODER, r"^model\.encoder\[0\]: .*keras\.layers\.Dens"),
        (
            DENSE_ENCODER,
            [layer("Dense", units=9)],
            r"^model\.decoder: the output has shape \(9,\), but the images have shape \(8, 8, 1\)",
        ),
        (
            DENSE_ENCODER,
            [layer("Dense", units=9), layer("Reshape", target_shape=[3, 3, 1])],
            r"^model\.decoder: the output has shape \(3, 3, 1\)",
        ),
        ([], DENSE_DECODER, r"^model\.encoder: has no layers"),
        (DENSE_ENCODER, [], r"^model\.decoder: has no layers"),
        ([layer("AveragePooling2D", pool_size=9)], DENSE_DECODER, r"^model\.encoder"),
    ],
)
def test_error_names_the_layer_that_does_not_fit(encoder, decoder, message):
    with pytest.raises(UserError, match=message):
        build_pair(Model(name="broken", encoder=encoder, decoder=decoder), (8, 8, 1))


def conv(size, stride=1):
    return layer("Conv2D", filters=1, kernel_size=size, strides=stride, padding="same")


POOL = layer("MaxPooling2D", pool_size=2, padding="same")


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        ([conv(3), POOL, conv(3), POOL], [3, 4, 8, 10]),
        ([conv(2, 2), conv(2, 2), layer("Flatten"), layer("Dense", units=2)], [2, 4, 4, 28]),
        ([conv(5, 2), conv(5, 2), conv(3)], [5, 13, 21]),
        ([conv(3, 2)] * 4, [3, 7, 15, 28]),  # at most the image
    ],
)
def test_receptive_fields_equal_hand_calculation(table, fields):
    encoder = build_encoder(table, (28, 28, 1))
    rows = layer_table(encoder, build_encoder([conv(1)], (28, 28, 1)))
    assert [row["receptive_field"] for row in rows] == [*fields, None]
