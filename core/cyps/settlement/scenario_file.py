"""Scenario files: a small TOML that names the files and makes the choices of a settlement."""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cyps.errors import CypsError
from cyps.geography import LAST_YEAR
from cyps.settlement.apply import Transition
from cyps.settlement.record import Words
from cyps.settlement.rules import DampingRule
from cyps.settlement.years import Year

_DEEPEST = 8

NamedWords = Annotated[Words, Field(min_length=1)]
"""Text that reaches outputs: not empty, nothing that a terminal would obey."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameter(_Strict):
    """An amount with where it came from; an amended one is a new value with a later date."""

    value: Annotated[int, Field(strict=True, gt=0, le=10**12)]
    source: NamedWords
    status: Literal["published", "assumed", "illustrative"]
    dated: datetime.date

    def words(self) -> str:
        """Amount, status, date and source, for the notes."""
        return f"£{self.value:,} ({self.status}, {self.dated.isoformat()}: {self.source})"


Pot = Annotated[int, Field(strict=True, gt=0, le=10**12)] | Parameter


class Files(_Strict):
    """Files by role; relative names are taken from the scenario file's folder."""

    use: list[str] = Field(min_length=1)
    spend: str
    baseline: str
    area_cost: str | None = None
    population: str | None = None

    @field_validator("use", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class YearChoices(_Strict):
    """What a year has of its own; the rest is the scenario's."""

    label: str = Field(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9 _-]{0,38}[A-Za-z0-9])?$",
        description="letters, digits, spaces, hyphens; it names a folder",
    )
    pot: Pot | None = None
    damping: DampingRule | None = None
    phasing: float | None = Field(default=None, ge=0, le=1)
    baseline: Literal["given", "previous"] = "given"


class ScenarioChoices(_Strict):
    """A scenario file, as it is written down."""

    format: Literal[1] = Field(description="version of this format")
    title: NamedWords
    status: NamedWords = "illustrative"
    statement: NamedWords | None = None
    year: int = Field(default=LAST_YEAR, description="authority list, year ending 31 March")
    files: Files
    sha256: dict[str, str] = Field(default={}, description="of files, by name")
    exclude: dict[str, NamedWords] = Field(default={}, description="reason by GSS code")
    pot: Pot | None = None
    damping: DampingRule
    phasing: float | None = Field(default=None, ge=0, le=1)
    group: dict[str, str] | None = Field(default=None, description="damping group by GSS code")
    years: list[YearChoices] = Field(default=[])
    notes: list[NamedWords] = Field(default=[])


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

    def years(self) -> tuple[Year, ...]:
        """The years to settle: one without a list of years."""
        choices = self.choices
        listed = choices.years or [YearChoices(label=str(choices.year))]
        return tuple(self._year(year) for year in listed)

    def _year(self, year: YearChoices) -> Year:
        pot = year.pot or self.choices.pot
        if pot is None:
            raise CypsError(
                f"{self.sources[0]}: year {year.label} has no pot, and neither has the scenario. "
                "Write pot = 8_000_000_000 in one of the two."
            )
        phasing = self.choices.phasing if year.phasing is None else year.phasing
        return Year(
            label=year.label,
            pot=pot.value if isinstance(pot, Parameter) else pot,
            damping=year.damping or self.choices.damping,
            transition=Transition(phasing, self.choices.group),
            baseline=year.baseline,
            notes=(f"Pot: {pot.words()}.",) if isinstance(pot, Parameter) else (),
        )


def read_scenario(path: Path) -> ScenarioFile:
    """Read a scenario file, and those it extends.

    A file with `extends = "other.toml"` says only what is different: tables are merged key by
    key, anything else is replaced (`damping`, `pot` and lists as a whole).

    Raises
    ------
    CypsError
        When a file is not there, is no TOML, says something unknown or impossible, or
        extends itself. The sentence names file and key.
    """
    merged, sources = _extended(path, ())
    try:
        choices = ScenarioChoices.model_validate(merged)
    except ValidationError as error:
        raise CypsError(_told(path.name, error)) from None
    return ScenarioFile(path.parent, choices, sources)


def scenario_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file, for editors that complete and check as one types."""
    return ScenarioChoices.model_json_schema()


def _extended(path: Path, above: tuple[Path, ...]) -> tuple[dict[str, Any], tuple[str, ...]]:
    if path.resolve() in above or len(above) >= _DEEPEST:
        raise CypsError(
            f"{path.name} extends itself, or more than {_DEEPEST} files stand above it. "
            "Take one 'extends' out."
        )
    own = _toml(path)
    base_name = own.pop("extends", None)
    if base_name is None:
        return own, (path.name,)
    if not isinstance(base_name, str):
        raise CypsError(f"{path.name}: 'extends' must be the name of a scenario file.")
    base_path = path.parent / base_name
    if base_path.parent.resolve() != path.parent.resolve():
        raise CypsError(
            f"{path.name}: 'extends' must name a file in the same folder, because the files that "
            "a scenario names are looked for beside it."
        )
    base, sources = _extended(base_path, (*above, path.resolve()))
    return _without_stale_hashes(_merged(base, own), own), (path.name, *sources)


def _without_stale_hashes(merged: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A hash inherited for a file that is no longer named goes with the file."""
    files, hashes = merged.get("files"), merged.get("sha256")
    if not isinstance(files, dict) or not isinstance(hashes, dict):
        return merged
    named: set[str] = set()
    for value in files.values():
        named.update(value if isinstance(value, list) else [value])
    kept = {k: v for k, v in hashes.items() if k in named or k in own.get("sha256", {})}
    return {**merged, "sha256": kept}


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        tables = isinstance(value, dict) and isinstance(base.get(key), dict)
        whole = key in {"damping", "pot"}  # half of one and half of another would be neither
        merged[key] = _merged(base[key], value) if tables and not whole else value
    return merged


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CypsError(f"There is no scenario file {path}. Check the name and folder.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CypsError(f"{path.name} cannot be read as a scenario file: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise CypsError(f"{path.name} is not written in TOML: {error}.") from None


def _told(name: str, error: ValidationError) -> str:
    problems = []
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"]) or "the file"
        if problem["type"] == "extra_forbidden":
            problems.append(f"'{place}' is not a key that a scenario has")
        elif problem["type"] == "missing":
            problems.append(f"'{place}' is missing")
        else:
            problems.append(f"'{place}': {problem['msg']}")
    return (
        f"{name} cannot be used as a scenario: {'; '.join(problems)}. "
        "docs/scenarios.md lists every key."
    )


if __name__ == "__main__":
    import json

    print(json.dumps(scenario_schema(), indent=2))
