"""The workbook as written: cached numbers, text that stays text, a file put in place whole."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from defusedxml import ElementTree
from xlsxwriter.worksheet import Worksheet

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.settlement import (
    Band,
    Bands,
    Exclusion,
    Floor,
    PaceOfChange,
    Transition,
    Undamped,
    settle,
)
from cyps.settlement.solution import solution
from cyps_workbooks import PackNote, calculation_sheet, page, write_settlement
from cyps_workbooks.checks import check_structure
from cyps_workbooks.settlement_workbook import settlement_bytes
from workbooks.engines import IronCalc
from workbooks.made_up import HOSTILE, hostile, made_up
from workbooks.test_recalculated import assert_is, core_columns
from workbooks.what_ifs import named_by
from workbooks.workbook_cells import MAIN, column, difference, grids, named_places

ISSUED = re.compile(r"_xlfn|LET\(|LAMBDA|XLOOKUP|FILTER\(|SORT|UNIQUE|SEQUENCE|INDIRECT|OFFSET")


LABEL = "2025-26"


@pytest.fixture(scope="module")
def base():
    return made_up(seed=5)


def of_one_year(settlement):
    return [(LABEL, settlement)]


@pytest.fixture(scope="module")
def workbook(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("settlement") / "settlement.xlsx"
    write_settlement(of_one_year(base), path)
    return path


def sheet_xml(path, number):
    with zipfile.ZipFile(path) as parts:
        return ElementTree.fromstring(parts.read(f"xl/worksheets/sheet{number}.xml"))


def test_cached_numbers_are_the_cores_own(base, workbook):
    results = grids(workbook)["Results"]
    for header, expected in core_columns(base).items():
        assert difference(column(results, header, 153), list(expected)) <= 1e-15, header
    assert [int(x) for x in column(results, "Pounds", 153)] == base.pounds.tolist()
    calculation = grids(workbook)["Calculation"]
    for header, expected in {
        "Needs share x area cost": base.needs_share * base.scenario.area_cost,
        "Floor amount": base.damped.floor_amount,
        "Cost of the floor": base.damped.cost,
        "Headroom": base.damped.headroom,
        "Damped": base.damped.allocation,
    }.items():
        assert difference(column(calculation, header, 153), list(expected)) <= 1e-15, header
    factor = next(row for row in grids(workbook)["Damping"] if row[0] == "Scaling factor")
    assert factor[1] == pytest.approx(base.damped.scaling_factor, rel=1e-15)


def test_every_sheet_is_there_and_carries_the_status(workbook):
    seen = grids(workbook)
    assert tuple(seen) == (
        "About", "Inputs", "Members", "Use", "Weights", "Damping", "Calculation", "Factors",
        "Results", "My authority", "Winners and losers", "Compare", "Groups", "Checks", "Notes",
        "QA log", "Change log", "Glossary", "Record",
    )  # fmt: skip
    for name, grid in seen.items():
        assert str(grid[1][0]).startswith("ILLUSTRATIVE"), name
        assert grid[2][0] == "OK: every check passes", name


def test_the_table_that_programs_read(workbook):
    headers = [cell for cell in grids(workbook)["Results"][11] if cell]
    assert headers[:3] == ["Code", "Authority", "Region"]
    wanted = {"Needs share", "Share", "Target", "Baseline", "Damped", "Pounds"}
    assert wanted <= set(headers)
    with zipfile.ZipFile(workbook) as parts:
        table = ElementTree.fromstring(parts.read("xl/tables/table1.xml"))
    assert table.get("displayName") == "Results"
    assert [node.get("name") for node in table.iter(f"{MAIN}tableColumn")] == headers


def test_the_named_inputs_are_where_they_say(base, workbook):
    places, seen = named_places(workbook), grids(workbook)
    expected = {
        "in_pot": base.scenario.pot,
        "in_floor": base.scenario.floor,
    }
    for name, amount in expected.items():
        sheet, cell = places[name]
        letters, row = re.fullmatch(r"([A-Z])(\d+)", cell).groups()
        assert seen[sheet][int(row) - 1][ord(letters) - 65] == pytest.approx(amount, rel=1e-15)
    for name, weight in zip(("CIN", "CARE", "CEASED"), base.weights, strict=True):
        sheet, cell = places[f"in_weight_{name}"]
        row = seen[sheet][int(cell.removeprefix("E")) - 1]
        assert row[0] == name
        assert row[3:8] == [row[3], "", row[3], pytest.approx(weight, rel=1e-15), row[7]]
        assert row[3] == pytest.approx(weight, rel=1e-15)
        assert abs(row[7]) < 1e-15


def test_every_number_right_of_the_inputs_is_a_classic_formula(workbook):
    fixed = {"s", "str", "inlineStr"}
    # Typed on the sheet of working: the fields of damping, as issued, and places that count.
    typed = {"Damping": {"B", "D"}, "Factors": {"C"}, "Weights": {"C"}, "Compare": {"R", "S"}}
    for number, name in enumerate(grids(workbook), start=1):
        for cell in sheet_xml(workbook, number).iter(f"{MAIN}c"):
            formula = cell.find(f"{MAIN}f")
            if formula is not None:
                assert not ISSUED.search(formula.text), (name, cell.get("r"))
            elif name not in {"Inputs", "Use"} and cell.find(f"{MAIN}v") is not None:
                letter = cell.get("r").rstrip("0123456789")
                assert cell.get("t") in fixed or letter in typed.get(name, ()), (
                    name, cell.get("r"),
                )  # fmt: skip


def test_the_same_settlement_gives_the_same_bytes(base):
    assert settlement_bytes(of_one_year(base)) == settlement_bytes(of_one_year(base))


def test_text_stays_text_wherever_it_stands(tmp_path):
    settlement = hostile()
    path = tmp_path / "hostile.xlsx"
    write_settlement(of_one_year(settlement), path, pack=PackNote("=x", "+y", "@z", "-w"))
    assert check_structure(path) == []
    assert column(grids(path)["Results"], "Authority", len(HOSTILE)) == list(HOSTILE)
    with zipfile.ZipFile(path) as parts:
        every = b"".join(parts.read(name) for name in parts.namelist())
        assert b"cmd|" not in b"".join(re.findall(rb"<f>.*?</f>", every))
        assert b"x.invalid" not in b"".join(
            parts.read(name) for name in parts.namelist() if name.endswith(".rels")
        )
    engine = IronCalc()
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert column(engine.grids()["Results"], "Authority", len(HOSTILE)) == list(HOSTILE)


def test_exclusions_and_pack_are_said(tmp_path):
    left_out = Exclusion("E06000017", "Rutland", "returned no figures")
    places = tuple(place for place in authorities(2025) if place.code != left_out.code)
    settlement = made_up(places=places, exclusions=(left_out,))
    path = tmp_path / "settlement.xlsx"
    write_settlement(
        of_one_year(settlement),
        path,
        pack=PackNote("made-up pack", "9f3a" * 16, "synthetic", "No."),
    )
    seen = {name: str(grid) for name, grid in grids(path).items()}
    for name in ("About", "Notes"):
        assert "Rutland: returned no figures" in seen[name]
    assert "9f3a" * 16 in seen["Notes"]
    assert "made-up pack" in seen["Use"]
    assert "'England'" not in seen["Results"]
    assert "All 152 authorities here" in seen["Results"]
    # Who was left out, and a signature that nobody looked for.
    assert all("WARN: 2 to note" in words for words in seen.values())


def test_an_old_workbook_stays_when_the_new_one_cannot_be_put_in_place(base, tmp_path, monkeypatch):
    path = tmp_path / "settlement.xlsx"
    path.write_bytes(b"the old one")

    def refuse(_, target):
        raise PermissionError(13, "Permission denied", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(CypsError, match="If it is open in Excel"):
        write_settlement(of_one_year(base), path)
    assert [file.name for file in tmp_path.iterdir()] == ["settlement.xlsx"]
    assert path.read_bytes() == b"the old one"


@pytest.mark.parametrize("lock", ["~$settlement.xlsx", ".~lock.settlement.xlsx#"])
def test_an_open_workbook_is_not_overwritten(base, tmp_path, lock):
    path = tmp_path / "settlement.xlsx"
    path.write_bytes(b"the old one")
    (tmp_path / lock).write_bytes(b"")
    with pytest.raises(CypsError, match="seems to be open"):
        write_settlement(of_one_year(base), path)
    assert path.read_bytes() == b"the old one"


def test_a_folder_that_is_not_there_is_named(base, tmp_path):
    with pytest.raises(CypsError, match="choose a folder that exists"):
        write_settlement(of_one_year(base), tmp_path / "nowhere" / "settlement.xlsx")


def test_metrics_whose_cell_names_would_meet_are_refused(tmp_path):
    settlement = made_up(places=authorities(2025)[:3], metrics=("A-1", "A 1"))
    with pytest.raises(CypsError, match="same cell name"):
        write_settlement(of_one_year(settlement), tmp_path / "settlement.xlsx")


WRONG = {
    "target": ("Inputs!$D$6", "Inputs!$D$6*1.000000001"),
    "floor_amount": ("*(1+", "*(1-"),
    "needs_share": ("SUMPRODUCT", "MAX"),
    "phased": ("(1-", "(0.999-"),
    "lower": (",MAX(", ",MIN("),
    "upper": ("1E+30", "2E+9"),
    "total_leaving": ("<=", "<"),
    "total_meeting": (">=", ">"),
    "stands": ('"most"', '"moves"'),
    "order": ("<=ROW", ">=ROW"),
    "pounds": ("<=INDEX", "<INDEX"),
    "damped": ("MIN", "MAX"),
    "rank": ("-1", ""),
}


@pytest.fixture(scope="module")
def hard():
    """Phasing, groups, bands with ceilings that are met: what every step has a part in."""
    places = authorities(2025)[:40]
    codes = [place.code for place in places]
    bands = {"a": Band(floor=-0.05, ceiling=0.12), "b": Band(floor=-0.02)}
    settlement = made_up(
        places=places, damping=Bands(bands=bands, member=named_by(codes, "a", "b")),
        transition=Transition(0.7, named_by(codes, "north", "south", "south")),
    )  # fmt: skip
    assert set(solution(settlement).stands.tolist()) == {"least", "moves", "most"}
    return settlement


@pytest.mark.parametrize("step", WRONG)
def test_a_wrong_formula_is_seen(hard, tmp_path, monkeypatch, step):
    """The proof can fail: one slip in one step's formula and it does."""
    right = calculation_sheet.step_formulas
    old, new = WRONG[step]

    def wrong(layout, year, baseline):
        formulas = right(layout, year, baseline)
        slipped = formulas[step].replace(old, new)
        assert slipped != formulas[step]
        return formulas | {step: slipped}

    places = authorities(2025)[:40]
    pace = made_up(places=places, damping=PaceOfChange(least=-0.1, most=0.9, furthest_below=-0.2))
    plain = made_up(places=places, seed=5)
    engine = IronCalc()
    seen = False
    for settlement in (hard, plain, pace):
        monkeypatch.setattr(calculation_sheet, "step_formulas", wrong)
        path = tmp_path / "wrong.xlsx"
        write_settlement(of_one_year(settlement), path)
        monkeypatch.undo()
        engine.open(path)
        engine.recalculate()
        chosen = settlement.scenario.authorities[0].name
        try:
            assert_is(of_one_year(settlement), engine.grids(), tmp_path, chosen)
        except (AssertionError, TypeError):
            seen = True
            break
    assert seen


