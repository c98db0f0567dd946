"""What is wrong with a scenario, key by key, in the words of the person who wrote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cyps.settlement.dated import FORMS

_SAID = {
    "extra_forbidden": "is not a key that a scenario has",
    "missing": "is missing",
    "int_type": "must be a whole number without quotes or commas, such as 8_000_000_000",
    "int_from_float": "must be a whole number, such as 8_000_000_000",
    "float_type": "must be a number without quotes or a per cent sign, such as -0.05",
    "float_parsing": "must be a number without quotes or a per cent sign, such as -0.05",
    "finite_number": "must be a finite number",
    "string_type": 'must be text in quotes, such as "use.csv"',
    "string_too_short": "must not be empty",
    "dict_type": "must be a table of keys and values",
    "model_type": "must be a table of keys and values",
    "model_attributes_type": "must be a table of keys and values",
    "list_type": "must be a list in square brackets",
    "too_short": "must not be empty",
    "date_type": "must be a date such as 2026-04-01",
    "date_from_datetime_parsing": "must be a date such as 2026-04-01",
    "date_from_datetime_inexact": "must be a date such as 2026-04-01, without a time",
    "date_parsing": "must be a date such as 2026-04-01",
    "union_tag_not_found": 'must say its kind, such as kind = "floor"',
}


Place = tuple[int | str, ...]
"""Keys and positions in lists, from the outside in."""


def scenario_mistakes(
    name: str, error: ValidationError, line: Callable[[Place, bool], int | None] | None = None
) -> str:
    """Every mistake in one sentence each, with its key.

    Parameters
    ----------
    name : the scenario file
    error : what its check found
    line : of a place, and whether its last key is missing; None where it is not known
    """
    told = "; ".join(
        f"{_place(problem)}{_in_line(problem, line)} {_words(problem)}"
        for problem in error.errors()
    )
    return f"{name} cannot be used as a scenario: {told}. docs/scenarios.md lists every key."


def _place(problem: ErrorDetails) -> str:
    parts = [str(part) for part in _keys(problem)]
    return f"'{'.'.join(parts)}'" if parts else "it"


def _keys(problem: ErrorDetails) -> Place:
    # The way in which a parameter was written is no key of the file.
    return tuple(part for part in problem["loc"] if part not in FORMS and part != "[key]")


def _in_line(problem: ErrorDetails, line: Callable[[Place, bool], int | None] | None) -> str:
    found = line(_keys(problem), problem["type"] == "missing") if line else None
    return f" (line {found})" if found else ""


def _words(problem: ErrorDetails) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _SAID:
        shown = _shown(problem["input"])
        wrong = shown and kind not in {"extra_forbidden", "missing", "too_short"}
        return f"is {shown}; it {_SAID[kind]}" if wrong else _SAID[kind]
    if kind == "literal_error":
        return f"is {_shown(problem['input'])}; it must be {context['expected']}"
    if kind == "union_tag_invalid":
        return f"has the kind '{context['tag']}'; it must be one of {context['expected_tags']}"
    if kind == "string_pattern_mismatch":
        return (
            f"is {_shown(problem['input'])}; use letters A to Z, digits, spaces and plain hyphens, "
            "at most 40"
        )
    if kind == "value_error":
        return str(context["error"]).rstrip(".")
    limit = _limit(context)
    if limit:
        return f"is {_shown(problem['input'])}; it must be {limit}"
    return problem["msg"]


def _limit(context: dict[str, Any]) -> str:
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    return " and ".join(f"{words[k]} {_number(v)}" for k, v in context.items() if k in words)


def _number(value: float) -> str:
    return f"{value:_}" if isinstance(value, int) else f"{value:g}"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"'{value[:40]}'"
    return f"{value:_}" if type(value) is int else str(value)[:40] if type(value) is float else ""
