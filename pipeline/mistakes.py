"""What is said about values that the schema refuses: a line a mistake, with its key and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the question whether the likeliest of the `known` words was meant, or nothing where none is like it."""
    lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), lower, n=1, cutoff=0.65)
    return f"; did you mean {lower[found[0]]}?" if found else ""


def unknown_key(key: str, known: Sequence[str]) -> str:
    """Return what is said about a key that does not exist, where there are the `known` ones."""
    parent, _, last = key.rpartition(".")
    meant = nearest(last, known)
    if meant and parent:
        meant = meant.replace("mean ", f"mean {parent}.")
    return f"{key}: no such key{meant or '; there are ' + ', '.join(known)}"


def lines(errors: Sequence[Any], root: type[BaseModel]) -> list[str]:
    """Return a line for each of pydantic's `errors` about `root`.

    A value that other groups follow, such as the seed, is refused in each of them: it is told once. What a key with
    several allowed types may be stands in one line.
    """
    wanted: dict[str, list[Any]] = {}
    for item in errors:
        wanted.setdefault(_key(item["loc"]), []).append(item)
    told: dict[tuple[str, str, str], str] = {}
    for key, items in wanted.items():
        echo = (key.rpartition(".")[2], repr(items[0].get("input")), items[0]["type"])
        told.setdefault(echo if items[0]["type"] != "missing" else (key, "", ""), _line(key, items, root))
    return list(told.values())


def _line(key: str, items: list[Any], root: type[BaseModel]) -> str:
    first = items[0]
    if first["type"] == "extra_forbidden":
        return unknown_key(key, _siblings(first["loc"], root))
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    if first["type"] == "missing":
        return f"{key}: is missing"
    if first["type"] == "union_tag_invalid":
        tag = first["ctx"]["discriminator"].strip("'")
        return f"{key}.{tag} = {first['ctx']['tag']!r}: choose from {first['ctx']['expected_tags']}"
    said = " or ".join(dict.fromkeys(item["msg"].removeprefix("Input should be ") for item in items))
    said = f"{said[0].lower()}{said[1:]}" if said == first["msg"] else f"input should be {said}"
    return f"{key} = {first['input']!r}: {said}"


def _key(location: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in location if not _is_function(part) and not _is_type(part))


def _is_function(part: Any) -> bool:
    """Whether part of a place is no key but the function that decided which keys there are."""
    return str(part).startswith("pipeline.")


def _is_type(part: Any) -> bool:
    """Whether part of a place is no key but one of the types that its value might have had."""
    return part in ("str", "int", "float") or "[" in str(part)


def _siblings(location: tuple[Any, ...], root: type[BaseModel]) -> list[str]:
    group: Any = root
    for part in location[:-1]:
        if _is_function(part):
            group = next(kind for kind in get_args(group) if part in get_args(kind.model_fields["fit"].annotation))
            continue
        known = group.model_fields.get(part) if isinstance(group, type) and issubclass(group, BaseModel) else None
        group = known.annotation if known else None
    return list(group.model_fields) if group else []
