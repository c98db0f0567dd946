"""All files of a settlement, whatever their form, read and checked together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.returns.area_costs import AreaCost, ComponentWeights, read_area_cost
from cyps.returns.authority_list import AuthorityList
from cyps.returns.by_authority import (
    BASELINE_COLUMNS,
    CODE_COLUMNS,
    METRICS,
    POPULATION_COLUMNS,
    Reading,
)
from cyps.returns.explore_education import (
    is_mid_year,
    published_population,
    published_use,
    use_form,
)
from cyps.returns.plain_files import above_zero, plain_amounts, plain_use
from cyps.returns.problems import Problems
from cyps.returns.revenue_outturn import FORM as OUTTURN_FORM
from cyps.returns.revenue_outturn import is_outturn, outturn_baseline
from cyps.returns.sources import Source
from cyps.returns.spend_files import AS_IT_IS, SpendChoices, read_spend
from cyps.returns.spend_reading import SpendReading, check_weighable
from cyps.returns.tables import read_table


@dataclass(frozen=True, slots=True)
class YearFiles:
    """Files that one of several years has of its own, by its label."""

    label: str
    baseline: Path | None = None
    area_cost: Path | None = None


@dataclass(frozen=True, slots=True)
class SettlementFiles:
    """Files that a settlement starts from, and how spend and area cost are read.

    Spend is left out where weights are typed; area cost, population and years may be.
    """

    use: tuple[Path, ...]
    spend: Path | None
    baseline: Path
    area_cost: Path | None = None
    population: Path | None = None
    by_year: tuple[YearFiles, ...] = ()
    spend_choices: SpendChoices = AS_IT_IS
    typed: SpendReading | None = None
    component_weights: ComponentWeights | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that was given."""
        own = (path for year in self.by_year for path in (year.baseline, year.area_cost))
        given = (
            *self.use, self.spend, self.spend_choices.line_map, self.baseline, self.area_cost,
            self.population, *own,
        )  # fmt: skip
        return tuple(path for path in given if path is not None)


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was read: what for, in which form, and its content's hash."""

    role: str
    source: Source
    form: str


@dataclass(frozen=True, slots=True)
class YearInputs:
    """Baseline and area cost that a year has of its own, and what is to be said of them.

    Arrays (n_authorities,), or None where the year has the scenario's; `area_cost` has a
    column for each of `area_cost_metrics` where it differs by metric.
    """

    baseline: NDArray[np.float64] | None
    area_cost: NDArray[np.float64] | None
    notes: tuple[str, ...]
    area_cost_metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettlementInputs:
    """Use, spend, area cost, baseline and population of the settled authorities.

    Arrays have a row for each of `listed.settled`, in code order; `area_cost` has a column for
    each of `area_cost_metrics` where it differs by metric. `population`
    is None when no file gave it; `by_year` holds what years have of their own, by label.
    `published` says whether any use is real activity from a department's file; `warning`
    is what every banner must say of it.
    """

    listed: AuthorityList
    use: Use
    spend: SpendReading
    area_cost: NDArray[np.float64]
    baseline: NDArray[np.float64]
    population: NDArray[np.float64] | None
    published: bool
    files: tuple[InputFile, ...]
    notes: tuple[str, ...]
    warning: str = ""
    by_year: Mapping[str, YearInputs] = field(default_factory=dict)
    area_cost_metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenUse:
    """Use that comes ready from elsewhere (a pack), with the file it stood in.

    `notes` say what it is; `warning` is what every banner must say of it, if anything;
    `lacks_because` why it may not have some authorities, if that is known.
    """

    use: Use
    file: InputFile
    notes: tuple[str, ...] = ()
    warning: str = ""
    lacks_because: str = ""

    def of(self, listed: AuthorityList, problems: Problems) -> Use:
        """The use of the settled authorities; notes those that it has not, or that are strange."""
        where, codes = self.file.source.file, [a.code for a in listed.settled]
        row = {code: i for i, code in enumerate(self.use.codes)}
        missing = [code for code in codes if code not in row]
        if missing:
            more = f" and {len(missing) - 20} more" if len(missing) > 20 else ""
            problems.add(
                f"{where}: no use for {len(missing)} of the {len(codes)} authorities of "
                f"{listed.year}: {listed.named(missing[:20])}{more}. "
                + (
                    f"{self.lacks_because}: leave them out."
                    if self.lacks_because
                    else "Ask for one that has them, or leave them out."
                ),
                *missing,
            )
        for code in row:
            if code not in listed.codes:
                problems.add(
                    f"{where}: {code} is not the code of an authority in {listed.year}. "
                    f"{listed.hint(code)}"
                )
        kept = [row[code] for code in codes if code in row]
        shown = tuple(self.use.codes[i] for i in kept)
        return Use(shown, self.use.metrics, self.use.children[kept], self.use.basis)


