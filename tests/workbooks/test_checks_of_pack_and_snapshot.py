"""What the sheet Checks says of the pack's signature and of a stale snapshot, and who reads it."""

from __future__ import annotations

import json
import re
import zipfile
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.cli.pack_use import pack_note
from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.pack import PackState, Standing
from cyps.settlement import Floor, Year, settle_years
from cyps_addin.actions.output import found_rows
from cyps_workbooks import PackNote, write_settlement
from cyps_workbooks.checks import check_structure
from cyps_workbooks.kept import open_settlement
from cyps_workbooks.kept.frozen import freeze
from cyps_workbooks.kept.refreshed import Renewal, open_for_refresh, refresh
from cyps_workbooks.kept.verdict import check_workbook
from cyps_workbooks.page import Against
from workbooks.engines import IronCalc
from workbooks.kept_files import patched, sheet_part
from workbooks.made_up import made_up
from workbooks.made_up_pack import made_up_pack
from workbooks.test_workbook_copies import DAY
from workbooks.workbook_cells import grids, named_places

PLACES = authorities(2025)[:14]
NAME = "Signature of the pack"
SENTENCE = "It says '=cmd|x', with \"another\" key: " + "well-known since 1 April 2026, " * 6
SEEN = {
    Standing.TRUSTED: "OK", Standing.UNKNOWN_SIGNER: "WARN", Standing.UNSIGNED: "WARN",
    None: "WARN", Standing.WRONG_YEAR: "STOP", Standing.CHANGED: "STOP",
}  # fmt: skip
TOP = {"OK": "OK: every check passes", "WARN": "WARN: 1 to note (see Checks)",
       "STOP": "STOP: not to be used; checks that fail: 1 (see Checks)"}  # fmt: skip


def of(standing, pack=None):
    pack = pack or made_up_pack()
    loaded = SimpleNamespace(pack=pack, content_hash="9f3a" * 16,
                             state=PackState(standing, SENTENCE))  # fmt: skip
    return pack_note(loaded)


def unasked():
    return PackNote("P", "9f3a" * 16, "illustrative", "No.")


def written(tmp_path, standing):
    path = tmp_path / "s.xlsx"
    note = unasked() if standing is None else of(standing)
    write_settlement([("2025-26", made_up(seed=3, places=PLACES))], path, pack=note)
    return path


def line(seen, name=NAME):
    return next(row for row in seen["Checks"] if row[0] == name)


@pytest.mark.parametrize("standing", SEEN)
def test_the_line_says_how_the_signature_stands(tmp_path, standing):
    path = written(tmp_path, standing)
    assert check_structure(path) == []
    as_written, verdict = grids(path), SEEN[standing]
    ironcalc = IronCalc()
    ironcalc.open(path)
    ironcalc.recalculate()
    assert ironcalc.errors() == []
    for seen in (as_written, ironcalc.grids()):
        assert line(seen)[1] == verdict
        words = line(seen)[2]
        if verdict == "OK":
            assert words == "The pack behind the use is signed, by a signer of the trust file."
        elif standing is None:
            assert words.startswith("Nobody asked: no signature was looked for. ")
        else:
            assert words.startswith(" ".join(SENTENCE.split()))
        assert {grid[2][0] for grid in seen.values()} == {TOP[verdict]}
        assert line(seen)[3] == "Pack B5"
    assert as_written["Pack"][4][:2] == [
        "Signature", "not looked for" if standing is None else standing.value,
    ]  # fmt: skip
    with zipfile.ZipFile(path) as parts:
        checks = parts.read(sheet_part(path, "Checks")).decode()
    assert 'location="Pack!$B$5"' in checks
    assert "cmd|" not in "".join(re.findall("<f>[^<]*</f>", checks))
    area = named_places(path)["check_lines"][1]
    assert area == f"A11:D{10 + len([row for row in as_written['Checks'][10:] if row[0]])}"


