"""Scenario files: a small TOML that names the files and makes the choices of a settlement."""

from __future__ import annotations

import datetime
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from cyps.errors import CypsError
from cyps.geography import LAST_YEAR
from cyps.pack import Neutral
from cyps.returns.text_files import not_toml, text_of
from cyps.settlement.apply import Transition
from cyps.settlement.dated import (
    AnyFile,
    DatedFile,
    NamedFile,
    NamedWords,
    Parameter,
    Pot,
    amended,
    in_force,
    versions,
)
from cyps.settlement.mistakes import scenario_mistakes
from cyps.settlement.reorganise_file import MergeChoice, SplitChoice
from cyps.settlement.rules import PaceOfChange
from cyps.settlement.scenario_lines import line_of
from cyps.settlement.scenario_needs import AreaCostChoices, TypedWeights
from cyps.settlement.written_rule import WrittenRule
from cyps.settlement.years import Year, names_a_folder

_DEEPEST = 8


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Files(_Strict):
    """Files by role; relative names are taken from the scenario file's folder."""

    use: list[str] = Field(min_length=1)
    spend: NamedFile | None = None
    spend_map: NamedWords | None = Field(default=None, description="own map of the spend's lines")
    unit_costs: NamedFile | None = Field(default=None, description="in place of spend")
    baseline: NamedFile
    area_cost: NamedFile | None = None
    population: NamedFile | None = None

    @property
    def spend_file(self) -> AnyFile | None:
        """Spend or unit costs, whichever is named."""
        return self.spend or self.unit_costs

    @field_validator("use", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class YearFiles(_Strict):
    """Files that a year has of its own; the rest are the scenario's."""

    baseline: NamedFile | None = None
    area_cost: NamedFile | None = None


class YearChoices(_Strict):
    """What a year has of its own; the rest is the scenario's."""

    label: Annotated[str, AfterValidator(names_a_folder)] = Field(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9 _-]{0,38}[A-Za-z0-9])?$",
        description="letters, digits, spaces, hyphens; it names a folder",
    )
    pot: Pot | None = None
    damping: WrittenRule | None = None
    phasing: float | None = Field(default=None, ge=0, le=1)
    baseline: Literal["given", "previous"] = "given"
    files: YearFiles = YearFiles()

    @model_validator(mode="after")
    def _one_baseline(self) -> YearChoices:
        if self.baseline == "previous" and self.files.baseline is not None:
            raise ValueError(
                'has a baseline file of its own and baseline = "previous". Keep one of the two'
            )
        return self


def _groups_form(value: object) -> str:
    return "[codes]" if isinstance(value, dict) else "[plain]"


Groups = Annotated[
    Annotated[NamedWords, Tag("[plain]")] | Annotated[dict[str, str], Tag("[codes]")],
    Discriminator(_groups_form),
]
"""Damping groups: the name of a grouping or a file, or a table by GSS code."""


