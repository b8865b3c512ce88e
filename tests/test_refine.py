"""Refinement: assignment and target against a reference, training that separates clusters, and what is refused."""

import math
from functools import partial

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score

import pipeline.models.training as training
import pipeline.refining.training as refining
from pipeline.artifacts import Images, unit_range
from pipeline.config import Corruption, Model, Refine, Train
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder
from pipeline.models.layers import build_decoder, build_encoder, summarise
from pipeline.models.null import Pixels
from pipeline.refining.assignment import soft_assignment, target_distribution
from pipeline.refining.model import Refiner
from pipeline.stages.refine import refine
from tests.helpers import compose
from tests.networks import load, same

pytestmark = [
    # Keras copies a variable with np.array, which hands `copy` to TensorFlow's __array__, which does not know it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]

# Assignment and target


def draw(n=40, k=3, d=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)).astype(np.float32), rng.normal(size=(k, d)).astype(np.float32)


def reference(codes, centres, alpha):
    """The formula as it is printed, one pair at a time."""
    q = np.empty((len(codes), len(centres)))
    for i, code in enumerate(codes.astype(float)):
        near = [(1 + sum((code - mu) ** 2) / alpha) ** (-(alpha + 1) / 2) for mu in centres.astype(float)]
        q[i] = np.array(near) / sum(near)
    return q


