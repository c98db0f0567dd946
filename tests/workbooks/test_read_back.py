"""What people typed, read back from their own workbook, gives the engine the cells' numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.settlement import Floor, Protection, Transition, Year, settle, settle_years
from cyps_workbooks import write_settlement
from cyps_workbooks.kept import open_settlement, read_back
from cyps_workbooks.kept.compared import compare_with_engine
from workbooks.engines import IronCalc, LibreOffice, libreoffice_missing
from workbooks.kept_files import as_seen, edited, patched, sheet_part
from workbooks.made_up import made_up
from workbooks.what_ifs import (
    every_rule,
    named_by,
    named_what_ifs,
    random_what_ifs,
    rule_what_ifs,
)

FEW = authorities(2025)[:14]
CODES = tuple(place.code for place in FEW)


@pytest.fixture(scope="module")
def base():
    return [("2025-26", made_up(seed=3, places=FEW))]


@pytest.fixture(scope="module")
def england():
    """Everybody: wide enough for every rule by group to be kept."""
    return [("2025-26", made_up(seed=3))]


@pytest.fixture(scope="module")
def three(base):
    one = base[0][1]
    groups = named_by(CODES, "north", "south")
    rules = every_rule(CODES)
    years = [
        Year("2025-26", one.scenario.pot, rules["protection, outside"]),
        Year("2026-27", one.scenario.pot + 7_000_001, rules["bands"], baseline="previous"),
        Year("2027-28", one.scenario.pot, Floor(floor=-0.3), Transition(0.5, groups)),
    ]
    return list(settle_years(one.scenario, years, one.use))


@pytest.fixture(scope="module", params=["one year", "three years"])
def written(request, base, three, tmp_path_factory):
    years = base if request.param == "one year" else three
    path = tmp_path_factory.mktemp("kept") / "settlement.xlsx"
    write_settlement(years, path)
    return years, path


def assert_same(found, expected):
    """Every number of every year, bit for bit."""
    assert [label for label, _ in found] == [label for label, _ in expected]
    for (_, one), (_, other) in zip(found, expected, strict=True):
        assert one.pounds.tolist() == other.pounds.tolist()
        assert one.top_up.tolist() == other.top_up.tolist()
        np.testing.assert_allclose(one.damped.allocation, other.damped.allocation, rtol=1e-12)
        assert one.scenario.damping == other.scenario.damping
        assert one.scenario.transition == other.scenario.transition
        assert one.scenario.title == other.scenario.title
        assert one.scenario.notes == other.scenario.notes
        assert one.scenario.exclusions == other.scenario.exclusions


@pytest.mark.parametrize("name", list(every_rule(CODES)))
def test_every_rule_comes_back_as_it_was_issued(base, tmp_path, name):
    one = base[0][1]
    group = named_by(CODES, "b", "a")
    phasing = None if name == "pace of change" else 0.25
    scenario = replace(
        one.scenario, pot=round(one.scenario.baseline.sum() * 1.1),
        damping=every_rule(CODES)[name], transition=Transition(phasing, group),
    )  # fmt: skip
    years = settle_years(
        scenario, [Year("y", scenario.pot, scenario.damping, scenario.transition)], one.use
    )
    write_settlement(years, tmp_path / "s.xlsx")
    opened = open_settlement(tmp_path / "s.xlsx")
    found = read_back(opened).settle()
    assert_same(found, years)
    assert compare_with_engine(opened, found) == []


def test_as_issued_nothing_differs(written):
    years, path = written
    opened = open_settlement(path)
    found = read_back(opened)
    assert found.problems == ()
    assert_same(found.settle(), years)
    assert compare_with_engine(opened, found.settle()) == []


def what_ifs_of(base, seed, how_many=1):
    return random_what_ifs(base, how_many, seed=seed)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), several=st.booleans())
def test_whatever_is_typed_comes_back(base, three, tmp_path_factory, seed, several):
    """Random inputs typed into cells and recalculated by IronCalc: engine and cells agree."""
    years = three if several else base
    folder = tmp_path_factory.getbasetemp() / f"typed-{several}"
    folder.mkdir(exist_ok=True)
    path = folder / "settlement.xlsx"
    if not path.exists():
        write_settlement(years, path)
    (what_if,) = what_ifs_of(years, seed)
    assert_round_trip(IronCalc(), path, what_if)


def assert_round_trip(engine, path, what_if):
    engine.open(path)
    for name, values in what_if.cells.items():
        engine.set(name, values)
    engine.recalculate()
    seen = as_seen(open_settlement(path), engine, what_if.cells)
    back = read_back(seen)
    assert [problem.line() for problem in back.problems] == []
    found = back.settle()
    for (_, one), (_, other) in zip(found, what_if.years, strict=True):
        assert one.pounds.tolist() == other.pounds.tolist(), what_if.name
    assert [finding.line() for finding in compare_with_engine(seen, found)] == [], what_if.name


@pytest.mark.slow
def test_the_cases_that_go_wrong_first_come_back(england, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement(england, path)
    engine = IronCalc()
    for what_if in [*named_what_ifs(england), *rule_what_ifs(england)[::4]]:
        assert_round_trip(engine, path, what_if)


# --- as other programs save


def test_saved_by_openpyxl_the_inputs_come_back(base, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    path = edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx", Inputs__D6=9_000_000_000)
    back = read_back(open_settlement(path))
    assert back.problems == ()
    one = base[0][1].scenario
    expected = settle_years(
        replace(one, pot=9_000_000_000), [Year("2025-26", 9_000_000_000, one.damping)],
        base[0][1].use,
    )  # fmt: skip
    assert back.settle()[0][1].pounds.tolist() == expected[0][1].pounds.tolist()


def test_a_later_year_follows_the_first_though_no_value_was_saved(three, tmp_path):
    """Later years' cells are formulas such as =D13: what they point to counts."""
    write_settlement(three, tmp_path / "s.xlsx")
    path = edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx", Inputs__G13=1.5)
    years = read_back(open_settlement(path)).years
    assert [year.area_cost[0] for year in years] == [1.5, 1.5, 1.5]