def test_the_sheets_are_those_the_library_would_write(hard, monkeypatch):
    """Formulas skip the library's search for later functions, and none is one."""
    ours = settlement_bytes(of_one_year(hard))
    monkeypatch.setattr(page, "ClassicSheet", Worksheet)
    assert settlement_bytes(of_one_year(hard)) == ours


def test_every_year_must_be_of_one_kind(base, hard, tmp_path):
    with pytest.raises(CypsError, match="2026-27 has other authorities, use or spend"):
        write_settlement([("2025-26", base), ("2026-27", hard)], tmp_path / "settlement.xlsx")
    with pytest.raises(CypsError, match="Years need labels, each its own"):
        write_settlement([("A", base), ("a", base)], tmp_path / "settlement.xlsx")
    with pytest.raises(CypsError, match="at least one year"):
        write_settlement([], tmp_path / "settlement.xlsx")


def test_names_that_cells_cannot_tell_apart_are_refused(tmp_path):
    places = authorities(2025)[:4]
    groups = named_by([place.code for place in places], "north", "North")
    settlement = made_up(places=places, transition=Transition(group=groups), damping=Undamped())
    with pytest.raises(CypsError, match="differ in more than capital letters"):
        write_settlement(of_one_year(settlement), tmp_path / "settlement.xlsx")


