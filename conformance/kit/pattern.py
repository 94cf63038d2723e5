"""The little language of the cases: values with names in them, and patterns that bind those names.

Documented in conformance/README.md, so that another runner can be written from there.
"""

from __future__ import annotations

import json
import re
from typing import Any

Names = dict[str, Any]

WHOLE = re.compile(r"^\$(\??)([a-z][a-zA-Z0-9_.]*)([+-]\d+)?$")
INSIDE = re.compile(r"\$\{([a-z][a-zA-Z0-9_.]*)([+-]\d+)?\}")
ABSENT = object()


class Unknown(Exception):
    """A case uses a name that nothing has bound: the case is wrong."""


def fill(template: Any, names: Names) -> Any:
    """The value that a template stands for."""
    if isinstance(template, str):
        whole = WHOLE.match(template)
        if whole:
            optional, name, shift = whole.groups()
            if optional and name not in names:
                return ABSENT
            value = look_up(names, name)
            return value + int(shift) if shift else value
        return INSIDE.sub(lambda found: str(shifted(look_up(names, found[1]), found[2])), template)
    if isinstance(template, list):
        return [fill(each, names) for each in template]
    if isinstance(template, dict):
        if set(template) == {"$repeat"}:
            text, times = template["$repeat"]
            return fill(text, names) * fill(times, names)
        if set(template) == {"$list"}:
            text, times = template["$list"]
            return [fill(text, {**names, "i": number}) for number in range(1, times + 1)]
        filled = {key: fill(each, names) for key, each in template.items()}
        return {key: each for key, each in filled.items() if each is not ABSENT}
    return template


def look_up(names: Names, name: str) -> Any:
    if name not in names:
        raise Unknown(f"the case uses ${name}, which nothing has bound")
    return names[name]


def shifted(value: Any, shift: str | None) -> Any:
    return value + int(shift) if shift else value


def mismatch(pattern: Any, value: Any, names: Names, path: str = "") -> str | None:
    """Why a value does not fit a pattern, or `None`; new names are bound only when it fits."""
    trial = dict(names)
    why = _differs(pattern, value, trial, path or "it")
    if why is None:
        names.update(trial)
        for name in [name for name in names if name not in trial]:
            del names[name]
    return why


def _differs(pattern: Any, value: Any, names: Names, path: str) -> str | None:
    if isinstance(pattern, str):
        return _text_differs(pattern, value, names, path)
    if isinstance(pattern, dict):
        if len(pattern) == 1 and next(iter(pattern)).startswith("$"):
            return _operator_differs(*next(iter(pattern.items())), value, names, path)
        if not isinstance(value, dict):
            return f"{path} is {shown(value)}, not an object"
        for key, each in pattern.items():
            why = _field_differs(each, value.get(key, ABSENT), names, f"{path}.{key}" if path != "it" else key)
            if why is not None:
                return why
        return None
    if isinstance(pattern, list):
        if not isinstance(value, list) or len(value) != len(pattern):
            return f"{path} is {shown(value)}, not a list of {len(pattern)}"
        for at, (each, item) in enumerate(zip(pattern, value)):
            why = _differs(each, item, names, f"{path}[{at}]")
            if why is not None:
                return why
        return None
    if value is ABSENT or type(value) is not type(pattern) or value != pattern:
        return f"{path} is {shown(value)}, not {shown(pattern)}"
    return None


def _field_differs(pattern: Any, value: Any, names: Names, path: str) -> str | None:
    if pattern == "$absent":
        return None if value is ABSENT or value is None else f"{path} is {shown(value)}, but must not be there"
    if value is ABSENT and isinstance(pattern, dict) and "$absent" in pattern.get("$one_of", []):
        return None
    if value is ABSENT:
        if isinstance(pattern, str) and pattern.startswith("$?"):
            names.pop(pattern[2:], None)
            return None
        return f"{path} is not there"
    return _differs(pattern, value, names, path)


def _text_differs(pattern: str, value: Any, names: Names, path: str) -> str | None:
    if pattern == "$any":
        return None
    if pattern in ("$integer", "$text", "$boolean"):
        kind = {"$integer": int, "$text": str, "$boolean": bool}[pattern]
        return None if type(value) is kind else f"{path} is {shown(value)}, not of the kind {pattern[1:]}"
    whole = WHOLE.match(pattern)
    if whole and (whole[1] or whole[2] not in names):
        if whole[3]:
            raise Unknown(f"the case uses ${whole[2]}, which nothing has bound")
        names[whole[2]] = value
        return None
    wanted = fill(pattern, names)
    return None if type(value) is type(wanted) and value == wanted else f"{path} is {shown(value)}, not {shown(wanted)}"


def _operator_differs(operator: str, given: Any, value: Any, names: Names, path: str) -> str | None:
    if operator == "$matches":
        found = isinstance(value, str) and re.search(fill(given, names), value)
        return None if found else f"{path} is {shown(value)}, which does not match {given}"
    if operator == "$one_of":
        return None if any(mismatch(each, value, names, path) is None for each in given) else f"{path} is {shown(value)}, none of {shown(given)}"
    if operator == "$between":
        low, high = fill(given, names)
        fits = isinstance(value, (int, float)) and low <= value <= high
        return None if fits else f"{path} is {shown(value)}, not from {low} to {high}"
    if operator == "$length":
        fits = isinstance(value, (list, str)) and len(value) == given
        return None if fits else f"{path} has the length {len(value) if isinstance(value, (list, str)) else None}, not {given}"
    if operator == "$any_order":
        return _unordered_differs(given, value, names, path)
    if operator == "$has":
        if not isinstance(value, list):
            return f"{path} is {shown(value)}, not a list"
        missing = next((each for each in given if all(mismatch(each, item, names) for item in value)), None)
        return None if missing is None else f"{path} is {shown(value)}, without {shown(missing)}"
    wanted = fill({operator: given}, names)
    return None if value == wanted else f"{path} is {shown(value)}, not {shown(wanted)}"


def _unordered_differs(given: list[Any], value: Any, names: Names, path: str) -> str | None:
    if not isinstance(value, list) or len(value) != len(given):
        return f"{path} is {shown(value)}, not a list of {len(given)}"
    left = list(value)
    for each in given:
        at = next((at for at, item in enumerate(left) if mismatch(each, item, names) is None), None)
        if at is None:
            return f"{path} is {shown(value)}, without {shown(each)}"
        del left[at]
    return None


def shown(value: Any) -> str:
    if value is ABSENT:
        return "not there"
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 600 else f"{text[:500]}… ({len(text)} characters)"


def shown_pattern(pattern: Any, names: Names) -> Any:
    """A pattern with the names that are known, for people."""
    if isinstance(pattern, dict):
        return {key: shown_pattern(each, names) for key, each in pattern.items()}
    if isinstance(pattern, list):
        return [shown_pattern(each, names) for each in pattern]
    try:
        value = fill(pattern, names)
    except Unknown:
        return pattern
    return value if isinstance(value, (str, int, bool)) or value is None else pattern
