"""The record inside a workbook: back bit for bit, through other programs' saving too."""

from __future__ import annotations

import openpyxl
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.settlement import Floor, FloorAndCeiling, Transition, Year, settle, settle_years
from cyps.settlement.record import to_json
from cyps_workbooks import read_records, write_settlement
from workbooks.made_up import hostile, made_up


def years():
    one = made_up()
    pot = one.scenario.pot
    return settle_years(
        one.scenario,
        [
            Year("2026-27", pot, FloorAndCeiling(floor=-0.05, ceiling=0.1), Transition(1 / 3)),
            Year("2027-28", pot + 1, Floor(floor=-0.05), baseline="previous"),
        ],
        one.use,
    )


def same(settled, records):
    assert [label for label, *_ in records] == [label for label, _ in settled]
    for (_, one), (_, scenario, use) in zip(settled, records, strict=True):
        assert to_json(scenario, use) == to_json(one.scenario, one.use)
        assert settle(scenario, use).pounds.tolist() == one.pounds.tolist()


@pytest.mark.parametrize(
    "make", [years, lambda: [("2025-26", hostile())]], ids=["years", "hostile"]
)
def test_every_year_comes_back_bit_for_bit(tmp_path, make):
    settled = make()
    write_settlement(settled, tmp_path / "s.xlsx")
    same(settled, read_records(tmp_path / "s.xlsx"))


def test_it_survives_being_saved_by_another_program(tmp_path):
    settled = years()
    write_settlement(settled, tmp_path / "s.xlsx")
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    book["Inputs"]["E6"] = 5
    book.save(tmp_path / "saved.xlsx")
    same(settled, read_records(tmp_path / "saved.xlsx"))


def test_a_record_that_was_changed_is_refused(tmp_path):
    write_settlement(years(), tmp_path / "s.xlsx")
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    cell = book["Record"]["D10"]
    cell.value = cell.value.replace('"pot":', '"pot": ')
    book.save(tmp_path / "changed.xlsx")
    with pytest.raises(CypsError, match=r"the record of 2026-27 is not as it was written"):
        read_records(tmp_path / "changed.xlsx")
    del book["Record"]
    book.save(tmp_path / "none.xlsx")
    with pytest.raises(CypsError, match=r"none\.xlsx has no sheet 'Record'"):
        read_records(tmp_path / "none.xlsx")
    (tmp_path / "text.xlsx").write_text("no workbook")
    with pytest.raises(CypsError, match=r"text\.xlsx"):
        read_records(tmp_path / "text.xlsx")


def test_compare_and_trace_take_a_workbook(tmp_path):
    write_settlement(years(), tmp_path / "s.xlsx")
    book = str(tmp_path / "s.xlsx")
    done = CliRunner().invoke(main, ["compare", f"{book}#2026-27", f"{book}#2027-28"])
    assert done.exit_code == 0, done.output
    which = CliRunner().invoke(main, ["compare", book, f"{book}#2027-28"])
    assert which.exit_code == 2
    assert "has the years 2026-27, 2027-28. Name one of them like s.xlsx#2026-27" in " ".join(
        which.output.split()
    )
    line = CliRunner().invoke(main, ["trace", f"{book}#2027-28", "E08000025", "damped_allocation"])
    assert line.exit_code == 0, line.output
