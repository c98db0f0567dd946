"""The damping rules, declared: what a scenario may ask for, and what each does in words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Rate = Annotated[float, Field(ge=-1, le=10, allow_inf_nan=False)]
"""A change against the baseline: -0.05 is a fall of 5%."""


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Undamped(_Rule):
    """Everybody gets their target."""

    kind: Literal["none"] = "none"

    def words(self) -> str:
        """The rule in a few words, for every output."""
        return "no damping"


class Floor(_Rule):
    """Nobody below the floor; those above it pay from their increase (the official form).

    Examples
    --------
    >>> Floor(floor=-0.05).words()
    'floor -5.00%'
    """

    kind: Literal["floor"] = "floor"
    floor: Rate

    def words(self) -> str:
        """The rule in a few words, for every output."""
        return f"floor {self.floor:+.2%}"


class FloorAndCeiling(_Rule):
    """A floor paid for by those above it and by a ceiling, in the official form."""

    kind: Literal["floor and ceiling"] = "floor and ceiling"
    floor: Rate
    ceiling: Rate

    def words(self) -> str:
        """The rule in a few words, for every output."""
        return f"floor {self.floor:+.2%}, ceiling {self.ceiling:+.2%}"


class Proportional(_Rule):
    """Limits with everybody else's target scaled alike (the proportional form)."""

    kind: Literal["proportional"] = "proportional"
    floor: Rate
    ceiling: Rate | None = None

    def words(self) -> str:
        """The rule in a few words, for every output."""
        ceiling = "" if self.ceiling is None else f", ceiling {self.ceiling:+.2%}"
        return f"floor {self.floor:+.2%}{ceiling}, proportional form"


class Band(_Rule):
    """A floor and, if any, a ceiling for the authorities of a band."""

    floor: Rate
    ceiling: Rate | None = None

    def words(self) -> str:
        """The band's limits in a few words."""
        ceiling = "" if self.ceiling is None else f", ceiling {self.ceiling:+.2%}"
        return f"floor {self.floor:+.2%}{ceiling}"


class Bands(_Rule):
    """Floors and ceilings by band, in the official form; every authority is in one band."""

    kind: Literal["bands"] = "bands"
    bands: dict[str, Band] = Field(min_length=1)
    member: dict[str, str] = Field(description="band of each authority, by GSS code")

    @model_validator(mode="after")
    def _bands_are_named(self) -> Bands:
        _named(self.member, self.bands, "band")
        return self

    def words(self) -> str:
        """The rule in a few words, for every output."""
        bands = (f"{name} {band.words()}" for name, band in self.bands.items())
        return f"limits by band ({'; '.join(bands)})"


class Protection(_Rule):
    """Nobody below a part of the baseline: cash is 1, real terms 1 + deflator, or 0.95.

    The payer is the group (those above their protection pay) or outside (a top-up on
    a line of its own).
    """

    kind: Literal["protection"] = "protection"
    tiers: dict[str, Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]] = Field(
        min_length=1
    )
    member: dict[str, str] = Field(description="tier of each authority, by GSS code")
    payer: Literal["group", "outside"]

    @model_validator(mode="after")
    def _tiers_are_named(self) -> Protection:
        _named(self.member, self.tiers, "tier")
        return self

    def words(self) -> str:
        """The rule in a few words, for every output."""
        tiers = ", ".join(f"{name} {part:.2%}" for name, part in self.tiers.items())
        return f"protection ({tiers}), paid by the {self.payer}".replace("the outside", "outside")


class PaceOfChange(_Rule):
    """Growth by distance from target, as NHS allocations go."""

    kind: Literal["pace of change"] = "pace of change"
    least: Rate
    most: Rate
    furthest_below: Annotated[float, Field(ge=-1, le=0, allow_inf_nan=False)] = -0.05

    def words(self) -> str:
        """The rule in a few words, for every output."""
        return (
            f"pace of change {self.least:+.2%} to {self.most:+.2%}, nobody further below target "
            f"than {self.furthest_below:.2%}"
        )


DampingRule = Annotated[
    Undamped | Floor | FloorAndCeiling | Proportional | Bands | Protection | PaceOfChange,
    Field(discriminator="kind"),
]
"""Any one of the rules, told apart by its `kind`."""


def _named(member: dict[str, str], known: dict[str, Band] | dict[str, float], what: str) -> None:
    unknown = sorted(set(member.values()) - set(known))
    if unknown:
        raise ValueError(
            f"{what} {', '.join(unknown)} is not described; there are {', '.join(known)}"
        )
