"""The settlement of a refresh: the inputs of a workbook with another use, and what is another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.settlement import Scenario, Settlement, Year, settle_years
from cyps_workbooks.kept.carried import moved
from cyps_workbooks.kept.opened import Opened
from cyps_workbooks.kept.read_back import ReadBack
from cyps_workbooks.kept.who import Renewal, everybody, members_of, rule_of, who_is_another


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A new workbook, not yet in its place.

    Attributes
    ----------
    content : the workbook's bytes
    years : what it settles
    changes : what is another than in the old one, in words
    left : what could not be carried, cell by cell
    """

    content: bytes
    years: tuple[tuple[str, Settlement], ...]
    changes: tuple[str, ...]
    left: tuple[str, ...]


# --- who and what


def check_metrics(old: Use, new: Use) -> None:
    """The same metrics as the workbook weighs.

    Raises
    ------
    CypsError
        When the new use is of others.
    """
    if set(old.metrics) != set(new.metrics):
        raise CypsError(
            f"The new use is of {', '.join(new.metrics)}, and the workbook weighs "
            f"{', '.join(old.metrics)}. Give use of the same metrics, or settle anew with "
            "cyps settle."
        )


def new_names(old: Scenario, new: Renewal) -> dict[str, str]:
    """New name by old name of everybody who stays."""
    now = {place.code: place.name for place in new.authorities}
    return {place.name: now[place.code] for place in old.authorities if place.code in now}


# --- the new settlement


def settle_anew(
    opened: Opened, back: ReadBack, new: Renewal, codes: tuple[str, ...]
) -> tuple[tuple[str, Settlement], ...]:
    """Every year with the new use and what the cells say otherwise.

    Raises
    ------
    CypsError
        When a rule cannot be kept with the new use.
    """
    old = back.scenario
    of_each, new = new, new.of_year(back.records[0][0])
    statement = f"{new.warning} {old.statement}".strip() if new.warning else old.statement
    scenario = replace(
        old, authorities=new.authorities, year=new.year, statement=statement,
        baseline=everybody(old.baseline, "baseline", back, new),
        area_cost=everybody(old.area_cost, "area_cost", back, new),
        damping=rule_of(old.damping, codes, new.newcomers),
        transition=replace(
            old.transition, group=members_of(old.transition.group, "group", codes, new.newcomers)
        ),
        exclusions=tuple(sorted({x.code: x for x in (*old.exclusions, *new.exclusions)}.values(),
                                key=lambda x: x.code)),
    )  # fmt: skip
    years = [_year(year, codes, back, of_each.of_year(year.label)) for year in back.years]
    use = _metrics_in_order(new.use, back.use.metrics, codes)
    settled = settle_years(scenario, years, use)
    first = _origin(opened.path)
    found = []
    for (label, settlement), (_, recorded, _) in zip(settled, back.records, strict=True):
        notes = (first, *new.notes, *_still_true(recorded.notes))
        own = replace(settlement.scenario, title=recorded.title, notes=notes)
        found.append((label, replace(settlement, scenario=own)))
    return tuple(found)


def _origin(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return (
        f"Refreshed from {path.name} (SHA-256 {digest[:16]}...): inputs as people typed them "
        "there, with another use. Notes below that speak of use may be of the earlier one."
    )


def _still_true(notes: tuple[str, ...]) -> list[str]:
    """Notes without those of an earlier pack or refresh."""
    return [note for note in notes if not note.startswith(("Pack '", "Refreshed from "))]


def _year(year: Year, codes: tuple[str, ...], back: ReadBack, new: Renewal) -> Year:
    group = members_of(year.transition.group, "group", codes, new.newcomers)
    baseline, area_cost = year.baseline, year.area_cost
    return replace(
        year,
        damping=rule_of(year.damping, codes, new.newcomers),
        transition=replace(year.transition, group=group),
        baseline=baseline if isinstance(baseline, str)
        else everybody(baseline, "baseline", back, new),
        area_cost=None if area_cost is None else everybody(area_cost, "area_cost", back, new),
    )  # fmt: skip


def _metrics_in_order(use: Use, metrics: tuple[str, ...], codes: tuple[str, ...]) -> Use:
    row, column = ({key: i for i, key in enumerate(keys)} for keys in (use.codes, use.metrics))
    children = use.children[np.ix_([row[c] for c in codes], [column[m] for m in metrics])]
    return Use(codes, metrics, children, use.basis)


# --- what is another


def what_changed(
    back: ReadBack, new: Renewal, settled: Sequence[tuple[str, Settlement]]
) -> Iterator[str]:
    """What is another than in the old workbook, in words."""
    old, use = back.scenario, settled[0][1].use
    yield f"Use was: {back.use.basis.rstrip('.')}."
    yield f"Use is: {use.basis.rstrip('.')}."
    for m, metric in enumerate(use.metrics):
        was, now = float(back.use.children[:, m].sum()), float(use.children[:, m].sum())
        yield f"Use of {metric} in all: {was:,.1f} before, {now:,.1f} now."
    if new.year != old.year:
        yield f"Authority list: year ending 31 March {new.year}, {old.year} before."
    yield from who_is_another(back, new)
    if settled[0][1].scenario.codes != old.codes:
        was, now = (float(one.baseline.sum()) for one in (old, settled[0][1].scenario))
        yield f"Baselines add up to £{now:,.0f} in {settled[0][0]}, £{was:,.0f} before."
    try:
        before = back.settle()
    except CypsError:
        yield "Before, the rule could not be kept with the pot; now it can."
        return
    for (label, was_settled), (_, now_settled) in zip(before, settled, strict=True):
        yield f"{label}: {moved(was_settled, now_settled)}."