_YearReadings = tuple[Reading | None, AreaCost | None]
"""A year's own baseline and area cost."""


def read_inputs(
    files: SettlementFiles, listed: AuthorityList, given: GivenUse | None = None
) -> SettlementInputs:
    """Read every file of a settlement and check it against the year's authorities.

    Each file may be a plain one or, for use, spend, baseline and population,
    the one that its department publishes: its columns tell which. Use that is
    `given` stands in place of the files of use.

    Raises
    ------
    ReturnsError
        With every problem of every file at once.
    """
    problems = Problems()
    use: dict[str, Reading] = {}
    ready: Use | None = None
    if given is not None:
        with problems.gathered():
            ready = given.of(listed, problems)
    all_use = True
    for path in files.use if given is None else ():
        with problems.gathered():
            add_metrics(use, read_use(path, listed, problems))
            continue
        all_use = False
    unread = len(problems)
    spend = baseline = area_cost = population = None
    with problems.gathered():
        spend = files.typed or _spend(files, problems)
    metrics = ready.metrics if ready else _metrics(use)
    if spend and metrics and all_use and len(problems) == unread:
        with problems.gathered():
            check_weighable(spend, metrics, _where_use_is(given, use))
    with problems.gathered():
        baseline = _read_baseline(files.baseline, listed, problems)
    cost_of = partial(
        read_area_cost, how=files.component_weights, listed=listed, metrics=metrics,
        spend=spend.spend if spend else (),
    )  # fmt: skip
    # Weights of components are for metrics, or for what is spent: without those all is wrong.
    if files.area_cost is not None and (files.component_weights is None or (metrics and spend)):
        area_cost = _gathered(cost_of, files.area_cost, problems)
    if files.population is not None:
        with problems.gathered():
            population = _read_population(files.population, listed, problems)
    own = {year.label: _read_year(year, cost_of, listed, problems) for year in files.by_year}
    problems.stop_if_any()
    if spend is None or baseline is None:  # pragma: no cover - the line above has raised
        raise CypsError("Spend and baseline are needed.")
    together = _together(listed, ready, use, spend, baseline, area_cost, population)
    together = replace(
        together,
        files=(*together.files, *(file for year in own for file in _year_files(year, own[year]))),
        by_year={label: _year_inputs(readings, listed) for label, readings in own.items()},
    )
    if given is None:
        return together
    return replace(
        together,
        files=(given.file, *together.files),
        notes=(*given.notes, *together.notes),
        warning=given.warning,
    )


def add_metrics(use: dict[str, Reading], more: Mapping[str, Reading]) -> None:
    """Put the metrics of another file beside those read before; each may come once."""
    for metric, reading in more.items():
        if metric in use:
            raise CypsError(
                f"{reading.source.file}: {metric} was already read from "
                f"{use[metric].source.file}. Give each metric once."
            )
        use[metric] = reading


def read_use(path: Path, listed: AuthorityList, problems: Problems) -> dict[str, Reading]:
    """Use by metric from one file, a plain one or a department's: its columns tell which."""
    table = read_table(path, key_columns=CODE_COLUMNS)
    form = use_form(table)
    if form:
        return published_use(table, form, listed, problems)
    return plain_use(table, listed, problems)


def _read_baseline(path: Path, listed: AuthorityList, problems: Problems) -> Reading:
    table = read_table(path, key_columns=CODE_COLUMNS)
    if is_outturn(table):
        return outturn_baseline(table, listed, problems)
    return plain_amounts(table, BASELINE_COLUMNS, listed, problems)


def _spend(files: SettlementFiles, problems: Problems) -> SpendReading:
    if files.spend is None:
        raise CypsError("Spend by service area is needed, or typed weights.")
    return read_spend(files.spend, problems, files.spend_choices)


def _gathered(cost_of: Callable[..., AreaCost], path: Path, problems: Problems) -> AreaCost | None:
    """Area cost, or None with what is wrong noted; of its own problems only."""
    with problems.gathered():
        return cost_of(path, problems=Problems())
    return None


