"""Recalculated by three engines, the workbook gives the core's numbers, whatever is typed."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.geography import Authority, authorities
from cyps.settlement import (
    Band,
    Bands,
    Floor,
    FloorAndCeiling,
    FloorTooHigh,
    Merge,
    PaceOfChange,
    Proportional,
    Protection,
    Split,
    Transition,
    Year,
    reorganise,
    settle,
    settle_years,
)
from cyps_workbooks import write_settlement
from workbooks.engines import (
    Gnumeric,
    gnumeric_missing,
)
from workbooks.made_up import HOSTILE, hostile, made_up
from workbooks.what_ifs import Typing, named_by, named_what_ifs, random_what_ifs, rule_what_ifs
from workbooks.workbook_cells import column, difference, grids

pytestmark = pytest.mark.slow

TOLERANCE = 1e-12
ROUNDING_STEP = 1e-6
CHOSEN = "Leeds"


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
    for name in ("Factors", "My authority", "Winners and losers"):
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
        if header in POINTS:
            _points(header, ours, theirs, expected, n)
            continue
        far = difference(ours, theirs)
        if header == "Scaling factor":  # near 0 it is a difference of sums: judged against 1
            far = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
        worst = max(worst, far)
        assert far <= TOLERANCE, (header, far)
    totals = [cell for cell in expected[10] if isinstance(cell, float)]
    theirs = [cell for cell in seen[10] if isinstance(cell, int | float)]
    np.testing.assert_allclose(theirs, totals, rtol=TOLERANCE)
    return worst


POINTS = {
    "Leaves lower limit", "Meets upper limit", "Group total when it leaves",
    "Group total when it meets",
}  # fmt: skip
ROUNDING_OF_AMOUNTS = 1e-15


def _points(header, ours, theirs, expected, n):
    """A point is a limit over a slope, which is as exact as the amounts it is the difference of."""
    assert [x == "never" for x in ours] == [x == "never" for x in theirs], header
    amounts, slopes = (column(expected, name, n) for name in ("After phasing", "Slope"))
    largest = max([abs(x) for x in ours if x != "never"], default=0.0)
    for one, other, amount, slope in zip(ours, theirs, amounts, slopes, strict=True):
        if one != "never":
            lost = ROUNDING_OF_AMOUNTS * 4 * amount / slope
            far = abs(one - other)
            assert far <= TOLERANCE * largest + lost * abs(one), (header, one, other)


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


def test_infeasible_floor_stops_and_names_the_highest(opened, base):
    first = base[0][1]
    n = len(first.scenario.authorities)
    with pytest.raises(FloorTooHigh) as refused:
        Typing("too high", base).floor(0.25).done()
    opened.set("in_floor", [0.25])
    opened.recalculate()
    assert opened.errors() == []
    seen = opened.grids()
    assert_stopped(seen, n)
    said, words = verdict(seen, "Rule can be kept")
    assert said == "STOP"
    assert str(refused.value).split("fits is ")[1].split("%")[0] + "%" in words
    assert difference(column(seen["Results"], "Target", n), list(first.target)) <= TOLERANCE
    opened.set("in_floor", [refused.value.highest_floor - 1e-9])
    opened.recalculate()
    assert verdict(opened.grids(), "Rule can be kept")[0] == "OK"


BASELINE = made_up(seed=3).scenario.baseline
CODES = made_up(seed=3).scenario.codes
PARTS = named_by(CODES, "a", "b")

NOT_KEPT = {
    "bands": (
        Bands(bands={"a": Band(floor=0.2), "b": Band(floor=0.3)}, member=PARTS), Transition(), 1.0,
        "Lower every floor (or protected part) by",
    ),
    "protection": (
        Protection(tiers={"a": 1.2, "b": 1.0}, member=PARTS, payer="group"), Transition(), 1.0,
        "Lower every floor (or protected part) by",
    ),
    "ceiling": (
        FloorAndCeiling(floor=-0.1, ceiling=0.02), Transition(), 1.2,
        "Raise every ceiling by at least",
    ),
    "a group's ceiling": (
        FloorAndCeiling(floor=-0.1, ceiling=0.02), Transition(group=PARTS), 1.2,
        "In the damping group 'a': The ceilings leave",
    ),
    "proportional": (
        Proportional(floor=0.3), Transition(), 1.001, "The highest floor that fits is",
    ),
    "pace, too dear": (
        PaceOfChange(least=0.2, most=0.4), Transition(), 1.0, "Lower the least growth",
    ),
    "pace, too slow": (
        PaceOfChange(least=-0.1, most=0.01, furthest_below=-1.0), Transition(), 1.3,
        "Raise the most growth",
    ),
    "a group's floor": (
        Floor(floor=0.03), Transition(phasing=1.0, group=named_by(CODES, *"abcdefgh")), 1.03,
        "In the damping group",
    ),
}  # fmt: skip


def test_rules_that_cannot_be_kept_stop_with_a_sentence(opened, base, tmp_path):
    issued = inputs_of(opened)
    for name, (rule, transition, part, words) in NOT_KEPT.items():
        typing = Typing(name, base).pot(int(BASELINE.sum() * part)).rule(rule)
        typing.transition(transition)
        with pytest.raises(CypsError) as refused:
            typing.done()
        type_in(opened, typing)
        assert opened.errors() == [], name
        seen = opened.grids()
        assert_stopped(seen, len(CODES))
        said, told = verdict(seen, "Rule can be kept")
        assert (said, words in told) == ("STOP", True), (name, told)
        # Where the engine names a figure that mends it, the cells name the same.
        figures = r"(?:by at least|fits is|protected part\) by) ([-\d.]+)"
        for figure in re.findall(figures, str(refused.value)):
            assert figure in told, (name, figure, told)
        as_issued(opened, issued)
    opened.recalculate()
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
    ("in_method", 0, "Flour", "Method"),
    ("in_method", 0, "", "Method"),
    ("in_method", 0, "Floor and ceiling", "Ceiling"),
    ("in_method", 0, "Pace of change", "Pace of change"),
    ("in_method", 0, "Protection", "Payer of protection"),
    ("in_method", 0, "Bands", "Bands"),
    ("in_phasing", 0, 1.5, "Phasing"),
    ("in_phasing", 0, "", "Phasing"),
    ("in_use_groups", 0, "Yes", "Groups"),
    ("in_use_groups", 0, "perhaps", "Damping groups, Yes or No"),
]


def test_each_unusable_input_stops_with_its_own_check(opened, base):
    n = len(base[0][1].scenario.authorities)
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


def test_one_authority_without_its_band_or_group_stops(opened, base):
    codes = base[0][1].scenario.codes
    rule = Bands(bands={"a": Band(floor=-0.1), "b": Band(floor=-0.2)}, member=PARTS)
    typing = Typing("one missing", base).rule(rule).transition(Transition(group=PARTS))
    for name, check in (("in_band", "Bands"), ("in_group", "Groups")):
        type_in(opened, typing)
        assert verdict(opened.grids(), check)[0] == "OK"
        for wrong in ("", "c", "A*"):
            cells = [list(row) for row in typing.cells[name]]
            cells[5] = [wrong]
            opened.set(name, cells)
            opened.recalculate()
            assert opened.errors() == [], (name, wrong)
            seen = opened.grids()
            assert verdict(seen, check)[0] == "STOP", (name, wrong)
            assert f"{len(codes) - 1}" in verdict(seen, check)[1]
            assert_stopped(seen, len(codes))


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
    assert sum(column(seen["Results"], "Pounds", 153)) == base[0][1].scenario.pot


def test_an_unknown_authority_leaves_the_settlement_alone(opened, base):
    opened.set("in_authority", ["Nowhere"])
    opened.recalculate()
    assert opened.errors() == []
    seen = opened.grids()
    assert verdict(seen, "My authority")[0] == "WARN"
    assert sum(column(seen["Results"], "Pounds", 153)) == base[0][1].scenario.pot


@pytest.mark.parametrize(
    ("places", "metrics"),
    [(1, ("CIN",)), (2, ("A", "B")), (400, ("CIN", "CARE", "CEASED", "REF", "X-5"))],
)
def test_any_number_of_authorities_and_metrics(engine, tmp_path, places, metrics):
    settlement = made_up(seed=places, places=many(places), metrics=metrics)
    chosen = settlement.scenario.authorities[0].name
    path = tmp_path / "settlement.xlsx"
    write_settlement([(LABEL, settlement)], path)
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert_is([(LABEL, settlement)], engine.grids(), tmp_path, chosen)


def test_a_third_engine_gives_the_same(three_years, tmp_path):
    """Gnumeric, as issued: every rule with phasing and groups, drawn years, three years."""
    if missing := gnumeric_missing():
        pytest.skip(missing)
    engine = Gnumeric(tmp_path)
    base = [(LABEL, made_up(seed=3, places=authorities(2025)[:45]))]
    several = three_years[0]
    what_ifs = [*rule_what_ifs(base), *random_what_ifs(base, 6), *random_what_ifs(several, 4)]
    for years in ([(LABEL, made_up(seed=3))], several, *(one.years for one in what_ifs)):
        path = tmp_path / "settlement.xlsx"
        write_settlement(years, path)
        engine.open(path)
        engine.recalculate()
        words = years[0][1].scenario.damping_in_words
        assert engine.errors() == [], words
        assert_is(years, engine.grids(), tmp_path, years[0][1].scenario.authorities[0].name)


def test_merged_and_split_authorities(engine, base, tmp_path):
    first = base[0][1]
    codes = first.scenario.codes
    halves = (
        Authority("E06900002", "", "North", "East"),
        Authority("E06900003", "", "South", "East"),
    )
    changes = [
        Split(codes[0], halves, np.full((2, 3), 0.5), [0.4, 0.6], [0.5, 0.5], "by halves"),
        Merge(Authority("E06900001", "", "Merged", "South West"), codes[-3:]),
    ]
    now = reorganise(first.scenario, first.use, changes)
    settled = [(LABEL, settle(now.scenario, now.use))]
    path = tmp_path / "reorganised.xlsx"
    write_settlement(settled, path, chosen="Merged")
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert_is(settled, engine.grids(), tmp_path, "Merged")


@pytest.fixture(scope="module")
def three_years(tmp_path_factory):
    """Thirds towards target, another rule each year, the last two on what went before."""
    start = made_up(seed=8, places=authorities(2025)[:40])
    scenario, codes = start.scenario, start.scenario.codes
    dearer = np.round(scenario.area_cost * np.linspace(1, 1.05, len(codes)), 4)
    bands = Bands(
        bands={"north": Band(floor=-0.05), "south": Band(floor=-0.1, ceiling=0.5)},
        member=named_by(codes, "north", "south"),
    )
    outside = Protection(
        tiers={"cash": 1.0, "low": 0.95}, member=named_by(codes, "cash", "low"), payer="outside"
    )
    pot = scenario.pot
    years = [
        Year("2026-27", pot, outside, Transition(phasing=1 / 3)),
        Year("2027-28", round(pot * 1.02), bands, Transition(phasing=2 / 3), baseline="previous"),
        Year("2028-29", round(pot * 1.05), Floor(floor=-0.1),
             Transition(group=named_by(codes, "a", "b", "c")), "previous", area_cost=dearer),
    ]  # fmt: skip
    settled = list(settle_years(scenario, years, start.use))
    path = tmp_path_factory.mktemp("years") / "settlement.xlsx"
    write_settlement(settled, path)
    return settled, path


def test_three_years_in_one_workbook(engine, three_years, tmp_path):
    settled, path = three_years
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    chosen = settled[0][1].scenario.authorities[0].name
    assert_is(settled, engine.grids(), tmp_path, chosen)
    assert settled[0][1].top_up.sum() > 0  # what the second year begins with has top-ups in it
    engine.set("in_year", ["2028-29"])
    engine.recalculate()
    n = len(settled[2][1].scenario.authorities)
    for header, expected in core_columns(settled[2][1]).items():
        shown = column(engine.grids()["Results"], header, n)
        assert difference(shown, list(expected)) <= TOLERANCE, header


def test_random_what_ifs_of_three_years(engine, three_years, tmp_path):
    settled, path = three_years
    engine.open(path)
    chosen = settled[0][1].scenario.authorities[0].name
    assert_each_is(engine, random_what_ifs(settled, 10, seed=4), tmp_path, chosen)


def test_a_year_that_fails_takes_along_only_who_leans_on_it(engine, three_years):
    settled, path = three_years
    n = len(settled[0][1].scenario.authorities)
    engine.open(path)
    engine.set("in_band_floor", [[-0.05, 0.9, ""], [-0.1, 0.9, ""], *[["", "", ""]] * 4])
    engine.set("in_band_ceiling", [["", "", ""]] * 6)
    engine.recalculate()
    assert engine.errors() == []
    seen = engine.grids()
    first = column(seen["Years"], "Pounds 2026-27", n)
    assert [int(x) for x in first] == settled[0][1].pounds.tolist()
    for label in ("2027-28", "2028-29"):
        assert {x or "" for x in column(seen["Years"], f"Pounds {label}", n)} == {""}
    assert verdict(seen, "2027-28: Rule can be kept")[0] == "STOP"
    assert "mend that year first" in verdict(seen, "2028-29: Baselines")[1]
    engine.set("in_baseline_from", [["previous", "given"]])
    engine.recalculate()
    seen = engine.grids()
    assert all(isinstance(x, int | float) for x in column(seen["Years"], "Pounds 2028-29", n))


def test_an_authority_that_uses_nothing_has_its_floor_and_no_more(engine, tmp_path):
    start = made_up(seed=6, places=authorities(2025)[:15])
    children = start.use.children.copy()
    children[4] = 0.0
    children[7, 1] = 0.0
    settled = settle(start.scenario, replace(start.use, children=children))
    assert settled.share[4] == 0
    path = tmp_path / "settlement.xlsx"
    write_settlement([(LABEL, settled)], path)
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert_is([(LABEL, settled)], engine.grids(), tmp_path, settled.scenario.authorities[0].name)


def by_metric(seed=5, n=20):
    """A made-up settlement whose area cost differs by metric, named in another order than use's."""
    start = made_up(seed=seed, places=authorities(2025)[:n])
    factors = np.round(np.random.default_rng(seed).uniform(0.9, 1.4, (n, 3)), 4)
    metrics = start.use.metrics[::-1]
    scenario = replace(start.scenario, area_cost=factors, area_cost_metrics=metrics)
    return settle(scenario, start.use)