def test_more_bands_tiers_and_groups_than_usual_have_rows(tmp_path):
    places = authorities(2025)[:40]
    codes = [place.code for place in places]
    names = [f"b{i}" for i in range(8)]
    rule = Bands(bands={n: Band(floor=-0.9) for n in names}, member=named_by(codes, *names))
    groups = named_by(codes, *(f"g{i:02d}" for i in range(15)))
    settlement = made_up(places=places, damping=rule, transition=Transition(group=groups))
    path = tmp_path / "settlement.xlsx"
    write_settlement(of_one_year(settlement), path)
    assert check_structure(path) == []
    engine = IronCalc()
    engine.open(path)
    engine.recalculate()
    assert_is(of_one_year(settlement), engine.grids(), tmp_path, places[0].name)


def test_a_year_with_a_long_label_has_a_sheet(tmp_path):
    base = made_up(places=authorities(2025)[:3])
    labels = ["the year of the long label 2026-27", "the year of the long label 2027-28"]
    path = tmp_path / "settlement.xlsx"
    write_settlement([(label, base) for label in labels], path)
    assert check_structure(path) == []
    assert {"Calculation 1", "Calculation 2"} <= set(grids(path))


def test_a_settlement_of_one_is_whole(tmp_path):
    one = made_up(places=authorities(2025)[:1], metrics=("CIN",), damping=Floor(floor=-1.0))
    write_settlement(of_one_year(one), tmp_path / "one.xlsx")
    assert check_structure(tmp_path / "one.xlsx") == []
    assert np.array_equal(settle(one.scenario, one.use).pounds, [one.scenario.pot])


