"""A scikit-learn estimator: images or vectors in, clusters, latents and a map out.

>>> from pipeline import LatentClusterer
>>> clusterer = LatentClusterer(n_clusters=10).fit(images)
>>> clusterer.labels_, clusterer.confidence_, clusterer.embedding_
>>> clusterer.predict(new_images)
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils import Tags, check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from pipeline.api import array_overrides, make_executor, stage_printer, to_image_set
from pipeline.artifacts.images import Images
from pipeline.clustering.silhouette import silhouette_score
from pipeline.config.compose import compose_config
from pipeline.config.overrides import quote_path
from pipeline.data.new_images import ReadingRules, conform
from pipeline.models.assigner import PARTS, Assigner
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.workflow.executor import Executor

PLAIN = r"[\w./:+\-@$]*"
"""Text that Hydra reads as it stands."""


class LatentClustererError(UserError, ValueError):
    """A wrong parameter, or images that do not suit the parameters: a `ValueError`, as scikit-learn expects."""


@contextmanager
def _value_errors() -> Iterator[None]:
    """Raise a `UserError` as a `LatentClustererError`."""
    try:
        yield
    except UserError as error:
        raise LatentClustererError(*error.args) from error


class LatentClusterer(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    ClusterMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Cluster images by the latents of an autoencoder, or vectors by their own values.

    `X` has images (n, h, w), (n, h, w, c) or (n, c, h, w) in a usual range, or vectors (n, d); vectors take
    `model="vectors"` in place of an autoencoder. `n_clusters` is `cluster.k`, for clusterers that take one; None is the
    configuration's. `random_state` seeds all stages. `verbose` prints the stages and their progress. `keys` are those
    of the command line, with `__` in place of a dot: `cluster="hdbscan"`, `train__epochs=4`. Nothing is written to disk
    or to MLflow.

    After `fit`: `labels_` (n,) int32, −1 for noise, cluster 0 the largest; `confidence_` (n,) float32 in [0, 1];
    `embedding_` (n, 2) float32, the map, computed when it is first read; `n_features_in_`, d or the number of values of
    an image.

    A fitted estimator can be pickled. Limitation: not thread-safe, because Keras has global state.
    """

    def __init__(
        self, n_clusters: int | None = None, random_state: Any = 42, verbose: bool = False, **keys: Any
    ) -> None:
        self.n_clusters, self.random_state, self.verbose = n_clusters, random_state, verbose
        self._keys = keys

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return `n_clusters`, `random_state`, `verbose` and all keys by name."""
        params: dict[str, Any] = super().get_params(deep)
        return params | self._keys

    def set_params(self, **params: Any) -> Self:
        """Set parameters and keys by name."""
        for name, value in params.items():
            if name in ("n_clusters", "random_state", "verbose"):
                setattr(self, name, value)
            else:
                self._keys = self._keys | {name: value}  # a shallow copy of the estimator keeps its own
        return self

    @_value_errors()
    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Fit autoencoder, manifold and clusterer; `y` is ignored.

        Raises:
            ValueError: `X` has fewer than two dimensions or samples, or is not finite.
            LatentClustererError: a key is wrong, or the images do not suit the settings; it is a `ValueError` too.
        """
        array = validate_data(self, X, **_checks(is_new=False))
        self._is_fitted_to_images = array.ndim > 2
        self.n_features_in_ = math.prod(array.shape[1:])
        overrides = array_overrides(self._overrides(is_vectors=array.ndim == 2))
        self._config = compose_config(*overrides)
        printer = stage_printer() if self.verbose else None
        images = self._read_images(array, printer or SILENT)
        executor = make_executor(self._config, overrides, images, printer)
        self._config = executor.config
        self._parts = {name: executor.load(name) for name in PARTS}
        self.__dict__.pop("_map", None)  # that of an earlier fit
        self._rules, self._shape = ReadingRules.of_run(images), images.shape
        clustering = self._parts["clustering"]
        self.labels_, self.confidence_ = np.array(clustering.fitted), np.array(clustering.confidence)
        self._n_features_out = self._parts["latents"].fitted.shape[1]
        return self

    def fit_predict(self, X: Any, y: Any = None) -> NDArray[np.int32]:  # noqa: ARG002
        """Fit as `fit` does, and return `labels_`."""
        return self.fit(X).labels_

    @_value_errors()
    def predict(self, X: Any) -> NDArray[np.int32]:
        """Return the cluster of each image or vector, (m,) int32, −1 for noise.

        `X` has the layout, the channels and the value range of the fitted images, which other sizes are resized to, or
        is (m, d).

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: `X` is not finite, or vectors have another d.
            LatentClustererError: images have other channels or another value range.
        """
        clusters: NDArray[np.int32] = Assigner.from_artifacts(**self._fitted_parts())(self._read_new(X))[
            "cluster"
        ].to_numpy(np.int32)
        return clusters

    @_value_errors()
    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the latents (m, l) float32 of images or vectors; `X` and errors are those of `predict`."""
        parts = self._fitted_parts()
        latents: NDArray[np.float32] = parts["autoencoder"].encode(self._read_new(X))
        return latents

    def score(self, X: Any, y: Any = None) -> float:  # noqa: ARG002
        """Return the silhouette of the predicted clusters among the latents, in [−1, 1], higher is better.

        −1 if there is one cluster, or one for each sample. Noise counts as a cluster.
        """
        score = silhouette_score(np.asarray(self.transform(X)), self.predict(X))
        return -1.0 if math.isnan(score) else score

    @property
    def embedding_(self) -> NDArray[np.float32]:
        """The two-dimensional map (n, 2) of the fitted images."""
        parts = self._fitted_parts()
        if not hasattr(self, "_map"):
            precomputed = {"latents": parts["latents"], "graph": parts["graph"]}
            self._map = np.array(Executor(self._config, precomputed=precomputed).load("map").fitted)
        return self._map

    def _fitted_parts(self) -> dict[str, Any]:
        check_is_fitted(self, "labels_")
        return self._parts

    def _overrides(self, is_vectors: bool) -> list[str]:
        """The words of the command line that the parameters stand for."""
        keys = {name.replace("__", "."): value for name, value in self._keys.items()}
        if is_vectors:
            keys = {"model": "vectors"} | keys
        for key, name in (("cluster.k", "n_clusters"), ("seed", "random_state")):
            if key in keys and getattr(self, name) is not None:
                raise UserError(f"{name} and {key.replace('.', '__')} are both set; set {name} alone")
        if self.n_clusters is not None:
            keys["cluster.k"] = self.n_clusters
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(2**31 - 1)
        return [f"{name}={_to_word(value)}" for name, value in keys.items()] + [f"seed={seed}"]

    def _read_images(self, array: NDArray[Any], observer: Observer) -> Images:
        """The array as an image set; vectors have a blank pixel each."""
        if array.ndim == 2:
            blank = np.zeros((len(array), 1, 1, 1), np.uint8)
            return Images(blank, blank[:0], name="vectors", vectors=_to_float32(array), has_images=False)
        return to_image_set(array, self._config, observer)

    def _read_new(self, X: Any) -> NDArray[Any]:
        check_is_fitted(self, "labels_")
        checks = _checks(is_new=True)
        if not self._is_fitted_to_images:
            return _to_float32(validate_data(self, X, reset=False, **checks))
        pixels: NDArray[Any] = conform(check_array(X, **checks), self._shape, "the array", self._rules)
        return pixels

    def __sklearn_tags__(self) -> Tags:
        """Return the tags of scikit-learn: arrays of more than two dimensions are images."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _to_float32(array: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        vectors = array.astype(np.float32)
    if not np.isfinite(vectors).all():
        raise ValueError(f"X has values too large for float32, such as {np.abs(array).max():.3g}; scale it")
    return vectors


def _checks(is_new: bool) -> dict[str, Any]:
    return {"dtype": "numeric", "allow_nd": True, "ensure_min_samples": 1 if is_new else 2}


def _to_word(value: Any) -> str:
    """A value as it stands on the command line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_to_word, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}: {_to_word(item)}' for key, item in value.items())}}}"
    text = str(value)
    if re.fullmatch(PLAIN, text, re.ASCII) or text.startswith(("[", "{", "${")):
        return text
    return quote_path(text)
