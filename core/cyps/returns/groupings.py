"""Groups and statistical neighbours from a file that a person gives."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cyps.errors import CypsError
from cyps.geography import FIRST_YEAR, LAST_YEAR, Authority, Grouping, Neighbours, authorities
from cyps.returns.authority_list import AuthorityList
from cyps.returns.by_authority import CODE_COLUMNS
from cyps.returns.problems import Problems
from cyps.returns.sources import Source
from cyps.returns.tables import Row, Table, read_table, same_name

_DFE_CODE_COLUMNS = ("old_la_code", "dfe_code", "la_num", "la_number")
_NEIGHBOUR_COLUMNS = ("neighbour", "neighbour_code", "statistical_neighbour")
_RANK_COLUMNS = ("rank", "place", "order")
_WIDE = re.compile(r"sn\d+")
_LONGEST_GROUP = 60


@dataclass(frozen=True, slots=True)
class Places:
    """The authorities that a list has to do with.

    `settled` need a row each; `excluded` may have one, which is passed over; `year` says
    what any other code may be.
    """

    year: int
    settled: tuple[Authority, ...]
    excluded: frozenset[str] = frozenset()

    def name(self, code: str) -> str:
        """Name and code, as messages give them."""
        found = next((a.name for a in self.settled if a.code == code), None)
        return f"{found} ({code})" if found else AuthorityList(self.year).name(code)

    def hint(self, code: str) -> str:
        """Say what a code that is none of these may be."""
        listed = AuthorityList(self.year)
        if code in listed.codes:
            return f"{listed.name(code)} is not in this settlement."
        return listed.hint(code)


def read_grouping(path: Path, places: Places) -> tuple[Grouping, Source]:
    """Read a list of one's own: a file with the columns `code` and `group`.

    Raises
    ------
    ReturnsError
        With every unknown code, authority without a group, empty cell and authority
        that comes twice, by row.
    """
    table = read_table(path, key_columns=(*CODE_COLUMNS, "group"))
    codes, groups = table.column(*CODE_COLUMNS), table.column("group")
    problems = Problems()
    of: dict[str, str] = {}
    first: dict[str, Row] = {}
    known = {place.code for place in places.settled}
    for row in table.rows:
        code = row.cells[codes].upper()
        if code not in known and code not in places.excluded:
            problems.add(
                f"{table.where(row, codes)}: '{row.cells[codes][:40]}' is not the code of an "
                f"authority here. {places.hint(code)}"
            )
        elif code in first:
            problems.add(
                f"{table.where(row, codes)}: {places.name(code)} is here again, after row "
                f"{first[code].number}. Each authority is in one group; remove one.",
                code,
            )
        else:
            first[code] = row
            with problems.gathered(code):
                of[code] = _group(table, row, groups)
    _note_missing(table, [a for a in places.settled if a.code not in first], places, problems)
    problems.stop_if_any()
    kept = {code: group for code, group in of.items() if code in known}
    return Grouping(table.source.file, kept, f"groups of {table.source.file}"), table.source


def _group(table: Table, row: Row, column: int) -> str:
    group = " ".join(row.cells[column].split())
    if not group or len(group) > _LONGEST_GROUP or not group.isprintable():
        raise CypsError(
            f"{table.where(row, column)}: the group's name has to be 1 to {_LONGEST_GROUP} plain "
            "characters. Write 'In none' for an authority in no group."
        )
    return group


def _note_missing(
    table: Table, missing: Sequence[Authority], places: Places, problems: Problems
) -> None:
    if missing:
        shown = ", ".join(f"{place.name} ({place.code})" for place in missing[:20])
        more = f" and {len(missing) - 20} more" if len(missing) > 20 else ""
        problems.add(
            f"{table.place}: no group for {len(missing)} of the {len(places.settled)} authorities: "
            f"{shown}{more}. Add a row for each; the group may be 'In none'.",
            *(place.code for place in missing),
        )


def read_neighbours(path: Path, places: Places) -> tuple[Neighbours, Source]:
    """Read statistical neighbours, wide (SN_1, SN_2, ... as DfE's tools have) or long.

    A long file has the columns `code`, `neighbour` and, where the rows are not in
    order, `rank`. Codes may be GSS or three-digit DfE codes.

    Raises
    ------
    ReturnsError
        With every unknown code, authority that comes twice and authority among its own
        neighbours, by row.
    """
    columns = (*_DFE_CODE_COLUMNS, *CODE_COLUMNS)
    table = read_table(path, key_columns=columns)
    codes = _first_column(table, columns)
    gss = _gss_codes(places)
    problems = Problems()
    wide = [i for i, name in enumerate(table.header) if _WIDE.fullmatch(same_name(name))]
    if wide:
        wide.sort(key=lambda i: int(same_name(table.header[i])[2:]))
        of = _wide(table, codes, wide, gss, places, problems)
    else:
        of = _long(table, codes, gss, problems)
    problems.stop_if_any()
    return Neighbours(of, f"neighbours of {table.source.file}"), table.source


def _first_column(table: Table, names: Collection[str]) -> int:
    # DfE's file of 2021 has the same code in two columns.
    found = table.columns_named(names)
    same = all(len({row.cells[i] for i in found}) == 1 for row in table.rows)
    return found[0] if found and same else table.column(*names)


def _gss_codes(places: Places) -> Mapping[str, str]:
    """GSS code by what may stand for it in a file: itself or the DfE code.

    Authorities of other years count too (DfE's file of 2021 has those that were about to
    go): as neighbours they are told to be in no settlement. A DfE code that outlived its
    GSS code means this year's.
    """
    years = (*range(FIRST_YEAR, LAST_YEAR + 1), places.year)
    every = [*(a for year in years for a in authorities(year)), *places.settled]
    return {a.dfe_code: a.code for a in every if a.dfe_code} | {a.code: a.code for a in every}


def _wide(
    table: Table,
    codes: int,
    columns: Sequence[int],
    gss: Mapping[str, str],
    places: Places,
    problems: Problems,
) -> dict[str, tuple[str, ...]]:
    of: dict[str, tuple[str, ...]] = {}
    for row in table.rows:
        if not row.cells[codes]:
            continue  # notes below the table
        found = [_known(table, row, i, gss, problems) for i in columns if row.cells[i]]
        own = _known(table, row, codes, gss, problems)
        if own is not None and own in of:
            problems.add(f"{table.where(row, codes)}: {places.name(own)} is here again.", own)
        elif own is not None:
            of[own] = _checked(table, row, own, [code for code in found if code], problems)
    return of


def _long(
    table: Table, codes: int, gss: Mapping[str, str], problems: Problems
) -> dict[str, tuple[str, ...]]:
    neighbour = table.column(*_NEIGHBOUR_COLUMNS)
    rank = table.column(*_RANK_COLUMNS) if table.columns_named(_RANK_COLUMNS) else None
    rows: dict[str, list[tuple[float, str, Row]]] = {}
    for place, row in enumerate(table.rows):
        own = _known(table, row, codes, gss, problems)
        other = _known(table, row, neighbour, gss, problems)
        at = float(place)
        if rank is not None:
            with problems.gathered():
                at = _rank(table, row, rank)
        if own is not None and other is not None:
            rows.setdefault(own, []).append((at, other, row))
    return {
        own: _checked(
            table, found[-1][2], own, [code for _, code, _ in sorted(found, key=_by_rank)], problems
        )
        for own, found in rows.items()
    }


def _by_rank(found: tuple[float, str, Row]) -> float:
    return found[0]


def _rank(table: Table, row: Row, column: int) -> float:
    if not re.fullmatch(r"\d{1,4}", row.cells[column]):
        raise CypsError(
            f"{table.where(row, column)}: '{row.cells[column][:20]}' is not a rank such as 1."
        )
    return float(row.cells[column])


def _known(
    table: Table,
    row: Row,
    column: int,
    gss: Mapping[str, str],
    problems: Problems,
) -> str | None:
    text = row.cells[column].upper()
    if text in gss:
        return gss[text]
    problems.add(
        f"{table.where(row, column)}: '{row.cells[column][:40]}' is not the code of an authority, "
        "neither GSS (E08000025) nor DfE (330)."
    )
    return None


def _checked(
    table: Table, row: Row, own: str, neighbours: Sequence[str], problems: Problems
) -> tuple[str, ...]:
    if own in neighbours or len(set(neighbours)) != len(neighbours):
        problems.add(
            f"{table.where(row)}: the neighbours of {own} name an authority twice, or {own} itself."
        )
    return tuple(neighbours)