class ScenarioChoices(_Strict):
    """A scenario file, as it is written down."""

    format: Literal[1] = Field(description="version of this format")
    title: NamedWords
    status: NamedWords = "illustrative"
    statement: NamedWords | None = None
    year: int = Field(default=LAST_YEAR, description="authority list, year ending 31 March")
    files: Files
    sha256: dict[str, str] = Field(default={}, description="of files, by name")
    trust: NamedWords | None = Field(default=None, description="trust file, for a signed pack")
    neutralise: dict[str, Neutral] = Field(
        default={}, description="how, by driver; a combination that the pack holds"
    )
    exclude: dict[str, NamedWords] = Field(default={}, description="reason by GSS code")
    as_at: datetime.date | None = Field(
        default=None, description="of parameters with several versions, those known on this day"
    )
    spend_years: list[NamedWords] = Field(
        default=[], description="years to take from the spend file; several are averaged"
    )
    metric_set: Literal[3, 4] = Field(
        default=3, description="metrics that stand for the service areas; 4 has REF for area 2"
    )
    weights: TypedWeights | None = Field(default=None, description="in place of spend")
    area_cost: AreaCostChoices | None = Field(
        default=None, description="how the components in files.area_cost make a factor"
    )
    pot: Pot | None = None
    damping: WrittenRule
    phasing: float | None = Field(default=None, ge=0, le=1)
    group: Groups | None = Field(
        default=None,
        description="damping groups: region, region9, class, combined, a file, or by GSS code",
    )
    split: list[SplitChoice] = Field(default=[])
    merge: list[MergeChoice] = Field(default=[], description="after the splits")
    years: list[YearChoices] = Field(default=[])
    notes: list[NamedWords] = Field(default=[])

    @model_validator(mode="after")
    def _one_way_to_weigh(self) -> ScenarioChoices:
        files = self.files
        ways = {
            "files.spend": files.spend, "files.unit_costs": files.unit_costs,
            "weights": self.weights,
        }  # fmt: skip
        named = [way for way, given in ways.items() if given is not None]
        if len(named) != 1:
            raise ValueError(
                f"must say cost weights in one way, and has {' and '.join(named) or 'none'}: name "
                "files.spend or files.unit_costs, or type [weights]. What is extended is taken "
                'out by remove = ["files.spend"]'
            )
        for key, given in (("files.spend_map", files.spend_map), ("spend_years", self.spend_years)):
            if given and files.spend is None:
                raise ValueError(f"has {key}, which is for files.spend, and that is not named")
        self._check_phasing()
        own = any(year.files.area_cost for year in self.years)
        if self.area_cost is not None and files.area_cost is None and not own:
            raise ValueError(
                "has [area_cost], which says how components make a factor, but no file of them. "
                "Name it as files.area_cost"
            )
        return self

    def _check_phasing(self) -> None:
        """Refuse two transitions from baseline to target at once, in any year."""
        of_years = [(f" for {y.label}", y.damping, y.phasing) for y in self.years]
        for where, damping, phasing in of_years or [("", None, None)]:
            part = self.phasing if phasing is None else phasing
            if part is not None and isinstance(damping or self.damping, PaceOfChange):
                raise ValueError(
                    f'has phasing and damping.kind = "pace of change"{where}. Both are a '
                    "transition from baseline to target: choose one"
                )


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario file that was read, with `extends` carried out.

    `folder` is where its files are looked for; `choices` what it says; `sources` the
    scenario files that it was made from, the first one being the one that was named.
    """

    folder: Path
    choices: ScenarioChoices
    sources: tuple[str, ...]

    def path(self, name: str) -> Path:
        """A file of the scenario, beside it unless its name says otherwise."""
        return self.folder / name

    def file(self, named: AnyFile | None) -> Path | None:
        """The version in force of a file, or None where none is named."""
        if named is None:
            return None
        version = in_force(named, self.choices.as_at)
        return self.path(version.file if isinstance(version, DatedFile) else version)

    def years(self) -> tuple[Year, ...]:
        """The years to settle: one without a list of years. Files are not read."""
        return tuple(self._year(year) for year in self._listed())

    def year_files(self) -> dict[str, tuple[Path | None, Path | None]]:
        """Baseline and area cost that a year has of its own, by its label."""
        return {
            year.label: (self.file(year.files.baseline), self.file(year.files.area_cost))
            for year in self._listed()
        }

    def file_notes(self) -> tuple[str, ...]:
        """Where dated files came from, one sentence each."""
        files = self.choices.files
        return self._file_notes(
            ("Spend", files.spend),
            ("Unit costs", files.unit_costs),
            ("Baseline", files.baseline),
            ("Area cost", files.area_cost),
            ("Population", files.population),
        )

    def hashes(self) -> dict[str, str]:
        """SHA-256 by name, without versions of a file that are not in force."""
        choices, files = self.choices, self.choices.files
        named = [files.spend_file, files.baseline, files.area_cost, files.population]
        named += [n for y in choices.years for n in (y.files.baseline, y.files.area_cost)]
        every = {Path(v.file).name for p in named for v in versions(p) if isinstance(v, DatedFile)}
        used = {path.name for path in map(self.file, named) if path is not None}
        return {n: sha for n, sha in choices.sha256.items() if n in used or n not in every}

    def before_amendment(self) -> ScenarioFile | None:
        """The scenario as it was the day before its newest amendment; None without one."""
        choices = self.choices
        files = choices.files
        own = [(y.pot, y.files.baseline, y.files.area_cost) for y in choices.years]
        parameters = (
            *(choices.pot, files.spend_file, files.baseline, files.area_cost, files.population),
            *(parameter for year in own for parameter in year),
        )
        dates = [amended(parameter, choices.as_at) for parameter in parameters]
        newest = max((date for date in dates if date), default=None)
        if newest is None:
            return None
        eve = newest - datetime.timedelta(days=1)
        return replace(self, choices=choices.model_copy(update={"as_at": eve}))

    def _listed(self) -> list[YearChoices]:
        return self.choices.years or [YearChoices(label=str(self.choices.year))]

    def _year(self, year: YearChoices) -> Year:
        choices = self.choices
        named = year.pot or choices.pot
        if named is None:
            where = "there is no pot. Write pot = 8_000_000_000, in pounds, above [files]."
            if choices.years:
                where = (
                    f"year {year.label} has no pot, and neither has the scenario. Write pot = "
                    "8_000_000_000 in one of the two."
                )
            raise CypsError(f"{self.sources[0]}: {where}")
        pot = in_force(named, choices.as_at)
        return Year(
            label=year.label,
            pot=pot.value if isinstance(pot, Parameter) else pot,
            damping=year.damping or choices.damping,
            # groups need the authorities: see `cyps.settlement.from_files.prepare`
            transition=Transition(choices.phasing if year.phasing is None else year.phasing),
            baseline=year.baseline,
            notes=(
                *((f"Pot: {pot.words()}.",) if isinstance(pot, Parameter) else ()),
                *self._file_notes(("Baseline", year.files.baseline)),
                *self._file_notes(("Area cost", year.files.area_cost)),
            ),
        )

    def _file_notes(self, *by_role: tuple[str, AnyFile | None]) -> tuple[str, ...]:
        in_use = ((r, in_force(f, self.choices.as_at)) for r, f in by_role if f is not None)
        return tuple(f"{r}: {v.words()}." for r, v in in_use if isinstance(v, DatedFile))


def read_scenario(path: Path, as_at: datetime.date | None = None) -> ScenarioFile:
    """Read a scenario file (TOML, or JSON with the same keys), and those it extends.

    A file with `extends = "other.toml"` says only what is different: tables are merged key by
    key, anything else is replaced (`damping`, `pot`, `neutralise` and lists as a
    whole), and what `remove` lists is taken out.

    Parameters
    ----------
    path : the scenario file
    as_at : takes the place of the scenario's own `as_at`

    Raises
    ------
    CypsError
        When a file is not there, is no TOML or JSON, says something unknown or impossible, or
        extends itself. The sentence names file and key.
    """
    merged, sources = extended(path)
    if as_at is not None:
        merged["as_at"] = as_at
    try:
        choices = ScenarioChoices.model_validate(merged)
    except ValidationError as error:
        line = line_of(text_of(path, "scenario file"), in_json=_in_json(path))
        raise CypsError(scenario_mistakes(sources, error, merged, line)) from None
    return ScenarioFile(path.parent, choices, sources)


def scenario_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file, for editors that complete and check as one types."""
    return ScenarioChoices.model_json_schema()


