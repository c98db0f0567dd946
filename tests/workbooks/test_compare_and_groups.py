"""The sheets Compare and Groups: live figures beside a stored settlement, in three engines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.explain import compare
from cyps.geography import Authority, authorities, grouping
from cyps.settlement import Band, Bands, Transition, Year, settle, settle_years
from cyps_workbooks import Against, write_settlement
from cyps_workbooks.checks import check_structure
from cyps_workbooks.kept import open_settlement
from cyps_workbooks.kept.verdict import check_workbook
from cyps_workbooks.page import Typed
from cyps_workbooks.settlement_workbook import settlement_bytes
from workbooks.engines import (
    Gnumeric,
    IronCalc,
    gnumeric_missing,
)
from workbooks.kept_files import edited
from workbooks.made_up import HOSTILE, hostile, made_up
from workbooks.what_ifs import Typing, named_by
from workbooks.workbook_cells import column, difference, grids

LABEL = "2025-26"
PLACES = authorities(2025)[:60]
CODES = [place.code for place in PLACES]
TOLERANCE = 1e-12


@pytest.fixture(scope="module")
def base():
    bands = Bands(
        bands={"town": Band(floor=-0.1), "shire": Band(floor=-0.15, ceiling=0.9)},
        member=named_by(CODES, "town", "shire", "shire"),
    )
    groups = Transition(group=named_by(CODES, "Ynys Môn", "south"))
    return made_up(seed=3, places=PLACES, damping=bands, transition=groups)


@pytest.fixture(scope="module")
def other(base):
    scenario = replace(
        base.scenario, pot=round(base.scenario.pot * 0.97), area_cost=np.ones(len(CODES))
    )
    return settle(scenario, base.use)


def stored(settlement):
    return Against("another settlement", ((LABEL, settlement),))


def assert_cells_are(expected, seen, n):
    """Compare and Groups as drawn from the engine's numbers; a column by its own size."""
    for header in filter(None, expected["Compare"][11]):
        ours, theirs = (column(one["Compare"], header, n) for one in (expected, seen))
        assert difference(ours, theirs) <= TOLERANCE, header
    ours, theirs = (totals(one["Groups"]) for one in (expected, seen))
    for key, name in enumerate(ours[0]):
        one, two = ([row[key] for row in rows] for rows in (ours, theirs))
        assert difference(one[1:], two[1:]) <= TOLERANCE, name


def totals(grid):
    """Header, everyone and every group: the lines of the sheet Groups that are not blank."""
    return [row[:14] for row in grid[7:] if row[0]]


def test_compare_is_what_the_engine_compares(engine, base, other, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, base)], path, against=stored(other))
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    grid, found = engine.grids()["Compare"], compare(other, base)
    n = len(CODES)
    assert difference(column(grid, "A - B (£)", n), found.change.tolist()) == 0
    assert difference(column(grid, "A - B (%)", n), found.change_rate.tolist()) <= TOLERANCE
    assert difference(column(grid, "A - B (share)", n), found.share_change.tolist()) <= TOLERANCE
    assert sorted(column(grid, "B: rank of pounds", n)) == list(range(1, n + 1))
    assert "another settlement" in grid[5][2]
    moved = np.count_nonzero(found.change)
    assert grid[6][2] == f"{moved} of {n} authorities get other pounds in A than in B."
    # By group, counted by the engine's own comparison, with no code of the workbook between.
    rows = {row[0]: row for row in engine.grids()["Groups"][9:] if row[0]}
    for region in found.by_region():
        row = rows[region.name]
        assert (row[1], row[9], row[10]) == (region.authorities, region.before, region.change)
        assert (row[12], row[13]) == (region.winners, region.losers)


