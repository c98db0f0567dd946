"""What a person asked to settle, by options or by a scenario file or text: one thing."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cyps.errors import CypsError
from cyps.geography import known_grouping
from cyps.pack import Neutral, is_pack, read_pack
from cyps.returns import (
    AuthorityList,
    ComponentWeights,
    GivenUse,
    ReturnsError,
    SettlementFiles,
    SettlementInputs,
    SpendChoices,
    YearFiles,
    read_inputs,
    source_of,
    typed_spend,
)
from cyps.returns.sources import told_apart
from cyps.settlement import Exclusion, Floor, Scenario, Year
from cyps.settlement.reorganise_file import MergeChoice, SplitChoice
from cyps.settlement.scenario_file import ScenarioFile, read_scenario

STATUS = "illustrative"
STATEMENT = "Made by cyps settle from the files named in the notes. Not a published settlement."
ACTUAL_USE = (
    "The shares follow actual use, which holds each authority's own practice. They are not a "
    "needs formula."
)


@dataclass(frozen=True, slots=True)
class Request:
    """Files, years and everything else that was chosen.

    `sha256` holds the hashes that named files must have; `scenario` what a scenario file
    said, for the run record; `as_at` the day whose versions of dated parameters were taken
    (the newest where there is none); `before` the same request as it was before the newest
    amendment of a dated parameter; `trust` a trust file; `neutralise` what is done with
    drivers of the pack; `group` the damping groups, by code, by the name of a grouping or by a
    file in `folder`; splits and merges come in their order.
    """

    files: SettlementFiles
    year: int
    years: tuple[Year, ...]
    exclusions: tuple[tuple[str, str], ...]
    title: str
    status: str = STATUS
    statement: str | None = None
    notes: tuple[str, ...] = ()
    sha256: Mapping[str, str] = field(default_factory=dict)
    scenario: dict[str, Any] | None = None
    as_at: datetime.date | None = None
    before: Request | None = None
    trust: Path | None = None
    neutralise: Mapping[str, Neutral] = field(default_factory=dict)
    group: Mapping[str, str] | str | None = None
    splits: tuple[SplitChoice, ...] = ()
    merges: tuple[MergeChoice, ...] = ()
    folder: Path = Path()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that the request names."""
        keys = tuple(self.folder / split.key for split in self.splits)
        listed = isinstance(self.group, str) and not known_grouping(self.group)
        return (*self.files.paths, *keys, *([self.folder / str(self.group)] if listed else []))


def request_from_options(
    files: SettlementFiles,
    year: int,
    pot: int,
    floor: float,
    exclusions: tuple[tuple[str, str], ...],
    title: str,
) -> Request:
    """The request that single options make: one year with a floor."""
    return Request(files, year, (Year(str(year), pot, Floor(floor=floor)),), exclusions, title)


def request_from_scenario(path: Path, as_at: datetime.date | None = None) -> Request:
    """The request that a scenario file makes.

    Raises
    ------
    CypsError
        When the file cannot be used (see `read_scenario`).
    """
    return request_of(read_scenario(path, as_at))


def request_of(read: ScenarioFile) -> Request:
    """The request that a scenario makes, wherever it was written."""
    before = read.before_amendment()
    return replace(_request(read), before=None if before is None else _request(before))


def _request(read: ScenarioFile) -> Request:
    choices = read.choices
    named = choices.files
    baseline = read.file(named.baseline)
    assert baseline is not None  # noqa: S101 - it is required
    return Request(
        files=SettlementFiles(
            use=tuple(read.path(name) for name in named.use),
            spend=read.file(named.spend_file),
            baseline=baseline,
            area_cost=read.file(named.area_cost),
            population=read.file(named.population),
            by_year=tuple(
                YearFiles(label, own_baseline, own_area_cost)
                for label, (own_baseline, own_area_cost) in read.year_files().items()
                if own_baseline or own_area_cost
            ),
            **_needs(read),
        ),
        year=choices.year,
        years=read.years(),
        exclusions=tuple(sorted(choices.exclude.items())),
        title=choices.title,
        status=choices.status,
        statement=choices.statement,
        notes=(*choices.notes, *read.file_notes()),
        sha256=read.hashes(),
        as_at=choices.as_at,
        trust=None if choices.trust is None else read.path(choices.trust),
        neutralise=choices.neutralise,
        scenario={
            "files": list(read.sources),
            "choices": choices.model_dump(mode="json", exclude_none=True, by_alias=True),
        },
        group=choices.group,
        splits=tuple(choices.split),
        merges=tuple(choices.merge),
        folder=read.folder,
    )


