"""Recalculated by two engines, the workbook gives the core's numbers, whatever is typed."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.geography import Authority
from cyps.settlement import FloorTooHigh, Merge, Split, reorganise, settle
from cyps_workbooks import write_settlement
from cyps_workbooks.layout import SHEETS
from workbooks.engines import IronCalc, LibreOffice, libreoffice_missing
from workbooks.made_up import HOSTILE, hostile, made_up
from workbooks.what_ifs import Typing, named_what_ifs, random_what_ifs, settled
from workbooks.workbook_cells import column, difference, grids

pytestmark = pytest.mark.slow

TOLERANCE = 1e-12
ROUNDING_STEP = 1e-6
CHOSEN = "Leeds"


@pytest.fixture(scope="module", params=["libreoffice", "ironcalc"])
def engine(request):
    if request.param == "libreoffice":
        if missing := libreoffice_missing():
            pytest.skip(missing)
        running = LibreOffice()
    else:
        running = IronCalc()
    yield running
    running.close()


@pytest.fixture(scope="module")
def base():
    return made_up(seed=3)


@pytest.fixture(scope="module")
def workbook(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("settlement") / "settlement.xlsx"
    write_settlement(base, path, chosen=CHOSEN)
    return path


@pytest.fixture
def opened(engine, workbook):
    engine.open(workbook)
    return engine


def core_columns(settlement):
    """Headers of Results and the core's own arrays, with no workbook code between."""
    rate = settlement.change_rate.tolist()
    return {
        "Needs share": settlement.needs_share,
        "Share": settlement.share,
        "Target": settlement.target,
        "Baseline": settlement.scenario.baseline,
        "Damped": settlement.damped.allocation,
        "Pounds": settlement.pounds,
        "Change (£)": settlement.change,
        "Change (%)": ["" if np.isnan(x) else x for x in rate],
    } | {
        f"Share of {metric}": settlement.metric_share[:, m]
        for m, metric in enumerate(settlement.use.metrics)
    }


def assert_is(settlement, seen, tmp_path, chosen=CHOSEN):
    """Every column and cell right of the inputs is what the core gives; returns the worst."""
    n = len(settlement.scenario.authorities)
    results = seen["Results"]
    for header, expected in core_columns(settlement).items():
        worst = difference(column(results, header, n), list(expected))
        assert worst <= TOLERANCE, (header, worst)
    assert [int(x) for x in column(results, "Pounds", n)] == settlement.pounds.tolist()
    assert sum(column(results, "Pounds", n)) == settlement.scenario.pot
    path = tmp_path / "expected.xlsx"
    write_settlement(settlement, path, chosen=chosen)
    expected = grids(path)
    worst = max(_columns(expected[name], seen[name], n) for name in ("Calculation", "Results"))
    for name in ("Damping", "My authority"):
        _cells(name, expected[name], seen[name])
    return worst


def _columns(expected, seen, n):
    worst = 0.0
    for header in expected[11]:
        ours, theirs = column(expected, header, n), column(seen, header, n)
        if header == "Remainder":
            # What is left of a large amount: it is as exact as that amount, and no more.
            largest = max(column(expected, "Damped", n))
            np.testing.assert_allclose(
                theirs, ours, rtol=0, atol=max(1.5 * ROUNDING_STEP, TOLERANCE * largest)
            )
            continue
        worst = max(worst, difference(ours, theirs))
        assert worst <= TOLERANCE, (header, worst)
    totals = [cell for cell in expected[10] if isinstance(cell, float)]
    theirs = [cell for cell in seen[10] if isinstance(cell, int | float)]
    np.testing.assert_allclose(theirs, totals, rtol=TOLERANCE)
    return worst


def _cells(name, expected, seen):
    for r, row in enumerate(expected):
        for c, ours in enumerate(row):
            if r < 3:
                continue  # the banner: a what-if may rightly turn it to WARN
            theirs = seen[r][c] if r < len(seen) and c < len(seen[r]) else ""
            if isinstance(ours, float):
                close = abs(ours - theirs) <= TOLERANCE * max(1.0, abs(ours))
                assert close, (name, r + 1, c + 1, ours, theirs)
            else:
                assert (theirs or "") == ours, (name, r + 1, c + 1, ours, theirs)


def assert_stopped(seen, n):
    """Nothing that could be taken for a settlement is left to see."""
    for header in ("Damped", "Pounds", "Change (£)", "Change (%)", "On the floor"):
        assert {cell or "" for cell in column(seen["Results"], header, n)} == {""}
    for name in SHEETS:
        assert seen[name][2][0].startswith("STOP"), name


def verdict(seen, check):
    row = next(row for row in seen["Checks"] if row[0] == check)
    return row[1], row[2]


def type_in(engine, what_if):
    for name, values in what_if.cells.items():
        engine.set(name, values)
    engine.recalculate()


def test_base_case_after_a_hard_recalculation(opened, base, tmp_path):
    opened.recalculate()
    assert opened.errors() == []
    seen = opened.grids()
    assert_is(base, seen, tmp_path)
    assert {verdict(seen, row[0])[0] for row in seen["Checks"][8:] if row[0]} == {"OK"}


@pytest.mark.parametrize("number", range(9))
def test_named_what_ifs(opened, base, tmp_path, number):
    what_if = named_what_ifs(base)[number]
    type_in(opened, what_if)
    assert opened.errors() == [], what_if.name
    assert_is(settled(what_if, base), opened.grids(), tmp_path, what_if.chosen or CHOSEN)


