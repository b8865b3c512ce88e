"""Format numbers, shares and cluster names for pages and figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def cluster_name(cluster: int, names: Sequence[str] = ()) -> str:
    """Return the display name of a cluster: c0 (the largest), c1, …, or noise if negative.

    `names` are those of the clustering; with one the result is "c1 sevens".
    """
    return cluster_title(cluster, names[cluster] if 0 <= cluster < len(names) else "")


def cluster_title(cluster: int, name: str) -> str:
    """Return the display name of a cluster with the `name` that a person gave it, if any, as `cluster_name` does."""
    number = "noise" if cluster < 0 else f"c{cluster}"
    return f"{number} {name}" if name else number


def format_number(value: float | None) -> str:
    """Return `value` with four decimals, a large one with thousands separators and fewer, and None as a dash."""
    if value is None:
        return "–"
    if not np.isfinite(value):
        return str(value)
    if abs(value) >= 2 and float(value).is_integer():
        return f"{value:,.0f}"
    if abs(value) >= 999.99995:  # 1,000 with four decimals
        return f"{value:,.1f}"
    return f"{value:.2e}" if 0 < abs(value) < 1e-3 else f"{value:.4f}"


def format_spread(mean: float, sd: float) -> str:
    """Return `mean ± sd` with four decimals, and the mean alone if there is no standard deviation (NaN)."""
    return f"{mean:.4f}" if np.isnan(sd) else f"{mean:.4f} ± {sd:.4f}"


def format_percent(value: float) -> str:
    """Return a share in [0, 1] as a percentage; only exactly 0 and 1 give 0 % and 100 %."""
    rounded = f"{100 * value:.1f}"
    if value < 1 and rounded == "100.0":
        return "over 99.9 %"
    if value > 0 and rounded == "0.0":
        return "under 0.1 %"
    return f"{rounded if 0 < value < 1 else rounded.removesuffix('.0')} %"