def extended(path: Path, above: tuple[Path, ...] = ()) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a scenario file says with all that it extends, and the names of these files."""
    if path.resolve() in above or len(above) >= _DEEPEST:
        raise CypsError(
            f"{path.name} extends itself, or more than {_DEEPEST} files stand above it. "
            "Take one 'extends' out."
        )
    own = _written(path)
    base_name = checked_base(path.name, own)
    if base_name is None:
        return own, (path.name,)
    base_path = path.parent / base_name
    if base_path.parent.resolve() != path.parent.resolve():
        raise CypsError(
            f"{path.name}: 'extends' must name a file in the same folder, because the files that "
            "a scenario names are looked for beside it."
        )
    base, sources = extended(base_path, (*above, path.resolve()))
    return combined(path.name, own, base), (path.name, *sources)


def checked_base(name: str, own: dict[str, Any]) -> str | None:
    """The scenario that another one extends, taken out of what that one says; None for none."""
    base = own.pop("extends", None)
    if base is None and own.get("remove"):
        raise CypsError(
            f"{name}: 'remove' takes out what another scenario says, but there is no "
            "'extends'. Take it out."
        )
    if base is not None and not isinstance(base, str):
        raise CypsError(f"{name}: 'extends' must be the name of a scenario file.")
    if base is None:
        own.pop("remove", None)
    return base


def combined(name: str, own: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """What is extended without what `remove` lists, and with what is different."""
    for key in _removable(name, own.pop("remove", [])):
        _remove(name, base, key)
    return _without_stale_hashes(_merged(base, own), own)


def _removable(name: str, remove: object) -> list[str]:
    if isinstance(remove, list) and all(isinstance(key, str) for key in remove):
        return remove
    raise CypsError(f'{name}: \'remove\' must be a list of keys, such as ["phasing", "group"].')


def _remove(name: str, base: dict[str, Any], dotted: str) -> None:
    """Take a key out of what is extended; `exclude.E06000053` is a key within a table."""
    within, rest = base, dotted
    while rest not in within:
        # The name of a file has a dot of its own: sha256.use.csv
        heads = [key for key in within if rest.startswith(f"{key}.")]
        table = within[max(heads, key=len)] if heads else None
        if not isinstance(table, dict):
            raise CypsError(_no_such_key(name, dotted, within, rest, table))
        within, rest = table, rest.removeprefix(f"{max(heads, key=len)}.")
    del within[rest]


def _no_such_key(name: str, dotted: str, within: dict[str, Any], rest: str, value: object) -> str:
    if isinstance(value, list):
        whole = dotted.removesuffix(rest) + rest.partition(".")[0]
        return (
            f"{name}: 'remove' names {dotted}, but {whole} is a list, which is taken out or "
            f'written anew as a whole. Write all of it as it is to be, or remove = ["{whole}"].'
        )
    table = dotted.removesuffix(rest).rstrip(".")
    there = ", ".join(list(within)[:12]) + (
        f" and {len(within) - 12} more" if len(within) > 12 else ""
    )
    return (
        f"{name}: 'remove' names {dotted}, which the scenario that is extended does not have. "
        f"{f'Its [{table}]' if table else 'It'} has {there or 'nothing'}."
    )


def _without_stale_hashes(merged: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A hash inherited for a file that is no longer named goes with the file."""
    hashes = merged.get("sha256")
    if not isinstance(hashes, dict):
        return merged
    named = {Path(name).name for name in _names_of([merged.get("files"), merged.get("years")])}
    kept = {k: v for k, v in hashes.items() if k in named or k in own.get("sha256", {})}
    return {**merged, "sha256": kept}


