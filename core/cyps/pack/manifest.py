"""The manifest: what a pack says of itself, checked word by word."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cyps.pack.contents import PackError

FORMAT: Final = "cyps coefficient pack"
FORMAT_VERSION: Final = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ManifestDriver(_Strict):
    """A driver with its categories, the reference first; no categories for a number."""

    name: str = Field(min_length=1)
    level: Literal["child", "area"]
    categories: list[str]


class ManifestMetric(_Strict):
    """A metric's model, without the tables."""

    metric: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    sigma: float = Field(ge=0)
    loglik: float
    events: int = Field(gt=0)
    verdict: str


class Manifest(_Strict):
    """What the pack is, what it rests on, and the SHA-256 of each of its tables."""

    format: Literal["cyps coefficient pack"]
    format_version: Literal[1]
    name: str = Field(min_length=1)
    status: str = Field(min_length=1)
    statement: str = Field(min_length=1)
    source: str = Field(min_length=1)
    created: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    year: int
    drivers: list[ManifestDriver]
    metrics: list[ManifestMetric] = Field(min_length=1)
    nagq: int = Field(ge=1)
    sample_children: int = Field(gt=0)
    sample_authorities: int = Field(gt=0)
    sample_areas: int = Field(gt=0)
    smallest_count: int = Field(ge=1)
    suppressed_gradient_entries: int = Field(ge=0)
    files: dict[str, str]


def parse_manifest(text: str, where: str) -> Manifest:
    """Read a manifest, or say in words what is wrong with it."""
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'the text'}: {problem['msg']}"
            for problem in error.errors()[:5]
        )
        raise PackError(
            f"{where} is not a pack that this version can read: its manifest.json is wrong "
            f"({problems}). This version reads format version {FORMAT_VERSION}. Ask whoever "
            "made the pack for a fresh copy."
        ) from None