@pytest.mark.parametrize("alpha", [0.5, 1.0, 4.0])
@pytest.mark.parametrize(("n", "k", "d"), [(40, 3, 5), (1, 2, 1), (7, 10, 3)])
def test_the_soft_assignment_is_the_published_formula(alpha, n, k, d):
    codes, centres = draw(n, k, d)
    q = np.asarray(soft_assignment(codes, centres, alpha))
    assert q.shape == (n, k)
    np.testing.assert_allclose(q.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(q, reference(codes, centres, alpha), rtol=1e-5)
    nearest = np.linalg.norm(codes[:, None] - centres, axis=2).argmin(axis=1)
    assert np.array_equal(q.argmax(axis=1), nearest)


def test_the_target_is_the_published_formula():
    q = reference(*draw(), 1.0)
    p, frequency = np.empty_like(q), [sum(q[:, j]) for j in range(q.shape[1])]
    for i, row in enumerate(q):
        over = [value**2 / frequency[j] for j, value in enumerate(row)]
        p[i] = np.array(over) / sum(over)
    found = target_distribution(q.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, p, rtol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


def test_sharpening_raises_the_largest_share_and_a_small_cluster():
    q = np.array([[0.6, 0.4], [0.4, 0.6], [0.9, 0.1], [0.1, 0.9]], np.float32)  # both clusters of one size
    assert (target_distribution(q).max(axis=1) > q.max(axis=1)).all()
    uneven = np.array([[0.9, 0.1]] * 9 + [[0.5, 0.5]], np.float32)
    assert target_distribution(uneven)[-1, 1] > 0.5


def test_what_is_sure_stays_and_far_codes_give_no_nan():
    assert np.array_equal(target_distribution(np.eye(3, dtype=np.float32)), np.eye(3, dtype=np.float32))
    far = np.asarray(soft_assignment(np.full((2, 3), 1e9, np.float32), np.eye(2, 3, dtype=np.float32)))
    assert np.isfinite(target_distribution(far)).all()


# Training


GROUPS = np.random.default_rng(1).permutation(np.repeat(np.arange(4), 40))
SPOTS = np.array([(1, 1), (1, 5), (5, 1), (5, 5)])


@pytest.fixture(scope="module")
def blobs():
    """160 images of 8×8 with a blurred spot in one of four places, each shaken a little, and 20 held out."""
    rng = np.random.default_rng(0)
    places = SPOTS[GROUPS] + rng.uniform(-1, 1, (len(GROUPS), 2))
    y, x = np.mgrid[:8, :8]
    distance = (y - places[:, 0, None, None]) ** 2 + (x - places[:, 1, None, None]) ** 2
    pixels = np.exp(-distance / 3) + rng.normal(0, 0.15, (len(GROUPS), 8, 8))
    pixels = (np.clip(pixels, 0, 1) * 255).astype(np.uint8)[..., None]
    return Images(pixels, pixels[:20], "train", "spots")


def dense(kind, **arguments):
    return {"_target_": f"keras.layers.{kind}", **arguments}


SMALL = Model(
    name="small",
    encoder=[dense("Flatten"), dense("Dense", units=32, activation="relu"), dense("Dense", units=4)],
    decoder=[
        dense("Dense", units=32, activation="relu"), dense("Dense", units="@size"),
        dense("Reshape", target_shape=["@height", "@width", "@channels"]),
    ],
)  # fmt: skip


@pytest.fixture(scope="module")
def pretrained(blobs):
    train = Train(name="test", epochs=20, batch_size=32, steps_per_execution=5, schedule="constant", seed=1)
    return training.fit(SMALL, train, blobs)


SGD = {"_target_": "keras.optimizers.SGD", "momentum": 0.9}
QUICK = partial(
    Refine, fit="pipeline.refining.training.fit", k=4, update_every=20, max_steps=200, batch_size=32, starts=3, seed=1
)
DEC = QUICK(name="dec", optimizer=SGD, learning_rate=0.05)
IDEC = QUICK(name="idec", gamma=0.1, reconstruction=1.0, learning_rate=0.003)


@pytest.fixture(scope="module")
def refined(blobs, pretrained, module_recorder):
    """The same autoencoder refined both ways; the recorder heard the second."""
    return {"dec": refine(DEC, pretrained, blobs), "idec": refine(IDEC, pretrained, blobs, module_recorder)}


def clusters(codes):
    return KMeans(4, n_init=5, random_state=0).fit_predict(codes)


def separation(autoencoder, images):
    codes = autoencoder.encode(images.fitted)
    return silhouette_score(codes, clusters(codes)), adjusted_rand_score(GROUPS, clusters(codes))


def error(autoencoder, images):
    return float(np.mean((autoencoder.reconstruct(images.fitted) - unit_range(images.fitted)) ** 2))


@pytest.mark.parametrize("name", ["dec", "idec"])
def test_clusters_end_better_separated_and_no_less_right(name, refined, pretrained, blobs):
    before, after = separation(pretrained, blobs), separation(refined[name], blobs)
    assert after[0] > before[0] + 0.05
    assert after[1] >= before[1] - 0.02
    assert after[1] > 0.9


def test_reconstruction_is_kept_where_it_is_asked_for(refined, pretrained, blobs):
    assert error(refined["idec"], blobs) < 1.1 * error(pretrained, blobs)
    assert error(refined["idec"], blobs) < error(refined["dec"], blobs)


def test_the_decoder_moves_only_where_reconstruction_is_kept(refined, pretrained):
    def moved(name):
        pairs = zip(refined[name].decoder.get_weights(), pretrained.decoder.get_weights(), strict=True)
        return any(not np.array_equal(one, other) for one, other in pairs)

    assert moved("idec")
    assert not moved("dec")


def test_k_means_on_the_refined_codes_agrees_with_the_largest_share(blobs, pretrained, refined, monkeypatch):
    """So the clusterer needs no centres from the refinement: its own are where those are."""
    made = []

    class Kept(Refiner):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            made.append(self)

    monkeypatch.setattr(refining, "Refiner", Kept)
    codes = refine(IDEC, pretrained, blobs).encode(blobs.fitted)
    largest = np.asarray(soft_assignment(codes, np.asarray(made[0].centres))).argmax(axis=1)
    assert adjusted_rand_score(largest, clusters(codes)) > 0.98


def test_the_history_is_that_of_the_targets_and_the_observer_heard_it(refined, pretrained, module_recorder):
    for name, measures in (("dec", {"kl", "changed"}), ("idec", {"kl", "reconstruction", "changed"})):
        rows = refined[name].refinement
        assert [row["step"] for row in rows] == [20.0 * (place + 1) for place in range(len(rows))]
        assert all(set(row) == {"step", *measures} for row in rows)
        assert all(math.isfinite(value) and value >= 0 for row in rows for value in row.values())
        assert refined[name].history == pretrained.history
        assert refined[name].metrics().items() >= {"refinement/kl": rows[-1]["kl"]}.items()
    assert [{"step": float(step)} | heard for step, heard in module_recorder.epochs] == refined["idec"].refinement
    done = [step for step, _ in module_recorder.steps]
    assert done == sorted(done)
    assert module_recorder.steps[-1] == (200, 200)


def test_it_stops_when_few_assignments_change_and_not_before(blobs, pretrained):
    patient = refine(IDEC.model_copy(update={"tolerance": 0.0, "max_steps": 41}), pretrained, blobs)
    assert [row["step"] for row in patient.refinement] == [20, 40, 60]  # rounded up to whole targets
    stopped = refine(IDEC.model_copy(update={"tolerance": 0.99}), pretrained, blobs)
    assert len(stopped.refinement) == 1


def test_the_same_seed_gives_the_same_bits_and_another_does_not(blobs, pretrained, refined):
    assert same(refined["idec"], refine(IDEC, pretrained, blobs))
    assert not same(refined["idec"], refine(IDEC.model_copy(update={"seed": 2}), pretrained, blobs))


def test_the_trained_autoencoder_stays_as_it_was(blobs, pretrained):
    before = [weight.copy() for weight in pretrained.encoder.get_weights()]
    refine(DEC.model_copy(update={"max_steps": 20}), pretrained, blobs)
    assert all(np.array_equal(*pair) for pair in zip(before, pretrained.encoder.get_weights(), strict=True))
    assert pretrained.refinement == []


def test_corruption_changes_the_gradient_and_not_the_target(blobs, pretrained, refined):
    shaken = IDEC.model_copy(update={"corruption": Corruption(shift=0.1, noise=0.1)})
    other = refine(shaken, pretrained, blobs)
    assert not same(other, refined["idec"])
    assert separation(other, blobs)[1] > 0.9


@pytest.mark.parametrize("name", ["conv64", "conv7x7x2"])
def test_other_autoencoders_are_refined_too(name, blobs):
    """One with a normalised bottleneck, one whose bottleneck is a map."""
    encoder = build_encoder(load(name).encoder, (8, 8, 1))
    model = training.KerasAutoencoder(encoder, build_decoder(load(name).decoder, encoder, (8, 8, 1)))
    after = refine(IDEC.model_copy(update={"max_steps": 20}), model, blobs)
    assert after.bottleneck == model.bottleneck
    assert not np.array_equal(after.encode(blobs.fitted), model.encode(blobs.fitted))


def test_a_saved_one_remembers_its_refinement(refined, blobs, tmp_path):
    refined["dec"].save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    assert loaded.refinement == refined["dec"].refinement
    assert np.array_equal(loaded.encode(blobs.fitted), refined["dec"].encode(blobs.fitted))


# What is handed through, and what is refused


def test_none_hands_the_trained_one_through(pretrained, blobs, tmp_path):
    config = compose("refine=none", outputs=tmp_path).refine
    assert refine(config, pretrained, blobs) is pretrained


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 161}, r"^refine\.k = 161: give a number of clusters from 2 to 160"),
        ({"k": None}, r"^refine\.k = None: give a number"),
        ({"optimizer": {"_target_": "keras.optimizers.Adamm"}}, r"^refine\.optimizer: keras\.optimizers\.Adamm"),
        ({"optimizer": SGD, "learning_rate": 1e38}, r"^refine: the loss became .* lower refine\.learning_rate"),
        ({"fit": "pipeline.refining.nothing"}, r"^refine\.fit: pipeline\.refining\.nothing cannot be imported"),
    ],
)
def test_what_cannot_work_says_why(changes, message, pretrained, blobs):
    with pytest.raises(UserError, match=message):
        refine(IDEC.model_copy(update=changes), pretrained, blobs)