def _read_year(
    year: YearFiles,
    cost_of: Callable[..., AreaCost],
    listed: AuthorityList,
    problems: Problems,
) -> _YearReadings:
    baseline = area_cost = None
    if year.baseline is not None:
        with problems.gathered():
            baseline = _read_baseline(year.baseline, listed, problems)
    if year.area_cost is not None:
        area_cost = _gathered(cost_of, year.area_cost, problems)
    return baseline, area_cost


def _year_inputs(readings: _YearReadings, listed: AuthorityList) -> YearInputs:
    baseline, area_cost = readings
    notes = tuple(note for reading in readings if reading for note in reading.notes)
    return YearInputs(
        None if baseline is None else _in_order(baseline, listed),
        None if area_cost is None else area_cost.factors,
        notes,
        area_cost.metrics if area_cost else (),
    )


def _year_files(label: str, readings: _YearReadings) -> list[InputFile]:
    roles = ("baseline", "area cost")
    return [
        InputFile(f"{role} of {label}", reading.source, reading.form)
        for role, reading in zip(roles, readings, strict=True)
        if reading
    ]


def _read_population(path: Path, listed: AuthorityList, problems: Problems) -> Reading:
    table = read_table(path, key_columns=CODE_COLUMNS)
    if is_mid_year(table):
        return published_population(table, listed, problems)
    return plain_amounts(table, POPULATION_COLUMNS, listed, problems, number=above_zero)


def _together(
    listed: AuthorityList,
    ready: Use | None,
    use: Mapping[str, Reading],
    spend: SpendReading,
    baseline: Reading,
    area_cost: AreaCost | None,
    population: Reading | None,
) -> SettlementInputs:
    no_area_cost = "Area cost: no file was given, so every factor is 1 (no adjustment)."
    readings = [*use.values(), spend, baseline, area_cost, population]
    stated = {reading.notes[0] for reading in use.values()}  # told as the basis of use
    told = [n for reading in readings if reading for n in reading.notes if n not in stated]
    notes = told if area_cost else [*told, no_area_cost]
    if spend.line_map is not None and baseline.form == OUTTURN_FORM:
        notes.append(
            f"Baseline: lines of {baseline.source.file} by the map of RO3 lines, not by "
            f"{spend.line_map.file}, which is for spend."
        )
    return SettlementInputs(
        listed,
        ready or use_of(use, listed),
        spend,
        area_cost.factors if area_cost else np.ones(len(listed.settled)),
        _in_order(baseline, listed),
        _in_order(population, listed) if population else None,
        any(reading.form != "plain file" for reading in use.values()),
        _files(use, spend, baseline, area_cost, population),
        tuple(dict.fromkeys(notes)),
        area_cost_metrics=area_cost.metrics if area_cost else (),
    )


def use_of(use: Mapping[str, Reading], listed: AuthorityList) -> Use:
    """The use of the settled authorities, from what was read of each metric."""
    metrics = _metrics(use)
    children = np.column_stack([_in_order(use[metric], listed) for metric in metrics])
    codes = tuple(authority.code for authority in listed.settled)
    basis = "; ".join(use[metric].notes[0].rstrip(".") for metric in metrics)
    return Use(codes, metrics, children, basis)


def _where_use_is(given: GivenUse | None, use: Mapping[str, Reading]) -> str:
    files = [given.file.source] if given else [reading.source for reading in use.values()]
    return " with ".join(dict.fromkeys(source.file for source in files))


def _metrics(use: Mapping[str, Reading]) -> tuple[str, ...]:
    return tuple(metric for metric in METRICS if metric in use)


def _in_order(reading: Reading, listed: AuthorityList) -> NDArray[np.float64]:
    return np.array([reading.amounts[authority.code] for authority in listed.settled])


def _files(
    use: Mapping[str, Reading],
    spend: SpendReading,
    baseline: Reading,
    area_cost: AreaCost | None,
    population: Reading | None,
) -> tuple[InputFile, ...]:
    by_role: Sequence[tuple[str, Reading | SpendReading | AreaCost | None]] = [
        *((f"use {metric}", reading) for metric, reading in use.items()),
        ("spend", spend),
        ("baseline", baseline),
        ("area cost", area_cost),
        ("population", population),
    ]
    found = [
        InputFile(role, reading.source, reading.form)
        for role, reading in by_role
        if reading and reading.source
    ]
    if spend.line_map is not None:
        found.append(InputFile("spend map", spend.line_map, "map of lines"))
    return tuple(found)