@pytest.mark.parametrize("standing", SEEN)
def test_check_freeze_refresh_and_the_action_know_the_line(tmp_path, standing):
    path, expected = written(tmp_path, standing), SEEN[standing]
    told = CliRunner().invoke(main, ["workbook", "check", str(path), "--json"])
    assert told.exit_code == (1 if expected == "STOP" else 0), told.output
    found = [f["words"] for f in json.loads(told.output)["findings"]]
    verdict = check_workbook(path)
    states = [(state, words.split(":")[0]) for state, _, words in found_rows(verdict)]
    if expected == "OK":
        assert (found, states) == ([], [])
    else:
        assert [words.split(":")[0] for words in found] == [NAME]
        assert states == [("STOP" if expected == "STOP" else "note", NAME)]
    if expected == "STOP":
        with pytest.raises(CypsError, match=f"cannot be frozen as it stands. Checks!B.*{NAME}"):
            freeze(path, DAY)
    else:
        path.with_name("f.xlsx").write_bytes(freeze(path, DAY))
        assert check_workbook(path.with_name("f.xlsx")).sound
        assert line(grids(path.with_name("f.xlsx")))[1] == expected
    # The cure for a pack that must not be used is another one.
    opened, back = open_for_refresh(path)
    made = refresh(
        opened, back, Renewal(back.use, PLACES, 2025, pack=of(Standing.TRUSTED, made_up_pack()))
    )
    assert [x for x in made.left if "in_child" not in x] == []
    path.with_name("r.xlsx").write_bytes(made.content)
    assert line(grids(path.with_name("r.xlsx")))[1] == "OK"
    assert check_workbook(path.with_name("r.xlsx")).findings == ()


def test_a_line_that_was_made_to_say_ok_is_seen(tmp_path):
    path = written(tmp_path, Standing.CHANGED)
    row = next(i for i, row in enumerate(grids(path)["Checks"], 1) if row[0] == NAME)
    forms = ((rb'(<c r="B%d"[^>]*><f>)[^<]*</f><v>STOP' % row, rb'\1"OK"</f><v>OK'),)
    spoilt = patched(path, tmp_path / "o.xlsx", sheet_part(path, "Checks"), *forms)
    lines = [finding.line() for finding in check_workbook(spoilt).findings]
    assert any(x.startswith(f"Checks!B{row}: its formula is not the one") for x in lines), lines


def test_without_a_pack_or_another_settlement_there_is_no_such_line(tmp_path):
    path = tmp_path / "s.xlsx"
    write_settlement([("2025-26", made_up(seed=3, places=PLACES))], path)
    names = {row[0] for row in grids(path)["Checks"]}
    assert not {NAME, "Snapshot of Bridge"} & names


def test_a_stale_snapshot_is_amber_on_checks_for_its_own_year(engine, tmp_path):
    one = made_up(seed=3, places=PLACES)
    plan = [Year(f"year {k}", one.scenario.pot + k, Floor(floor=-0.3)) for k in (1, 2)]
    years = list(settle_years(one.scenario, plan, one.use))
    path = tmp_path / "s.xlsx"
    write_settlement(
        years, path, against=Against("before", (("", made_up(seed=5, places=PLACES)),))
    )
    assert check_workbook(path).findings == ()
    engine.open(path)
    names = [f"year {k}: Snapshot of Bridge" for k in (1, 2)]

    def lines():
        engine.recalculate()
        assert engine.errors() == []
        seen = engine.grids()
        return [line(seen, name)[1] for name in names], seen["Notes"][2][0]

    assert lines() == (["OK", "OK"], "OK: every check passes")
    pots = [year.pot for year in plan]
    engine.set("in_pot", [[pots[0], pots[1] + 700_000]])  # the year that is not shown
    assert lines() == (["OK", "WARN"], "WARN: 1 to note (see Checks)")
    assert engine.grids()["Bridge"][6][2].startswith("Current")
    engine.set("in_pot", [[pots[0], -1]])
    assert lines()[0] == ["OK", "WAIT"]
    engine.set("in_pot", [pots])
    engine.set("in_weight_CARE", [0.9])
    assert lines()[0] == ["WARN", "WARN"]


def test_check_notes_a_stale_snapshot_and_a_refresh_takes_a_new_one(tmp_path):
    one, other = made_up(seed=3, places=PLACES), made_up(seed=5, places=PLACES)
    path = tmp_path / "s.xlsx"
    write_settlement([("2025-26", one)], path, against=Against("before", (("", other),)))
    ironcalc = IronCalc()
    ironcalc.open(path)
    ironcalc.set("in_floor", [-0.11])
    ironcalc.recalculate()
    seen = ironcalc.grids()
    row = next(i for i, r in enumerate(seen["Checks"], 1) if r[0] == "Snapshot of Bridge")
    assert seen["Checks"][row - 1][1:4] == [
        "WARN",
        "The cells of this year have changed since the snapshot on the sheet Bridge was taken, so "
        "its steps no longer lead to these pounds. Refresh the workbook for a new one.",
        "Bridge C7",
    ]
    opened, back = open_for_refresh(path)
    again = refresh(opened, back, Renewal(back.use, PLACES, 2025))
    path.with_name("r.xlsx").write_bytes(again.content)
    assert line(grids(path.with_name("r.xlsx")), "Snapshot of Bridge")[1] == "OK"
    assert "check_lines" in open_settlement(path.with_name("r.xlsx")).places
