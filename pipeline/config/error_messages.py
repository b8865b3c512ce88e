"""Messages for values that the schema refuses: one line for each mistake, with its key and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from pipeline.config.renamed_keys import current_key

OTHER_NAMES = {
    "k": "cluster.k", "n_clusters": "cluster.k", "num_clusters": "cluster.k", "n_neighbors": "neighbors.k",
    "metric": "neighbors.metric",
    "lr": "train.learning_rate", "latent_size": "model.latent_dim", "bottleneck": "model.latent_dim",
    "random_state": "seed", "n_jobs": "threads",
}  # fmt: skip
"""Keys by the names that other libraries have for them."""


def suggest(word: str, choices: Iterable[str]) -> str:
    """Return "; did you mean X?" for the choice most similar to `word`, or an empty text if none is similar."""
    lower = {name.lower(): name for name in choices}
    matches = get_close_matches(word.lower(), lower, n=1, cutoff=0.65)
    return f"; did you mean {lower[matches[0]]}?" if matches else ""


def unknown_key(key: str, choices: Sequence[str]) -> str:
    """Return the message for a key that does not exist, where `choices` do."""
    if renamed := current_key(key):
        return f"{key}: no such key; did you mean {renamed}?"
    parent, _, last = key.rpartition(".")
    if last in OTHER_NAMES and last not in choices and OTHER_NAMES[last] != key:
        return f"{key}: no such key; did you mean {OTHER_NAMES[last]}?"
    hint = suggest(last, choices)
    if hint and parent:
        hint = hint.replace("mean ", f"mean {parent}.")
    return f"{key}: no such key{hint or ('; choose from ' + ', '.join(choices) if choices else '')}"


def format_errors(errors: Sequence[Any], root: type[BaseModel]) -> list[str]:
    """Return a line for each of pydantic's `errors` about `root`.

    A value that several groups follow, such as the seed, is refused in each of them but reported once. A key with
    several allowed types gets one line.
    """
    by_key: dict[str, list[Any]] = {}
    for item in errors:
        by_key.setdefault(_key(item["loc"]), []).append(item)
    messages: dict[tuple[str, str, str], str] = {}
    for key, items in by_key.items():
        repeated = (key.rpartition(".")[2], repr(items[0].get("input")), items[0]["type"])
        identity = repeated if items[0]["type"] != "missing" else (key, "", "")
        messages.setdefault(identity, _message(key, items, root))
    return list(messages.values())


def _message(key: str, items: list[Any], root: type[BaseModel]) -> str:
    first = items[0]
    if first["type"] == "extra_forbidden":
        return unknown_key(key, _siblings(first["loc"], root))
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    if first["type"] == "missing":
        return f"{key}: is missing"
    if first["type"] == "union_tag_not_found":
        return f"{key}._target_: is missing"
    if first["type"] == "union_tag_invalid":
        return f"{key}._target_ = {first['ctx']['tag']!r}: choose from {first['ctx']['expected_tags']}"
    return f"{key} = {_show(first['input'])}: {describe_input(items)}"


def describe_input(errors: Sequence[Any]) -> str:
    """Return what pydantic's errors about one input say that it should be: "input should be true or false"."""
    text = " or ".join(dict.fromkeys(map(_expected_input, errors)))
    return f"{text[0].lower()}{text[1:]}" if text == errors[0]["msg"] else f"input should be {text}"


def _expected_input(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "a group of keys"
    if kind in ("bool_type", "bool_parsing"):
        return "true or false"
    if kind == "too_short":
        return f"a list of at least {context['min_length']}"
    return str(error["msg"]).removeprefix("Input should be ")


def _show(value: Any) -> str:
    """A value as it stands on the command line."""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _key(location: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in location if not _is_target(part) and not _is_type(part))


def _is_target(part: Any) -> bool:
    """Whether a part of a location is not a key but the `_target_` that selected the schema."""
    return str(part).startswith("pipeline.")


def _is_type(part: Any) -> bool:
    """Whether a part of a location is not a key but one of the types that its value may have."""
    return part in ("str", "int", "float") or "[" in str(part) or str(part).startswith("constrained-")


def _siblings(location: tuple[Any, ...], root: type[BaseModel]) -> list[str]:
    """The keys of the group in which an unknown key stands."""
    group: Any = root
    for part in location[:-1]:
        if _is_target(part):
            group = next(kind for kind in get_args(group) if part in get_args(kind.model_fields["target"].annotation))
            continue
        field = group.model_fields.get(part) if isinstance(group, type) and issubclass(group, BaseModel) else None
        group = field.annotation if field else None
    return [field.alias or name for name, field in group.model_fields.items()] if group else []