def test_area_cost_by_metric_comes_back(base, tmp_path):
    settled = base[0][1]
    n = len(settled.scenario.authorities)
    factors = np.round(np.linspace(0.9, 1.5, 3 * n), 4).reshape(n, 3)
    scenario = replace(
        settled.scenario, area_cost=factors, area_cost_metrics=settled.use.metrics[::-1]
    )
    issued = [("2025-26", settle(scenario, settled.use))]
    write_settlement(issued, tmp_path / "s.xlsx")
    same = read_back(open_settlement(tmp_path / "s.xlsx"))
    assert same.problems == ()
    assert same.settle()[0][1].share.tolist() == issued[0][1].share.tolist()
    path = edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx", Inputs__F13=1.75)
    back = read_back(open_settlement(path))
    # The cells stand in the order of the use; the scenario's factors were named the other way.
    typed = factors[:, ::-1].copy()
    typed[0, 1] = 1.75
    assert back.scenario.area_cost.tolist() == typed.tolist()
    assert back.scenario.area_cost_metrics == settled.use.metrics


@pytest.mark.slow
def test_saved_by_libreoffice_engine_and_cells_agree(england, three, tmp_path):
    if missing := libreoffice_missing():
        pytest.skip(missing)
    office = LibreOffice()
    try:
        for years, what_ifs in (
            (england, rule_what_ifs(england)[1::9]), (three, what_ifs_of(three, 5)),
        ):  # fmt: skip
            path = tmp_path / f"{len(years)}.xlsx"
            write_settlement(years, path)
            for what_if in what_ifs:
                office.open(path)
                for name, values in what_if.cells.items():
                    office.set(name, values)
                office.recalculate()
                office("save", path=str(tmp_path / "saved.xlsx"))
                opened = open_settlement(tmp_path / "saved.xlsx")
                back = read_back(opened)
                assert back.problems == (), what_if.name
                found = back.settle()
                for (_, one), (_, other) in zip(found, what_if.years, strict=True):
                    assert one.pounds.tolist() == other.pounds.tolist(), what_if.name
                said = [finding.line() for finding in compare_with_engine(opened, found)]
                assert said == [], what_if.name
    finally:
        office.close()


