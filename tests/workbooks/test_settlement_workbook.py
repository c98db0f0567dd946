"""The workbook as written: cached numbers, text that stays text, a file put in place whole."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.settlement import Exclusion, Floor, settle
from cyps_workbooks import PackNote, calculation_sheet, write_settlement
from cyps_workbooks.calculation_sheet import step_formulas
from cyps_workbooks.checks import check_structure
from cyps_workbooks.layout import SHEETS, Layout
from cyps_workbooks.settlement_workbook import settlement_bytes
from workbooks.engines import IronCalc
from workbooks.made_up import HOSTILE, hostile, made_up
from workbooks.test_recalculated import assert_is, core_columns
from workbooks.workbook_cells import MAIN, column, difference, grids, named_places

ISSUED = re.compile(r"_xlfn|LET\(|LAMBDA|XLOOKUP|FILTER\(|SORT|UNIQUE|SEQUENCE|INDIRECT|OFFSET")


@pytest.fixture(scope="module")
def base():
    return made_up(seed=5)


@pytest.fixture(scope="module")
def workbook(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("settlement") / "settlement.xlsx"
    write_settlement(base, path)
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
    assert grids(workbook)["Damping"][12][1] == pytest.approx(base.damped.scaling_factor, rel=1e-15)


def test_every_sheet_is_there_and_carries_the_status(workbook):
    seen = grids(workbook)
    assert tuple(seen) == SHEETS
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
        "in_weight_CIN": base.weights[0],
        "in_weight_CARE": base.weights[1],
        "in_weight_CEASED": base.weights[2],
    }
    for name, amount in expected.items():
        sheet, cell = places[name]
        letters, row = re.fullmatch(r"([A-Z])(\d+)", cell).groups()
        assert seen[sheet][int(row) - 1][ord(letters) - 65] == pytest.approx(amount, rel=1e-15)


def test_every_number_right_of_the_inputs_is_a_classic_formula(workbook):
    fixed = {"s", "str", "inlineStr"}
    for number, name in enumerate(SHEETS, start=1):
        for cell in sheet_xml(workbook, number).iter(f"{MAIN}c"):
            formula = cell.find(f"{MAIN}f")
            if formula is not None:
                assert not ISSUED.search(formula.text), (name, cell.get("r"))
            elif name not in {"Inputs", "Use"} and cell.find(f"{MAIN}v") is not None:
                typed = {"Damping": {"B7"}, "Weights": {f"C{r}" for r in range(8, 15)}}
                assert cell.get("t") in fixed or cell.get("r") in typed.get(name, ()), (
                    name, cell.get("r"),
                )  # fmt: skip


def test_the_same_settlement_gives_the_same_bytes(base):
    assert settlement_bytes(base) == settlement_bytes(base)


def test_text_stays_text_wherever_it_stands(tmp_path):
    settlement = hostile()
    path = tmp_path / "hostile.xlsx"
    write_settlement(settlement, path, pack=PackNote("=x", "+y", "@z", "-w"))
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
        settlement, path, pack=PackNote("made-up pack", "9f3a" * 16, "synthetic", "No.")
    )
    seen = {name: str(grid) for name, grid in grids(path).items()}
    for name in ("About", "Notes"):
        assert "Rutland: returned no figures" in seen[name]
    assert "9f3a" * 16 in seen["Notes"]
    assert "made-up pack" in seen["Use"]
    assert "'England'" not in seen["Results"]
    assert "All 152 authorities here" in seen["Results"]
    assert all("WARN: 1 to note" in words for words in seen.values())


def test_an_old_workbook_stays_when_the_new_one_cannot_be_put_in_place(base, tmp_path, monkeypatch):
    path = tmp_path / "settlement.xlsx"
    path.write_bytes(b"the old one")

    def refuse(_, target):
        raise PermissionError(13, "Permission denied", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(CypsError, match="If it is open in Excel"):
        write_settlement(base, path)
    assert [file.name for file in tmp_path.iterdir()] == ["settlement.xlsx"]
    assert path.read_bytes() == b"the old one"


@pytest.mark.parametrize("lock", ["~$settlement.xlsx", ".~lock.settlement.xlsx#"])
def test_an_open_workbook_is_not_overwritten(base, tmp_path, lock):
    path = tmp_path / "settlement.xlsx"
    path.write_bytes(b"the old one")
    (tmp_path / lock).write_bytes(b"")
    with pytest.raises(CypsError, match="seems to be open"):
        write_settlement(base, path)
    assert path.read_bytes() == b"the old one"


def test_a_folder_that_is_not_there_is_named(base, tmp_path):
    with pytest.raises(CypsError, match="choose a folder that exists"):
        write_settlement(base, tmp_path / "nowhere" / "settlement.xlsx")


def test_metrics_whose_cell_names_would_meet_are_refused(tmp_path):
    settlement = made_up(places=authorities(2025)[:3], metrics=("A-1", "A 1"))
    with pytest.raises(CypsError, match="same cell name"):
        write_settlement(settlement, tmp_path / "settlement.xlsx")


WRONG = {
    "target": ("*in_pot", "*in_pot*1.000000001"),
    "floor_amount": ("1+in_floor", "1-in_floor"),
    "needs_share": ("SUMPRODUCT", "MAX"),
    "order": (",0)", ",1)"),
    "pounds": ("<=pounds_left", "<pounds_left"),
    "damped": ("scaling_factor*", ""),
    "rank": ("-1", ""),
}


@pytest.mark.parametrize("step", WRONG)
def test_a_wrong_formula_is_seen(base, tmp_path, monkeypatch, step):
    """The proof can fail: one slip in one step's formula and it does."""
    right = step_formulas(Layout.of(base))
    old, new = WRONG[step]
    wrong = right | {step: right[step].replace(old, new)}
    assert wrong != right
    monkeypatch.setattr(calculation_sheet, "step_formulas", lambda _: wrong)
    path = tmp_path / "wrong.xlsx"
    write_settlement(base, path)
    monkeypatch.undo()
    engine = IronCalc()
    engine.open(path)
    engine.recalculate()
    with pytest.raises(AssertionError):
        assert_is(base, engine.grids(), tmp_path, base.scenario.authorities[0].name)


def test_a_settlement_of_one_is_whole(tmp_path):
    one = made_up(places=authorities(2025)[:1], metrics=("CIN",), damping=Floor(floor=-1.0))
    write_settlement(one, tmp_path / "one.xlsx")
    assert check_structure(tmp_path / "one.xlsx") == []
    assert np.array_equal(settle(one.scenario, one.use).pounds, [one.scenario.pot])
