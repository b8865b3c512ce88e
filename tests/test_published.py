"""The published autoencoders: their tables, their layers, their training, and the table that shows them beside ours."""

import json
import shutil
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import pipeline.models.training as training
from pipeline import figures
from pipeline.artifacts import Latents, unit_range
from pipeline.config import Model, Train
from pipeline.embeddings import tsne
from pipeline.errors import UserError
from pipeline.knn import exact
from pipeline.models.base import Autoencoder
from pipeline.models.layers import build_decoder, build_encoder, summarise
from pipeline.models.resizing import BedOfNails, MaxUnpool, places_of_maxima, pool, upsample
from pipeline.models.rounding import RoundedAccuracy, rounded_accuracy
from pipeline.reproduction import claims, tables, write
from pipeline.reproduction.published import PUBLISHED
from pipeline.reproduction.records import compose as compose_words
from pipeline.stages.report import report
from pipeline.tracking import Store, flatten
from tests.helpers import compose
from tests.test_report import CONFIG, parts

pytestmark = [
    # Keras copies a variable with np.array, which hands `copy` to TensorFlow's __array__, which does not know it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]

CNN64 = (
    ["14×14×32", "7×7×64", "3136", "64"],
    ["3136", "7×7×64", "14×14×32", "28×28×1"],
    [160, 8256, 200_768, 203_840, 8224, 129],
)
TABLES = {
    "selu_transpose": (
        ["28×28×16", "14×14×16", "14×14×32", "7×7×32", "7×7×64", "3×3×64"],
        ["7×7×32", "14×14×16", "28×28×1"],
        [160, 4640, 18_496, 18_464, 4624, 145],
    ),
    "dense64": (["784", "784", "64"], ["784", "28×28×1"], [615_440, 50_240, 50_960]),
    "cnn64_relu": CNN64,
    "cnn64_elu": CNN64,
    "conv7x7x2": (
        ["28×28×16", "14×14×16", "14×14×2", "7×7×2"],
        ["7×7×2", "14×14×2", "14×14×16", "28×28×16", "28×28×1"],
        [160, 290, 38, 304, 145],
    ),
    "conv4x4x4_upsample": (
        ["28×28×16", "14×14×16", "14×14×8", "7×7×8", "7×7×4", "4×4×4"],
        ["4×4×4", "8×8×4", "8×8×8", "16×16×8", "14×14×16", "28×28×16", "28×28×1"],
        [160, 1160, 292, 148, 296, 1168, 145],
    ),
    "conv3x3x4_transpose": (
        ["26×26×16", "13×13×16", "11×11×8", "5×5×8", "3×3×4"],
        ["3×3×4", "6×6×4", "6×6×8", "12×12×8", "14×14×16", "28×28×16", "28×28×1"],
        [160, 1160, 292, 148, 296, 1168, 145],
    ),
}
"""As published: output shapes of the encoder's layers and of the decoder's, and parameters of those that have any."""

TOTALS = {
    "selu_transpose": 46_529, "dense64": 716_640, "cnn64_relu": 421_377, "cnn64_elu": 421_377, "conv7x7x2": 937,
    "conv4x4x4_upsample": 3369, "conv3x3x4_transpose": 3369,
}  # fmt: skip

every = pytest.mark.parametrize("name", TABLES)
KINDS = ("nearest", "bed_of_nails", "max_unpool")
UPSAMPLING = ("conv7x7x2", "conv4x4x4_upsample", "conv3x3x4_transpose")


def pair(model, shape=(28, 28, 1)):
    encoder = build_encoder(model.encoder, shape)
    return encoder, build_decoder(model.decoder, encoder, shape)


# The tables


@every
def test_every_layer_is_as_published(name, tmp_path):
    encoder, decoder = pair(compose(f"experiment={name}", outputs=tmp_path).model)
    rows = summarise(encoder, decoder)
    above, below, parameters = TABLES[name]
    assert [one["output"] for one in rows if one["part"] == "encoder"] == above
    assert [one["output"] for one in rows if one["part"] == "decoder"] == below
    assert [one["parameters"] for one in rows if one["parameters"]] == parameters
    assert encoder.count_params() + decoder.count_params() == sum(parameters) == TOTALS[name]


def test_the_parts_of_selu_transpose_have_the_published_parameters(tmp_path):
    encoder, decoder = pair(compose("experiment=selu_transpose", outputs=tmp_path).model)
    assert (encoder.count_params(), decoder.count_params()) == (23_296, 23_233)


# The trainings


ADADELTA = {"_target_": "keras.optimizers.Adadelta", "rho": 0.95}
TRAININGS = {
    "selu_transpose": ("binary_crossentropy", {"_target_": "keras.optimizers.SGD"}, 1.0, 32, 5),
    "dense64": ("mse", {"_target_": "keras.optimizers.Adam"}, 0.001, 256, 20),
    "cnn64_relu": ("mse", {"_target_": "keras.optimizers.Adam"}, 0.001, 256, 20),
    "cnn64_elu": ("mse", {"_target_": "keras.optimizers.Adam"}, 0.001, 256, 20),
    "conv7x7x2": ("binary_crossentropy", ADADELTA, 1.0, 32, 3),
    "conv4x4x4_upsample": ("binary_crossentropy", ADADELTA, 0.001, 256, 50),
    "conv3x3x4_transpose": ("binary_crossentropy", ADADELTA, 0.001, 256, 50),
}


@every
def test_every_training_is_as_published_and_nothing_else(name, tmp_path):
    config = compose(f"experiment={name}", outputs=tmp_path)
    train = config.train
    assert (train.loss, train.optimizer, train.learning_rate, train.batch_size, train.epochs) == TRAININGS[name]
    assert (train.split, train.schedule, train.min_steps, train.consistency) == ("train", "constant", 0, 0)
    assert not any(train.corruption.model_dump().values())
    assert (config.manifold.name, config.cluster.name, config.cluster.k) == ("none", "kmeans", 10)
    assert config.cluster.estimator["random_state"] == 42
    once = name == "conv7x7x2"
    assert config.cluster.estimator["n_init"] == (1 if once else 10)
    assert config.data.split == ("test" if once else "train")


def test_the_last_5000_images_validate_selu_transpose(tmp_path):
    train = compose("experiment=selu_transpose", outputs=tmp_path).train
    images = SimpleNamespace(part={"train": np.arange(60_000)}.get, test=np.arange(10_000))
    fitted, held = training._split(train, images)
    assert (len(fitted), held[0], held[-1]) == (55_000, 55_000, 59_999)


def test_the_elu_page_draws_the_first_5000(tmp_path):
    config = compose("experiment=cnn64_elu", outputs=tmp_path)
    wanted = {"first": 5000, "perplexity": 15.0, "learning_rate": 100, "seed": 0}
    assert config.project.arguments().items() >= wanted.items()
    assert config.neighbors.k >= 45
    assert config.report.colour_bar
    assert config.report.thumbnails == 200


# Rounded accuracy


def test_rounded_accuracy_by_hand():
    target = np.array([[0.0, 0.2, 0.8, 1.0], [0.4, 0.6, 0.4, 0.6]], np.float32)
    output = np.array([[0.1, 0.6, 0.9, 0.2], [0.1, 0.9, 0.3, 0.7]], np.float32)
    np.testing.assert_allclose(rounded_accuracy(target, output), [0.5, 1.0])
    metric = RoundedAccuracy()
    metric.update_state(target, output)
    assert metric.name == "rounded_accuracy"
    assert float(metric.result()) == pytest.approx(0.75)


# Pooling and upsampling


MAPS = np.random.default_rng(0).permutation(2 * 6 * 4 * 3).reshape(2, 6, 4, 3).astype(np.float32) + 1


def test_nearest_repeats_every_value():
    expected = MAPS.repeat(3, axis=1).repeat(3, axis=2)
    np.testing.assert_array_equal(upsample("nearest", 3)(MAPS), expected)


@pytest.mark.parametrize("kind", ["bed_of_nails", "max_unpool"])
def test_a_bed_of_nails_and_unpooling_without_places(kind):
    made = np.asarray(upsample(kind, 2)(MAPS))
    assert made.shape == (2, 12, 8, 3)
    np.testing.assert_array_equal(made[:, ::2, ::2], MAPS)
    assert np.count_nonzero(made) == MAPS.size


def test_unpooling_by_hand():
    image = np.array([[1, 2, 5, 0], [3, 9, 0, 0], [0, 0, 0, 4], [7, 0, 0, 0]], np.float32).reshape(1, 4, 4, 1)
    places = places_of_maxima(image, 2, "valid")
    np.testing.assert_array_equal(np.asarray(places)[0, ..., 0], [[3, 0], [2, 1]])
    back = np.asarray(MaxUnpool(2)(np.array([[10, 20], [30, 40]], np.float32).reshape(1, 2, 2, 1), places))
    np.testing.assert_array_equal(back[0, ..., 0], [[0, 0, 20, 0], [0, 10, 0, 0], [0, 0, 0, 40], [30, 0, 0, 0]])


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("shape", [(6, 4), (7, 7), (5, 8)])
def test_what_is_pooled_and_unpooled_is_where_it_was(padding, shape):
    image = (np.random.default_rng(1).normal(size=(3, *shape, 2)) - 5).astype(np.float32)  # below zero, as after elu
    pooled = pool("max", 2, padding)(image)
    back = np.asarray(MaxUnpool(2)(pooled, places_of_maxima(image, 2, padding)))[:, : shape[0], : shape[1]]
    kept = back != 0
    assert kept.sum() == np.asarray(pooled).size
    np.testing.assert_array_equal(back[kept], image[:, : back.shape[1], : back.shape[2]][kept])


def test_places_of_another_size_are_cut_or_extended_by_beds_of_nails():
    image = np.zeros((1, 4, 4, 1), np.float32)
    image[0, 1::2, 1::2] = 1
    places = places_of_maxima(image, 2, "valid")
    larger = np.asarray(MaxUnpool(2)(np.ones((1, 3, 3, 1), np.float32), places))[0, ..., 0]
    assert set(zip(*np.nonzero(larger), strict=True)) == {
        (1, 1), (1, 3), (3, 1), (3, 3), (0, 4), (2, 4), (4, 0), (4, 2), (4, 4),
    }  # fmt: skip
    smaller = np.asarray(MaxUnpool(2)(np.ones((1, 1, 1, 1), np.float32), places))[0, ..., 0]
    np.testing.assert_array_equal(smaller, [[0, 0], [0, 1]])


def test_average_pooling_averages():
    expected = MAPS.reshape(2, 3, 2, 2, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(pool("average", 2)(MAPS), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", [BedOfNails, MaxUnpool])
def test_the_layers_say_their_shape_and_can_be_rebuilt(kind):
    layer = kind(3, name="up")
    assert layer.compute_output_shape((None, 2, 4, 5)) == (None, 6, 12, 5)
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert (type(again), again.size, again.name) == (kind, 3, "up")


# Autoencoders with a choice


def choose(tmp_path, name, **words):
    return compose(f"model={name}", *(f"model.{key}={value}" for key, value in words.items()), outputs=tmp_path).model


def fit(images, model, **settings):
    return training.fit(model, Train(name="test", **({"epochs": 2, "batch_size": 32} | settings)), images)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", UPSAMPLING)
def test_every_model_takes_every_kind_at_equal_parameters(name, kind, tmp_path):
    encoder, decoder = pair(choose(tmp_path, name, upsampling=kind))
    assert encoder.count_params() + decoder.count_params() == TOTALS[name]
    assert decoder.output_shape == (None, 28, 28, 1)
    built = training.KerasAutoencoder(encoder, decoder)
    pixels = np.random.default_rng(0).random((3, 28, 28, 1)).astype(np.float32)
    same = np.allclose(built.reconstruct(pixels), built.decode(built.encode(pixels)), atol=1e-6)
    assert same == (kind != "max_unpool")
    assert built.reconstruct(pixels[:0]).shape == (0, 28, 28, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_trains_validates_and_comes_back_from_disk(images, kind, tmp_path):
    built = fit(images, choose(tmp_path, "conv7x7x2", upsampling=kind, activation="elu"), learning_rate=0.01, epochs=4)
    losses = [one["val_loss"] for one in built.history]
    assert losses[-1] < losses[0]
    error = np.mean((built.reconstruct(images.held_out) - unit_range(images.held_out)) ** 2)
    assert error == pytest.approx(losses[-1], rel=1e-4)
    built.save(tmp_path / "kept")
    loaded = Autoencoder.load(tmp_path / "kept")
    codes = built.encode(images.held_out)
    np.testing.assert_array_equal(loaded.decode(codes), built.decode(codes))
    np.testing.assert_array_equal(loaded.reconstruct(images.held_out), built.reconstruct(images.held_out))


@pytest.mark.parametrize("activation", ["relu", "elu", "selu"])
@pytest.mark.parametrize("name", ["dense64", "cnn64"])
def test_every_activation_reaches_the_bottleneck(name, activation, tmp_path):
    encoder, _ = pair(choose(tmp_path, name, activation=activation, latent_dim=5), (8, 8, 1))
    assert encoder.output_shape == (None, 5)
    assert keras.activations.serialize(encoder.layers[-1].activation) == activation


def test_padding_and_pooling_reach_the_layers(tmp_path):
    shapes = [
        pair(choose(tmp_path, "cnn64", padding=kind), (28, 28, 1))[0].layers[0].padding for kind in ("same", "valid")
    ]
    assert shapes == ["same", "valid"]
    encoder, _ = pair(choose(tmp_path, "conv7x7x2", pooling="average", padding="valid"))
    assert [type(layer).__name__ for layer in encoder.layers][1] == "AveragePooling2D"
    assert encoder.layers[1].padding == "valid"


def test_unpooling_needs_max_pooling_with_the_same_channels(images, tmp_path):
    with pytest.raises(UserError, match=r"model\.upsampling = max_unpool: .* set model\.pooling=max"):
        fit(images, choose(tmp_path, "conv7x7x2", upsampling="max_unpool", pooling="average"))
    values = choose(tmp_path, "conv7x7x2", upsampling="max_unpool").model_dump()
    values["decoder"][2]["filters"] = 5
    with pytest.raises(UserError, match=r"max_unpool: .* \(5, \(2, 2\), \(2, 2\)\) cannot use .* \(16, "):
        fit(images, Model(**values))


@pytest.mark.parametrize("name", ["selu_transpose", "dense64", "conv3x3x4_transpose"])  # one of each optimizer
def test_every_optimizer_trains_its_set_up(images, name, tmp_path):
    config = compose(f"experiment={name}", "train.epochs=1", outputs=tmp_path)
    grown = type(images)(
        *(unit_range(part).repeat(4, 1).repeat(4, 2)[:16, 2:30, 2:30] for part in (images.train, images.test))
    )
    built = training.fit(config.model, config.train, grown)
    wanted = {"loss", "val_loss"}
    wanted |= {"rounded_accuracy", "val_rounded_accuracy"} if name == "selu_transpose" else set()
    assert set(built.history[0]) == wanted
    assert built.reconstruct(grown.test).shape == (16, 28, 28, 1)


# The published drawings


def test_tsne_of_the_first_leaves_the_others_to_their_neighbours(blobs, recorder):
    drawn = tsne(blobs.latents, blobs.graph, n_epochs=20, first=60, observer=recorder)
    alone = Latents(blobs.latents.fitted[:60], blobs.latents.held_out, [8])
    reference = tsne(alone, exact(alone, blobs.graph.k), n_epochs=20)
    n = len(blobs.labels)
    assert (drawn.first, len(drawn.fitted), len(drawn.held_out)) == (60, n, len(blobs.held_labels))
    np.testing.assert_array_equal(drawn.fitted[:60], reference.fitted)
    np.testing.assert_array_equal(drawn.held_out, reference.held_out)
    assert recorder.notes == [f"t-SNE embeds the first 60 of {n} images; the others are placed"]
    assert tsne(blobs.latents, blobs.graph, n_epochs=4, first=n).first is None


def test_the_colour_bar_has_a_step_a_class_with_its_name_amid():
    points = np.random.default_rng(0).normal(size=(60, 2))
    groups = np.arange(60) % 10
    groups[:5] = -1
    figure = figures.scatter_stepped(points, groups, [str(i) for i in range(10)], "Map\nn = 60")
    axes, bar = figure.axes
    assert len(axes.collections[0].get_offsets()) == 55
    assert list(bar.get_yticks()) == list(range(10))
    assert bar.get_ylim() == (-0.5, 9.5)
    colours = axes.collections[0].cmap(axes.collections[0].norm(np.arange(10)))
    assert len({tuple(colour) for colour in colours}) == 10


def test_thumbnails_lie_on_the_stepped_map():
    rng = np.random.default_rng(0)
    images = rng.random((60, 5, 7, 1))
    figure = figures.scatter_stepped(rng.normal(size=(60, 2)), np.arange(60) % 3, list("abc"), "Map\nn", images, 20)
    assert len(figure.axes[0].images) == 20


def test_the_report_draws_the_first_and_counts_each_clusters_labels():
    inputs = parts()
    inputs |= {"config": CONFIG.model_copy(update={"colour_bar": True}), "map": replace(inputs["map"], first=30)}
    made = report(**inputs)
    assert {"map_stepped", "map_stepped_thumbnails"} <= set(made.figures)
    assert "embedded the first 30 of 60 images" in made.html
    assert "Labels of its images" in made.html
    assert '<td class="words">kind 0: 20</td>' in made.html


# The records


SEEDS = (42, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory, empty_store):
    """A store with finished runs of one published set-up at two seeds, and shortened ones that must not count."""
    outputs = tmp_path_factory.mktemp("finished")
    shutil.copy(empty_store, outputs / "mlflow.db")
    kept = Store(compose(outputs=outputs).tracking, outputs)
    for seed in SEEDS:
        finish(kept, outputs, "experiment=conv3x3x4_transpose", f"seed={seed}", offset=seed / 1e4)
    finish(
        kept, outputs, "experiment=conv3x3x4_transpose", "train.epochs=2", "seed=42", offset=9, kept_as="autoencoder"
    )
    return kept


def finish(store, outputs, *words, offset, kept_as="pretrained"):
    """Leave what an execution of these words would leave, of which every figure is its epoch's share plus `offset`."""
    config = compose(*words, outputs=outputs)
    measured = {"train/purity_score": 0.5, "test/purity_score": 0.25, "k": 10, "data/fitted_images": 60_000}
    history = [{"loss": epoch / 100 + offset, "val_loss": epoch / 100 + offset} for epoch in range(1, 51)]
    facts = {"history": history, "summary": [{"parameters": 3000}, {"parameters": 369}]}
    with store.run("execution", "run") as run:
        run.log_params(flatten(config.model_dump(by_alias=True)))
        run.log_metrics(measured | {"reconstruction/val_loss": 0.5 + offset})
        with run.stage("train", "1", {}) as stage:
            stage.log_metrics({"seconds": 90.0})
            stage._client.log_text(stage.id, json.dumps(facts), f"result/{kept_as}/artifact.json")
        run.tag({"stage.train": f"{stage.id} reused"})


@pytest.fixture(scope="module")
def gathered(store):
    return write.gather(store)


def test_a_row_is_read_from_the_runs_own_records(gathered):
    found = {one["experiment"]: one for one in gathered["reproduction"]}
    assert [name for name, one in found.items() if one["ours"]] == ["conv3x3x4_transpose"]
    ours = found["conv3x3x4_transpose"]
    assert ours["ours"] == {
        "seed": 42, "data": "mnist", "parameters": 3369, "k": 10, "n": 60_000, "purity_train": 0.5, "purity_test": 0.25,
        "seconds_train": 90.0, "seconds": 90.0,
    }  # fmt: skip
    last = ours["figures"][-1]
    assert (last["measure"], last["epoch"], last["published"]) == ("val_loss", 50, 0.2871)
    assert last["values"] == {"1": 0.5001, "42": 0.5042}
    shown = dict(zip(tables.reproduction([ours])[0].header, tables.reproduction([ours])[0].rows[0], strict=True))
    assert shown["published"] == "0.2871"
    assert shown["ours"] == "0.5042"
    assert shown["difference"] == "+0.2171 (+75.6 %)"
    assert (shown["parameters"], shown["k"], shown["training"]) == ("3,369", "10", "90 s")
    assert tables.reproduction([ours])[1].rows[-1][-1] == "0.5021 ± 0.0029 (2)"


def test_everything_is_written_and_found_again(gathered, tmp_path):
    found = gathered
    readme = tmp_path / "README.md"
    marked = "".join(f"<!-- {name}:begin -->\nold\n<!-- {name}:end -->\n" for name in write.BUILDERS)
    readme.write_text(f"# Title\n{marked}end\n")
    folder = write.write_outputs(found, tmp_path)
    assert {path.name for path in folder.iterdir()} == {
        "reproduction.html", "claims.html", "results.html", "reproduction.csv", "figures.csv", "results.csv",
        "results_digits.csv", "results_glyphs.csv", "results_whole.csv",
        *(f"{claim.sweep}.csv" for claim in claims.CLAIMS),
    }  # fmt: skip
    assert "no finished run" in (folder / "reproduction.csv").read_text()
    write.write_checkout(found, tmp_path)
    text = readme.read_text()
    assert "old" not in text
    assert text.startswith("# Title\n")
    assert text.endswith("end\n")
    for section in write.BUILDERS:
        record = json.loads((tmp_path / write.RECORDS / f"{section}.json").read_text())
        assert record == found[section]
        assert write.shown(text, section) == write.render(section, record)


def test_a_store_without_runs_of_a_row_leaves_what_was_recorded_of_it(tmp_path):
    recorded = {
        "table": "some",
        "recipe": "one",
        "words": "",
        "seeds": [0],
        "k": 10,
        "n": 50,
        "seconds": [1.0],
        "scores": {},
    }
    names = [f"{part} {score}" for part in ("train", "test") for score in ("accuracy", "purity", "nmi", "ari")]
    recorded["scores"] = {name: [0.5] for name in names}
    (tmp_path / "README.md").write_text("<!-- results:begin -->\n<!-- results:end -->\n")
    write.write_checkout({"results": [recorded]}, tmp_path)
    write.write_checkout({"results": [recorded | {"seeds": []}]}, tmp_path)
    assert json.loads((tmp_path / write.RECORDS / "results.json").read_text()) == [recorded]


def test_a_readme_without_markers_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "README.md").write_text("nothing")
    with pytest.raises(UserError, match=r"README\.md: has no <!-- claims:begin -->"):
        write.write_checkout({"claims": [ARMS]}, tmp_path)
    assert not (tmp_path / write.RECORDS).exists()


ARMS = {
    "sweep": "claim_pixels",
    "says": "One is faster.",
    "budget": "Little.",
    "arms": [
        {"arm": "one", "seeds": [0, 1], "values": {"seconds": [1.0, 2.0], "purity": [0.5, 0.7]}},
        {"arm": "other", "seeds": [0, 1, 2], "values": {"seconds": [3.0, 6.0, 9.0], "purity": [0.4, 0.8, 0.9]}},
    ],
}


def test_two_arms_are_compared_seed_by_seed():
    table = tables.claims([ARMS])[0]
    assert table.header == ("pixels", "seconds", "purity", "seeds")
    assert table.rows[0] == ("one", "1.50 ± 0.7071", "0.6000 ± 0.1414", "0, 1")
    assert table.rows[2] == (
        "other against one", "× 3.00 ± 0.0000, higher in 2 of 2", "+0.0000 ± 0.1414, higher in 1 of 2", "0, 1",
    )  # fmt: skip
    assert "sweep=claim_pixels" in table.words


def test_pages_escape_what_they_show_and_load_nothing():
    page = tables.to_html("A <b>", [tables.Table("x < y", "", ("a",), [("<i>",)])])
    assert "A &lt;b&gt;" in page
    assert "x &lt; y" in page
    assert "<td>&lt;i&gt;</td>" in page
    assert "http" not in page
    assert tables.to_csv(tables.Table("", "", ("a", "b"), [("1,5", "2")])) == 'a,b\n"1,5",2\n'


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: claim.sweep)
def test_every_claim_has_a_sweep_over_three_seeds_whose_jobs_compose(claim):
    jobs = list(claims.arms(claim.sweep))
    assert len(jobs) >= 2
    configs = [
        compose_words([f"sweep={claim.sweep}", *(f"{k}={v}" for k, v in job.items())]) for job in (jobs[0], jobs[-1])
    ]
    assert all(one.model != other.model for one, other in pairwise(configs))
    from omegaconf import OmegaConf

    params = OmegaConf.load(write.ROOT / "conf" / "sweep" / f"{claim.sweep}.yaml").hydra.sweeper.params
    assert len(str(params.seed).split(",")) >= 3
    assert str(params.stage) in ("train", "evaluate")


def test_the_sweep_runs_every_published_set_up():
    from omegaconf import OmegaConf

    params = OmegaConf.load(write.ROOT / "conf" / "sweep" / "published.yaml").hydra.sweeper.params
    assert str(params.experiment).split(",") == [one.experiment for one in PUBLISHED] == list(TABLES)
    assert {one.experiment: one.parameters for one in PUBLISHED} == TOTALS


# The README


@pytest.mark.parametrize("section", write.BUILDERS)
def test_the_readme_shows_what_the_records_say(section):
    path = write.ROOT / write.RECORDS / f"{section}.json"
    assert path.exists(), "no record: run python -m pipeline.reproduction"
    text = (write.ROOT / "README.md").read_text(encoding="utf-8")
    assert write.shown(text, section) == write.render(section, json.loads(path.read_text(encoding="utf-8")))