@pytest.mark.parametrize(
    "shown", ["Region", "Class", "Combined authority", "Damping group", "Band", "Tier"]
)
def test_every_grouping_adds_up(engine, base, other, tmp_path, shown):
    path, expected = tmp_path / "s.xlsx", tmp_path / "expected.xlsx"
    write_settlement([(LABEL, base)], path, against=stored(other))
    typed = Typed(cells={"in_grouping": ((shown,),)})
    write_settlement([(LABEL, base)], expected, against=stored(other), typed=typed)
    engine.open(path)
    engine.set("in_grouping", [shown])
    engine.recalculate()
    assert engine.errors() == []
    seen = engine.grids()
    assert_cells_are(grids(expected), seen, len(CODES))
    rows = [row for row in seen["Groups"][9:] if row[0]]
    assert sum(row[1] for row in rows) == len(CODES)
    assert sum(row[4] for row in rows) == base.scenario.pot
    if shown == "Tier":
        assert [row[0] for row in rows] == ["In none of them"]
    if shown == "Class":
        of = grouping("class", PLACES)
        assert [row[0] for row in rows] == list(of.groups(CODES))


def test_what_is_typed_moves_a_and_leaves_b(engine, base, tmp_path):
    path, expected = tmp_path / "s.xlsx", tmp_path / "expected.xlsx"
    write_settlement([(LABEL, base)], path)
    engine.open(path)
    engine.recalculate()
    assert engine.grids()["Compare"][6][2] == "A is the same as B, to the pound."
    what_if = Typing("more", [(LABEL, base)]).pot(base.scenario.pot + 9_000_000)
    what_if = what_if.weights([1, 3, 2]).done()
    for name, values in what_if.cells.items():
        engine.set(name, values)
    engine.recalculate()
    write_settlement(what_if.years, expected, against=stored(base))
    assert_cells_are(grids(expected), engine.grids(), len(CODES))
    assert "authorities get other pounds in A than in B" in engine.grids()["Compare"][6][2]


def test_a_settlement_that_fails_leaves_no_comparison(engine, base, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, base)], path)
    engine.open(path)
    engine.set("in_pot", [1.5])
    engine.recalculate()
    assert engine.errors() == []
    seen = engine.grids()
    for header in ("A: pounds", "A - B (£)", "A - B (%)", "A: rank of pounds"):
        assert {x or "" for x in column(seen["Compare"], header, len(CODES))} == {""}
    assert {row[4] or "" for row in seen["Groups"][9:]} == {""}
    assert seen["Compare"][6][2] == "A cannot be settled: see the sheet Checks."
    engine.set("in_grouping", ["Shoe size"])
    engine.recalculate()
    assert engine.errors() == []
    assert {row[0] or "" for row in engine.grids()["Groups"][9:]} == {""}


def test_the_year_shown_has_its_own_b(engine, base, tmp_path):
    years = [Year("2026-27", base.scenario.pot, base.scenario.damping),
             Year("2027-28", base.scenario.pot + 1000, base.scenario.damping)]  # fmt: skip
    settled = list(settle_years(base.scenario, years, base.use))
    path = tmp_path / "s.xlsx"
    write_settlement(settled, path)
    engine.open(path)
    engine.set("in_year", ["2027-28"])
    engine.recalculate()
    assert engine.errors() == []
    seen = column(engine.grids()["Compare"], "B: pounds", len(CODES))
    assert [int(x) for x in seen] == settled[1][1].pounds.tolist()
    assert engine.grids()["Compare"][6][2] == "A is the same as B, to the pound."


def test_pounds_per_child_of_both_settlements(engine, base, other, tmp_path):
    n, path = len(CODES), tmp_path / "s.xlsx"
    children = np.round(np.random.default_rng(5).lognormal(10, 0.5, n))
    write_settlement([(LABEL, base)], path, against=stored(other), population=children)
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    grid, change = engine.grids()["Compare"], base.pounds - other.pounds
    head = {name: i for i, name in enumerate(grid[11]) if name}
    for header, pounds in (
        ("B: pounds per child", other.pounds), ("A: pounds per child", base.pounds),
        ("A - B (£ per child)", change),
    ):  # fmt: skip
        assert difference(column(grid, header, n), (pounds / children).tolist()) <= TOLERANCE
        assert grid[10][head[header]] == pytest.approx(pounds.sum() / children.sum(), rel=1e-12)
    assert grid[8][2].startswith("Pounds per child: A and B both")
    engine.set("in_children", ["", *children[1:].tolist()])
    engine.recalculate()
    grid = engine.grids()["Compare"]
    assert {x or "" for x in column(grid, "A - B (£ per child)", n)} == {""}
    assert not grid[10][head["B: pounds per child"]]
    assert grid[8][2].startswith("Pounds per child are blank: the sheet Use does not have")


