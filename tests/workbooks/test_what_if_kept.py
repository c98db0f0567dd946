"""A what-if after a meeting is checked against the engine, and says what it is not for."""

from __future__ import annotations

import json
import zipfile

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.geography import authorities
from cyps.settlement import Band, Bands, Floor, settle
from cyps_workbooks import read_records, write_what_if
from cyps_workbooks.checks import check_structure
from cyps_workbooks.kept.opened import open_workbook
from cyps_workbooks.kept.what_if import check_any, check_what_if, settle_as_typed
from cyps_workbooks.record_sheet import compared_in
from cyps_workbooks.templates import FOLDER
from workbooks.engines import IronCalc, LibreOffice, libreoffice_missing
from workbooks.kept_files import as_seen, patched, sheet_part
from workbooks.made_up import hostile, made_up
from workbooks.test_workbook_copies import ASKS, members

FEW = authorities(2025)[:14]
MEMBER = {place.code: ("low", "high")[i % 2] for i, place in enumerate(FEW)}
BANDS = Bands(bands={"low": Band(floor=-0.09), "high": Band(floor=-0.02, ceiling=0.4)},
              member=MEMBER)  # fmt: skip


@pytest.fixture(params=[Floor(floor=-0.05), BANDS], ids=["floor", "bands"])
def base(request):
    return made_up(seed=3, places=FEW, damping=request.param)


@pytest.fixture
def path(base, tmp_path):
    write_what_if("2025-26", base, tmp_path / "what-if.xlsx")
    return tmp_path / "what-if.xlsx"


def run(*words):
    return CliRunner().invoke(main, list(map(str, words)), env={"COLUMNS": "80"})


def plain(output):
    return " ".join(output.split())


def moved(path, engine, levers):
    """The verdict on the workbook with levers typed in and calculated."""
    engine.open(path)
    for name, value in levers.items():
        engine.set(name, [value])
    engine.recalculate()
    return check_what_if(as_seen(open_workbook(path), engine, []))


def test_as_issued_it_is_sound(path):
    done = run("workbook", "check", path)
    assert done.exit_code == 0, done.output
    assert "SOUND: the cells show what the engine gives." in done.output
    assert "Typed since" not in done.output


def test_levers_are_read_and_settled(path):
    levers = {"pot": 1_900_000_001, "floor": -0.03, "weight": 0.5, "phasing": 0.5}
    verdict = moved(path, IronCalc(), {f"in_lever_{key}": x for key, x in levers.items()})
    assert verdict.sound, [finding.line() for finding in verdict.findings]
    ((_, settlement),) = verdict.years
    assert settlement.scenario.pot == 1_900_000_001
    assert len(verdict.changed) == 4
    assert verdict.changed[0] == (
        "'What-if'!C9 (in_lever_pot): as in the scenario, is 1,900,000,001"
    )


def test_a_lever_that_cannot_be_used_is_named(path):
    verdict = moved(path, IronCalc(), {"in_lever_phasing": "half"})
    assert not verdict.sound
    assert [f.place for f in verdict.findings if f.about == "inputs"] == ["'What-if'!C12"]
    verdict = moved(path, IronCalc(), {"in_lever_pot": 10.5})
    assert [f.words for f in verdict.findings if f.about == "inputs"] == [
        "The pot is not whole pounds."
    ]
    assert not [f for f in verdict.findings if f.about == "engine"]


def test_a_rule_that_cannot_be_kept_is_said_once(path):
    verdict = moved(path, IronCalc(), {"in_lever_floor": 0.35})
    assert ["cannot be paid for" in f.words for f in verdict.findings] == [True]


def test_an_overwritten_formula_is_named(path):
    part = sheet_part(path, "Calculation")
    spoilt = patched(
        path, path.with_name("o.xlsx"), part, (rb'(<c r="M20"[^>]*>)<f>[^<]*</f>', rb"\1")
    )
    done = run("workbook", "check", spoilt)
    assert done.exit_code == 1
    assert "Calculation!M20: its formula was overwritten" in plain(done.output)