def _needs(read: ScenarioFile) -> dict[str, Any]:
    """How spend is read or weights are typed, and how area cost is made, as a scenario says."""
    choices, named = read.choices, read.choices.files
    weights, cost = choices.weights, choices.area_cost
    return {
        "spend_choices": SpendChoices(
            None if named.spend_map is None else read.path(named.spend_map),
            tuple(choices.spend_years),
            choices.metric_set,
            unit_costs=named.unit_costs is not None,
        ),
        "typed": None
        if weights is None
        else typed_spend(
            weights.by_metric, weights.origin(), f"{' with '.join(read.sources)}, [weights]"
        ),
        "component_weights": None
        if cost is None
        else ComponentWeights(
            {str(service): own for service, own in cost.weights.items()},
            cost.lower_limit,
            cost.origin(),
        ),
    }


def read_requested(request: Request, given: GivenUse | None = None) -> SettlementInputs:
    """Read the files of a request, or say everything that is wrong and how to leave out.

    `given` is the use that a pack holds, where one stands in place of tables.
    """
    listed = AuthorityList(request.year, frozenset(code for code, _ in request.exclusions))
    _check_hashes(request)
    try:
        with told_apart(request.paths):
            return read_inputs(request.files, listed, given)
    except ReturnsError as error:
        raise CypsError(f"{error}{_how_to_exclude(error, listed, request)}") from error


def _check_hashes(request: Request) -> None:
    """Before anything is read: another file's problems would only mislead."""
    paths = dict.fromkeys(request.paths)
    for name, expected in request.sha256.items():
        # Files of several folders may have one name: each has to be the one that is meant.
        named = [path for path in paths if path.name == name]
        if not named:
            raise CypsError(
                f"The scenario gives a SHA-256 for {name}, which is none of its files "
                f"({', '.join(sorted({path.name for path in paths}))})."
            )
        for path in named:
            _check_hash(path, expected)


def _check_hash(path: Path, expected: str) -> None:
    found = [source_of(path)[0].sha256]
    if is_pack(path):  # signing changes the file, never what is signed
        found.insert(0, read_pack(path).content_hash)
    if expected.lower() not in found:
        raise CypsError(
            f"{path.name} in {path.parent} is not the file that the scenario was made with: its "
            f"{'content hash' if len(found) > 1 else 'SHA-256'} is {found[0]}, not {expected}. "
            "Get the right file, or change the scenario if the new one is meant."
        )


def _how_to_exclude(error: ReturnsError, listed: AuthorityList, request: Request) -> str:
    codes = [code for code in error.codes if code in listed.codes]
    if not codes:
        return ""
    by_option = request.scenario is None
    # Leaving many out is hardly what is meant: then the file is wrong.
    if len(codes) > 10:
        how = "--exclude CODE=reason" if by_option else 'CODE = "reason" under [exclude]'
        return f"\nTo leave an authority out, and say so on every output: {how}"
    if by_option:
        options = "\n".join(f'  --exclude {code}="reason"' for code in codes)
        return f"\nTo leave them out, and say so on every output, add:\n{options}"
    lines = "\n".join(f'  {code} = "reason"' for code in codes)
    return (
        f"\nTo leave them out, and say so on every output, write in the scenario:\n"
        f"  [exclude]\n{lines}"
    )


def scenario_of(request: Request, inputs: SettlementInputs) -> Scenario:
    """What holds in every year of a request; pot and rule are the first year's."""
    everyone = {a.code: a for a in inputs.listed.everyone}
    left_out = tuple(
        Exclusion(code, everyone[code].name, reason) for code, reason in request.exclusions
    )
    statement = f"{inputs.warning} {request.statement or STATEMENT}".strip()
    first = request.years[0]
    return Scenario(
        title=request.title,
        status=request.status,
        statement=f"{statement} {ACTUAL_USE}" if inputs.published else statement,
        year=request.year,
        authorities=inputs.listed.settled,
        spend=inputs.spend.spend,
        area_cost=inputs.area_cost,
        baseline=inputs.baseline,
        pot=first.pot,
        damping=first.damping,
        transition=first.transition,
        exclusions=left_out,
        notes=(*request.notes, *inputs.notes),
        area_cost_metrics=inputs.area_cost_metrics,
    )


def years_of(request: Request, inputs: SettlementInputs) -> tuple[Year, ...]:
    """The years of a request, with the baseline and area cost that were read for each."""
    years = []
    for year in request.years:
        own = inputs.by_year.get(year.label)
        if own is not None:
            baseline = year.baseline if own.baseline is None else own.baseline
            notes = (*year.notes, *own.notes)
            year = replace(
                year, baseline=baseline, notes=notes, area_cost=own.area_cost,
                area_cost_metrics=own.area_cost_metrics,
            )  # fmt: skip
        years.append(year)
    return tuple(years)
