"""What a request settles: its scenario with authorities merged or split, and damping groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.returns import InputFile, Problems, SettlementInputs, SpendReading, read_split_key
from cyps.settlement import Change, Merge, Scenario, Split, Year, reorganise
from cyps.settlement.from_files.groupings import places_of, read_by
from cyps.settlement.from_files.request import Request, scenario_of, years_of
from cyps.settlement.reorganise_file import MergeChoice, SplitChoice


@dataclass(frozen=True, slots=True)
class Prepared:
    """Scenario, use, children and years, ready to settle.

    `files` are all that were read, keys of splits and lists of groups too; `spend` is what
    became of every line of spend.
    """

    scenario: Scenario
    use: Use
    population: NDArray[np.float64] | None
    years: tuple[Year, ...]
    files: tuple[InputFile, ...]
    spend: SpendReading


def prepare(request: Request, inputs: SettlementInputs) -> Prepared:
    """Put a request's inputs together, reorganise, and give everybody a damping group.

    Splits come before merges, each in the order of the scenario. A grouping by name or file
    goes by the authorities that there are then; groups by code may name old and new ones.

    Raises
    ------
    CypsError
        When a key or list cannot be used, or a change cannot be made.
    """
    scenario = scenario_of(request, inputs)
    years = years_of(request, inputs)
    if isinstance(request.group, Mapping):
        years = _with_group(years, request.group)
        scenario = replace(scenario, transition=years[0].transition)
    changes, files = _changes(request, inputs, scenario)
    now = reorganise(scenario, inputs.use, changes, inputs.population, years)
    scenario, years = now.scenario, now.years
    if isinstance(request.group, str):
        grouping, read = read_by(request.group, places_of(scenario), request.folder)
        years = _with_group(years, grouping.of)
        note = f"Damping groups: {grouping.source}; money stays within each."
        scenario = replace(scenario, transition=years[0].transition, notes=(*scenario.notes, note))
        files += (InputFile("damping groups", read, "groups"),) if read else ()
    read_all = (*inputs.files, *files)
    return Prepared(scenario, now.use, now.population, years, read_all, inputs.spend)


def _with_group(years: Sequence[Year], group: Mapping[str, str]) -> tuple[Year, ...]:
    return tuple(replace(year, transition=replace(year.transition, group=group)) for year in years)


def _changes(
    request: Request, inputs: SettlementInputs, scenario: Scenario
) -> tuple[tuple[Change, ...], tuple[InputFile, ...]]:
    region = {place.code: place.region for place in scenario.authorities}
    problems = Problems()
    changes: list[Change] = []
    files: list[InputFile] = []
    for split in request.splits:
        with problems.gathered():
            change, file = _split(split, request.folder, inputs, region, scenario)
            changes.append(change)
            files.append(file)
    for merge in request.merges:
        with problems.gathered():
            changes.append(_merge(merge, region, scenario))
    problems.stop_if_any()
    return tuple(changes), tuple(files)


def _split(
    choice: SplitChoice,
    folder: Path,
    inputs: SettlementInputs,
    region: dict[str, str],
    scenario: Scenario,
) -> tuple[Split, InputFile]:
    regions = _regions([choice.code], region, scenario)
    into = tuple(new.authority(regions) for new in choice.into)
    region.update({place.code: place.region for place in into})
    metrics = inputs.use.metrics
    children = inputs.population is not None
    codes = [place.code for place in into]
    key = read_split_key(folder / choice.key, choice.code, codes, metrics, children)
    baseline = np.array(key.parts["baseline"])
    split = Split(
        code=choice.code,
        into=into,
        use=np.column_stack([key.parts[metric] for metric in metrics]),
        baseline=baseline,
        population=np.array(key.parts["population"]) if children else baseline,
        key=key.words(),
        reason=choice.reason,
    )
    return split, InputFile(f"key of the split of {choice.code}", key.source, "split key")


def _merge(choice: MergeChoice, region: dict[str, str], scenario: Scenario) -> Merge:
    regions = _regions(choice.parts, region, scenario)
    into = choice.into.authority(regions)
    region[into.code] = into.region
    return Merge(into, tuple(choice.parts), choice.reason or "")


def _regions(codes: Sequence[str], region: Mapping[str, str], scenario: Scenario) -> set[str]:
    lost = [code for code in codes if code not in region]
    if lost:
        places = places_of(scenario)
        hints = " ".join(places.hint(code) for code in lost)
        raise CypsError(f"{', '.join(lost)} cannot be merged or split. {hints}")
    return {region[code] for code in codes}
