"""The sheet Bridge, a snapshot that says when it is stale, and the neighbours of an authority."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from xlsxwriter.utility import xl_col_to_name

from cyps.explain import bridge
from cyps.geography import Authority, authorities
from cyps.settlement import Floor, Undamped, Year, settle, settle_years
from cyps.settlement.summaries import change_ranks
from cyps_workbooks import Against, write_settlement
from cyps_workbooks.bridge_sheet import CURRENT
from cyps_workbooks.bridge_snapshot import components, snapshot
from cyps_workbooks.checks import check_structure
from cyps_workbooks.kept import open_settlement
from cyps_workbooks.kept.verdict import check_workbook
from workbooks.kept_files import edited
from workbooks.made_up import hostile, made_up
from workbooks.workbook_cells import column, difference

LABEL = "2025-26"
PLACES = authorities(2025)[:40]
NAMES = [place.name for place in PLACES]
SHEET = "My authority"
LINES = 10
TOLERANCE = 1e-12


def many(n):
    return tuple(
        Authority(f"E9{i:07d}", f"{i}", f"Made-up authority {i}", f"Region {i % 12}")
        for i in range(n)
    )


def pair(n=40):
    """B and A, which differ in use of one metric, weights, area cost, pot and rule."""
    a = made_up(seed=n, places=PLACES if n == 40 else many(n))
    use = replace(a.use, children=a.use.children * ([1.2, 1, 1] if n > 1 else [1, 1, 1]))
    rng = np.random.default_rng(n)
    use = replace(use, children=use.children * rng.uniform(0.8, 1.2, (n, 1)))
    spend = tuple(replace(line, pounds=line.pounds * (1 + i)) for i, line in
                  enumerate(a.scenario.spend))  # fmt: skip
    b = settle(
        replace(a.scenario, pot=a.scenario.pot - 77_777, area_cost=np.ones(n), spend=spend,
                damping=Undamped()), use,
    )  # fmt: skip
    return b, a


def stored(settlement):
    return Against("another settlement", ((LABEL, settlement),))


def table(grid, head):
    """The lines of the table whose first header is `head`."""
    first = next(r for r, row in enumerate(grid) if row[0] == head)
    return grid[first + 1 : first + 2 + LINES]


def my_steps(grid):
    first = [r for r, row in enumerate(grid) if row[0] == "Step"][-1]
    return {row[0]: row[1] for row in grid[first + 1 :] if row[0]}


# --- neighbours


def brute(settlement, names, place):
    """Nearest first, by looking at every pair, without the workbook's own code."""
    mine = settlement.share[place]
    far = [
        (round(abs(float(share - mine)), 10), i)
        for i, share in enumerate(settlement.share)
        if names[i] == names[place] and i != place
    ]
    return [i for _, i in sorted(far)][:LINES]


@pytest.mark.parametrize("n", [1, 40, 400])
def test_neighbours_are_the_nearest_peers(engine, tmp_path, n):
    settlement = pair(n)[1]
    places = settlement.scenario.authorities
    children = np.round(np.random.default_rng(n).lognormal(10, 0.5, n))
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, settlement)], path, population=children)
    engine.open(path)
    regions = [place.region for place in places]
    for chosen in sorted({0, n // 2, n - 1}):
        engine.set("in_authority", [places[chosen].name])
        engine.recalculate()
        assert engine.errors() == []
        mine, *lines = table(engine.grids()[SHEET], "Neighbour, nearest share first")
        expected = brute(settlement, regions, chosen)
        assert [line[0] for line in lines if line[0]] == [places[i].name for i in expected]
        assert mine[0] == places[chosen].name
        change = settlement.pounds - settlement.scenario.baseline
        ranks = change_ranks(settlement)
        for i, line in zip([chosen, *expected], [mine, *lines], strict=False):
            assert line[1] == settlement.pounds[i]
            told = (change[i], settlement.share[i], change[i] / settlement.scenario.baseline[i],
                    settlement.pounds[i] / children[i],
                    settlement.share[i] - settlement.share[chosen])  # fmt: skip
            assert line[2:7] == pytest.approx(told, rel=1e-9, abs=1e-12)
            assert line[7] == ranks[i]
        assert all(not cell for line in lines[len(expected) :] for cell in line[:8])


def test_neighbours_follow_the_damping_group_and_ties_go_by_code(engine, tmp_path):
    base = made_up(seed=6, places=PLACES[:14], area_cost=np.ones(14), damping=Undamped())
    use = replace(base.use, children=np.tile(base.use.children[0], (14, 1)))
    codes = base.scenario.codes
    group = {code: "here" if i < 12 else "there" for i, code in enumerate(codes)}
    rule = replace(base.scenario.transition, group=group)
    alike = settle(replace(base.scenario, transition=rule), use)
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, alike)], path, chosen=NAMES[5])
    engine.open(path)
    engine.recalculate()
    lines = table(engine.grids()[SHEET], "Neighbour, nearest share first")[1:]
    assert [line[0] for line in lines] == [n for n in NAMES[:11] if n != NAMES[5]]
    engine.set("in_authority", ["Nowhere"])
    engine.recalculate()
    assert engine.errors() == []
    assert not any(
        line[0] for line in table(engine.grids()[SHEET], "Neighbour, nearest share first")
    )


