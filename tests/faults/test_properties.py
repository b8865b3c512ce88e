"""What holds for any input: readers give arrays or a message, fingerprints follow facts, artifacts come back."""

import gzip
import io
import json
from copy import deepcopy
from dataclasses import fields
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from pyarrow import parquet

from pipeline.artifacts import Artifact, Clustering, Features, Graph, Images, Labels, Latents, NullClusterings, Scores
from pipeline.config import Config, check
from pipeline.data.idx import TYPES, parse, read_bytes
from pipeline.data.parquet import read_parquet
from pipeline.data.pictures import FORMATS, Picture, read_pictures
from pipeline.data.readers import read_numpy
from pipeline.errors import UserError
from pipeline.fingerprint import fingerprint
from pipeline.metrics import score
from tests.faults.asking import composed

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""One folder serves all examples of a test: each writes its file anew."""


def outcome(work, *args, **keywords):
    """What `work` returns, or None and the message of the `UserError` that it raises; no other error is allowed."""
    try:
        return work(*args, **keywords), ""
    except UserError as error:
        return None, str(error)


# Readers


def harmed(whole: bytes):
    """The bytes of a sound file with some of them changed, and perhaps its end missing."""
    changes = st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=6)

    def harm(changed, end):
        found = bytearray(whole)
        for place, value in changed:
            found[place] = value
        return bytes(found[:end])

    return st.builds(harm, changes, st.one_of(st.none(), st.integers(0, len(whole))))


def idx_bytes(array, code):
    return (
        bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(TYPES[code]).tobytes()
    )


PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 5), np.uint8)
IDX = idx_bytes(PIXELS, 8)
headers = st.builds(
    lambda code, shape, rest: bytes([0, 0, code, len(shape)]) + np.array(shape, ">u4").tobytes() + rest,
    st.sampled_from([*TYPES, 7]),
    st.lists(st.one_of(st.integers(0, 3), st.sampled_from([2**16, 2**31, 2**32 - 1])), max_size=6),
    st.binary(max_size=64),
)


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=64), harmed(IDX), headers))
def test_any_bytes_are_an_idx_array_or_are_refused(raw):
    found, told = outcome(parse, raw, "file")
    assert told.startswith("file: ") if found is None else len(raw) == 4 + 4 * found.ndim + found.nbytes


@SHARED
@given(st.one_of(harmed(gzip.compress(IDX, mtime=0)), st.builds(gzip.compress, headers)))
def test_any_packed_bytes_are_an_idx_array_or_are_refused(tmp_path, raw):
    (tmp_path / "file").write_bytes(raw)
    found, told = outcome(lambda: parse(read_bytes(tmp_path / "file"), "file"))
    assert told or isinstance(found, np.ndarray)


@given(
    hnp.arrays(st.sampled_from([np.dtype(kind) for kind in TYPES.values()]), hnp.array_shapes(min_dims=1, max_dims=4))
)
def test_idx_comes_back_as_it_was(array):
    code = next(code for code, kind in TYPES.items() if np.dtype(kind) == array.dtype)
    np.testing.assert_array_equal(parse(idx_bytes(array, code), "file"), array)


def saved(write, *args, **keywords):
    buffer = io.BytesIO()
    write(buffer, *args, **keywords)
    return buffer.getvalue()


@SHARED
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # numpy leaves a file open that it could not read
@given(st.one_of(harmed(saved(np.savez, images=PIXELS, labels=np.arange(3))), harmed(saved(np.save, PIXELS))))
def test_any_bytes_are_numpy_arrays_or_are_refused(tmp_path, raw):
    (tmp_path / "a.npz").write_bytes(raw)
    found, told = outcome(read_numpy, str(tmp_path / "a.npz"))
    assert told.startswith("path: ") if found is None else isinstance(found.train, np.ndarray)


def encoded(kind):
    return saved(lambda buffer: Image.fromarray(PIXELS.transpose(1, 2, 0)).save(buffer, kind))


@given(st.one_of(*(harmed(encoded(kind)) for kind in FORMATS)))
def test_any_bytes_are_a_picture_or_are_named(raw):
    pictures = [Picture("whole", encoded("PNG")), Picture("harmed", raw)]
    found, told = outcome(read_pictures, pictures, "all", (4, 5), 3, 1)
    assert not told, "one unreadable picture is skipped"
    pixels, places, note = found
    assert pixels.shape == (len(places), 4, 5, 3)
    assert (len(places) == 2) != ("harmed" in note)


@SHARED
@given(harmed(saved(lambda buffer: parquet.write_table(pa.table({"image": [encoded("PNG")] * 3}), buffer))))
def test_any_bytes_are_a_parquet_file_or_are_refused(tmp_path, raw):
    (tmp_path / "a.parquet").write_bytes(raw)
    found, told = outcome(read_parquet, str(tmp_path / "a.parquet"), image_size=4)
    assert told.startswith(("path: ", "data.")) if found is None else len(found.train) == len(found.paths)


# Configuration


@cache
def plain():
    from omegaconf import OmegaConf

    return OmegaConf.to_container(composed("model=pca", "refine=none"), resolve=True)


def leaves(values, at=()):
    for key, value in values.items():
        yield (*at, key)
        if isinstance(value, dict):
            yield from leaves(value, (*at, key))


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@settings(max_examples=150)
@given(st.data(), anything)
def test_any_value_anywhere_passes_or_is_named_by_its_key(data, value):
    values = deepcopy(plain())
    *parents, last = data.draw(st.sampled_from(sorted(leaves(values), key=str)))
    start = [*parents, last][0]
    group = values
    for name in parents:
        group = group[name]
    group[last] = value
    found, told = outcome(check, values)
    assert isinstance(found, Config) if not told else all(line.startswith(start) for line in told.splitlines())


# Fingerprints

words = st.text("abc", min_size=1, max_size=3)
configs = st.dictionaries(
    words,
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False), words),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
        max_leaves=6,
    ),
    min_size=1,
    max_size=4,
)
inputs = st.dictionaries(words, words, max_size=3)


def backwards(value):
    """The same value with the keys of every table in the opposite order."""
    if isinstance(value, dict):
        return {key: backwards(item) for key, item in reversed(value.items())}
    return [backwards(item) for item in value] if isinstance(value, list) else value


@given(configs, inputs, words)
def test_equal_facts_have_one_fingerprint_in_any_order(settings_, taken, source):
    one = fingerprint("extract", settings_, taken, source)
    assert fingerprint("extract", backwards(deepcopy(settings_)), backwards(taken), source) == one


@given(configs, configs, inputs, inputs, words, words)
def test_different_facts_have_different_fingerprints(one, two, taken, other, source, elsewhere):
    first, second = fingerprint("extract", one, taken, source), fingerprint("extract", two, other, elsewhere)
    same = json.dumps([one, taken, source], sort_keys=True) == json.dumps([two, other, elsewhere], sort_keys=True)
    assert (first == second) == same


@given(configs, st.data())
def test_a_single_changed_value_changes_the_fingerprint(one, data):
    two = deepcopy(one)
    two[data.draw(st.sampled_from(sorted(two)))] = "changed"
    assert fingerprint("extract", one, {}) != fingerprint("extract", two, {})


# Scores


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=40))
def test_any_labels_and_clusters_have_finite_scores(points):
    labels, clusters = np.array(points).T
    assert all(np.isfinite(value) for value in score(labels, clusters).values())


# Artifacts

sizes = st.integers(0, 5)
finite = st.floats(-1e6, 1e6, width=32)


def floats(*shape):
    return hnp.arrays(np.float32, shape, elements=finite)


def integers(*shape, low=-1, high=9):
    return hnp.arrays(np.int32, shape, elements=st.integers(low, high))


@st.composite
def artifacts(draw):
    n, m, d, k = draw(st.integers(1, 5)), draw(sizes), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    texts = draw(st.lists(st.text(max_size=4), max_size=3))
    pixels = draw(st.sampled_from([np.uint8, np.float32]))
    shape = draw(hnp.array_shapes(min_dims=3, max_dims=3, max_side=3))
    eye = np.eye(k, dtype=np.int64)
    zeros = np.zeros((n, *shape), pixels)
    shares = hnp.arrays(np.float32, n, elements=st.floats(0, 1, width=32))
    return draw(
        st.one_of(
            st.just(Images(zeros, zeros[:m], "all", "a", note="b", paths=texts)),
            st.builds(Labels, integers(n), integers(m), st.just(texts)),
            st.builds(Latents, floats(n, d), floats(m, d), st.just([d])),
            st.builds(Graph, integers(n, k, low=0), floats(n, k), integers(m, k, low=0), floats(m, k)),
            st.builds(Features, floats(n, d), floats(m, d), st.just("pca"), floats(d), floats(k, d)),
            st.builds(
                Clustering, integers(n), integers(m), shares, floats(m), floats(k, d), st.text(max_size=4),
                st.just(texts), st.dictionaries(words, finite), st.one_of(st.none(), configs), integers(k + 1),
            ),
            st.just(NullClusterings(np.arange(n), np.zeros((len(texts), 2, n), np.int32), texts, [1] * len(texts))),
            st.builds(Scores, st.dictionaries(words, finite), st.just([]), st.just(eye), st.just([k])),
        )
    )  # fmt: skip


@SHARED
@given(artifacts())
def test_any_artifact_comes_back_as_it_was(tmp_path_factory, artifact: Artifact):
    folder = tmp_path_factory.mktemp("artifact")
    artifact.save(folder)
    loaded = type(artifact).load(folder)
    for item in fields(artifact):
        before, after = getattr(artifact, item.name), getattr(loaded, item.name)
        if isinstance(before, np.ndarray):
            np.testing.assert_array_equal(after, before)
            assert after.dtype == before.dtype
        else:
            assert after == before
