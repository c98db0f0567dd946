"""Recalculated by two engines, the workbook gives the core's numbers, whatever is typed."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.geography import Authority, authorities
from cyps.settlement import FloorTooHigh
from cyps_workbooks import write_settlement
from workbooks.engines import IronCalc, LibreOffice, libreoffice_missing
from workbooks.made_up import HOSTILE, hostile, made_up
from workbooks.what_ifs import Typing, named_what_ifs, random_what_ifs, rule_what_ifs
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


LABEL = "2025-26"


@pytest.fixture(scope="module")
def base():
    return [(LABEL, made_up(seed=3))]


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
        "Floor amount": settlement.damped.floor_amount,
        "Top-up (£)": settlement.top_up,
    } | {
        f"Share of {metric}": settlement.metric_share[:, m]
        for m, metric in enumerate(settlement.use.metrics)
    }


def calculation_sheets(seen):
    return [name for name in seen if name.startswith("Calculation")]


def assert_is(years, seen, tmp_path, chosen=CHOSEN):
    """Every column and cell right of the inputs is what the core gives; returns the worst."""
    shown = years[0][1]
    n = len(shown.scenario.authorities)
    for header, expected in core_columns(shown).items():
        worst = difference(column(seen["Results"], header, n), list(expected))
        assert worst <= TOLERANCE, (header, worst)
    for sheet, (_, settlement) in zip(calculation_sheets(seen), years, strict=True):
        assert_is_the_cores(settlement, seen[sheet])
    path = tmp_path / "expected.xlsx"
    write_settlement(years, path, chosen=chosen)
    expected = grids(path)
    of_authorities = ["Results", *calculation_sheets(seen)]
    worst = max(_columns(expected[name], seen[name], n) for name in of_authorities)
    for name in ("Factors", "My authority"):
        _cells(name, expected[name], seen[name])
    _cells("Damping", *(_what_comes_of_it(grid["Damping"]) for grid in (expected, seen)))
    if "Years" in seen:
        _columns(expected["Years"], seen["Years"], n)
    return worst


def assert_is_the_cores(settlement, calculation):
    """What a year's Calculation gives everybody, with no workbook code between."""
    n = len(settlement.scenario.authorities)
    for header, expected in {
        "Baseline": settlement.scenario.baseline,
        "Damped": settlement.damped.allocation,
        "Top-up from outside": settlement.damped.top_up,
    }.items():
        worst = difference(column(calculation, header, n), list(expected))
        assert worst <= TOLERANCE, (header, worst)
    pounds = [int(x) for x in column(calculation, "Pounds", n)]
    assert pounds == settlement.pounds.tolist()
    assert sum(pounds) == settlement.scenario.pot
    top_ups = [int(x) for x in column(calculation, "Top-up, whole pounds", n)]
    assert top_ups == settlement.top_up.tolist()


LEFT_OVER = {"Whole pounds below (£)", "Remainder (£)", "Order of remainder"}
"""Of groups: a sum a hair below a whole pound turns these, but not the pounds that follow."""

NEVER = 1e15


def _columns(expected, seen, n):
    worst = 0.0
    for header in filter(None, expected[11]):
        ours, theirs = column(expected, header, n), column(seen, header, n)
        if header == "Remainder":  # of a large amount: as exact as that amount, and no more
            largest = max(column(expected, "Damped", n))
            atol = max(1.5 * ROUNDING_STEP, TOLERANCE * largest)
            np.testing.assert_allclose(theirs, ours, rtol=0, atol=atol)
            continue
        # "Never" is a large number in the cells: it must not hide what stands beside it.
        ours, theirs = ([_never(x) for x in values] for values in (ours, theirs))
        far = difference(ours, theirs)
        if header == "Scaling factor":  # near 0 it is a difference of sums: judged against 1
            far = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
        worst = max(worst, far)
        assert far <= TOLERANCE, (header, far)
    totals = [cell for cell in expected[10] if isinstance(cell, float)]
    theirs = [cell for cell in seen[10] if isinstance(cell, int | float)]
    np.testing.assert_allclose(theirs, totals, rtol=TOLERANCE)
    return worst


