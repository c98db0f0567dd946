"""Notes, QA log, Change log and Glossary: what people write, and what the run knows."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from cyps.geography import authorities
from cyps.needs import Use
from cyps.settlement import Exclusion, settle
from cyps.settlement.checks import doubts
from cyps.settlement.dated import Parameter
from cyps_workbooks import write_settlement
from cyps_workbooks.changes_sheet import written_before
from cyps_workbooks.checks import check_structure
from cyps_workbooks.glossary_sheet import TERMS
from cyps_workbooks.kept import open_settlement
from cyps_workbooks.kept.refreshed import open_for_refresh, refresh
from cyps_workbooks.kept.who import Renewal
from cyps_workbooks.layout import CHANGES, QA_ROLES, Layout
from cyps_workbooks.page import Typed
from workbooks.engines import IronCalc
from workbooks.made_up import HOSTILE, hostile, made_up
from workbooks.workbook_cells import corner, grids, named_places

PLACES = authorities(2025)[:8]
YEARS = [("2025-26", made_up(seed=3, places=PLACES))]
TEXTS = Layout.of(YEARS).texts()


def words_of(opened, name):
    return [[entry.value for entry in row] for row in opened.block(name)]


def hostile_words():
    """Every name of people's text, its cells full of what a careless writer makes live."""
    found = {}
    for name, place in TEXTS.items():
        area = corner(place.rpartition("!")[2].replace("$", ""))
        words = itertools.cycle(HOSTILE)
        found[name] = tuple(tuple(next(words) for _ in range(area.cols)) for _ in range(area.rows))
    return found


def assert_holds(path, cells):
    opened = open_settlement(path)
    for name, grid in cells.items():
        assert words_of(opened, name) == [list(row) for row in grid], name


def test_what_the_run_knows_stands_in_the_qa_log(tmp_path):
    gone = Exclusion("E06000017", "Rutland", "returned no figures")
    settled = [("2025-26", made_up(seed=3, places=PLACES, exclusions=(gone,)))]
    path = tmp_path / "s.xlsx"
    write_settlement(settled, path)
    seen = grids(path)
    rows = [row[:3] for row in seen["QA log"]]
    assert ["Decision", "Rutland (E06000017) left out", "returned no figures"] in rows
    record = next(row[2] for row in seen["Record"] if row[0] == "2025-26")
    assert ["Data", "Everything settled in 2025-26", f"Record, SHA-256 {record}"] in rows
    assert record[:16] in str(seen["Change log"])
    test = next(row for row in rows if str(row[1]).startswith("The workbook's own checks"))
    assert test[2] == "WARN: 1 to note (see Checks)"


def test_a_dated_parameter_has_its_source_status_and_date(tmp_path):
    letter = {"source": 'A letter, "of May" (2 pages)', "dated": "2026-02-10"}
    notes = tuple(
        f"Pot: {Parameter(value=8000 + k, status=status, **letter).words()}."
        for k, status in enumerate(("published", "assumed", "illustrative"))
    )
    settled = [("2025-26", made_up(seed=3, places=PLACES, notes=(*notes, "As published: no.")))]
    write_settlement(settled, tmp_path / "s.xlsx")
    rows = [row[:5] for row in grids(tmp_path / "s.xlsx")["QA log"]]
    assert ["Log", "What", "Source, reason or result", "Status", "Dated"] in rows
    for k, status in enumerate(("published", "assumed", "illustrative")):
        assert ["Data", f"Pot: £{8000 + k:,}", letter["source"], status, "2026-02-10"] in rows
    assert ["Assumption", "As published: no.", "as given to the run", "", ""] in rows
    kinds = {row[0] for row in rows}
    assert {"Data", "Assumption", "Decision", "Test", "Change", "Limit"} <= kinds
    assert {"Not to be used after", "Assurance statement", *QA_ROLES} <= kinds


