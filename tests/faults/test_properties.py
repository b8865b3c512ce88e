"""Properties of any input: readers read or refuse it, fingerprints identify it, artifacts are loaded as saved."""

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

from pipeline.artifacts import (
    Artifact,
    BaselineClusterings,
    Clustering,
    Features,
    Graph,
    Images,
    Labels,
    Latents,
    Scores,
)
from pipeline.clustering.metrics import score_clustering
from pipeline.config import Config, validate_config
from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import FORMATS, EncodedImage
from pipeline.data.idx import IDX_TYPES, parse_idx, read_idx_bytes
from pipeline.data.numpy_arrays import read_numpy
from pipeline.data.parquet import read_parquet
from pipeline.runtime.errors import UserError
from pipeline.workflow.fingerprint import fingerprint
from tests.compositions import compose_cached

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""All examples of a test share a folder; each overwrites its file."""


def call(function, *args, **kwargs):
    """Return the result and "", or None and the message of a `UserError`; other errors pass."""
    try:
        return function(*args, **kwargs), ""
    except UserError as error:
        return None, str(error)


# Readers


def damaged(content: bytes):
    """The bytes of a valid file, some of them changed, and perhaps truncated."""
    changes = st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=6)

    def damage(changed, end):
        result = bytearray(content)
        for index, value in changed:
            result[index] = value
        return bytes(result[:end])

    return st.builds(damage, changes, st.one_of(st.none(), st.integers(0, len(content))))


def idx_bytes(array, code):
    return (
        bytes([0, 0, code, array.ndim])
        + np.array(array.shape, ">u4").tobytes()
        + array.astype(IDX_TYPES[code]).tobytes()
    )


PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 5), np.uint8)
IDX = idx_bytes(PIXELS, 8)
headers = st.builds(
    lambda code, shape, rest: bytes([0, 0, code, len(shape)]) + np.array(shape, ">u4").tobytes() + rest,
    st.sampled_from([*IDX_TYPES, 7]),
    st.lists(st.one_of(st.integers(0, 3), st.sampled_from([2**16, 2**31, 2**32 - 1])), max_size=6),
    st.binary(max_size=64),
)


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=64), damaged(IDX), headers))
def test_any_bytes_are_read_as_idx_or_refused(raw):
    result, message = call(parse_idx, raw, "file")
    assert message.startswith("file: ") if result is None else len(raw) == 4 + 4 * result.ndim + result.nbytes


@SHARED
@given(st.one_of(damaged(gzip.compress(IDX, mtime=0)), st.builds(gzip.compress, headers)))
def test_any_gzipped_bytes_are_read_as_idx_or_refused(tmp_path, raw):
    (tmp_path / "file").write_bytes(raw)
    result, message = call(lambda: parse_idx(read_idx_bytes(tmp_path / "file"), "file"))
    assert message or isinstance(result, np.ndarray)


@given(
    hnp.arrays(
        st.sampled_from([np.dtype(kind) for kind in IDX_TYPES.values()]), hnp.array_shapes(min_dims=1, max_dims=4)
    )
)
def test_idx_array_is_read_as_written(array):
    code = next(code for code, kind in IDX_TYPES.items() if np.dtype(kind) == array.dtype)
    np.testing.assert_array_equal(parse_idx(idx_bytes(array, code), "file"), array)


def saved_bytes(write, *args, **kwargs):
    buffer = io.BytesIO()
    write(buffer, *args, **kwargs)
    return buffer.getvalue()


@SHARED
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # NumPy does not close a file that it cannot read
@given(
    st.one_of(damaged(saved_bytes(np.savez, images=PIXELS, labels=np.arange(3))), damaged(saved_bytes(np.save, PIXELS)))
)
def test_any_bytes_are_read_as_numpy_or_refused(tmp_path, raw):
    (tmp_path / "a.npz").write_bytes(raw)
    result, message = call(read_numpy, str(tmp_path / "a.npz"))
    assert message.startswith("path: ") if result is None else isinstance(result.train, np.ndarray)


def encoded(kind):
    return saved_bytes(lambda buffer: Image.fromarray(PIXELS.transpose(1, 2, 0)).save(buffer, kind))


@given(st.one_of(*(damaged(encoded(kind)) for kind in FORMATS)))
def test_any_bytes_are_decoded_or_named_as_unreadable(raw):
    images = [EncodedImage("valid", encoded("PNG")), EncodedImage("damaged", raw)]
    result, message = call(decode_images, images, "all", (4, 5), 3, 1)
    assert not message, "one unreadable image is skipped"
    assert result.pixels.shape == (len(result.indices), 4, 5, 3)
    assert (len(result.indices) == 2) != ("damaged" in result.note)


@SHARED
@given(damaged(saved_bytes(lambda buffer: parquet.write_table(pa.table({"image": [encoded("PNG")] * 3}), buffer))))
def test_any_bytes_are_read_as_parquet_or_refused(tmp_path, raw):
    (tmp_path / "a.parquet").write_bytes(raw)
    result, message = call(read_parquet, str(tmp_path / "a.parquet"), image_size=4)
    assert message.startswith(("path: ", "data.")) if result is None else len(result.train) == len(result.paths)


# Configuration


@cache
def valid_values():
    from omegaconf import OmegaConf

    return OmegaConf.to_container(compose_cached("model=pca", "refine=none"), resolve=True)


def key_paths(values, parents=()):
    for key, value in values.items():
        yield (*parents, key)
        if isinstance(value, dict):
            yield from key_paths(value, (*parents, key))


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=150)
@given(st.data(), anything)
def test_any_value_is_accepted_or_refused_by_its_key(data, value):
    values = deepcopy(valid_values())
    *parents, last = data.draw(st.sampled_from(sorted(key_paths(values), key=str)))
    start = [*parents, last][0]
    group = values
    for name in parents:
        group = group[name]
    group[last] = value
    result, message = call(validate_config, values)
    assert isinstance(result, Config) if not message else all(line.startswith(start) for line in message.splitlines())


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


def reverse_keys(value):
    """The same value with the keys of every dictionary in reverse order."""
    if isinstance(value, dict):
        return {key: reverse_keys(item) for key, item in reversed(value.items())}
    return [reverse_keys(item) for item in value] if isinstance(value, list) else value


@given(configs, inputs, words)
def test_fingerprint_does_not_depend_on_the_order_of_keys(config, input_fingerprints, source):
    reversed_config, reversed_inputs = reverse_keys(deepcopy(config)), reverse_keys(input_fingerprints)
    expected = fingerprint("extract", config, input_fingerprints, source)
    assert fingerprint("extract", reversed_config, reversed_inputs, source) == expected


@given(st.tuples(configs, inputs, words), st.tuples(configs, inputs, words))
def test_different_inputs_have_different_fingerprints(first, second):
    are_equal = json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert (fingerprint("extract", *first) == fingerprint("extract", *second)) == are_equal


@given(configs, st.data())
def test_one_changed_value_changes_the_fingerprint(config, data):
    changed = deepcopy(config)
    changed[data.draw(st.sampled_from(sorted(changed)))] = "changed"
    assert fingerprint("extract", config, {}) != fingerprint("extract", changed, {})


# Scores


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=40))
def test_scores_of_any_clustering_are_finite(points):
    labels, clusters = np.array(points).T
    assert all(np.isfinite(value) for value in score_clustering(labels, clusters).values())


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
            st.just(BaselineClusterings(np.arange(n), np.zeros((len(texts), 2, n), np.int32), texts, [1] * len(texts))),
            st.builds(Scores, st.dictionaries(words, finite), st.just([]), st.just(eye), st.just([k])),
        )
    )  # fmt: skip


@SHARED
@given(artifacts())
def test_artifact_is_loaded_as_saved(tmp_path_factory, artifact: Artifact):
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