def test_a_null_model_cannot_be_refined(blobs):
    with pytest.raises(UserError, match=r"^refine = idec: model pixels has no layers to train; choose refine=none"):
        refine(IDEC, Pixels(blobs.shape), blobs)


def test_codes_that_are_all_the_same_cannot_be_clustered(pretrained, blobs):
    grey = Images(np.full_like(blobs.train, 9), blobs.test[:0])
    with pytest.raises(UserError, match=r"^refine\.k = 4: the codes have only 1 distinct group"):
        refine(IDEC, pretrained, grey)


# The published set-ups


def test_the_number_of_clusters_follows_the_clusterer(tmp_path):
    assert compose("refine=dec", "cluster.k=7", outputs=tmp_path).refine.k == 7
    assert compose("refine=dec", "cluster=hdbscan", outputs=tmp_path).refine.k == 10
    assert compose("refine=dec", "refine.k=5", outputs=tmp_path).refine.k == 5


DENSE = (["784", "500", "500", "2000", "10"], ["2000", "500", "500", "784", "28×28×1"], 3_330_794)
CONV = (["14×14×32", "7×7×64", "3×3×128", "1152", "10"], ["1152", "3×3×128", "7×7×64", "14×14×32", "28×28×1"], 275_979)
WEIGHTS = {"dec": (1.0, 0.0), "idec": (0.1, 1.0), "dcec": (0.1, 1.0)}


@pytest.mark.parametrize(("name", "table"), [("dec", DENSE), ("idec", DENSE), ("dcec", CONV)])
def test_every_set_up_is_as_published(name, table, tmp_path):
    config = compose(f"experiment={name}", outputs=tmp_path)
    encoder = build_encoder(config.model.encoder, (28, 28, 1))
    decoder = build_decoder(config.model.decoder, encoder, (28, 28, 1))
    rows = summarise(encoder, decoder)
    above, below, parameters = table
    assert [row["output"] for row in rows if row["part"] == "encoder"] == above
    assert [row["output"] for row in rows if row["part"] == "decoder"] == below
    assert encoder.count_params() + decoder.count_params() == parameters
    own = config.refine
    assert (own.gamma, own.reconstruction) == WEIGHTS[name]
    assert (own.name, own.k, own.alpha, own.starts, own.update_every, own.tolerance) == (name, 10, 1, 20, 140, 0.001)
    assert not own.corruption.affine
    assert (config.data.split, config.train.split) == ("all", "all")
    assert (config.manifold.name, config.cluster.name, config.cluster.k) == ("none", "kmeans", 10)


@pytest.mark.parametrize(("name", "words"), [("dec", {}), ("dcec", {"padding": "same"})])
@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 24, 3)])
def test_their_autoencoders_take_other_images(name, words, shape):
    model = load(name, **words)
    encoder = build_encoder(model.encoder, shape)
    assert build_decoder(model.decoder, encoder, shape).output_shape[1:] == shape
