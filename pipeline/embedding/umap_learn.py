"""umap-learn: its options, and its module without the libraries of a class that is not used here."""

from __future__ import annotations

import sys
import warnings
from types import ModuleType
from typing import Any, TypedDict

PARAMETRIC = "umap.parametric_umap"


class OtherLayoutOptions(TypedDict, total=False):
    """Options that our layout does not implement, such as densMAP's; any of them selects umap-learn's."""

    densmap: bool
    dens_lambda: float
    dens_frac: float
    dens_var_shift: float
    output_metric: str
    output_metric_kwds: dict[str, Any]


class UmapOptions(OtherLayoutOptions, total=False):
    """Options of `umap.UMAP` that no other setting decides and that an embedding without labels can use."""

    learning_rate: float
    spread: float
    set_op_mix_ratio: float
    local_connectivity: float
    repulsion_strength: float
    negative_sample_rate: int
    a: float | None
    b: float | None
    disconnection_distance: float | None


def import_umap() -> ModuleType:
    """Return the module `umap.umap_`.

    The package imports TensorFlow and PyTorch for `ParametricUMAP`. That takes seconds, and with some builds of PyTorch
    it ends the process. So the module of this class is hidden while the package is imported for the first time; a
    program that uses the class too imports it from `umap.parametric_umap`.
    """
    is_first = "umap" not in sys.modules
    if is_first:
        sys.modules[PARAMETRIC] = None  # type: ignore[assignment]  # makes its import fail, for which umap is prepared
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the class is not available, and Numba's deprecations
            import umap.umap_ as module
    finally:
        if is_first:
            sys.modules.pop(PARAMETRIC, None)
    return module  # type: ignore[no-any-return]