@pytest.mark.parametrize("n", [1, 400])
def test_one_authority_and_four_hundred(engine, tmp_path, n):
    places = tuple(
        Authority(f"E9{i:07d}", f"{i}", f"Made-up authority {i}", f"Region {i % 12}")
        for i in range(n)
    )
    a = made_up(seed=n, places=places)
    b = settle(replace(a.scenario, pot=a.scenario.pot - 12_345, area_cost=np.ones(n)), a.use)
    children = np.round(np.random.default_rng(n).lognormal(10, 0.5, n))
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, a)], path, against=stored(b), population=children)
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    seen = engine.grids()
    assert_cells_are(grids(path), seen, n)
    found, grid = compare(b, a), seen["Compare"]
    assert difference(column(grid, "A - B (£)", n), found.change.tolist()) == 0
    assert difference(column(grid, "A - B (share)", n), found.share_change.tolist()) <= TOLERANCE
    each = (found.change / children).tolist()
    assert difference(column(grid, "A - B (£ per child)", n), each) <= TOLERANCE
    rows = {row[0]: row for row in seen["Groups"][9:] if row[0]}
    assert len(rows) == min(n, 12)
    for region in found.by_region():
        row = rows[region.name]
        assert (row[1], row[9], row[10]) == (region.authorities, region.before, region.change)


def test_a_third_engine_gives_the_same(base, other, tmp_path):
    if missing := gnumeric_missing():
        pytest.skip(missing)
    engine, path = Gnumeric(tmp_path), tmp_path / "s.xlsx"
    write_settlement([(LABEL, base)], path, against=stored(other))
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert_cells_are(grids(path), engine.grids(), len(CODES))


def test_hostile_names_are_groups_like_others(engine, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, hostile())], path, against=Against("=1+1", ((LABEL, hostile()),)))
    assert check_structure(path) == []
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    rows = [row for row in engine.grids()["Groups"][9:] if row[0]]
    assert {row[0] for row in rows} == set(HOSTILE)
    assert {row[1] for row in rows} == {1}
    assert "Class" not in engine.grids()["Groups"][7]  # their codes tell of no class


def test_a_stored_b_that_was_changed_is_seen(base, other, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, base)], path, against=stored(other))
    assert check_workbook(path).sound
    changed = edited(path, tmp_path / "e.xlsx", Compare__R13=5)
    verdict = check_workbook(changed)
    assert not verdict.sound
    assert "this locked figure was" in str([finding.line() for finding in verdict.findings])
    engine = IronCalc()
    engine.open(changed)
    engine.recalculate()
    rows = {row[0]: row for row in engine.grids()["Checks"]}
    assert rows["Stored settlement of Compare"][1] == "WARN"
    assert engine.grids()["Compare"][7][2].startswith("B was changed after it was stored")


def test_others_are_not_compared(base):
    one = [(LABEL, base)]
    few = made_up(seed=3, places=PLACES[:50])
    with pytest.raises(CypsError, match="not of the same authorities"):
        settlement_bytes(one, against=stored(few))
    two = Against("two years", (("2030-31", base), ("2031-32", base)))
    with pytest.raises(CypsError, match="nothing to compare 2025-26 with"):
        settlement_bytes(one, against=two)


def test_the_stored_settlement_is_in_the_record(base, other, tmp_path):
    from cyps_workbooks.kept.as_issued import compared_with

    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, base)], path)
    assert compared_with(open_settlement(path)) is None
    write_settlement([(LABEL, base)], path, against=stored(other))
    back = compared_with(open_settlement(path))
    assert back.label == "another settlement"
    assert back.of_year(LABEL).pounds.tolist() == other.pounds.tolist()
