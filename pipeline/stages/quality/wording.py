"""What stage quality found, in words."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.config import Quality
from pipeline.data.file_facts import FileFacts
from pipeline.pages.formats import format_percent

TITLES = {
    "blank": "Blank",
    "dark": "Too dark",
    "bright": "Too bright",
    "blurred": "Blurred",
    "odd_sized": "Odd-sized",
}
"""Titles of the checks."""
MANY = 0.1
"""With a larger share of possible label errors, the neighbours say little about the labels."""


def summarize_counts(counts: Mapping[str, float], n: int) -> list[str]:
    """Return a line on duplicates, one on faulty images and, where labels are known, one on label errors."""
    values = {name.removeprefix("quality/"): int(value) for name, value in counts.items()}
    exact, near = values["exact_duplicates"], values["near_duplicates"]
    lines = [
        f"{exact + near:,} of {n:,} images are duplicates of others, {exact:,} exact and {near:,} near "
        f"({values['groups']:,} groups); keep.csv lists the images to keep"
    ]
    if values["held_out_copies"]:
        lines.append(f"{values['held_out_copies']:,} held-out images are exact copies of fitted ones")
    checks = [f"{title.lower()} {values[name]:,}" for name, title in TITLES.items() if values.get(name)]
    if "blank" in values:
        lines.append(f"faulty images: {', '.join(checks) or 'none'}")
    if "label_errors" in values:
        lines.append(f"{values['label_errors']:,} labels differ from those of the neighbours: possible label errors")
        if values["conflicting_groups"]:
            groups = _count(values["conflicting_groups"], "group")
            lines.append(f"{groups} of duplicates with different labels")
    return lines


def describe_near(config: Quality, bits: int) -> str:
    """Return the rule for near duplicates, whose hashes have so many `bits`, 0 if there are no images."""
    if not bits:
        return (
            f"Near duplicates are neighbours whose distance is less than {config.near_vector:g} times the median "
            "distance to the last neighbour (quality.near_vector). There are no images, so no hash verifies them."
        )
    return (
        f"Near duplicates are neighbours in the latent space whose distance is less than {config.near_duplicate:g} "
        "times the median distance to the last neighbour (quality.near_duplicate), and whose perceptual hashes differ "
        f"in at most {int(config.hash_distance * bits)} of {bits} bits (quality.hash_distance)."
    )


def describe_keeping(files: FileFacts | None, has_images: bool) -> str:
    """Return the rule by which one image of a group is kept."""
    rules = ["most original pixels", "largest file"] if files is not None else []
    rules += ["the sharpest image"] if has_images else []
    rules = [*rules, "the first in the data set"]
    return f"The image of a group to keep is chosen by these rules, the next one deciding ties: {', '.join(rules)}."


def describe_check(name: str, config: Quality) -> str:
    """Return the rule of a check."""
    return {
        "blank": f"The standard deviation of the pixels is at most {config.blank:g}, with values from 0 to 1 "
        "(quality.blank).",
        "dark": f"99 % of the pixels are darker than {config.dark:g} of white (quality.dark), and than half of that "
        "value for the median image, so dark sets are not listed as a whole.",
        "bright": f"99 % of the pixels are brighter than {config.bright:g} of white (quality.bright), and the "
        "darkest of them by half nearer to white than in the median image.",
        "blurred": f"The sharpness is more than {config.blurred:g} robust standard deviations below that of the median "
        "image (quality.blurred). Sharpness is the logarithm of the variance of the Laplacian relative to the "
        "variance of the image.",
        "odd_sized": f"The file has {config.odd_size:g} times more or less pixels than the median image "
        f"(quality.odd_size), or a shape {config.odd_aspect:g} times longer or shorter (quality.odd_aspect).",
    }[name]


def quality_headline(counts: Mapping[str, int]) -> str:
    """Return the main finding."""
    duplicates = counts["exact_duplicates"] + counts["near_duplicates"]
    parts = [_count(duplicates, "duplicate")]
    if "faulty" in counts:
        parts.append(_count(counts["faulty"], "faulty image"))
    if "label_errors" in counts:
        parts.append(_count(counts["label_errors"], "possible label error"))
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def describe_member(kind: str, hash_distance: int) -> str:
    """Return how a duplicate differs from the image of its group to keep; an empty `kind` is that image."""
    if kind == "near" and hash_distance >= 0:
        return _count(hash_distance, "bit", "0")
    return {"": "keep", "near": "near"}.get(kind, f"same {kind}")


def describe_label_errors(count: int) -> str:
    """Return how labels were ranked, and how many scores are high."""
    return (
        "All labelled images are ranked by how much their label differs from those of their neighbours in the latent "
        "space, weighted by distance; the score is one minus the normalized margin of Northcutt et al. (2021). "
        f"{_count(count, 'image').capitalize()} {'has' if count == 1 else 'have'} a score above 0.5: another label has "
        "more weight than their own. Unusual images can have such neighbours, too, so look before you change a label."
    )


def label_error_caveat(count: int, labelled: int) -> str:
    """Return a caveat if so many labels differ from those of the neighbours that the list says little, else nothing."""
    if count <= MANY * labelled:
        return ""
    return (
        f"{format_percent(count / labelled)} of the labels differ from those of the neighbours: in the latent space of "
        "this run, neighbours often have other labels, so the list says little. Use a run with more accurate clusters."
    )


def _count(number: int, noun: str, zero: str = "no") -> str:
    return f"{number:,} {noun}{'s' if number != 1 else ''}" if number else f"{zero} {noun}s"