def test_a_changed_figure_of_the_scenario_is_named(path):
    part = sheet_part(path, "Scenario")
    spoilt = patched(
        path, path.with_name("o.xlsx"), part, (rb'(<c r="D20"[^>]*>)<v>[^<]*</v>', rb"\1<v>7</v>")
    )
    done = run("workbook", "check", spoilt)
    assert done.exit_code == 1
    assert "Scenario!D20: this locked figure was" in plain(done.output)


def test_a_number_that_is_not_the_engines_is_named(path):
    part = sheet_part(path, "Calculation")
    with zipfile.ZipFile(path) as parts:
        assert b"<v>" in parts.read(part)
    verdict = check_any(path)
    pounds = next(
        at for at, cell in verdict.opened.sheets["Calculation"].cells.items()
        if cell.text == "Pounds"
    )  # fmt: skip
    letters = "".join(c for c in verdict.opened.entry("Calculation", *pounds).place if c.isupper())
    place = f"{letters.removeprefix('C')}15".encode()
    changed = rb'(<c r="' + place + rb'"[^>]*><f>[^<]*</f>)<v>[^<]*</v>'
    spoilt = patched(path, path.with_name("o.xlsx"), part, (changed, rb"\1<v>7</v>"))
    done = run("workbook", "check", spoilt)
    assert done.exit_code == 1
    assert "shows 7; the engine gives" in plain(done.output)


def test_hostile_texts_are_sound(tmp_path):
    write_what_if("2025-26", hostile(), tmp_path / "w.xlsx")
    assert run("workbook", "check", tmp_path / "w.xlsx").exit_code == 0


@pytest.mark.slow
@pytest.mark.skipif(bool(libreoffice_missing()), reason=libreoffice_missing())
def test_saved_by_libreoffice_with_levers_moved_it_is_sound(path, tmp_path):
    office = LibreOffice()
    office.open(path)
    office.set("in_lever_pot", [1_900_000_001])
    office.set("in_lever_floor", [-0.03])
    office.recalculate()
    office("save", path=str(tmp_path / "saved.xlsx"))
    office.close()
    done = run("workbook", "check", tmp_path / "saved.xlsx", "--json")
    told = json.loads(done.output)
    assert told["sound"], told["findings"]
    assert told["years"]["2025-26"]["pounds"] == 1_900_000_001
    assert len(told["changed_since_issue"]) == 2


@pytest.fixture
def tried(base, tmp_path_factory):
    """Four levers moved and saved, two of which would count twice if they were taken again."""
    if missing := libreoffice_missing():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("moved")
    write_what_if("2025-26", base, folder / "issued.xlsx")
    office = LibreOffice()
    office.open(folder / "issued.xlsx")
    for name, value in (("pot", 1_900_000_001), ("floor", -0.03), ("weight", 0.1),
                        ("area_cost", 0.5)):  # fmt: skip
        office.set(f"in_lever_{name}", [value])
    office.recalculate()
    office("save", path=str(folder / "what-if.xlsx"))
    office.close()
    return folder / "what-if.xlsx"


def test_a_frozen_copy_is_its_values_and_the_scenario_that_gives_them(tried, base, tmp_path):
    before, living = tried.read_bytes(), check_any(tried).years
    out = tmp_path / "frozen.xlsx"
    done = run("workbook", "freeze", tried, "--out", out)
    assert done.exit_code == 0, done.output
    assert tried.read_bytes() == before
    assert b"<f>" not in members(out)
    assert b"dataValidation" not in members(out)
    assert not ASKS.search(" ".join(texts(out)))
    assert "Frozen: the levers as they stood; blank is as in the scenario." in texts(out)
    verdict = check_any(out)
    assert verdict.findings == ()
    assert verdict.frozen
    # The levers are in the record, and are not taken a second time.
    ((_, kept),) = verdict.years
    assert kept.pounds.tolist() == living[0][1].pounds.tolist() != base.pounds.tolist()
    assert settle_as_typed(out)[0][1].pounds.tolist() == kept.pounds.tolist()
    ((_, scenario, use),) = read_records(out)
    assert settle(scenario, use).pounds.tolist() == kept.pounds.tolist()
    ((_, without, _),) = compared_in(out, open_workbook(out).rows("Record"))
    assert without.pot == base.scenario.pot
    again = run("workbook", "freeze", out, "--out", tmp_path / "twice.xlsx")
    assert "is frozen already" in plain(again.output)
    assert "is a what-if" in plain(run("workbook", "publish", out, "--out", "p.xlsx").output)


