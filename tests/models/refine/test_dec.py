"""DEC and IDEC: separation of clusters, history, stopping, seeds and errors."""

import math
from functools import partial

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

import pipeline.models.refine.dec as dec
from pipeline.artifacts import Images, to_unit_range
from pipeline.config import Corruption, Model, Refine
from pipeline.models.autoencoder import Autoencoder
from pipeline.models.baselines import PixelModel
from pipeline.models.keras_autoencoder import KerasAutoencoder
from pipeline.models.refine.dec import refine_dec
from pipeline.models.refine.dec_model import DECModel
from pipeline.models.refine.soft_assignment import soft_assignment
from pipeline.runtime.errors import UserError
from tests.networks import build_pair, have_equal_weights, layer, load_model, train_model

GROUPS = np.random.default_rng(1).permutation(np.repeat(np.arange(4), 40))
CORNERS = np.array([(1, 1), (1, 5), (5, 1), (5, 5)])
MODEL = Model(
    name="small",
    encoder=[layer("Flatten"), layer("Dense", units=32, activation="relu"), layer("Dense", units=4)],
    decoder=[
        layer("Dense", units=32, activation="relu"), layer("Dense", units="@size"),
        layer("Reshape", target_shape=["@height", "@width", "@channels"]),
    ],
)  # fmt: skip
SGD = {"_target_": "keras.optimizers.SGD", "momentum": 0.9}
settings = partial(
    Refine, target="pipeline.models.refine.dec.refine_dec", k=4, update_interval=20, max_steps=200, batch_size=32,
    n_init=3, seed=1,
)  # fmt: skip
DEC = settings(name="dec", optimizer=SGD, learning_rate=0.05)
IDEC = settings(name="idec", gamma=0.1, reconstruction=1.0, learning_rate=0.003)


@pytest.fixture(scope="module")
def spots():
    """160 images of 8×8 with a blurred spot near one of four corners; the first 20 are held out too."""
    rng = np.random.default_rng(0)
    centres = CORNERS[GROUPS] + rng.uniform(-1, 1, (len(GROUPS), 2))
    y, x = np.mgrid[:8, :8]
    distance = (y - centres[:, 0, None, None]) ** 2 + (x - centres[:, 1, None, None]) ** 2
    pixels = np.exp(-distance / 3) + rng.normal(0, 0.15, (len(GROUPS), 8, 8))
    pixels = (np.clip(pixels, 0, 1) * 255).astype(np.uint8)[..., None]
    return Images(pixels, pixels[:20], "train", "spots")


@pytest.fixture(scope="module")
def pretrained(spots):
    """A small autoencoder of these images."""
    return train_model(spots, MODEL, epochs=20, steps_per_execution=5, schedule="constant", seed=1)


@pytest.fixture(scope="module")
def refined(spots, pretrained, module_recorder):
    """The autoencoder refined with DEC and with IDEC; `module_recorder` observed IDEC."""
    return {"dec": refine_dec(DEC, pretrained, spots), "idec": refine_dec(IDEC, pretrained, spots, module_recorder)}


def cluster(codes):
    return KMeans(4, n_init=5, random_state=0).fit_predict(codes)


def separation(autoencoder, images):
    """Silhouette and adjusted Rand index of k-means on the latents."""
    codes = autoencoder.encode(images.fitted)
    labels = cluster(codes)
    return silhouette_score(codes, labels), adjusted_rand_score(GROUPS, labels)


def reconstruction_error(autoencoder, images):
    return float(np.mean((autoencoder.reconstruct(images.fitted) - to_unit_range(images.fitted)) ** 2))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dec", "idec"])
def test_refinement_separates_the_clusters(name, refined, pretrained, spots):
    before, after = separation(pretrained, spots), separation(refined[name], spots)
    assert after[0] > before[0] + 0.05
    assert after[1] >= before[1] - 0.02
    assert after[1] > 0.9


@pytest.mark.slow
def test_idec_preserves_the_reconstruction(refined, pretrained, spots):
    error = reconstruction_error(refined["idec"], spots)
    assert error < 1.1 * reconstruction_error(pretrained, spots)
    assert error < reconstruction_error(refined["dec"], spots)


@pytest.mark.slow
def test_only_idec_trains_the_decoder(refined, pretrained):
    def is_changed(name):
        pairs = zip(refined[name].decoder.get_weights(), pretrained.decoder.get_weights(), strict=True)
        return any(not np.array_equal(first, second) for first, second in pairs)

    assert is_changed("idec")
    assert not is_changed("dec")


