"""A damping rule as a scenario file has it: what cannot be is told where it is written."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from cyps.settlement.rules import (
    Bands,
    DampingRule,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
)


def _limits_leave_room(rule: DampingRule) -> DampingRule:
    """Refuse a ceiling below its floor where it is written, and not only when it is applied."""
    match rule:
        case FloorAndCeiling() | Proportional():
            limits = {"": (rule.floor, rule.ceiling)}
        case Bands():
            limits = {f" of '{n}'": (band.floor, band.ceiling) for n, band in rule.bands.items()}
        case PaceOfChange():
            if rule.most < rule.least:
                raise ValueError(
                    f"has most = {rule.most:g}, which is below least = {rule.least:g}. Raise most "
                    "or lower least"
                )
            return rule
        case _:
            return rule
    wrong = [(of, *own) for of, own in limits.items() if own[1] is not None and own[1] < own[0]]
    if wrong:
        told = [f"the ceiling {most:g}{of} below its floor {least:g}" for of, least, most in wrong]
        raise ValueError(f"has {' and '.join(told)}. Raise the ceiling or lower the floor")
    return rule


WrittenRule = Annotated[DampingRule, AfterValidator(_limits_leave_room)]