@pytest.mark.parametrize(
    ("sheet", "used", "unused", "when"),
    [("Factors", 9, 10, "$D9>0"), ("Groups", 10, 23, "LEN($A10)>0")],
)
def test_only_rows_in_use_are_ruled(base, tmp_path, sheet, used, unused, when):
    """The line comes with the condition: a row has none of its own."""
    write_settlement(of_one_year(base), tmp_path / "s.xlsx")
    page = openpyxl.load_workbook(tmp_path / "s.xlsx")[sheet]
    last = openpyxl.load_workbook(tmp_path / "s.xlsx", data_only=True)[sheet]
    key = "D" if sheet == "Factors" else "A"
    assert last[f"{key}{used}"].value
    assert not last[f"{key}{unused}"].value
    for row in page.iter_rows(min_row=used, max_row=unused, max_col=14):
        assert not [c.coordinate for c in row if c.border.bottom.style]
    ruled = [
        (str(area.sqref), rule.dxf.border.bottom.style)
        for area in page.conditional_formatting
        for rule in area.rules
        if rule.formula == [when]
    ]
    ((area, style),) = ruled
    begins, ends = area.split(":")
    assert (begins, style) == (f"A{used}", "thin")
    assert int(re.sub("[A-Z]", "", ends)) >= unused
