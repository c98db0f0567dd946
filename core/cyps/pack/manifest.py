"""The manifest: what a pack says of itself, checked word by word, in every version."""

from __future__ import annotations

import json
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from cyps.mistakes import mistakes
from cyps.pack.use_table import Neutral, PackError

FORMAT: Final = "cyps coefficient pack"
FORMAT_VERSION: Final = 4


def _printable(words: str) -> str:
    # A terminal would obey control characters instead of showing them.
    if any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in words):
        raise ValueError("has a control character")
    return words


Words = Annotated[str, Field(min_length=1), AfterValidator(_printable)]
"""Text that a person reads, on any screen."""

METRIC_NAME = r"^[A-Z][A-Z0-9_]*$"
MetricName = Annotated[str, Field(pattern=METRIC_NAME)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Strict(BaseModel):
    """Unknown keys, wrong types and infinite numbers are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ManifestDriver(Strict):
    """A driver with its categories, the reference first; no categories for a number.

    An interaction has the names of its `parts`, and no categories.
    """

    name: Words
    level: Literal["child", "area", "authority"]
    categories: list[Words]
    parts: list[Words] = Field(default_factory=list)


class ManifestMetric(Strict):
    """A metric's model, without the tables; null is what nobody told."""

    metric: MetricName
    sigma: float | None = Field(ge=0)
    loglik: float | None
    events: int | None = Field(gt=0)
    verdict: Annotated[str, AfterValidator(_printable)]
    area_sigma: float | None = Field(default=None, ge=0)


class ManifestSample(Strict):
    """What the fit rests on."""

    children: int | None = Field(gt=0)
    authorities: int | None = Field(gt=0)
    areas: int | None = Field(gt=0)
    nagq: int | None = Field(ge=1)


class _Gradient2(Strict):
    smallest_count: int = Field(ge=1)
    suppressed_entries: int = Field(ge=0)


class ManifestGradient(_Gradient2):
    """The smallest number of children behind an entry, and how many entries hide fewer.

    `marked` says whether hidden entries are blank, rather than 0 like those of nobody.
    """

    marked: bool


class ManifestNeutralised(Strict):
    """What was done with each driver, in the order of the drivers."""

    drivers: dict[Words, Neutral] = Field(min_length=1)


class _Described(Strict):
    format: Literal["cyps coefficient pack"]
    name: Words
    status: Words
    statement: Words
    source: Words
    created: Day
    year: int
    drivers: list[ManifestDriver]
    files: dict[str, str]


class _Contents(_Described):
    kind: Literal["coefficients", "use"]
    measure: Literal["children", "share"]
    metrics: list[ManifestMetric] = Field(min_length=1)
    covariance: bool
    standard_errors: bool
    gradient: _Gradient2 | None
    sample: ManifestSample | None

    @model_validator(mode="after")
    def _kinds_hold(self) -> Self:
        if self.kind == "use" and (
            self.drivers or self.covariance or self.standard_errors or self.gradient or self.sample
        ):
            raise ValueError("a pack of use has no drivers, errors, gradient or sample")
        if self.covariance and not self.standard_errors:
            raise ValueError("a covariance tells the standard errors")
        return self


class _Neutralised(_Contents):
    """What came with version 3."""

    gradient: ManifestGradient | None
    driver_means: bool
    neutralised: list[ManifestNeutralised]

    @model_validator(mode="after")
    def _neutralised_drivers_are_known(self) -> Self:
        known = [driver.name for driver in self.drivers]
        numbers = {driver.name for driver in self.drivers if not driver.categories}
        joint = {name for driver in self.drivers if driver.parts for name in driver.parts}
        for told in self.neutralised:
            if any(told.drivers.get(name) == "reference" for name in numbers):
                raise ValueError("a number is neutralised at its reference, which it has not")
            if list(told.drivers) != [name for name in known if name in told.drivers]:
                raise ValueError("a neutralised driver is unknown or out of order")
            if joint & set(told.drivers):
                raise ValueError("a neutralised driver goes on moving use by an interaction")
        combinations = [tuple(told.drivers.items()) for told in self.neutralised]
        if len(set(combinations)) < len(combinations):
            raise ValueError("drivers are neutralised in the same way more than once")
        if self.kind == "use" and (self.driver_means or self.neutralised):
            raise ValueError("a pack of use has no driver to neutralise")
        return self


class Manifest(_Neutralised):
    """What the pack is, what it rests on, which tables it has and their SHA-256 (version 4)."""

    format_version: Literal[4]

    @property
    def members(self) -> set[str]:
        """Names of the files that a pack like this one has besides the manifest: no others."""
        names = {"README.txt"}
        names |= {"coefficients.csv"} if self.kind == "coefficients" else set()
        names |= {"driver_means.csv"} if self.driver_means else set()
        metrics = [told.metric for told in self.metrics]
        if self.covariance:
            names |= {f"covariance_{metric}.csv" for metric in metrics}
        names |= {use_file(number) for number in range(len(self.neutralised) + 1)}
        names |= {f"use_gradient_{metric}.csv" for metric in metrics} if self.gradient else set()
        return names

    @model_validator(mode="after")
    def _interactions_are_of_drivers(self) -> Self:
        single = {driver.name: driver for driver in self.drivers if not driver.parts}
        for joint in (driver for driver in self.drivers if driver.parts):
            if len(joint.parts) < 2 or len(set(joint.parts)) < len(joint.parts):
                raise ValueError(f"the interaction {joint.name} is not of two or more drivers")
            if not set(joint.parts) <= set(single):
                raise ValueError(f"the interaction {joint.name} is of a driver that is not there")
            of_child = all(single[name].level == "child" for name in joint.parts)
            if (
                joint.name != ":".join(joint.parts)
                or joint.categories
                or (joint.level != ("child" if of_child else "area"))
            ):
                raise ValueError(f"the interaction {joint.name} is not what its parts make it")
        return self


def use_file(number: int) -> str:
    """The use table of a pack (0), or that of its 1st, 2nd, ... neutralised combination.

    Examples
    --------
    >>> use_file(0), use_file(2)
    ('use.csv', 'neutralised_2.csv')
    """
    return f"neutralised_{number}.csv" if number else "use.csv"


class _Manifest3(_Neutralised):
    """Version 3: drivers of the child and the small area, one by one, in two levels."""

    format_version: Literal[3]

    @model_validator(mode="after")
    def _nothing_of_version_4(self) -> Self:
        if any(driver.parts or driver.level == "authority" for driver in self.drivers):
            raise ValueError("interactions and drivers of the authority came with version 4")
        if any(metric.area_sigma is not None for metric in self.metrics):
            raise ValueError("a third level came with version 4")
        return self

    def as_version_4(self) -> Manifest:
        """Say the same in the words of version 4."""
        told = {name: getattr(self, name) for name in _Neutralised.model_fields}
        return Manifest(**told, format_version=4)


class _Manifest2(_Contents):
    """Version 2: nothing is neutralised, and hidden entries are 0 like those of nobody."""

    format_version: Literal[2]

    def as_version_3(self) -> _Manifest3:
        """Say the same in the words of version 3."""
        told = {name: getattr(self, name) for name in _Contents.model_fields}
        hides = self.gradient
        if hides is not None:
            told["gradient"] = ManifestGradient(**hides.model_dump(), marked=False)
        return _Manifest3(**told, format_version=3, driver_means=False, neutralised=[])


class _FittedMetric(Strict):
    metric: MetricName
    sigma: float = Field(ge=0)
    loglik: float
    events: int = Field(gt=0)
    verdict: Annotated[str, AfterValidator(_printable)]


class _Manifest1(_Described):
    """Version 1: always from a fit, always with covariance and gradient."""

    format_version: Literal[1]
    metrics: list[_FittedMetric] = Field(min_length=1)
    nagq: int = Field(ge=1)
    sample_children: int = Field(gt=0)
    sample_authorities: int = Field(gt=0)
    sample_areas: int = Field(gt=0)
    smallest_count: int = Field(ge=1)
    suppressed_gradient_entries: int = Field(ge=0)

    def as_version_2(self) -> _Manifest2:
        """Say the same in the words of version 2."""
        return _Manifest2(
            **{name: getattr(self, name) for name in _Described.model_fields},
            format_version=2,
            kind="coefficients",
            measure="children",
            metrics=[ManifestMetric(**metric.model_dump()) for metric in self.metrics],
            covariance=True,
            standard_errors=True,
            gradient=_Gradient2(
                smallest_count=self.smallest_count,
                suppressed_entries=self.suppressed_gradient_entries,
            ),
            sample=ManifestSample(
                children=self.sample_children,
                authorities=self.sample_authorities,
                areas=self.sample_areas,
                nagq=self.nagq,
            ),
        )


def parse_manifest(text: str, where: str) -> Manifest:
    """Read a manifest of any version, or say in words what is wrong with it."""
    try:
        version = _version(text)
        if version == 1:
            first = _Manifest1.model_validate_json(text)
            return first.as_version_2().as_version_3().as_version_4()
        if version == 2:
            return _Manifest2.model_validate_json(text).as_version_3().as_version_4()
        if version == 3:
            return _Manifest3.model_validate_json(text).as_version_4()
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise PackError(
            f"{where} is not a pack that this version can read: its manifest.json is wrong "
            f"({problems_of(error)}). This version reads format versions 1 to {FORMAT_VERSION}. "
            "Ask whoever made the pack for a fresh copy, or install a later version of cyps."
        ) from None


def _version(text: str) -> object:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told.get("format_version") if isinstance(told, dict) else None


def problems_of(error: ValidationError) -> str:
    """Name the first five things that are wrong, each with its place; the version leads."""
    return mistakes(error, most=5, first="format_version")
