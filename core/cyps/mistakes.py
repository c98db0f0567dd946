"""What is wrong with a file that a person wrote, key by key, in that person's words."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_DATE = "must be a date such as 2026-04-01"
_NUMBER = "must be a number without quotes or a per cent sign, such as -0.05"
_WHOLE_NUMBER = "must be a whole number without quotes or commas, such as 8_000_000_000"
_TABLE = "must be a table of keys and values"
_LIST = "must be a list in square brackets"

_SAID = {
    "extra_forbidden": "is not a key that belongs here",
    "missing": "is missing",
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_from_float": "must be a whole number, such as 8_000_000_000",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false, without quotes",
    "bool_parsing": "must be true or false, without quotes",
    "string_type": 'must be text in quotes, such as "use.csv"',
    "string_unicode": "must be text without broken characters",
    "string_too_short": "must not be empty",
    "dict_type": _TABLE,
    "mapping_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "too_short": "must not be empty",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": f"{_DATE}, without a time",
    "union_tag_not_found": 'must say its kind, such as kind = "floor"',
}
_WITHOUT_VALUE = frozenset(
    {"extra_forbidden", "missing", "too_short", "string_too_short", "union_tag_not_found"}
)
_VERBS = frozenset({"add", "has", "is", "may", "must"})
_LIMITS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
_LONG_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"


Place = tuple[int | str, ...]
"""Keys and positions in lists, from the outside in."""
LineOf = Callable[[Place, bool], int | None]
"""The line of a place, or of what holds it where its last key is missing."""


def mistakes(
    error: ValidationError,
    written: object = None,
    most: int | None = None,
    first: str = "",
    line: LineOf | None = None,
) -> str:
    """Every mistake in a clause of its own, each with its key as the file has it.

    Parameters
    ----------
    error : what the check found
    written : what was checked, as it was read from the file; labels are taken from it
    most : how many to tell; the rest is counted
    first : a key whose mistake is told before all others
    line : gives the line of a place, where the text is known

    Examples
    --------
    >>> from pydantic import BaseModel
    >>> class Year(BaseModel):
    ...     label: str
    ...     pot: int
    >>> class Plan(BaseModel):
    ...     years: list[Year]
    >>> written = {"years": [{"label": "2026-27", "pot": 5}, {"label": "2027-28", "pot": "5,0"}]}
    >>> try:
    ...     Plan.model_validate(written)
    ... except ValidationError as error:
    ...     print(mistakes(error, written).partition(";")[0])
    'pot' of the 2nd of [[years]] (2027-28) is '5,0'
    """
    problems = sorted(error.errors(include_url=False), key=lambda p: p["loc"] != (first,))
    told = []
    for problem in problems[:most]:
        at = line(keys_of(problem["loc"]), problem["type"] == "missing") if line else None
        told.append(_clause(place_of(problem["loc"], written, at), _words(problem)))
    more = [f"and {len(problems) - most} more"] if most and problems[most:] else []
    return "; ".join([*told, *more])


def _clause(place: str, words: str) -> str:
    verb = words.partition(" ")[0] in _VERBS or words.startswith("(")
    return f"{place} {words}" if verb else f"{place}: {words}"


def keys_of(where: Place) -> Place:
    """The keys and positions of a place, as the file has them.

    What stands in brackets, and the kind behind `damping`, tell in which form a value was
    checked; they are no keys.

    Examples
    --------
    >>> keys_of(("years", 0, "damping", "floor", "floor")), keys_of(("pot", "[plain]"))
    (('years', 0, 'damping', 'floor'), ('pot',))
    """
    return tuple(
        part
        for at, part in enumerate(where)
        if isinstance(part, int)
        or not ((part[:1] == "[" and part[-1:] == "]") or (at > 0 and where[at - 1] == "damping"))
    )


def place_of(where: Place, written: object = None, line: int | None = None) -> str:
    """A key as its file has it: dotted, and its place in a list counted from 1.

    Examples
    --------
    >>> place_of(("damping", "floor", "floor"), {"damping": {"kind": "floor"}})
    "'damping.floor'"
    >>> place_of(("files", "use", 1), {"files": {"use": ["a.csv", 5]}})
    "the 2nd of 'files.use'"
    """
    keys: list[str] = []
    within = ""
    value = written
    for part in keys_of(where):
        if isinstance(part, int):
            value = value[part] if isinstance(value, list | tuple) and part < len(value) else None
            within = _item(part, ".".join(keys), value) + (f" of {within}" if within else "")
            keys = []
            continue
        keys.append(part)
        value = value.get(part) if isinstance(value, Mapping) else None
    in_line = f" (line {line})" if line else ""
    if keys:
        return f"'{'.'.join(keys)}'{in_line}" + (f" of {within}" if within else "")
    return f"{within or 'it'}{in_line}"


def _item(at: int, of_what: str, value: object) -> str:
    """One of a list: a table among [[tables]] has a label or a name to tell it by."""
    if not isinstance(value, Mapping):
        return f"the {_ordinal(at + 1)} of '{of_what}'" if of_what else f"the {_ordinal(at + 1)}"
    label = value.get("label")
    told = f" ({label[:40]})" if isinstance(label, str) and label.isprintable() and label else ""
    return f"the {_ordinal(at + 1)} of [[{of_what}]]{told}"


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _words(problem: ErrorDetails) -> str:
    kind, context, value = problem["type"], problem.get("ctx", {}), problem["input"]
    if kind == "value_error":
        return str(context["error"]).rstrip(".")
    if kind == "union_tag_invalid":
        return (
            f"has the kind {_shown(context['tag'])}; it must be one of {context['expected_tags']}"
        )
    if kind == "json_invalid":
        return f"is not written in JSON ({context['error']})"
    must = _must(kind, context, value)
    return must if kind in _WITHOUT_VALUE else f"is {_shown(value)}; it {must}"


def _must(kind: str, context: Mapping[str, Any], value: object) -> str:
    if kind in _SAID:
        return _SAID[kind]
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind == "string_pattern_mismatch":
        return _pattern(str(context["pattern"]), str(value))
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters"
    limits = [f"{_LIMITS[k]} {_number(v)}" for k, v in context.items() if k in _LIMITS]
    if isinstance(value, float) and not math.isfinite(value):
        return _SAID["finite_number"]
    if limits:
        return f"must be {' and '.join(limits)}{_as_rate(context, value)}"
    return "is of a kind that does not belong here"


def _pattern(pattern: str, value: str) -> str:
    if "[0-9a-f]" in pattern:
        return "must be digits from 0 to 9 and a to f, 64 in a key, 128 in a signature"
    if pattern.startswith(r"^\d{4}-"):
        return _DATE
    if any(dash in value for dash in _LONG_DASHES):
        return "has a long dash or a minus sign: type a plain hyphen (-) in its place"
    return "may have letters A to Z, digits and plain hyphens, no spaces at its ends, at most 40"


def _as_rate(context: Mapping[str, Any], value: object) -> str:
    """-5 for a floor is hardly meant as -500%."""
    if context.get("ge") == -1 and isinstance(value, int | float) and -100 <= value < -1:
        return f": write {value / 100:g} for {value:g}%"
    return ""


def _number(value: float) -> str:
    return f"{value:_}" if isinstance(value, int) else f"{value:g}"


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            text = "".join(c if c.isprintable() else "?" for c in value[:40])
            return f"'{text}'"
        case int():
            # A year is not written 2_025.
            return (f"{value:_}" if abs(value) >= 10_000 else str(value))[:60]
        case float():
            digits = repr(value)  # to the last one: pence may be what is wrong
            return digits.removesuffix(".0") if abs(value) < 10_000 else digits
        case datetime.date() | datetime.time():
            return value.isoformat()
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
        case None:
            return "empty"
    return "something else"