def test_area_cost_by_metric_is_live(engine, tmp_path):
    settled = by_metric()
    base = [(LABEL, settled)]
    path = tmp_path / "settlement.xlsx"
    write_settlement(base, path)
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    chosen = settled.scenario.authorities[0].name
    assert_is(base, engine.grids(), tmp_path, chosen)
    # By hand, with no code of ours between: sum of share x weight x factor, made to sum to 1.
    factors = settled.scenario.area_cost[:, ::-1]
    shares = settled.use.children / settled.use.children.sum(axis=0)
    parts = (shares * factors * settled.weights).sum(axis=1)
    seen = column(engine.grids()["Results"], "Share", 20)
    assert difference(seen, list(parts / parts.sum())) <= TOLERANCE
    typed = np.round(np.linspace(0.8, 1.6, 60).reshape(20, 3), 4)
    what_if = Typing("other factors", base).area_cost(typed).weights([2, 1, 1]).done()
    assert not np.allclose(what_if.years[0][1].share, settled.share)
    assert_each_is(engine, [what_if], tmp_path, chosen)


def test_area_cost_by_metric_in_one_year_of_two(engine, tmp_path):
    settled = by_metric()
    scenario = replace(settled.scenario, area_cost=np.linspace(1, 1.2, 20), area_cost_metrics=())
    years = [
        Year("2026-27", scenario.pot, scenario.damping),
        Year("2027-28", scenario.pot, scenario.damping, area_cost=settled.scenario.area_cost,
             area_cost_metrics=settled.scenario.area_cost_metrics),
    ]  # fmt: skip
    both = list(settle_years(scenario, years, settled.use))
    assert [bool(one.scenario.area_cost_metrics) for _, one in both] == [False, True]
    path = tmp_path / "settlement.xlsx"
    write_settlement(both, path)
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert_is(both, engine.grids(), tmp_path, scenario.authorities[0].name)


def test_a_factor_of_one_metric_that_is_missing_stops(engine, tmp_path):
    path = tmp_path / "settlement.xlsx"
    write_settlement([(LABEL, by_metric())], path)
    engine.open(path)
    cells = [[float(x) for x in row] for row in by_metric().area_cost]
    cells[4][2] = ""
    engine.set("in_area_cost", cells)
    engine.recalculate()
    assert engine.errors() == []
    seen = engine.grids()
    assert verdict(seen, "Area cost factors")[0] == "STOP"
    assert verdict(seen, "Area cost factors")[1].startswith("1 area cost factors are missing")
    assert_stopped(seen, 20)


def test_hostile_text_stays_text_through_a_recalculation(engine, tmp_path):
    settlement = [(LABEL, hostile())]
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