def test_what_the_engine_doubts_is_on_notes_and_checks_and_follows_the_cells(tmp_path):
    one = made_up(seed=3, places=PLACES)
    costs = one.scenario.area_cost.copy()
    costs[2] = 112.0
    baseline = one.scenario.baseline / 1000
    use = one.use.children.copy()
    use[4, 1] /= 1000
    odd_use = replace(one.use, children=use)
    odd = settle(replace(one.scenario, area_cost=costs, baseline=baseline), odd_use)
    path = tmp_path / "s.xlsx"
    write_settlement([("2025-26", odd)], path)
    assert len(doubts(odd)) == 3
    notes = " ".join(str(row[0]) for row in grids(path)["Notes"] if row)
    for doubt in doubts(odd):
        assert " ".join(doubt.split()) in " ".join(notes.split())
    names = (
        "Baselines beside targets", "Area cost factors beside each other", "Use beside baselines",
    )  # fmt: skip
    lines = {row[0]: row[1:3] for row in grids(path)["Checks"]}
    assert [lines[name][0] for name in names] == ["WARN", "WARN", "OK"]
    assert lines[names[1]][1].startswith("1 area cost factors are 3 times the middle one")
    engine = IronCalc()
    engine.open(path)
    engine.recalculate()
    now = {row[0]: row[1:3] for row in engine.grids()["Checks"]}
    assert [now[name] for name in names] == [lines[name] for name in names]
    assert engine.grids()["Notes"][2][0] == grids(path)["Notes"][2][0] == (
        "WARN: 2 to note (see Checks)"
    )  # fmt: skip
    engine.set("in_area_cost", [[x] for x in one.scenario.area_cost.tolist()])
    engine.set("in_baseline", [[x] for x in one.scenario.baseline.tolist()])
    engine.recalculate()
    now = {row[0]: row[1:3] for row in engine.grids()["Checks"]}
    assert [now[name][0] for name in names] == ["OK", "OK", "WARN"]
    assert now[names[2]][1].startswith("1 numbers of use are, for each pound of baseline, 50")
    # The same words where it is written with these numbers.
    write_settlement([("2025-26", settle(one.scenario, odd_use))], path)
    lines = {row[0]: row[1:3] for row in grids(path)["Checks"]}
    assert lines[names[2]] == now[names[2]]


def test_the_tests_of_the_qa_log_are_live(tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement(YEARS, path)
    engine = IronCalc()
    engine.open(path)
    engine.set("in_pot", [1.5])
    engine.recalculate()
    rows = {row[1]: row[2] for row in engine.grids()["QA log"]}
    assert rows["The workbook's own checks, live"].startswith("STOP")
    assert rows["Every input can be used, live"] == "No"


def test_people_can_write_where_the_layout_says_and_nowhere_else(tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement(YEARS, path)
    assert set(TEXTS) == {name for name in named_places(path) if name.startswith("text_")}
    assert check_structure(path) == []


@pytest.mark.parametrize("settled", [YEARS, [("2025-26", hostile())]])
def test_what_people_write_stays_text(tmp_path, settled):
    cells = hostile_words()
    path = tmp_path / "s.xlsx"
    write_settlement(settled, path, typed=Typed(cells=cells))
    assert check_structure(path) == []
    assert_holds(path, cells)
    engine = IronCalc()
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert [row[0] for row in engine.grids()["Notes"][5:11]] == list(HOSTILE[:6])


def test_a_refresh_carries_the_words_and_adds_to_the_log(tmp_path):
    cells, path = hostile_words(), tmp_path / "s.xlsx"
    write_settlement(YEARS, path, typed=Typed(cells=cells))
    first = written_before(open_settlement(path).rows(CHANGES))
    assert len(first) == 1
    use = YEARS[0][1].use
    other = Use(use.codes, use.metrics, use.children * np.array([1.1, 1.0, 1.2]), "another use")
    log = first
    for number, one in enumerate((other, use)):
        done = refresh(*open_for_refresh(path), Renewal(one, PLACES, 2025))
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(done.content)
        assert_holds(path, cells)
        now = written_before(open_settlement(path).rows(CHANGES))
        assert now[: len(log)] == log
        assert f"Use is: {one.basis}." in now[len(log) :]
        assert now[-1].startswith("Written by cyps")
        log = now


def test_the_glossary_has_each_word_once_and_in_order():
    names = [term.casefold() for term, _ in TERMS]
    assert names == sorted(set(names))