def _names_of(written: object) -> Iterator[str]:
    """Every text in lists and tables: file names are among them."""
    if isinstance(written, str):
        yield written
    elif isinstance(written, list | dict):
        for part in written.values() if isinstance(written, dict) else written:
            yield from _names_of(part)


_WHOLE = {
    "damping", "pot", "neutralise", "weights", "area_cost",
    "spend", "unit_costs", "baseline", "population",
}  # fmt: skip
"""Keys that are replaced as a whole: another file would keep the origin of the one before it."""


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        tables = isinstance(value, dict) and isinstance(base.get(key), dict)
        # Half of one and half of another would be neither.
        merged[key] = _merged(base[key], value) if tables and key not in _WHOLE else value
    return merged


def _written(path: Path) -> dict[str, Any]:
    """What a file says, as it is written down: TOML, or JSON where its name ends in .json."""
    text = text_of(path, "scenario file")
    return parsed(text, path.name, in_json=_in_json(path))


def _in_json(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def parsed(text: str, name: str, *, in_json: bool) -> dict[str, Any]:
    """What a text in TOML or JSON says.

    Raises
    ------
    CypsError
        When it is neither, with line and column.
    """
    if not in_json:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise CypsError(not_toml(name, text, error)) from None
    try:
        told = json.loads(text, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError) as error:
        raise CypsError(f"{name} is not written in JSON: {error}.") from None
    if not isinstance(told, dict):
        raise CypsError(f"{name} is not a scenario: it holds no keys.")
    return told


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError(f"the key '{max(keys, key=keys.count)}' stands twice")
    return dict(pairs)


if __name__ == "__main__":
    print(json.dumps(scenario_schema(), indent=2))
