"""A what-if is refreshed as a settlement workbook is: another use, and the levers as they stand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.needs import Use
from cyps.pack import pack_bytes
from cyps.settlement import Band, Bands, Exclusion, Floor, FloorAndCeiling, settle
from cyps.settlement.levers import Levers, with_levers
from cyps_workbooks import read_records, write_what_if
from cyps_workbooks.checks import check_structure
from cyps_workbooks.kept.carried import Newcomer
from cyps_workbooks.kept.refreshed import open_for_refresh, refresh
from cyps_workbooks.kept.what_if import check_any, settle_as_typed
from cyps_workbooks.kept.who import Renewal
from cyps_workbooks.what_if_workbook import what_if_bytes
from plain_files import write_csv
from workbooks.made_up import made_up
from workbooks.made_up_pack import made_up_pack
from workbooks.workbook_cells import grids

LABEL = "2025-26"
FEW = authorities(2025)[:14]
MORE = authorities(2025)[:15]
MEMBER = {place.code: ("low", "high")[i % 2] for i, place in enumerate(FEW)}
RULES = {
    "floor": Floor(floor=-0.05),
    "floor and ceiling": FloorAndCeiling(floor=-0.5, ceiling=9.0),
    "bands": Bands(bands={"low": Band(floor=-0.09), "high": Band(floor=-0.02, ceiling=0.4)},
                   member=MEMBER),
}  # fmt: skip
MOVED = Levers(pot=1_900_000_001, floor=-0.03, metric="CARE", weight=0.1, area_cost=0.5)


def base_of(name="floor", **more):
    return made_up(seed=3, places=FEW, damping=RULES[name], **more)


def another_use(settlement, places=FEW):
    drawn = np.random.default_rng(8).lognormal(0, 0.2, (len(places), len(settlement.use.metrics)))
    codes = tuple(place.code for place in places)
    return Use(codes, settlement.use.metrics, 1_000 * drawn, "another use")


def tried(base, folder, levers=MOVED, **more):
    """A what-if in which levers were moved and saved."""
    path = folder / "meeting.xlsx"
    path.write_bytes(what_if_bytes(LABEL, base, levers=levers, **more))
    return path


def renewed(path, use, *, places=FEW, year=2025, **more):
    opened, back = open_for_refresh(path)
    before = path.read_bytes()
    made = refresh(opened, back, Renewal(use, tuple(places), year, **more))
    assert path.read_bytes() == before
    out = path.with_name("refreshed.xlsx")
    out.write_bytes(made.content)
    return made, out


def pull(base, use, levers):
    return settle(with_levers(base.scenario, use.metrics, levers), use)


@pytest.mark.parametrize("name", RULES)
def test_levers_are_typed_and_settled_with_the_new_use(name, tmp_path):
    base = base_of(name)
    use = another_use(base)
    children = np.linspace(5_000, 90_000, len(FEW))
    path = tried(base, tmp_path, chosen=FEW[5].name, population=children)
    made, out = renewed(path, use)
    assert made.left == ()
    assert made.years[0][1].pounds.tolist() == settle(base.scenario, use).pounds.tolist()
    verdict = check_any(out)
    assert verdict.findings == ()
    assert len(verdict.changed) == 4
    ((_, settled),) = verdict.years
    assert settled.pounds.tolist() == pull(base, use, MOVED).pounds.tolist()
    assert settle_as_typed(out)[0][1].pounds.tolist() == settled.pounds.tolist()
    page = grids(out)["What-if"]
    assert page[5][:2] == [FEW[5].name, "CARE"]
    assert [row[2] for row in page[8:14]] == [1_900_000_001, -0.03, "", "", 0.1, 0.5]
    each = next(row for row in page if row[0] == "Pounds per child")
    assert each[2] == pytest.approx(settled.pounds[5] / children[5])
    assert check_structure(out) == []


def test_with_the_same_use_it_is_the_same_page(tmp_path):
    base = base_of()
    path = tried(base, tmp_path)
    made, out = renewed(path, base.use)
    assert made.left == ()
    assert "no authority's pounds moved" in made.changes[-1]
    then, now = grids(path), grids(out)
    assert all(then[name] == now[name] for name in then if name != "Record")


def test_without_levers_it_is_as_in_the_new_scenario(tmp_path):
    base = base_of()
    made, out = renewed(tried(base, tmp_path, Levers()), another_use(base))
    assert not [line for line in made.changes if line.startswith("With the")]
    assert grids(out)["What-if"][2][0].startswith("OK: as in the scenario, no lever is moved")
    assert check_any(out).findings == ()


def test_what_changed_is_listed_and_where_it_came_from(tmp_path):
    base = base_of()
    made, out = renewed(tried(base, tmp_path), another_use(base))
    told = " ".join(made.changes)
    assert "Use is: another use." in told
    assert f"{LABEL}: the pounds of " in told
    was, now = (pull(base, use, MOVED).pounds for use in (base.use, another_use(base)))
    many = int((was != now).sum())
    assert many
    assert f"With the 4 levers as they stand: the pounds of {many} of 14 authorities moved" in told
    ((_, scenario, _),) = read_records(out)
    assert scenario.notes[0].startswith("Refreshed from meeting.xlsx (SHA-256 ")
    again, _ = renewed(out, base.use)
    ((_, settled),) = again.years
    assert sum(note.startswith("Refreshed from") for note in settled.scenario.notes) == 1


def test_somebody_is_left_out_and_somebody_is_new(tmp_path):
    base = base_of()
    children = np.linspace(5_000, 90_000, len(FEW))
    path = tried(base, tmp_path, chosen=FEW[0].name, population=children)
    newcomer = Newcomer(baseline=50_000_000.0, area_cost=1.1)
    gone = (Exclusion(FEW[0].code, FEW[0].name, "gone"),)
    made, out = renewed(
        path, another_use(base, MORE), places=MORE[1:],
        exclusions=gone, newcomers={MORE[14].code: newcomer},
    )  # fmt: skip
    told = " ".join(made.changes)
    assert f"Left out: {FEW[0].name}" in told
    assert f"New: {MORE[14].name}" in told
    left = " ".join(made.left)
    assert f"Children of {MORE[14].name} ({MORE[14].code}) are not known" in left
    assert f"the authority shown was '{FEW[0].name}'; it is '{FEW[1].name}' now." in left
    assert check_any(out).findings == ()


def test_words_outside_the_levers_stay_or_are_named(tmp_path):
    path = tried(base_of(), tmp_path, Levers())
    book = openpyxl.load_workbook(path)
    page = book["What-if"]
    page["G3"], page["A3"], page["C10"] = "agreed with the leader", "my own words", -0.01
    page["C9"] = "=1900000000+1"
    book.create_sheet("Sums")["A1"] = 5
    book.save(path)
    with pytest.raises(CypsError, match="whose value was not saved"):
        open_for_refresh(path)
    book = openpyxl.load_workbook(path)
    book["What-if"]["C9"] = None
    book.save(path)
    made, out = renewed(path, another_use(base_of()))
    assert grids(out)["What-if"][2][6] == "agreed with the leader"
    assert grids(out)["What-if"][9][2] == -0.01
    told = " ".join(made.left)
    assert "The sheet Sums was not drawn by cyps" in told
    assert "'What-if'!A3: its formula was overwritten with 'my own words'" in told
    assert check_any(out).findings == ()


def test_levers_that_cannot_be_used_or_kept_are_refused(tmp_path):
    path = tried(base_of(), tmp_path, Levers())
    book = openpyxl.load_workbook(path)
    book["What-if"]["C12"] = "half"
    book.save(path)
    with pytest.raises(CypsError, match=r"C12: The lever phasing.*Mend them there first"):
        open_for_refresh(path)
    base = base_of("floor and ceiling")
    path = tried(base, tmp_path, Levers(ceiling=0.5))
    use = another_use(base)
    uneven = replace(use, children=use.children**9)
    settle(base.scenario, uneven)  # which can be settled without the lever
    with pytest.raises(CypsError, match=r"with its levers as they stand.*clear the lever"):
        renewed(path, uneven)


def test_a_lever_that_does_not_apply_any_more_is_named(tmp_path):
    base = made_up(seed=3, places=FEW, damping=Floor(floor=-0.5))
    path = tried(base, tmp_path, Levers(area_cost=0.5))
    gone = tuple(Exclusion(place.code, place.name, "gone") for place in FEW[1:])
    made, out = renewed(path, another_use(base), places=FEW[:1], exclusions=gone)
    assert "C14 (in_lever_area_cost): 0.5: the lever does not apply any more." in made.left[0]
    assert check_any(out).findings == ()


# --- by the command


def run(*words):
    return CliRunner().invoke(main, list(map(str, words)), env={"COLUMNS": "80"})


def test_the_command_writes_it_beside_and_tells(tmp_path):
    base = made_up(seed=5)
    path, use = tmp_path / "meeting.xlsx", another_use(base, base.scenario.authorities)
    path.write_bytes(what_if_bytes(LABEL, base, levers=Levers(phasing=0.5)))
    before = path.read_bytes()
    rows = [[code, *map(float, of)] for code, of in zip(use.codes, use.children, strict=True)]
    write_csv(tmp_path / "use.csv", [["code", *use.metrics], *rows])
    words = ("workbook", "refresh", path, "--use", tmp_path / "use.csv")
    done = run(*words)
    assert done.exit_code == 0, done.output
    assert path.read_bytes() == before
    plain = " ".join(done.output.split())
    assert "With the lever as it stands: the pounds of" in plain
    assert "Not carried" not in plain
    verdict = check_any(tmp_path / "meeting-refreshed.xlsx")
    assert verdict.findings == ()
    expected = pull(base, use, Levers(phasing=0.5)).pounds.tolist()
    assert verdict.years[0][1].pounds.tolist() == expected
    again = run(*words, "--json")
    assert "is there already, and no workbook is written over" in " ".join(again.output.split())
    told = json.loads(run(*words, "--json", "--out", tmp_path / "b.xlsx").output)
    assert told["not_carried"] == []


def test_a_pack_gives_the_use_and_is_in_the_record(tmp_path):
    path, pack = tmp_path / "meeting.xlsx", made_up_pack()
    path.write_bytes(what_if_bytes(LABEL, made_up(seed=5), levers=Levers(phasing=0.5)))
    content, digest = pack_bytes(pack)
    (tmp_path / "new.cyps.zip").write_bytes(content)
    done = run("workbook", "refresh", path, "--pack", tmp_path / "new.cyps.zip")
    assert done.exit_code == 0, done.output
    ((_, scenario, use),) = read_records(tmp_path / "meeting-refreshed.xlsx")
    assert use.children.tolist() == pack.use.children.tolist()
    assert any(digest in note for note in scenario.notes)


@pytest.mark.parametrize("sheet", ["Record", "Scenario", "Calculation", "Damping"])
def test_one_that_lost_a_sheet_is_told_or_drawn_whole(tmp_path, sheet):
    path = tried(base_of(), tmp_path, Levers())
    book = openpyxl.load_workbook(path)
    del book[sheet]
    book.save(path)
    told = run("workbook", "check", path)
    assert told.exit_code == 1
    assert "fault in cyps" not in told.output
    if sheet == "Record":
        assert "has lost its sheet 'Record'" in " ".join(told.output.split())
        with pytest.raises(CypsError, match="has lost its sheet 'Record'"):
            open_for_refresh(path)
        return
    _, out = renewed(path, another_use(base_of()))
    assert check_any(out).findings == ()


@pytest.mark.parametrize("name", ["in_authority", "in_lever_metric"])
def test_one_that_lost_a_name_is_refused(tmp_path, name):
    path = tried(base_of(), tmp_path, Levers())
    book = openpyxl.load_workbook(path)
    del book.defined_names[name]
    book.save(path)
    with pytest.raises(CypsError, match=f"defined name {name}|no settlement|not a settlement"):
        renewed(path, base_of().use)


def test_a_frozen_one_is_refused(tmp_path):
    write_what_if(LABEL, base_of(), tmp_path / "w.xlsx")
    assert run("workbook", "freeze", tmp_path / "w.xlsx").exit_code == 0
    with pytest.raises(CypsError, match="was frozen on"):
        open_for_refresh(tmp_path / "w-frozen.xlsx")
