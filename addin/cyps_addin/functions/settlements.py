"""Functions on settlements: handle, what it is, shares, allocations by year, totals, checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cyps.geography import GROUPINGS, IN_NONE, Grouping, grouping
from cyps.returns import Places, read_neighbours
from cyps.settlement import Settlement, settle
from cyps.settlement.checks import checks
from cyps.settlement.record import from_json
from cyps.settlement.summaries import GroupTotals, all_totals, group_totals, totals_by
from cyps_addin import library
from cyps_addin.cells import (
    Line,
    column,
    given,
    how_many,
    is_blank,
    line,
    one_text,
    table,
    text_of,
    texts,
)
from cyps_addin.declare import Argument, CellFunction, Cells
from cyps_addin.error_values import bad_input, not_available
from cyps_addin.functions.choosing import (
    AUTHORITY,
    SCENARIO,
    UNKNOWN_AUTHORITY,
    UNKNOWN_HANDLE,
    chosen,
    one_authority,
    settled,
    who,
)
from cyps_addin.typed_scenario import settled_text, typed_text
from cyps_addin.what_if import CHOICES, changed

_RECORD = "settlement.json"
_Amounts = NDArray[np.float64] | NDArray[np.int64]
_Amount = Callable[[Settlement], _Amounts]

AMOUNTS: Mapping[str, _Amount] = {
    "pounds": lambda s: s.pounds,
    "damped": lambda s: s.damped.allocation,
    "target": lambda s: s.target,
    "baseline": lambda s: s.scenario.baseline,
    "change": lambda s: s.change,
    "change rate": lambda s: s.change_rate,
    "top up": lambda s: s.top_up,
}
SHARES: Mapping[str, _Amount] = {
    "share": lambda s: s.share,
    "needs share": lambda s: s.needs_share,
}


def _scenario(source: Cells, choices: Cells = None) -> Cells:
    text = typed_text(source)
    settlements = (
        _settlements(one_text(source, "Source")) if text is None else list(settled_text(text))
    )
    if not is_blank(choices):
        settlements = [changed(one, choices) for one in settlements]
    handles = [str(library.add_settlement(one)) for one in settlements]
    return handles[0] if len(handles) == 1 else column(handles)


def _settlements(source: str) -> list[Settlement]:
    """The settlement of a handle, or those that a folder or a file of results holds."""
    if source.casefold() == library.SAMPLE:
        return [library.settlement_of(str(library.add_sample("scenario")))]
    if source.startswith("cyps:"):
        return [library.settlement_of(source)]
    path = Path(source).expanduser()
    if not path.is_absolute():
        raise bad_input(
            f"'{source[:80]}' is neither a handle nor a whole path. Give folder and name, so that "
            "it means the same in every workbook."
        )
    records = [path] if path.is_file() else _records(path)
    if not records:
        raise not_available(
            f"There is no settlement in {path}. Name a folder that cyps settle wrote, or the "
            f"{_RECORD} in it."
        )
    return [settle(*from_json(record.read_text("utf-8"), record.name)) for record in records]


def _records(folder: Path) -> list[Path]:
    """One record, or one for each year's folder in the order of their names."""
    if (folder / _RECORD).is_file():
        return [folder / _RECORD]
    return sorted(folder.glob(f"*/{_RECORD}"))


def _scenario_info(scenario: Cells) -> Cells:
    one = settled(scenario)
    told = one.scenario
    return table(
        ("item", "value"),
        [
            ("title", told.title),
            ("status", told.status),
            ("statement", told.statement),
            ("year", told.year),
            ("pot", told.pot),
            ("damping", told.damping_in_words),
            ("authorities", len(told.codes)),
            ("use", one.use.basis),
            *(
                (f"cost weight of {m}", w)
                for m, w in zip(one.use.metrics, one.weights, strict=True)
            ),
            *((f"left out: {gone.name}", gone.reason) for gone in told.exclusions),
            *((f"note {i}", note) for i, note in enumerate(told.notes, 1)),
        ],
    )


def _authorities(scenario: Cells) -> Cells:
    places = settled(scenario).scenario.authorities
    return [[place.code, place.name, place.region] for place in places]


def _share(scenario: Cells, authority: Cells = None, which: Cells = None) -> Cells:
    one = settled(scenario)
    by_metric = {metric.casefold(): m for m, metric in enumerate(one.use.metrics)}
    wanted = one_text(which, "Which", "share").casefold()
    if wanted in by_metric:
        return _laid([np.asarray(one.metric_share[:, by_metric[wanted]])], *chosen(one, authority))
    return _laid([_one_of(SHARES, wanted, one, tuple(by_metric))], *chosen(one, authority))


