"""The menu's dialogs, in a LibreOffice whose windows nobody sees, answered as a person would."""

from __future__ import annotations

import pytest

from addin.calc_host import Calc, cyps, own_folder
from cyps.settlement import Floor, Year, settle_years
from cyps_addin.actions.assumptions import METHODS
from cyps_addin.generators.oxt import ASSUME, MENU, menu_assumptions
from cyps_workbooks import write_settlement
from cyps_workbooks.kept import open_settlement, read_back
from made_settlements import made
from workbooks.engines import libreoffice_missing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(libreoffice_missing()), reason=libreoffice_missing() or "-"),
]


@pytest.fixture(scope="module")
def base():
    with own_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def calc(base):
    profile = base / "profile"
    code, said = cyps("addin", "install", "--libreoffice", "--profile", profile, base=base)
    assert code == 0, said
    host = Calc(profile, base / "data", "--dialogs")
    yield host
    host.close()


@pytest.fixture
def book(calc, base):
    """A settlement workbook of two years, open as in a window."""
    one, path = made(seed=8, n=8), base / "open.xlsx"
    years = (
        Year("2025-26", one.scenario.pot, Floor(floor=-0.05)),
        Year("2026-27", one.scenario.pot + 500_000, Floor(floor=-0.03)),
    )
    write_settlement(settle_years(one.scenario, years, one.use), path)
    path.chmod(0o666)
    calc("shown", path=str(path))
    yield path
    calc("new")


def assume(calc, name, typed, press="OK", *more):
    entry = f"service:{MENU}?{ASSUME}{name}"
    return calc("answered", entry=entry, answers=[[typed, press], *more])


def reset(calc, *answers):
    entry = f"service:{MENU}?reset"
    return calc("answered", entry=entry, answers=[[None, answer] for answer in answers])


def cell(calc, place):
    sheet, _, address = place.partition("!")
    [[value]] = calc("read", sheet=sheet.strip("'"), range=address)
    return value


def formula(calc, place):
    sheet, _, address = place.partition("!")
    [[text]] = calc("formulas", sheet=sheet.strip("'"), range=address)
    return text


def place_of(book, name, row=0, year=0):
    return open_settlement(book).block(name)[row][year].place


CASES = [
    ("floor", "-2%", "in_floor", -0.02),
    ("ceiling", "40%", "in_ceiling", 0.4),
    ("method", "Floor and ceiling", "in_method", "Floor and ceiling"),
    ("pot", "£12,000,000", "in_pot", 12_000_000.0),
    ("weight", "CIN=0.5", "in_weight_CIN", 0.5),
    ("area_cost", "1.2", "in_area_cost", 1.2),
    ("authority", "E06000003", "in_authority", "Redcar and Cleveland"),
    ("year", "2026-27", "in_year", "2026-27"),
]


@pytest.mark.parametrize(("name", "typed", "cells", "value"), CASES)
def test_each_assumption_is_asked_for_and_typed_into_its_cell(
    calc, book, name, typed, cells, value
):
    place = place_of(book, cells)
    before, written = cell(calc, place), formula(calc, place)
    [told] = assume(calc, name, typed)
    assert told[0].startswith("CYPS: ")
    assert before != value
    assert cell(calc, place) == value
    calc("menu", entry=".uno:Undo")
    assert (cell(calc, place), formula(calc, place)) == (before, written), "one step of Undo"


def test_no_assumption_is_without_a_case():
    assert {one.name for one in menu_assumptions()} == {case[0] for case in CASES}


def test_the_workbook_computes_what_was_typed(calc, book):
    before = calc("read", sheet="Results")
    assume(calc, "floor", "-1%")
    after = calc("read", sheet="Results")
    assert after != before
    settled = settle_years(
        made(seed=8, n=8).scenario,
        (Year("2025-26", made(seed=8, n=8).scenario.pot, Floor(floor=-0.01)),),
        made(seed=8, n=8).use,
    )[0][1]
    saved = book.parent / "data" / "typed.xlsx"
    calc("save", path=str(saved), filter="Calc MS Excel 2007 XML")
    shown = read_back(open_settlement(saved)).settle()[0][1]
    assert shown.pounds.tolist() == settled.pounds.tolist()
    told = {word for row in after for word in row}
    assert set(settled.pounds.tolist()) <= told


def test_an_assumption_goes_to_the_year_that_is_chosen(calc, book):
    assume(calc, "year", "2026-27")
    assume(calc, "floor", "-4%")
    assert cell(calc, place_of(book, "in_floor", year=1)) == -0.04
    assert cell(calc, place_of(book, "in_floor")) == -0.05


def test_cancel_and_the_same_value_change_nothing(calc, book):
    place = place_of(book, "in_floor")
    assume(calc, "floor", "-2%", "Cancel")
    assert cell(calc, place) == -0.05
    assume(calc, "floor", None)
    assert cell(calc, place) == -0.05


@pytest.mark.usefixtures("book")
def test_lists_offer_what_there_is(calc):
    [told] = assume(calc, "method", None, "Cancel")
    assert [word for word in told if word in METHODS] == list(METHODS)
    [told] = assume(calc, "year", None, "Cancel")
    assert {"2025-26", "2026-27"} <= set(told)


def test_what_cannot_be_is_refused_in_words_and_changes_nothing(calc, book):
    place = place_of(book, "in_floor")
    _, message = assume(calc, "floor", "abc", "OK", [None, "OK"])
    assert any("Floor is 'abc'. Type a rate" in words for words in message)
    assert cell(calc, place) == -0.05


def test_reset_asks_and_brings_values_and_formulas_back(calc, book):
    weight, floor = place_of(book, "in_weight_CIN"), place_of(book, "in_floor")
    issued = cell(calc, weight), formula(calc, weight)
    before = calc("read", sheet="Results")
    assume(calc, "weight", "CIN=9")
    assume(calc, "floor", "-1%")
    [question] = reset(calc, "Cancel")
    assert any("2 cells will be changed. Go on?" in words for words in question)
    assert (cell(calc, weight), cell(calc, floor)) == (9, -0.01)
    reset(calc, "OK")
    assert (cell(calc, weight), formula(calc, weight)) == issued
    assert cell(calc, floor) == -0.05
    for row, then in zip(calc("read", sheet="Results"), before, strict=True):
        assert row == [pytest.approx(x, rel=1e-9) if isinstance(x, float) else x for x in then]
    [message] = reset(calc, "OK")
    assert any("Nothing to change" in words for words in message)


@pytest.mark.parametrize("entry", [f"{ASSUME}floor", "reset", "shares"])
def test_a_workbook_that_is_none_of_ours_is_told_so(calc, base, entry):
    calc("new")
    plain = base / "data" / "plain.xlsx"
    calc("save", path=str(plain), filter="Calc MS Excel 2007 XML")
    calc("shown", path=str(plain))
    [message] = calc("answered", entry=f"service:{MENU}?{entry}", answers=[[None, "OK"]])
    assert any("Open one first" in words for words in message)
    calc("new")


def test_a_workbook_that_can_only_be_read_is_not_typed_into(calc, book):
    book.chmod(0o444)
    calc("shown", path=str(book))
    _, message = assume(calc, "floor", "-2%", "OK", [None, "OK"])
    assert any("can only be read" in words for words in message)
    assert cell(calc, place_of(book, "in_floor")) == -0.05