def test_a_figure_of_a_frozen_copy_that_was_changed_is_named(path, tmp_path):
    out = tmp_path / "frozen.xlsx"
    assert run("workbook", "freeze", path, "--out", out).exit_code == 0
    opened = open_workbook(out)
    head, columns = opened.headers("Calculation")
    place = opened.entry("Calculation", head + 3, columns["Pounds"]).place.split("!")[1].encode()
    number = rb'(<c r="' + place + rb'"[^>]*>)<v>[^<]*</v>'
    spoilt = patched(out, tmp_path / "o.xlsx", sheet_part(out, "Calculation"),
                     (number, rb"\1<v>7</v>"))  # fmt: skip
    done = run("workbook", "check", spoilt)
    assert done.exit_code == 1
    assert "shows 7; the engine gives" in plain(done.output)


def test_levers_that_cells_do_not_follow_are_not_frozen(path, tmp_path):
    cell = rb'<c r="C9"( s="[0-9]+")/>'
    typed = patched(path, tmp_path / "typed.xlsx", sheet_part(path, "What-if"),
                    (cell, rb'<c r="C9"\1><v>1900000001</v></c>'))  # fmt: skip
    done = run("workbook", "freeze", typed)
    assert done.exit_code == 2
    assert "cannot be frozen as it stands" in plain(done.output)
    assert {p.name for p in tmp_path.iterdir()} == {"what-if.xlsx", "typed.xlsx"}


def texts(path):
    return [c.text for s in open_workbook(path).sheets.values() for c in s.cells.values() if c.text]


def test_it_is_not_published(path, tmp_path):
    before = path.read_bytes()
    done = run("workbook", "publish", path, "--out", tmp_path / "p.xlsx")
    assert done.exit_code != 0
    assert "is a what-if workbook: a page to try levers on." in plain(done.output)
    assert path.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"what-if.xlsx"}


def test_its_record_is_the_scenario_as_issued(path, base):
    assert [(label, one.pot) for label, one, _ in read_records(path)] == [
        ("2025-26", base.scenario.pot)
    ]


def test_it_is_traced_as_issued_and_what_was_typed_is_told(path, tmp_path):
    name = FEW[0].name
    done = run("trace", path, name)
    assert done.exit_code == 0, done.output
    assert "typed" not in done.output
    cell = rb'<c r="C9"( s="[0-9]+")/>'
    typed = patched(path, tmp_path / "typed.xlsx", sheet_part(path, "What-if"),
                    (cell, rb'<c r="C9"\1><v>1900000001</v></c>'))  # fmt: skip
    done = run("trace", typed, name)
    assert done.exit_code == 0, done.output
    assert "its cells give other pounds to" in plain(done.output)
    assert "people have typed in it since" in plain(done.output)


def test_the_template_is_small_sound_and_made_up():
    path = FOLDER / "what-if-made-up.xlsx"
    assert path.stat().st_size < 60_000
    assert check_structure(path) == []
    verdict = check_any(path)
    assert verdict.sound
    assert "made up" in verdict.years[0][1].scenario.statement
    engine = IronCalc()
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []


# --- written by the commands


def test_new_writes_one_to_try(tmp_path):
    out = tmp_path / "w.xlsx"
    done = run("workbook", "new", "--what-if", "--out", out)
    assert done.exit_code == 0, done.output
    assert check_any(out).sound
    assert "there already" in plain(run("workbook", "new", "--what-if", "--out", out).output)