# --- the snapshot


@pytest.mark.parametrize("n", [1, 40, 400])
def test_the_snapshot_is_the_engines_bridge_and_adds_up(engine, tmp_path, n):
    b, a = pair(n)
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, a)], path, against=stored(b))
    assert check_structure(path) == []
    engine.open(path)
    chosen = n - 1
    engine.set("in_authority", [a.scenario.authorities[chosen].name])
    engine.recalculate()
    assert engine.errors() == []
    grid, told = engine.grids()["Bridge"], bridge(b, a)
    assert grid[6][2] == CURRENT
    steps = []
    for component in components(a.use.metrics):
        header = component[0].upper() + component[1:]
        seen = column(grid, header, n)
        assert difference(seen, told.of(component).tolist()) <= TOLERANCE
        steps.append(seen)
    added = np.round(np.sum(steps, axis=0), 6) + b.pounds
    assert added.tolist() == column(grid, "A as written", n) == a.pounds.tolist()
    assert set(column(grid, "Moved since", n)) == {0}
    mine = my_steps(engine.grids()[SHEET])
    assert mine["B: pounds"] == b.pounds[chosen]
    assert mine["A now"] == a.pounds[chosen]
    if n > 1:
        assert mine["Area cost"] == pytest.approx(told.of("area cost")[chosen], abs=1e-6)
        assert np.abs(told.of("cost weights")).max() > 1


TYPED = {
    "pot": ("in_pot", lambda a: [a.scenario.pot + 500], ("the pot",)),
    "weight": ("in_weight_CARE", lambda _: [0.9], ("the cost weights", "shares")),
    "area cost": ("in_area_cost", lambda a: [1.4, *a.area_cost[1:].tolist()], ("shares",)),
    "floor": ("in_floor", lambda _: [-0.1], ("damped amounts",)),
}


@pytest.mark.parametrize("what", TYPED)
def test_the_snapshot_says_when_it_is_stale(engine, tmp_path, what):
    b, a = pair()
    name, values, words = TYPED[what]
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, a)], path, against=stored(b))
    engine.open(path)
    engine.set(name, values(a))
    engine.recalculate()
    assert engine.errors() == []
    seen = engine.grids()
    state = seen["Bridge"][6][2]
    assert state.startswith("STALE: the cells have changed since this snapshot was taken (")
    assert all(word in state for word in words), state
    assert state in [row[0] for row in seen[SHEET]]
    moved = [x for x in column(seen["Bridge"], "Moved since", len(PLACES)) if x]
    assert f"pounds of {len(moved)} of {len(PLACES)})" in state
    assert column(seen["Bridge"], "A as written", len(PLACES)) == a.pounds.tolist()