def test_twenty_four_random_what_ifs(opened, base, tmp_path):
    typed = {name for name in opened.places if name.startswith("in_")}
    issued = {name: opened.formulas(name) for name in typed}
    for what_if in random_what_ifs(base, 24):
        for name, formulas in issued.items():
            opened.retype(name, formulas)
        type_in(opened, what_if)
        assert opened.errors() == [], what_if.name
        assert_is(settled(what_if, base), opened.grids(), tmp_path, what_if.chosen)
    for name, formulas in issued.items():
        opened.retype(name, formulas)
    opened.recalculate()
    assert_is(base, opened.grids(), tmp_path)


def test_infeasible_floor_stops_and_names_the_highest(opened, base):
    what_if = Typing("too high", base).floor(0.25).done()
    with pytest.raises(FloorTooHigh) as refused:
        settled(what_if, base)
    type_in(opened, what_if)
    assert opened.errors() == []
    seen = opened.grids()
    assert_stopped(seen, len(base.scenario.authorities))
    said, words = verdict(seen, "Floor can be paid for")
    assert said == "STOP"
    assert f"{refused.value.highest_floor:.6%}" in words
    assert (
        difference(
            column(seen["Results"], "Target", len(base.scenario.authorities)), list(base.target)
        )
        <= TOLERANCE
    )
    opened.set("in_floor", [refused.value.highest_floor - 1e-9])
    opened.recalculate()
    assert verdict(opened.grids(), "Floor can be paid for")[0] == "OK"


BAD = [
    ("in_pot", 0, -5.0, "Pot"),
    ("in_pot", 0, 100.5, "Pot"),
    ("in_pot", 0, "a lot", "Pot"),
    ("in_baseline", 4, "c", "Baselines"),
    ("in_baseline", 4, "", "Baselines"),
    ("in_baseline", 4, -1.0, "Baselines"),
    ("in_area_cost", 9, 0.0, "Area cost factors"),
    ("in_spend", 2, -3.0, "Spend"),
    ("in_spend_metric", 1, "OTHER", "Metric of each service area"),
    ("in_weight_CARE", 0, -0.1, "Weights to use"),
    ("in_weight_CARE", 0, "half", "Weights to use"),
    ("in_floor", 0, -1.5, "Floor"),
    ("in_floor", 0, "none", "Floor"),
]


def test_each_unusable_input_stops_with_its_own_check(opened, base):
    n = len(base.scenario.authorities)
    for name, place, typed, check in BAD:
        issued = opened.formulas(name)
        values = [row[0] for row in issued]
        values = [float(v) if _is_number(v) else v for v in values]
        values[place] = typed
        opened.set(name, values)
        opened.recalculate()
        assert opened.errors() == [], (name, typed)
        seen = opened.grids()
        assert verdict(seen, check)[0] == "STOP", (name, typed)
        assert_stopped(seen, n)
        opened.retype(name, issued)
    opened.recalculate()
    assert opened.grids()["About"][2][0].startswith("OK")


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_metric_left_without_spend_stops_until_a_weight_is_typed(opened, base):
    opened.set("in_spend_metric", ["CIN"] * 2 + ["CARE"] * 4 + ["CIN"])
    opened.recalculate()
    assert verdict(opened.grids(), "Metrics with spend")[0] == "STOP"
    opened.set("in_weight_CEASED", [0.1])
    opened.recalculate()
    seen = opened.grids()
    assert verdict(seen, "Metrics with spend")[0] == "OK"
    assert verdict(seen, "Weights typed over spend")[0] == "WARN"
    assert sum(column(seen["Results"], "Pounds", 153)) == base.scenario.pot


def test_an_unknown_authority_leaves_the_settlement_alone(opened, base):
    opened.set("in_authority", ["Nowhere"])
    opened.recalculate()
    assert opened.errors() == []
    seen = opened.grids()
    assert verdict(seen, "My authority")[0] == "WARN"
    assert sum(column(seen["Results"], "Pounds", 153)) == base.scenario.pot


@pytest.mark.parametrize(
    ("places", "metrics"),
    [(1, ("CIN",)), (2, ("A", "B")), (400, ("CIN", "CARE", "CEASED", "REF", "X-5"))],
)
def test_any_number_of_authorities_and_metrics(engine, tmp_path, places, metrics):
    settlement = made_up(seed=places, places=many(places), metrics=metrics)
    chosen = settlement.scenario.authorities[0].name
    path = tmp_path / "settlement.xlsx"
    write_settlement(settlement, path)
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert_is(settlement, engine.grids(), tmp_path, chosen)


def test_hostile_text_stays_text_through_a_recalculation(engine, tmp_path):
    settlement = hostile()
    path = tmp_path / "hostile.xlsx"
    write_settlement(settlement, path)
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    seen = engine.grids()
    assert column(seen["Results"], "Authority", len(HOSTILE)) == list(HOSTILE)
    assert_is(settlement, seen, tmp_path, HOSTILE[0])


def test_merged_and_split_authorities(engine, base, tmp_path):
    codes = base.scenario.codes
    halves = (
        Authority("E06900002", "", "North", "East"),
        Authority("E06900003", "", "South", "East"),
    )
    changes = [
        Split(codes[0], halves, np.full((2, 3), 0.5), [0.4, 0.6], [0.5, 0.5], "by halves"),
        Merge(Authority("E06900001", "", "Merged", "South West"), codes[-3:]),
    ]
    now = reorganise(base.scenario, base.use, changes)
    path = tmp_path / "reorganised.xlsx"
    write_settlement(settle(now.scenario, now.use), path, chosen="Merged")
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert_is(settle(now.scenario, now.use), engine.grids(), tmp_path, "Merged")


def many(n):
    from cyps.geography import Authority, authorities

    if n <= 153:
        return authorities(2025)[:n]
    return tuple(
        Authority(f"E9{i:07d}", f"{i}", f"Made-up authority {i}", f"Region {i % 12}")
        for i in range(n)
    )
