"""Which authorities a settlement is for, and what to say about any other code."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from cyps.errors import CypsError
from cyps.geography import (
    FIRST_YEAR,
    LAST_YEAR,
    Authority,
    authorities,
    every_code,
    successors,
)

_GSS = re.compile(r"E[0-9]{8}")

NO_CODE = "A GSS code is E and eight digits, such as E06000001."
"""Said of a text that is nothing like a code."""


@dataclass(frozen=True, slots=True)
class AuthorityList:
    """The authorities of a year, and those of them that are left out on purpose.

    Parameters
    ----------
    year : financial year, by the 31 March in which it ends
    excluded : GSS codes left out of use and baseline

    Raises
    ------
    CypsError
        For a year without a list, an excluded code that is not in it, or when
        nobody would be left.

    Examples
    --------
    >>> listed = AuthorityList(2025, frozenset({"E06000053"}))
    >>> len(listed.settled)
    152
    >>> listed.hint("E10000027")
    "Somerset's code ended: since 2023-04-01 it is E06000066 Somerset."
    """

    year: int
    excluded: frozenset[str] = frozenset()
    everyone: tuple[Authority, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "everyone", authorities(self.year))
        for code in sorted(self.excluded - self.codes):
            raise CypsError(
                f"'{code}' cannot be left out: {self.hint(code)} Check the code that you exclude."
            )
        if not self.settled:
            raise CypsError("Every authority is left out, so there is nobody to settle for.")

    @property
    def codes(self) -> frozenset[str]:
        """GSS codes of the year, with those left out."""
        return frozenset(authority.code for authority in self.everyone)

    @property
    def settled(self) -> tuple[Authority, ...]:
        """Authorities that take part, in code order."""
        return tuple(a for a in self.everyone if a.code not in self.excluded)

    def name(self, code: str) -> str:
        """Name and code, as messages give them."""
        found = next((a.name for a in self.everyone if a.code == code), None)
        return f"{found} ({code})" if found else _former_name(code) or code

    def named(self, codes: Collection[str]) -> str:
        """Names and codes of several, in code order."""
        return ", ".join(self.name(code) for code in sorted(codes))

    def is_other_years(self, code: str) -> bool:
        """Whether the code was or will be an authority's, but not in this year."""
        return code in every_code() and code not in self.codes

    def hint(self, code: str) -> str:
        """Say what a code that is not in the year's list may be, and what to do."""
        if code in self.codes:
            return f"It is {self.name(code)}."
        if self.is_other_years(code):
            return self._other_years(code)
        by_dfe_code = {authority.dfe_code: authority for authority in self.everyone}
        if code in by_dfe_code:
            meant = by_dfe_code[code]
            return f"It is a DfE code; use the GSS code, {meant.code} for {meant.name}."
        by_name = {authority.name.casefold(): authority for authority in self.everyone}
        if code.casefold() in by_name:
            meant = by_name[code.casefold()]
            return f"It is a name; use the GSS code, {meant.code} for {meant.name}."
        if code == "E92000001":
            return "It is England as a whole; take totals out of the file."
        if code.startswith(("E12", "E13")) and _GSS.fullmatch(code):
            return "It is a region; take totals out of the file."
        if code.startswith("E07") and _GSS.fullmatch(code):
            return "It is a district, which has no children's services; use its county's code."
        if _GSS.fullmatch(code):
            return f"No children's services authority had this code by {self.year}."
        if re.fullmatch("[WSN][0-9]{8}", code):
            return "It is a code of Wales, Scotland or Northern Ireland, which take no part."
        return self._slip(code)

    def _slip(self, text: str) -> str:
        """What is meant by a text that is no code: one with a slip or more beside it, or none."""
        digits = text.translate(str.maketrans("OIL", "011"))
        if digits in self.codes:
            return f"With digits in place of letters it is {self.name(digits)}: mend it."
        within = re.findall(r"E[0-9]{8}(?![0-9])", text)
        if len(within) == 1 and within[0] in self.codes:
            return f"Only the code may stand there: {within[0]}."
        return NO_CODE

    def _other_years(self, code: str) -> str:
        later = [s for s in successors(code) if s.new_code in self.codes]
        if later:
            names = ", ".join(f"{s.new_code} {self._plain_name(s.new_code)}" for s in later)
            former = (_former_name(code) or code).removesuffix(f" ({code})")
            return f"{former}'s code ended: since {later[0].effective} it is {names}."
        return f"It is {_former_name(code)}, which is not in the list of {self.year}."

    def _plain_name(self, code: str) -> str:
        return next(a.name for a in self.everyone if a.code == code)


def _former_name(code: str) -> str | None:
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for authority in authorities(year):
            if authority.code == code:
                return f"{authority.name} ({code})"
    return None