def _allocations(scenario: Cells, authority: Cells = None, which: Cells = None) -> Cells:
    handles = line(scenario, "Scenario")
    wanted = one_text(which, "Which", "pounds").casefold()
    by_year = [library.settlement_of(text_of(handle)) for handle in handles.values]
    rows, laid = chosen(by_year[0], authority)
    codes = [by_year[0].scenario.codes[row] for row in rows]
    columns: list[NDArray[Any]] = []
    for one in by_year:
        where, _ = chosen(one, [[code] for code in codes])
        columns.append(np.asarray(_one_of(AMOUNTS, wanted, one))[where])
    return _laid(columns, np.arange(len(codes)), laid)


def _one_of(
    amounts: Mapping[str, _Amount], wanted: str, one: Settlement, also: Sequence[str] = ()
) -> _Amounts:
    if wanted not in amounts:
        raise bad_input(
            f"There is no '{wanted[:40]}'. Choose one of {', '.join((*amounts, *also))}."
        )
    return amounts[wanted](one)


def _laid(columns: Sequence[_Amounts], rows: NDArray[np.intp], laid: Line | None) -> Cells:
    """Authorities down and years across, or the other way for authorities in a row."""
    cells = [[given(amounts[row]) for amounts in columns] for row in rows]
    if laid is not None and laid.is_row:
        cells = [list(one) for one in zip(*cells, strict=True)]
    return cells[0][0] if len(cells) == 1 and len(cells[0]) == 1 else cells


_TOTALS = ("group", "authorities", "share", "target", "baseline", "pounds", "change",
           "change rate")  # fmt: skip


def _group_totals(scenario: Cells, group: Cells = None, authority: Cells = None) -> Cells:
    one = settled(scenario)
    by = _grouping(one, group, authority)
    return table(_TOTALS, [_totals(x) for x in (*totals_by(one, by), all_totals(one))])


def _grouping(one: Settlement, group: Cells, authority: Cells) -> Grouping:
    """A grouping that has a name, or one of the workbook's own."""
    names = ("region",) if is_blank(group) else texts(group, "Group")
    if len(names) == 1 and len(one.scenario.codes) > 1:
        return grouping(names[0], one.scenario.authorities)
    rows, _ = chosen(one, authority)
    if len(names) != rows.size or len(set(rows.tolist())) < rows.size:
        raise bad_input(
            f"Group has {how_many(len(names), 'cell')} for "
            f"{how_many(rows.size, 'authority', 'authorities')}. Give each authority "
            f"once, with one group, in the same order; or one of {', '.join(GROUPINGS)}."
        )
    codes = one.scenario.codes
    own = {codes[row]: name for row, name in zip(rows, names, strict=True)}
    return Grouping("the workbook", dict.fromkeys(codes, IN_NONE) | own, "cells of a workbook")


def _totals(x: GroupTotals) -> tuple[str | float, ...]:
    return (x.name, x.authorities, x.share, x.target, x.baseline, x.pounds, x.change, x.change_rate)


def _neighbours(scenario: Cells, authority: Cells, neighbours: Cells) -> Cells:
    one = settled(scenario)
    own = one_authority(one, authority)
    near = _near(one, own, neighbours)
    lines = [group_totals(one, who(one, row).name, _marked(one, [row])) for row in (own, *near)]
    together = group_totals(one, "Neighbours together", _marked(one, near))
    return table(_TOTALS, [_totals(x) for x in (*lines, together)])


def _near(one: Settlement, own: int, neighbours: Cells) -> list[int]:
    """Rows of the neighbours: those of a file that are in the settlement, or those named."""
    names = texts(neighbours, "Neighbours")
    if len(names) > 1 or not Path(names[0]).is_absolute():
        return [int(row) for row in chosen(one, neighbours)[0]]
    path = Path(names[0])
    if not path.is_file():
        raise not_available(f"There is no file {path}. Check the name and the folder.")
    code = who(one, own).code
    at = {place: row for row, place in enumerate(one.scenario.codes)}
    told = one.scenario
    places = Places(told.year, told.authorities, frozenset(x.code for x in told.exclusions))
    named = read_neighbours(path, places)[0].of.get(code, ())
    near = [at[place] for place in named if place in at]
    if not near:
        raise not_available(
            f"{path.name} names {len(named)} neighbours for {code}, and none is in this settlement."
        )
    return near


def _marked(one: Settlement, rows: Sequence[int]) -> NDArray[np.bool_]:
    return np.isin(np.arange(len(one.scenario.codes)), rows)


def _checks(scenario: Cells) -> Cells:
    return table(
        ("check", "state", "in words"),
        [(c.name, c.state, c.sentence) for c in checks(settled(scenario))],
    )