# --- what only a person does


def test_weights_typed_over_one_and_spend_changed_below_it(base, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement(base, path)
    engine = IronCalc()
    engine.open(path)
    engine.set("in_weight_CARE", [0.7])
    engine.set("in_spend", [3e9, 1e9, 1e9, 1e9, 1e9, 1e9, 2e9])
    engine.recalculate()
    seen = as_seen(open_settlement(path), engine, ["in_weight_CARE", "in_spend"])
    back = read_back(seen)
    assert back.typed_weights["CARE"] == 0.7
    assert [line.pounds for line in back.lines] == [3e9, 1e9, 1e9, 1e9, 1e9, 1e9, 2e9]
    assert compare_with_engine(seen, back.settle()) == []


def test_my_weight_cleared_is_the_default_again(base, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement(base, path)
    engine = IronCalc()
    engine.open(path)
    engine.set("in_weight_CARE", [0.7])
    engine.recalculate()
    weights = {row[0]: row for row in engine.grids()["Weights"]}
    total = 0.7 + sum(weights[m][3] for m in ("CIN", "CEASED"))
    for metric, mine in (("CIN", weights["CIN"][3]), ("CARE", 0.7)):
        default, _, to_use, used, change = weights[metric][3:8]
        assert (to_use, used) == (mine, pytest.approx(mine / total, rel=1e-15))
        assert change == used - default
    assert weights["All metrics"][6] == pytest.approx(1, rel=1e-15)
    engine.set("in_weight_CARE", [""])
    engine.recalculate()
    seen = as_seen(open_settlement(path), engine, ["in_weight_CARE"])
    back = read_back(seen)
    assert back.typed_weights == {}
    assert back.settle()[0][1].pounds.tolist() == base[0][1].pounds.tolist()
    assert compare_with_engine(seen, back.settle()) == []


def test_a_deflator_moves_the_tiers_that_follow_it(base, tmp_path):
    one = base[0][1]
    tiers = Protection(
        tiers={"cash": 0.9, "real": 0.9}, member=named_by(CODES, "cash", "real"), payer="group"
    )
    years = settle_years(one.scenario, [Year("y", one.scenario.pot, tiers)], one.use)
    path = tmp_path / "s.xlsx"
    write_settlement(years, path)
    engine = IronCalc()
    engine.open(path)
    engine.set("in_deflator", [0.03])
    engine.set("in_tier_real", ["No", "yes", "", "", "", ""])
    engine.recalculate()
    seen = as_seen(open_settlement(path), engine, ["in_deflator", "in_tier_real"])
    back = read_back(seen)
    assert back.years[0].damping.tiers == {"cash": 0.9, "real": 0.9 * 1.03}
    assert compare_with_engine(seen, back.settle()) == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"Inputs__D6": 1.5}, r"Inputs!D6: the pot is 1\.5\. Type whole pounds"),
        ({"Inputs__D6": "lots"}, r"Inputs!D6: the pot is 'lots'\."),
        ({"Inputs__D6": None}, r"Inputs!D6: the pot is nothing\."),
        ({"Inputs__D6": "=1+A1"}, r"Inputs!D6: the pot is a formula .* whose value was not saved"),
        ({"Inputs__D14": -5}, r"Inputs!D14: the baseline is -5\."),
        ({"Inputs__E15": 0}, r"Inputs!E15: the area cost factor is 0\."),
        ({"Inputs__A16": "E99999999"}, "Inputs!A16: the code is 'E99999999', and E06000004"),
        ({"Damping__B7": "Flor"}, r"Damping!B7: Method is 'Flor'\. Choose one of: No damping"),
        ({"Damping__B10": "x"}, r"Damping!B10: Floor: .* is 'x'\."),
        ({"Damping__B8": 1.2}, r"Damping!B8: Phasing.* is 1\.2\. Type a percentage from 0% to"),
        ({"Damping__B9": "Yes"}, r"Members!F13: the group of E06000001 is nothing, and 13 more"),
        ({"Damping__B7": "Bands"}, r"Members!D13: the band of E06000001 is nothing, and 13"),
        ({"Damping__B7": "Floor and ceiling"}, r"Damping!B11: Ceiling: .* is nothing"),
        ({"Damping__B7": "Protection"}, r"Damping!B15: Who pays .* is nothing"),
        ({"Weights__C8": -1}, r"Weights!C8: spend on .* is -1\."),
        ({"Weights__B8": "CINN"}, r"Weights!B8: the metric of .* is 'CINN'"),
        ({"Weights__E19": "heavy"}, r"Weights!E\d+: the weight of \w+ is 'heavy'"),
        ({"Use__D13": "c"}, r"Use!D13: use of CIN by E06000001 is 'c'"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_by_its_cell(base, tmp_path, typed, words):
    write_settlement(base, tmp_path / "s.xlsx")
    back = read_back(open_settlement(edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx", **typed)))
    assert len(back.problems) >= 1
    with pytest.raises(CypsError, match=words):
        back.settle()


def test_every_problem_is_told_at_once(base, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    path = edited(
        tmp_path / "s.xlsx", tmp_path / "e.xlsx", Inputs__D6="x", Inputs__D13=None,
        Inputs__E20="y", Damping__B10=None,
    )  # fmt: skip
    places = [problem.place for problem in read_back(open_settlement(path)).problems]
    assert places == ["Inputs!D6", "Inputs!D13", "Inputs!E20", "Damping!B10"]


def test_a_number_overwritten_in_a_result_is_named(base, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement(base, path)
    pounds = base[0][1].pounds[2]
    spoilt = patched(
        path, tmp_path / "o.xlsx", sheet_part(path, "Results"),
        (rb"<v>%d</v>" % pounds, b"<v>%d</v>" % (pounds + 1)),
    )  # fmt: skip
    opened = open_settlement(spoilt)
    (found,) = compare_with_engine(opened, read_back(opened).settle())
    assert found.place.startswith("Results!")
    assert "Pounds of" in found.words
    assert f"{pounds + 1:,}; the engine gives {pounds:,}" in found.words


def test_a_tiny_difference_is_seen_and_said(base, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement(base, path)
    share = float(base[0][1].share[0])
    text = repr(share).encode()
    spoilt = patched(
        path, tmp_path / "o.xlsx", sheet_part(path, "Results"),
        (b"<v>" + text + b"</v>", b"<v>%r</v>" % (share * (1 + 1e-11))),
    )  # fmt: skip
    opened = open_settlement(spoilt)
    found = compare_with_engine(opened, read_back(opened).settle())
    assert len(found) == 1
    assert "they differ by" in found[0].words


def test_typed_without_recalculating_the_cells_are_named(base, tmp_path):
    """A program that writes a pot and leaves every saved value as it was."""
    path = tmp_path / "s.xlsx"
    write_settlement(base, path)
    pot = base[0][1].scenario.pot
    stale = patched(
        path, tmp_path / "o.xlsx", sheet_part(path, "Inputs"),
        (rb"<v>%d</v>" % pot, b"<v>%d</v>" % (pot + 1_000_000)),
    )  # fmt: skip
    opened = open_settlement(stale)
    found = compare_with_engine(opened, read_back(opened).settle())
    assert any("Target of" in finding.words for finding in found)
    assert any("more cells of the column" in finding.words for finding in found)


def test_a_name_that_was_deleted_is_said(base, tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement(base, path)
    for name, words in (("in_pot", "not a settlement workbook"), ("in_baseline", "has lost its")):
        gone = patched(
            path, tmp_path / "o.xlsx", "xl/workbook.xml",
            (rb'<definedName name="%s">[^<]*</definedName>' % name.encode(), b""),
        )  # fmt: skip
        with pytest.raises(CypsError, match=words):
            read_back(open_settlement(gone)).settle()
