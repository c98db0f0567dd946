"""The what-if workbook gives what the engine makes of the same levers, whatever is typed."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.settlement import (
    Band,
    Bands,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Transition,
    Undamped,
    settle,
)
from cyps.settlement.levers import Levers, with_levers
from cyps.settlement.summaries import change_ranks, on_the_floor
from cyps_workbooks.checks import check_structure
from cyps_workbooks.what_if_workbook import what_if_bytes, write_what_if
from workbooks.made_up import HOSTILE, hostile, made_up
from workbooks.workbook_cells import column, difference, grids

pytestmark = pytest.mark.slow

TOLERANCE = 1e-12
LABEL = "2025-26"
PLACES = authorities(2025)[:30]
CODES = tuple(place.code for place in PLACES)
MEMBER = {code: ("low", "mid", "high")[i % 3] for i, code in enumerate(CODES)}
GROUP = {code: ("counties", "cities")[i % 2] for i, code in enumerate(CODES)}
LEVER = {"pot": 0, "floor": 1, "ceiling": 2, "phasing": 3, "weight": 4, "area_cost": 5}

RULES = {
    "none": Undamped(),
    "floor": Floor(floor=-0.02),
    "floor and ceiling": FloorAndCeiling(floor=-0.05, ceiling=0.15),
    "proportional": Proportional(floor=-0.05),
    "proportional with a ceiling": Proportional(floor=-0.05, ceiling=0.2),
    "bands": Bands(
        bands={"low": Band(floor=-0.08), "mid": Band(floor=-0.05, ceiling=0.25),
               "high": Band(floor=-0.02, ceiling=0.3)}, member=MEMBER,
    ),
    "bands without ceilings": Bands(
        bands={name: Band(floor=-0.05) for name in ("low", "mid", "high")}, member=MEMBER
    ),
    "protection": Protection(
        tiers={"low": 0.9, "mid": 0.95, "high": 1.0}, member=MEMBER, payer="group"
    ),
    "protection from outside": Protection(
        tiers={"low": 0.9, "mid": 0.95, "high": 1.0}, member=MEMBER, payer="outside"
    ),
    "pace of change": PaceOfChange(least=-0.2, most=0.6, furthest_below=-0.3),
}  # fmt: skip
ONE_FLOOR = ("none", "floor", "floor and ceiling", "proportional", "proportional with a ceiling")


def base_of(name, **changed):
    return made_up(seed=3, places=PLACES, damping=RULES[name], **changed)


def moves_of(name):
    """Levers alone and together, as the rule takes them."""
    floor = {"pace of change": -0.25}.get(name, -0.01 if name in ONE_FLOOR else -0.012)
    ceiling = {"pace of change": 0.8}.get(name, 0.3 if name in ONE_FLOOR else 0.015)
    moves = [
        Levers(pot=3_845_678_901),
        Levers(floor=floor),
        Levers(metric="CARE", weight=0.61),
        Levers(metric="CEASED", weight=0.0),
        Levers(area_cost=0.0),
        Levers(area_cost=0.35),
    ]
    together = Levers(3_900_000_007, floor, None, None, "CIN", 0.2, 0.5)
    if name != "pace of change":
        moves += [Levers(phasing=1 / 3), Levers(phasing=0.0)]
        together = replace(together, phasing=0.75)
    if not name.startswith("protection") and name != "bands without ceilings":
        moves.append(Levers(ceiling=ceiling))
        together = replace(together, ceiling=ceiling)
    return [Levers(), *moves, together]


def written(settlement, tmp_path, **more):
    path = tmp_path / f"what-if-{len(list(tmp_path.iterdir()))}.xlsx"
    write_what_if(LABEL, settlement, path, **more)
    return path


def pull(engine, levers):
    """Type every lever that is moved and clear every other that there is."""
    for key in LEVER:
        name = f"in_lever_{key}"
        value = getattr(levers, key)
        if name in engine.places:
            engine.set(name, ["" if value is None else value])
        else:
            assert value is None, f"{key} does not apply here"
    if levers.metric:
        engine.set("in_lever_metric", [levers.metric])
    engine.recalculate()


def assert_is(base, moved, seen, place):
    """What the cells show is what the engine settles; the base stands beside it."""
    n = len(base.scenario.codes)
    calculation = seen["Calculation"]
    for header, expected in {
        "Needs share": moved.needs_share, "Share": moved.share, "Target": moved.target,
        "Damped": moved.damped.allocation, "Top-up from outside": moved.damped.top_up,
    }.items():  # fmt: skip
        worst = difference(column(calculation, header, n), list(expected))
        assert worst <= TOLERANCE, (header, worst)
    pounds = [int(x) for x in column(calculation, "Pounds", n)]
    assert pounds == moved.pounds.tolist()
    assert sum(pounds) == moved.scenario.pot
    assert_page(base, moved, seen["What-if"], place)
    assert_in_order(base, moved, seen["In order"])


def results(page):
    """Label -> the three cells beside it, below the levers."""
    return {row[0]: list(row[1:4]) for row in page[15:] if row[0]}


def assert_page(base, moved, page, i):
    lines = results(page)

    def line(label, before, after, exact=True):
        seen = lines[label]
        for cell, expected in zip(seen, (before, after, after - before), strict=True):
            assert cell == pytest.approx(expected, rel=TOLERANCE, abs=0 if exact else 1e-9), label

    line("Allocation (£)", base.pounds[i], moved.pounds[i])
    line("Change against its baseline (£)", base.change[i], moved.change[i])
    line("Change against its baseline (%)", base.change_rate[i], moved.change_rate[i], exact=False)
    ranks = [int(change_ranks(one)[i]) for one in (base, moved)]
    rank = next(label for label in lines if str(label).startswith("Rank of change"))
    assert lines[rank] == [*ranks, ranks[0] - ranks[1]]
    inside = np.array([a.region == PLACES[i].region for a in base.scenario.authorities])
    line("Its region: allocation (£)", base.pounds[inside].sum(), moved.pounds[inside].sum())
    line("Pot (£)", base.scenario.pot, moved.scenario.pot)
    line("Shared out, in whole pounds (£)", base.scenario.pot, moved.scenario.pot)
    line("Authorities on the floor", on_the_floor(base).sum(), on_the_floor(moved).sum())
    gain, lose = ([(sign * one.change > 0).sum() for one in (base, moved)] for sign in (1, -1))
    line("Authorities that gain on their baseline", *gain)
    line("Authorities that lose on their baseline", *lose)
    line("What those lose, together (£)",
         *(-one.change[one.change < 0].sum() for one in (base, moved)), exact=False)  # fmt: skip
    more = moved.pounds - base.pounds
    assert lines["Get more"][:2] == [(more > 0).sum(), more[more > 0].sum()]
    assert lines["Get less"][:2] == [(more < 0).sum(), more[more < 0].sum()]
    if moved.top_up.any():
        line("Top-up from outside (£)", base.top_up[i], moved.top_up[i])
        line("Top-up from outside, on top of the pot (£)", base.top_up.sum(), moved.top_up.sum())
    assert str(page[2][0]).startswith("OK: ")


def assert_in_order(base, moved, grid):
    order = np.argsort(change_ranks(moved), kind="stable")
    rows = grid[7 : 7 + len(order)]
    names = [a.name for a in base.scenario.authorities]
    assert [row[1] for row in rows] == [names[i] for i in order]
    assert [row[5] for row in rows] == (moved.pounds - base.pounds)[order].tolist()


@pytest.mark.parametrize("name", RULES)
def test_every_rule_and_lever(engine, name, tmp_path):
    base = base_of(name)
    engine.open(written(base, tmp_path, chosen=PLACES[4].name))
    engine.recalculate()
    assert engine.errors() == []
    for levers in moves_of(name):
        moved = settle(with_levers(base.scenario, base.use.metrics, levers), base.use)
        pull(engine, levers)
        assert engine.errors() == [], levers
        assert_is(base, moved, engine.grids(), 4)


@pytest.mark.parametrize("name", ["none", "floor", "bands", "protection from outside"])
def test_with_damping_groups_and_phasing(engine, name, tmp_path):
    base = base_of(name, transition=Transition(phasing=0.5, group=GROUP))
    engine.open(written(base, tmp_path, chosen=PLACES[7].name))
    for levers in (Levers(), Levers(phasing=1.0, pot=3_900_000_000), Levers(area_cost=0.2)):
        moved = settle(with_levers(base.scenario, base.use.metrics, levers), base.use)
        pull(engine, levers)
        assert engine.errors() == [], levers
        assert_is(base, moved, engine.grids(), 7)


def test_the_whole_list_and_children(engine, tmp_path):
    """Several levers at once, then others at once: LibreOffice was wrong here with fewer rows."""
    base = made_up(seed=5)
    children = np.round(np.linspace(5_000, 250_000, 153))
    engine.open(written(base, tmp_path, chosen="Leeds", population=children))
    i = [a.name for a in base.scenario.authorities].index("Leeds")
    for k in range(5):
        levers = Levers(base.scenario.pot + k, -0.003 * k, None, 1 - k / 9, "CARE", 0.5 - k / 50)
        levers = levers if k else Levers()
        moved = settle(with_levers(base.scenario, base.use.metrics, levers), base.use)
        pull(engine, levers)
        seen = engine.grids()
        pounds = [int(x) for x in column(seen["Calculation"], "Pounds", 153)]
        assert pounds == moved.pounds.tolist()
        each = results(seen["What-if"])["Pounds per child"]
        expected = [one.pounds[i] / children[i] for one in (base, moved)]
        assert each[:2] == pytest.approx(expected, rel=TOLERANCE)


def test_area_cost_by_metric(engine, tmp_path):
    costs = np.linspace(1, 1.3, 90).reshape(30, 3)
    base = base_of("floor", area_cost=costs, area_cost_metrics=("CIN", "CARE", "CEASED"))
    engine.open(written(base, tmp_path, chosen=PLACES[0].name))
    for levers in (Levers(), Levers(area_cost=0.4), Levers(area_cost=0.0)):
        moved = settle(with_levers(base.scenario, base.use.metrics, levers), base.use)
        pull(engine, levers)
        assert_is(base, moved, engine.grids(), 0)


STOPS = {
    "pot": [("abc", "whole number"), (0, "whole number"), (-5, "whole number"),
            (100.5, "whole number"), (1e13, "whole number")],
    "floor": [("abc", "Type a percentage"), (-1.5, "Type a percentage"), (11, "Type a percentage")],
    "ceiling": [("x", "Type a percentage"), (-0.3, "below lever 2")],
    "phasing": [("half", "0% to 100%"), (1.01, "0% to 100%"), (-0.1, "0% to 100%")],
    "weight": [("x", "0% to 100%"), (1.2, "0% to 100%")],
    "area_cost": [("off", "0% to 100%"), (2, "0% to 100%")],
}  # fmt: skip


def assert_no_result(seen, n, words):
    page = seen["What-if"]
    assert str(page[2][0]).startswith("STOP: no result")
    assert words in str(page[3][0]), page[3][0]
    assert all(x in ("", None) for x in column(seen["Calculation"], "Pounds", n))
    after = [cells[1] for label, cells in results(page).items()
             if label not in {"Pot (£)", "What those lose, together (£)"}
             and isinstance(cells[1], int | float)]  # fmt: skip
    assert after == []
    assert str(seen["Calculation"][2][0]).startswith("STOP")


@pytest.mark.parametrize("key", STOPS)
def test_a_lever_that_cannot_be_used_gives_a_sentence_and_no_number(engine, key, tmp_path):
    base = base_of("floor and ceiling")
    engine.open(written(base, tmp_path))
    for value, words in STOPS[key]:
        engine.set(f"in_lever_{key}", [value])
        engine.recalculate()
        assert engine.errors() == [], value
        seen = engine.grids()
        assert_no_result(seen, 30, words)
        assert str(seen["What-if"][8 + LEVER[key]][4]).startswith("STOP: ")
    engine.set(f"in_lever_{key}", [""])
    engine.recalculate()
    assert_is(base, base, engine.grids(), 0)


BEYOND = {
    "floor": (Levers(floor=0.5), "The highest floor that fits is"),
    "floor and ceiling": (Levers(ceiling=-0.01), "unspent"),
    "proportional": (Levers(floor=0.5), "The highest floor that fits is"),
    "bands": (Levers(floor=0.2), "percentage points"),
    "protection": (Levers(floor=0.5), "percentage points"),
    "pace of change": (Levers(floor=0.3), "Least growth"),
}


@pytest.mark.parametrize("name", BEYOND)
def test_a_rule_that_cannot_be_kept_says_what_mends_it(engine, name, tmp_path):
    base = base_of(name)
    levers, words = BEYOND[name]
    with pytest.raises(CypsError):
        settle(with_levers(base.scenario, base.use.metrics, levers), base.use)
    engine.open(written(base, tmp_path))
    pull(engine, levers)
    assert engine.errors() == []
    assert_no_result(engine.grids(), 30, words)


def test_bands_that_cross_and_tiers_below_nothing(engine, tmp_path):
    for name, levers, words in (
        ("bands", Levers(ceiling=-0.5), "below its floor"),
        ("bands", Levers(floor=-0.99), "Type a percentage"),
        ("protection", Levers(floor=-0.95), "Type a percentage"),
    ):
        base = base_of(name)
        with pytest.raises(CypsError):
            settle(with_levers(base.scenario, base.use.metrics, levers), base.use)
        engine.open(written(base, tmp_path))
        pull(engine, levers)
        assert engine.errors() == []
        assert_no_result(engine.grids(), 30, words)


def test_no_such_authority_and_no_such_metric(engine, tmp_path):
    engine.open(written(base_of("floor"), tmp_path))
    engine.set("in_authority", ["Atlantis"])
    engine.set("in_lever_metric", ["XYZ"])
    engine.recalculate()
    assert engine.errors() == []
    page = engine.grids()["What-if"]
    assert str(page[2][0]).startswith("WARN: choose an authority")
    assert all(cell in ("", None) for cell in results(page)["Allocation (£)"])
    engine.set("in_lever_weight", [0.5])
    engine.recalculate()
    assert_no_result(engine.grids(), 30, "chosen above")


def test_hostile_text_stays_text(engine, tmp_path):
    base = hostile()
    path = written(base, tmp_path, chosen=HOSTILE[1])
    assert check_structure(path) == []
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    seen = engine.grids()
    assert column(seen["Scenario"], "Authority", len(HOSTILE)) == list(HOSTILE)
    assert [
        int(x) for x in column(seen["Calculation"], "Pounds", len(HOSTILE))
    ] == base.pounds.tolist()


# --- as it is written, without an engine


@pytest.mark.parametrize("name", RULES)
def test_cached_values_are_the_engines_and_the_structure_is_sound(name, tmp_path):
    base = base_of(name)
    path = written(base, tmp_path, chosen=PLACES[4].name)
    assert check_structure(path) == []
    assert_is(base, base, grids(path), 4)


@pytest.mark.parametrize("name", RULES)
def test_recalculated_as_issued_no_cell_moves(engine, name, tmp_path):
    path = written(base_of(name), tmp_path, chosen=PLACES[4].name)
    assert_no_cell_moves(engine, path)


@pytest.mark.parametrize("name", RULES)
def test_drawn_with_levers_it_is_what_it_would_calculate(engine, name, tmp_path):
    """As a refresh draws it: the levers typed, and every cell as they leave it."""
    base, path = base_of(name), tmp_path / "pulled.xlsx"
    moves = moves_of(name)
    for levers in (moves[1], moves[5], moves[-1]):
        moved = settle(with_levers(base.scenario, base.use.metrics, levers), base.use)
        path.write_bytes(what_if_bytes(LABEL, base, chosen=PLACES[4].name, levers=levers))
        assert check_structure(path) == []
        assert_is(base, moved, grids(path), 4)
        assert_no_cell_moves(engine, path)


def test_drawn_with_levers_with_groups_children_and_area_cost_by_metric(engine, tmp_path):
    costs = np.linspace(1, 1.3, 90).reshape(30, 3)
    base = base_of("bands", area_cost=costs, area_cost_metrics=("CIN", "CARE", "CEASED"),
                   transition=Transition(phasing=0.5, group=GROUP))  # fmt: skip
    levers = Levers(3_900_000_007, -0.01, 0.02, 1.0, "CARE", 0.0, 0.3)
    path = tmp_path / "pulled.xlsx"
    children = np.linspace(5_000, 250_000, 30)
    path.write_bytes(what_if_bytes(LABEL, base, population=children, levers=levers))
    assert_no_cell_moves(engine, path)


def assert_no_cell_moves(engine, path):
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    now = engine.grids()
    for sheet, cells in grids(path).items():
        # What is left of an amount of nine digits, to 6 decimals.
        left = {c for row in cells for c, x in enumerate(row) if str(x).startswith("Remainder")}
        for r, row in enumerate(cells):
            for c, cell in enumerate(row):
                seen = now[sheet][r][c] if r < len(now[sheet]) and c < len(now[sheet][r]) else ""
                at = f"{sheet} row {r + 1} column {c + 1}"
                if isinstance(cell, float) and isinstance(seen, int | float):
                    close = 2e-5 if c in left else 2e-6
                    assert seen == pytest.approx(cell, rel=1e-9, abs=close), at
                else:
                    assert (seen or "") == (cell or ""), at


def test_a_lever_that_does_not_apply_is_locked_and_says_so(tmp_path):
    page = grids(written(base_of("protection"), tmp_path))["What-if"]
    assert page[10][1] == page[10][3] == "not used"
    assert page[10][4] == "Does not apply here. Protection has no ceiling."


def test_the_same_settlement_gives_the_same_bytes():
    assert what_if_bytes(LABEL, base_of("floor")) == what_if_bytes(LABEL, base_of("floor"))


def test_one_page_and_a_described_chart(tmp_path):
    with zipfile.ZipFile(written(base_of("floor"), tmp_path)) as parts:
        page = parts.read("xl/worksheets/sheet1.xml").decode()
        drawing = parts.read("xl/drawings/drawing1.xml").decode()
    assert '<pageSetUpPr fitToPage="1"/>' in page
    assert 'paperSize="9"' in page
    assert 'orientation="landscape"' in page
    assert 'descr="Column chart of every' in drawing


def test_one_authority_and_one_metric(engine, tmp_path):
    base = made_up(places=PLACES[:1], metrics=("CIN",), damping=Undamped())
    engine.open(written(base, tmp_path))
    pull(engine, Levers(pot=77))
    assert engine.errors() == []
    assert [int(x) for x in column(engine.grids()["Calculation"], "Pounds", 1)] == [77]