@pytest.mark.slow
def test_history_and_reports_have_a_row_per_target(refined, pretrained, module_recorder):
    for name, metrics in (("dec", {"kl", "changed"}), ("idec", {"kl", "reconstruction", "changed"})):
        rows = refined[name].refinement
        assert [row["step"] for row in rows] == [20.0 * (index + 1) for index in range(len(rows))]
        assert all(set(row) == {"step", *metrics} for row in rows)
        assert all(math.isfinite(value) and value >= 0 for row in rows for value in row.values())
        assert refined[name].history == pretrained.history
        assert refined[name].metrics().items() >= {"refinement/kl": rows[-1]["kl"]}.items()
    assert [{"step": float(step)} | row for step, row in module_recorder.epochs] == refined["idec"].refinement
    done = [step for step, _ in module_recorder.steps]
    assert done == sorted(done)
    assert module_recorder.steps[-1] == (200, 200)


@pytest.mark.slow
def test_saved_model_has_its_refinement(refined, spots, tmp_path):
    refined["dec"].save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    assert loaded.refinement == refined["dec"].refinement
    assert np.array_equal(loaded.encode(spots.fitted), refined["dec"].encode(spots.fitted))


@pytest.mark.slow
def test_same_seed_repeats_the_bits_and_k_means_agrees_with_the_largest_share(spots, pretrained, refined, monkeypatch):
    """The clusterer needs no centres from the refinement, because its own are close to them."""
    models = []

    class RecordedModel(DECModel):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            models.append(self)

    monkeypatch.setattr(dec, "DECModel", RecordedModel)
    again = refine_dec(IDEC, pretrained, spots)
    assert have_equal_weights(refined["idec"], again)
    codes = again.encode(spots.fitted)
    largest = np.asarray(soft_assignment(codes, np.asarray(models[0].centres))).argmax(axis=1)
    assert adjusted_rand_score(largest, cluster(codes)) > 0.98


@pytest.mark.slow
def test_another_seed_gives_other_weights(spots, pretrained, refined):
    assert not have_equal_weights(refined["idec"], refine_dec(IDEC.model_copy(update={"seed": 2}), pretrained, spots))


def test_it_stops_when_few_assignments_change_and_does_not_modify_its_input(spots, pretrained):
    before = [weight.copy() for weight in pretrained.encoder.get_weights()]
    stopped = refine_dec(IDEC.model_copy(update={"tol": 0.99}), pretrained, spots)
    assert len(stopped.refinement) == 1
    assert all(np.array_equal(*pair) for pair in zip(before, pretrained.encoder.get_weights(), strict=True))
    assert pretrained.refinement == []


@pytest.mark.slow
def test_max_steps_is_rounded_up(spots, pretrained):
    refined = refine_dec(IDEC.model_copy(update={"tol": 0.0, "max_steps": 41}), pretrained, spots)
    assert [row["step"] for row in refined.refinement] == [20, 40, 60]


@pytest.mark.slow
def test_corruption_changes_the_gradients(spots, pretrained, refined):
    corrupted = IDEC.model_copy(update={"corruption": Corruption(shift=0.1, noise=0.1)})
    other = refine_dec(corrupted, pretrained, spots)
    assert not have_equal_weights(other, refined["idec"])
    assert separation(other, spots)[1] > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("name", ["patch64", "conv7x7x2"])
def test_normalised_and_spatial_bottlenecks_are_refined(name, spots):
    model = KerasAutoencoder(*build_pair(load_model(name), (8, 8, 1)))
    refined = refine_dec(IDEC.model_copy(update={"max_steps": 20}), model, spots)
    assert refined.bottleneck == model.bottleneck
    assert not np.array_equal(refined.encode(spots.fitted), model.encode(spots.fitted))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": None}, r"^refine\.k = null: set a number from 2"),
        ({"optimizer": {"_target_": "keras.optimizers.Adamm"}}, r"^refine\.optimizer: .*keras\.optimizers\.Adamm"),
        ({"optimizer": SGD, "learning_rate": 1e38}, r"^refine: the loss became .* lower refine\.learning_rate"),
    ],
)
def test_settings_that_cannot_work_are_errors(changes, message, pretrained, spots):
    with pytest.raises(UserError, match=message):
        refine_dec(IDEC.model_copy(update=changes), pretrained, spots)


def test_a_model_without_layers_is_an_error(spots):
    message = r"^refine = idec: PixelModel has no layers to train; set refine=none or choose another model"
    with pytest.raises(UserError, match=message):
        refine_dec(IDEC, PixelModel(spots.shape), spots)


def test_equal_codes_are_an_error(pretrained, spots):
    grey = Images(np.full_like(spots.train, 9), spots.test[:0])
    with pytest.raises(UserError, match=r"^refine\.k = 4: the latents have only 1 distinct group"):
        refine_dec(IDEC, pretrained, grey)
