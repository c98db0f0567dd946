"""Numbers as people and departments write them; what is no number says why."""

from __future__ import annotations

import re

from cyps.errors import CypsError

SYMBOLS = {
    "c": "suppressed (c)",
    "x": "not available (x)",
    "z": "not applicable (z)",
    ":": "not available (:)",
    "u": "of low reliability and not given (u)",
    "k": "rounded to zero (k), which is more than none",
}
"""DfE's symbols for cells without a number. None of them is a zero."""

_LARGEST = 1e15
"""More than any pounds or children; beyond it doubles no longer hold every whole number."""

_PLAIN = re.compile(r"(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_NOT_FINITE = {"nan", "inf", "infinity", "#num!", "#div/0!"}


class NotAnAmount(CypsError):  # noqa: N818 - a cell's state, put into words where it was read
    """A cell holds no usable number; the text says what it holds and why that matters."""


def amount(text: str) -> float:
    """Give the number of 0 or more that a cell holds.

    Accepts thousands separators and a pound sign. Everything else is refused
    with a reason of its own, because a guess here would move money.

    Parameters
    ----------
    text : the cell as it stands in the file

    Raises
    ------
    NotAnAmount
        Empty, suppressed (`c x z k : u`), negative, a percentage, not finite, or text.

    Examples
    --------
    >>> amount("£1,234,567")
    1234567.0
    >>> amount("c")
    Traceback (most recent call last):
        ...
    cyps.returns.amounts.NotAnAmount: 'c' is a symbol for suppressed (c), not a number: ...
    """
    value = signed_amount(text)
    if value < 0:
        raise NotAnAmount(f"'{text.strip()}' is below zero. It must be 0 or more")
    return value


def signed_amount(text: str) -> float:
    """Give the number that a cell holds, below zero too (net expenditure can be).

    Examples
    --------
    >>> signed_amount("(1,200)")
    -1200.0
    """
    shown = text.strip()
    if not shown:
        raise NotAnAmount("the cell is empty. Nothing is not the same as 0: type 0 if you mean it")
    bare = shown.strip("[]").casefold()
    if bare in SYMBOLS:
        raise NotAnAmount(
            f"'{shown}' is a symbol for {SYMBOLS[bare]}, not a number: "
            "it cannot stand for 0. Give the figure"
        )
    if bare.lstrip("+-") in _NOT_FINITE:
        raise NotAnAmount(f"'{shown}' is not a finite number. Give the figure")
    if shown.endswith("%"):
        raise NotAnAmount(f"'{shown}' is a percentage where an amount is needed{_as_part(shown)}")
    return _number(shown)


def _number(shown: str) -> float:
    digits = shown.replace("−", "-").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    negative = digits.startswith("(") and digits.endswith(")")
    if negative:
        digits = digits[1:-1]
    sign, digits = _sign(digits)
    if not (_PLAIN.fullmatch(digits) or _GROUPED.fullmatch(digits)):
        _check_short(shown, digits, negative != (sign < 0))
        raise NotAnAmount(
            f"'{shown[:40]}' is not a number. Write it like 1234.5 or 1,234.5, without words"
        )
    value = float(digits.replace(",", ""))
    if value > _LARGEST:
        raise NotAnAmount(f"'{shown[:40]}' is too large to be an amount. Check the figure")
    return -value if negative != (sign < 0) else value


_SHORT = re.compile(r"(?P<number>\d[\d,]*(\.\d+)?)(?P<unit>k|m|mn|bn)", re.IGNORECASE | re.ASCII)
_UNITS = {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9}


def _check_short(shown: str, digits: str, below_zero: bool) -> None:
    """Say what to write for 1.2m, for a zero typed as a dash and for an error of a formula."""
    if found := _SHORT.fullmatch(digits):
        full = float(found["number"].replace(",", "")) * _UNITS[found["unit"].lower()]
        full = -full if below_zero else full
        raise NotAnAmount(f"'{shown[:40]}' is cut short. Write it in full: {full:,.10g}")
    if not shown.strip("-\u2013\u2014\u2212 "):
        raise NotAnAmount(f"'{shown[:40]}' may be 0 or not known. Type 0 if you mean it")
    if re.fullmatch(r"#(REF!|N/A|VALUE!|NAME\?|NULL!|SPILL!|CALC!)", shown.upper()):
        raise NotAnAmount(f"'{shown}' is the error of a formula. Mend the formula where it stands")


def _as_part(shown: str) -> str:
    try:
        return f"; as a number it is {signed_amount(shown.removesuffix('%')) / 100:.12g}"
    except NotAnAmount:
        return ""


def _sign(digits: str) -> tuple[int, str]:
    """Sign and rest of '-£5', '£-5', '+5' and '5'."""
    digits = digits.removeprefix("£")
    sign = -1 if digits.startswith("-") else 1
    return sign, digits.removeprefix("-" if sign < 0 else "+").removeprefix("£")