def test_weights_that_move_no_pounds_make_it_stale_too(engine, tmp_path):
    """One authority gets the whole pot whatever the weights are."""
    b, a = pair(1)
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, a)], path, against=stored(b))
    engine.open(path)
    engine.set("in_weight_CARE", [0.9])
    engine.recalculate()
    state = engine.grids()["Bridge"][6][2]
    assert "(the cost weights, pounds of 0 of 1)" in state
    engine.set("in_pot", [1.5])
    engine.recalculate()
    assert engine.errors() == []
    assert engine.grids()["Bridge"][6][2].startswith("STALE: the cells cannot be settled")


def test_each_year_has_its_own_snapshot(engine, tmp_path):
    b, a = pair()
    years = [Year("2026-27", a.scenario.pot, Floor(floor=-0.02)),
             Year("2027-28", a.scenario.pot + 9_999, Floor(floor=-0.05))]  # fmt: skip
    settled = list(settle_years(a.scenario, years, a.use))
    path = tmp_path / "s.xlsx"
    write_settlement(settled, path, against=stored(b))
    engine.open(path)
    engine.set("in_year", ["2027-28"])
    engine.recalculate()
    assert engine.errors() == []
    grid, told = engine.grids()["Bridge"], bridge(b, settled[1][1])
    assert grid[6][2] == CURRENT
    for component in ("pot", "baseline", "damping rule", "rounding"):
        seen = column(grid, component[0].upper() + component[1:], len(PLACES))
        assert difference(seen, told.of(component).tolist()) <= TOLERANCE


def test_a_way_that_cannot_be_settled_is_told_and_not_guessed(engine, tmp_path):
    """The new floor does not fit the old pot: half the orders, or none."""
    a = made_up(seed=3, places=PLACES, damping=Floor(floor=0.0))
    low = replace(a.scenario, pot=int(a.scenario.baseline.sum() * 0.9), damping=Undamped())
    b = settle(low, a.use)
    taken = snapshot(b, a)
    assert "averaged over 1 of 2 orders" in taken.words
    assert (
        np.round(taken.amounts[:, 1:-1].sum(axis=1), 6).tolist() == (a.pounds - b.pounds).tolist()
    )
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, a)], path, against=stored(b))
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert engine.grids()["Bridge"][5][2] == taken.words


def test_no_bridge_leaves_blanks_and_the_reason(engine, tmp_path):
    """Seven metrics' use, weights, area cost, pot and rule: too many for a workbook."""
    metrics = tuple("ABCDEFG")
    a = made_up(seed=2, places=PLACES[:9], metrics=metrics)
    use = replace(a.use, children=a.use.children * np.arange(1, 64).reshape(9, 7))
    spend = tuple(replace(x, pounds=x.pounds + i) for i, x in enumerate(a.scenario.spend))
    b = settle(
        replace(a.scenario, pot=a.scenario.pot - 5, area_cost=np.ones(9), damping=Undamped(),
                spend=spend), use,
    )  # fmt: skip
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, a)], path, against=stored(b))
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    grid = engine.grids()["Bridge"]
    assert grid[5][2].startswith("No bridge: 1")
    assert grid[5][2].endswith("averages over at most 10. Use cyps bridge with --together.")
    assert {x or "" for x in column(grid, "Pot", 9)} == {""}
    assert column(grid, "B: pounds", 9) == b.pounds.tolist()
    assert grid[6][2] == CURRENT
    assert not my_steps(engine.grids()[SHEET])["Pot"]


def test_only_a_workbook_with_another_settlement_has_it(tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, pair()[1])], path)
    assert "Bridge" not in open_settlement(path).sheets
    write_settlement([(LABEL, hostile())], path, against=Against("=1+1", ((LABEL, hostile()),)))
    assert check_structure(path) == []


def test_check_sees_a_snapshot_that_was_changed(tmp_path):
    b, a = pair()
    path = tmp_path / "s.xlsx"
    write_settlement([(LABEL, a)], path, against=stored(b))
    assert check_workbook(path).sound
    head = open_settlement(path).headers("Bridge")[1]["Stored: Pot"]
    changed = edited(path, tmp_path / "e.xlsx", **{f"Bridge__{xl_col_to_name(head - 1)}13": 5})
    verdict = check_workbook(changed)
    assert "this locked figure was" in str([finding.line() for finding in verdict.findings])
