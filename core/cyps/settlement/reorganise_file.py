"""Merges and splits as a scenario file writes them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from cyps.errors import CypsError
from cyps.geography import REGIONS, Authority, authority_of_code
from cyps.settlement.record import Words

_NamedWords = Annotated[Words, Field(min_length=1)]


def _is_gss(code: str) -> str:
    if not re.fullmatch(r"E[0-9]{8}", code):
        raise ValueError(
            f"'{code[:40]}' is no GSS code: E and eight digits. Where there is none yet, make one "
            "up, such as E06900001"
        )
    return code


_Code = Annotated[str, AfterValidator(_is_gss)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewAuthority(_Strict):
    """An authority that there is to be. A real code brings its name and region along."""

    code: _Code
    name: _NamedWords | None = None
    region: str | None = Field(default=None, description="one of ten; else that of its parts")

    @field_validator("region")
    @classmethod
    def _is_a_region(cls, value: str | None) -> str | None:
        if value is not None and value not in REGIONS:
            raise ValueError(f"'{value}' is no region; there are {', '.join(REGIONS)}")
        return value

    def authority(self, regions: set[str]) -> Authority:
        """The authority, with the region of those that it is made of unless it says its own.

        Raises
        ------
        CypsError
            When a made-up code has no name, a real one another's name, or the region is open.
        """
        real = authority_of_code(self.code)
        if real is not None:
            if self.name not in (None, real.name) or self.region not in (None, real.region):
                raise CypsError(
                    f"{self.code} is the code of {real.name} ({real.region}). Leave name and "
                    "region out, or make up a code, such as E06900001."
                )
            return real
        if self.name is None:
            raise CypsError(f"{self.code} is no code of an authority we know: give it a name.")
        if self.region is None and len(regions) != 1:
            raise CypsError(
                f"{self.name} ({self.code}) is made of authorities of several regions "
                f"({', '.join(sorted(regions))}). Write region = one of them."
            )
        return Authority(self.code, "", self.name, self.region or next(iter(regions)))


class MergeChoice(_Strict):
    """`[[merge]]`: authorities that become one."""

    into: NewAuthority
    parts: list[_Code] = Field(min_length=1, alias="from", description="GSS codes")
    reason: _NamedWords | None = None


class SplitChoice(_Strict):
    """`[[split]]`: an authority that becomes several, by a key in a file."""

    code: _Code = Field(alias="from", description="GSS code")
    into: list[NewAuthority] = Field(min_length=2)
    key: str = Field(description="CSV or Excel file: new_code, part; see docs/groups.md")
    reason: _NamedWords
