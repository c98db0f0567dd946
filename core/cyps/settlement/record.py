"""A settlement's own record: scenario and use as text, and back bit for bit."""

from __future__ import annotations

import json
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cyps.errors import CypsError
from cyps.geography import Authority
from cyps.mistakes import mistakes
from cyps.needs import ServiceAreaSpend, Use
from cyps.settlement.apply import Transition
from cyps.settlement.rules import DampingRule
from cyps.settlement.scenario import Exclusion, Scenario

FORMAT: Final = "cyps settlement"
FORMAT_VERSION: Final = 1


def _printable(words: str) -> str:
    # A terminal would obey control characters instead of showing them.
    if any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in words):
        raise ValueError("has a control character")
    return words


Words = Annotated[str, AfterValidator(_printable)]
Amount = Annotated[float, Field(ge=0)]
Factor = Annotated[float, Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _RecordedAuthority(_Strict):
    code: Words
    dfe_code: Words
    name: Words
    region: Words
    area_cost: Factor | None = None
    area_cost_by_metric: list[Factor] | None = None
    baseline: Amount


class _RecordedSpend(_Strict):
    service_area: Words
    metric: Words
    pounds: Amount


class _RecordedTransition(_Strict):
    phasing: Annotated[float, Field(ge=0, le=1)] | None
    group: dict[Words, Words] | None


class _RecordedExclusion(_Strict):
    code: Words
    name: Words
    reason: Words


class _RecordedUse(_Strict):
    metrics: list[Words] = Field(min_length=1)
    basis: Words
    children: list[tuple[Words, list[Amount]]] = Field(
        min_length=1, description="GSS code, then a number for each metric"
    )


class Record(_Strict):
    """Everything that a settlement is made of; results are settled anew from it."""

    format: Literal["cyps settlement"]
    format_version: Literal[1]
    title: Words
    status: Words
    statement: Words
    year: int
    pot: int = Field(gt=0)
    damping: DampingRule
    transition: _RecordedTransition
    spend: list[_RecordedSpend]
    area_cost_metrics: list[Words] = Field(default=[], description="of area cost by metric")
    authorities: list[_RecordedAuthority] = Field(min_length=1)
    use: _RecordedUse
    exclusions: list[_RecordedExclusion]
    notes: list[Words]


def to_json(scenario: Scenario, use: Use) -> str:
    """Scenario and use as JSON: the same settlement gives the same bytes.

    Numbers are written with as many digits as bring them back bit for bit. There is
    nothing in it that is not by authority: no child, no cell.

    Examples
    --------
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> scenario, use = from_json(to_json(one.scenario, one.use))
    >>> scenario.codes == one.scenario.codes, use.children.tolist() == one.use.children.tolist()
    (True, True)
    """
    transition = scenario.transition
    told = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "title": scenario.title,
        "status": scenario.status,
        "statement": scenario.statement,
        "year": int(scenario.year),
        "pot": int(scenario.pot),
        "damping": scenario.damping.model_dump(mode="json"),
        "transition": {
            "phasing": transition.phasing,
            "group": None if transition.group is None else dict(transition.group),
        },
        "spend": [
            {"service_area": line.service_area, "metric": line.metric, "pounds": float(line.pounds)}
            for line in scenario.spend
        ],
        # Left out where there is none, so that what was written before stays the same bytes.
        **(
            {"area_cost_metrics": list(scenario.area_cost_metrics)}
            if scenario.area_cost_metrics
            else {}
        ),
        "authorities": _authorities(scenario),
        "use": {
            "metrics": list(use.metrics),
            "basis": use.basis,
            "children": [
                [code, row] for code, row in zip(use.codes, use.children.tolist(), strict=True)
            ],
        },
        "exclusions": [
            {"code": x.code, "name": x.name, "reason": x.reason} for x in scenario.exclusions
        ],
        "notes": list(scenario.notes),
    }
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _authorities(scenario: Scenario) -> list[dict[str, str | float | list[float]]]:
    return [
        {
            "code": place.code,
            "dfe_code": place.dfe_code,
            "name": place.name,
            "region": place.region,
            "area_cost_by_metric" if scenario.area_cost_metrics else "area_cost": area_cost,
            "baseline": baseline,
        }
        for place, area_cost, baseline in zip(
            scenario.authorities,
            scenario.area_cost.tolist(),
            scenario.baseline.tolist(),
            strict=True,
        )
    ]


def from_json(text: str, where: str = "The record") -> tuple[Scenario, Use]:
    """The scenario and the use that `to_json` wrote, ready for `settle`.

    Parameters
    ----------
    text : JSON
    where : what to call it when something is wrong, such as its file name

    Raises
    ------
    CypsError
        When it is no such record, a key is unknown or missing, or a number can't be.
    """
    try:
        record = Record.model_validate_json(text)
    except ValidationError as error:
        raise CypsError(
            f"{where} is not the record of a settlement that this version can read "
            f"({mistakes(error, most=5)}). Settle again with `cyps settle`, or install the version "
            "of cyps that wrote it."
        ) from None
    try:
        return _scenario(record), _use(record.use)
    except CypsError as error:
        raise CypsError(f"{where} cannot be used: {error}") from None


def _scenario(record: Record) -> Scenario:
    places = record.authorities
    metrics = tuple(record.area_cost_metrics)
    return Scenario(
        title=record.title,
        status=record.status,
        statement=record.statement,
        year=record.year,
        authorities=tuple(Authority(a.code, a.dfe_code, a.name, a.region) for a in places),
        spend=tuple(ServiceAreaSpend(x.service_area, x.metric, x.pounds) for x in record.spend),
        area_cost=np.array([_area_cost(a, metrics) for a in places]),
        baseline=np.array([a.baseline for a in places]),
        pot=record.pot,
        damping=record.damping,
        transition=Transition(record.transition.phasing, record.transition.group),
        exclusions=tuple(Exclusion(x.code, x.name, x.reason) for x in record.exclusions),
        notes=tuple(record.notes),
        area_cost_metrics=metrics,
    )


def _area_cost(place: _RecordedAuthority, metrics: tuple[str, ...]) -> float | list[float]:
    one, several = place.area_cost, place.area_cost_by_metric
    if metrics and one is None and several is not None and len(several) == len(metrics):
        return several
    if not metrics and one is not None and several is None:
        return one
    needed = f"one factor for each of {', '.join(metrics)}" if metrics else "one factor"
    raise CypsError(f"Area cost of {place.code} is not {needed}.")


def _use(recorded: _RecordedUse) -> Use:
    wrong = [code for code, row in recorded.children if len(row) != len(recorded.metrics)]
    if wrong:
        raise CypsError(
            f"Use of {wrong[0]} does not have one number for each of {', '.join(recorded.metrics)}."
        )
    return Use(
        tuple(code for code, _ in recorded.children),
        tuple(recorded.metrics),
        np.array([row for _, row in recorded.children]),
        recorded.basis,
    )