_CANNOT = "#NUM!: the changed settlement cannot be made, such as a floor that costs too much"
FUNCTIONS: tuple[CellFunction, ...] = (
    CellFunction(
        "CYPS_SCENARIO",
        "Settlements",
        "Handle of a settlement, taken into this machine's library, with changes if you like",
        (
            Argument("source", "handle; whole path of a folder that cyps settle wrote or of its "
                     "settlement.json; a scenario's own text, TOML or JSON, in one cell or a line "
                     'in each; or "sample"'),
            Argument("choices", f"two columns, name and value: {', '.join(CHOICES)}",
                     "as it is"),
        ),
        "text such as cyps:scenario:sample#0123456789abcdef; for a folder of several years one "
        "handle a year, below one another",
        ("#N/A: no settlement there",
         "#VALUE!: a choice that there is none of, or a text that is no scenario (with its line)",
         _CANNOT),
        '=CYPS_SCENARIO("sample",{"pot",1200000;"floor",-0.01})',
        _scenario,
    ),
    CellFunction(
        "CYPS_SCENARIO_INFO",
        "Settlements",
        "What a settlement is: status, pot, damping, cost weights, who is left out, notes",
        (SCENARIO,),
        "a table with a header row",
        (UNKNOWN_HANDLE,),
        '=CYPS_SCENARIO_INFO(CYPS_SCENARIO("sample"))',
        _scenario_info,
    ),
    CellFunction(
        "CYPS_AUTHORITIES",
        "Settlements",
        "Authorities of a settlement in order of code: code, name, region",
        (SCENARIO,),
        "three columns without a header, in line with CYPS_SHARE and CYPS_ALLOCATIONS",
        (UNKNOWN_HANDLE,),
        '=CYPS_AUTHORITIES(CYPS_SCENARIO("sample"))',
        _authorities,
    ),
    CellFunction(
        "CYPS_SHARE",
        "Settlements",
        "Share of one authority, or of several",
        (
            SCENARIO,
            AUTHORITY,
            Argument("which", 'share (after area cost), "needs share" (before) or a metric',
                     "share"),
        ),
        "shares, laid out as the authorities are; all of them add up to 1",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY, "#VALUE!: another word for which"),
        '=CYPS_SHARE(CYPS_SCENARIO("sample"),"Leeds")',
        _share,
    ),
    CellFunction(
        "CYPS_ALLOCATIONS",
        "Settlements",
        "Allocations by authority and year",
        (
            Argument("scenario", "handles of settlements, one a year"),
            AUTHORITY,
            Argument("which", ", ".join(AMOUNTS), "pounds"),
        ),
        "a row for each authority and a column for each year; turned if authorities lie in a "
        "row. Pounds of a year add up to its pot",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY, "#VALUE!: another word for which"),
        '=CYPS_ALLOCATIONS(CYPS_SCENARIO("sample"),{"Hartlepool";"Derby";"Leeds"})',
        _allocations,
    ),
    CellFunction(
        "CYPS_GROUP_TOTALS",
        "Settlements",
        "Totals by region, class, combined authority, or by any grouping of one's own",
        (
            SCENARIO,
            Argument("group", f"one of {', '.join(GROUPINGS)}; or the name of each one's group",
                     "region"),
            Argument("authority", "the authorities that the groups are for, in the same order",
                     "all, in order of code"),
        ),
        "a table with a header row, a row for each group and one for all authorities; those of "
        "whom no group was told are 'In none'",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY, "#VALUE!: another number of groups than authorities"),
        '=CYPS_GROUP_TOTALS(CYPS_SCENARIO("sample"),{"mine";"other";"mine"})',
        _group_totals,
    ),
    CellFunction(
        "CYPS_NEIGHBOURS",
        "Settlements",
        "One authority beside its statistical neighbours, and these together",
        (
            SCENARIO,
            Argument("authority", "GSS code or name of one authority"),
            Argument("neighbours", "codes or names of its neighbours; or the whole path of a "
                     "file of neighbours, wide (SN1, SN2, ...) or long"),
        ),
        "a table with a header row; neighbours that only a file names and the settlement does "
        "not have are left out",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY, "#N/A: no such file, or nobody of it is here"),
        '=CYPS_NEIGHBOURS(CYPS_SCENARIO("sample"),"Leeds",{"Derby","Hartlepool"})',
        _neighbours,
    ),
    CellFunction(
        "CYPS_CHECKS",
        "Settlements",
        "Checks of a settlement: pot, shares, floors, who is left out, status",
        (SCENARIO,),
        "a table with a header row; state is OK, STOP or WARN",
        (UNKNOWN_HANDLE,),
        '=CYPS_CHECKS(CYPS_SCENARIO("sample"))',
        _checks,
    ),
)  # fmt: skip
"""Functions on settlements."""