def _never(value):
    return "never" if isinstance(value, int | float) and value >= NEVER else value


def _what_comes_of_it(damping):
    """The outcomes only: a field that is not used may hold anything."""
    labels = [row[0] for row in damping]
    first = labels.index("What comes of it")
    return damping[first : first + 11]


def _cells(name, expected, seen):
    heads = expected[7] if name == "Factors" else []
    left_over = {c for c, head in enumerate(heads) if head in LEFT_OVER}
    for r, row in enumerate(expected):
        for c, ours in enumerate(row):
            if r < 3 or c in left_over:
                continue  # the banner: a what-if may rightly turn it to WARN
            theirs = seen[r][c] if r < len(seen) and c < len(seen[r]) else ""
            if isinstance(ours, float):
                close = abs(ours - theirs) <= TOLERANCE * max(1.0, abs(ours))
                assert close, (name, r + 1, c + 1, ours, theirs)
            else:
                assert (theirs or "") == ours, (name, r + 1, c + 1, ours, theirs)


def assert_stopped(seen, n):
    """Nothing that could be taken for a settlement is left to see."""
    for header in ("Damped", "Pounds", "Change (£)", "Change (%)", "On the floor", "Top-up (£)"):
        assert {cell or "" for cell in column(seen["Results"], header, n)} == {""}
    for name, grid in seen.items():
        assert grid[2][0].startswith("STOP"), name


def verdict(seen, check):
    row = next(row for row in seen["Checks"] if row[0] == check)
    return row[1], row[2]


def type_in(engine, what_if):
    for name, values in what_if.cells.items():
        engine.set(name, values)
    engine.recalculate()


def inputs_of(engine):
    return {name: engine.formulas(name) for name in engine.places if name.startswith("in_")}


def as_issued(engine, issued):
    for name, formulas in issued.items():
        engine.retype(name, formulas)


def assert_each_is(engine, what_ifs, tmp_path, chosen=CHOSEN):
    """Each what-if typed into the workbook as it was issued, and at the end as issued again."""
    issued = inputs_of(engine)
    for what_if in what_ifs:
        as_issued(engine, issued)
        type_in(engine, what_if)
        assert engine.errors() == [], what_if.name
        try:
            assert_is(what_if.years, engine.grids(), tmp_path, what_if.chosen or chosen)
        except AssertionError as error:
            error.add_note(what_if.name)
            raise
    as_issued(engine, issued)
    engine.recalculate()


def test_base_case_after_a_hard_recalculation(opened, base, tmp_path):
    opened.recalculate()
    assert opened.errors() == []
    seen = opened.grids()
    assert_is(base, seen, tmp_path)
    assert {verdict(seen, row[0])[0] for row in seen["Checks"][10:] if row[0]} == {"OK"}


def test_named_what_ifs(opened, base, tmp_path):
    assert_each_is(opened, named_what_ifs(base), tmp_path)


def test_every_rule_with_phasing_and_groups(engine, tmp_path):
    """The heart: a person switches the method, and the cells give what the engine gives."""
    base = [(LABEL, made_up(seed=3, places=authorities(2025)[:45]))]
    path = tmp_path / "settlement.xlsx"
    write_settlement(base, path)
    engine.open(path)
    what_ifs = rule_what_ifs(base)
    assert len(what_ifs) == 34
    assert_each_is(engine, what_ifs, tmp_path, base[0][1].scenario.authorities[0].name)


def test_random_what_ifs(opened, base, tmp_path):
    assert_each_is(opened, random_what_ifs(base, 16), tmp_path)
    assert_is(base, opened.grids(), tmp_path)


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


def many(n):
    from cyps.geography import Authority, authorities

    if n <= 153:
        return authorities(2025)[:n]
    return tuple(
        Authority(f"E9{i:07d}", f"{i}", f"Made-up authority {i}", f"Region {i % 12}")
        for i in range(n)
    )
