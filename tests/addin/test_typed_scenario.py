"""A scenario's text in cells is the scenario file with the same text, and says what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.geography import authorities
from cyps.settlement.record import from_json
from cyps_addin import answer, call, library
from cyps_addin.samples import sample_pack
from plain_files import SPEND, area_cost_rows, baseline_rows, use_rows, write_csv

CHOICES = """\
format = 1
title = "From cells"

pot = 220_000_000
[files]
use = '{folder}/use.csv'
spend = '{folder}/spend.csv'
baseline = '{folder}/baseline.csv'

[damping]
kind = "floor"
floor = -0.05
"""


@pytest.fixture
def folder(tmp_path):
    write_csv(tmp_path / "use.csv", use_rows())
    write_csv(tmp_path / "spend.csv", SPEND)
    write_csv(tmp_path / "baseline.csv", baseline_rows())
    write_csv(tmp_path / "area.csv", area_cost_rows())
    return tmp_path


@pytest.fixture
def text(folder):
    return CHOICES.format(folder=folder.as_posix())


def in_cells(text):
    return [[line or None] for line in text.splitlines()]


def settled_by_command(folder, text, name="scenario.toml"):
    """What `cyps settle` writes of a file with the same text."""
    (folder / name).write_text(text, "utf-8")
    done = CliRunner().invoke(
        main, ["settle", str(folder / name), "--out", str(folder / "out"), "--no-workbook"]
    )
    assert done.exit_code == 0, done.output
    return folder / "out"


def test_one_cell_a_column_and_a_row_of_lines_are_the_file_s_settlement(folder, text):
    expected = call("CYPS_SCENARIO", str(settled_by_command(folder, text)))
    assert call("CYPS_SCENARIO", text) == expected
    assert call("CYPS_SCENARIO", in_cells(text)) == expected
    assert call("CYPS_SCENARIO", [[row[0] for row in in_cells(text)]]) == expected
    whole = [*in_cells(text), *[[None]] * (1_048_576 - len(in_cells(text)))]
    assert call("CYPS_SCENARIO", whole) == expected


def test_json_is_taken_too_and_is_the_same_handle(folder, text):
    told = {
        "format": 1, "title": "From cells", "pot": 220_000_000,
        "files": {role: f"{folder.as_posix()}/{role}.csv" for role in ("use", "spend", "baseline")},
        "damping": {"kind": "floor", "floor": -0.05},
    }  # fmt: skip
    assert call("CYPS_SCENARIO", json.dumps(told)) == call("CYPS_SCENARIO", text)
    assert call("CYPS_SCENARIO", in_cells(json.dumps(told, indent=1))) == call(
        "CYPS_SCENARIO", text
    )


def test_the_handle_is_the_hash_of_what_is_settled(folder, text):
    first = call("CYPS_SCENARIO", text)
    assert call("CYPS_SCENARIO", f"# a remark\n{text}") == first
    assert call("CYPS_SCENARIO", text.replace("-0.05", "-0.04")) != first
    rows = baseline_rows()
    rows[1][1] += 1
    write_csv(folder / "baseline.csv", rows)
    assert call("CYPS_SCENARIO", text) != first, "the content counts, not the file's name"


def test_a_text_extends_a_scenario_file_beside_which_its_files_lie(folder, text):
    settled_by_command(folder, text.replace(f"{folder.as_posix()}/", ""))
    base = folder / "scenario.toml"
    more = f"extends = '{base}'\npot = 230_000_000\n[files]\narea_cost = 'area.csv'"
    expected = text.replace("220_000_000", "230_000_000").replace(
        "[files]", f"[files]\narea_cost = '{folder.as_posix()}/area.csv'"
    )
    assert call("CYPS_SCENARIO", in_cells(more)) == call("CYPS_SCENARIO", expected)


def test_several_years_are_a_handle_each_and_choices_change_each(text):
    years = f'{text}[[years]]\nlabel = "2026-27"\n[[years]]\nlabel = "2027-28"\npot = 230_000_000'
    handles = call("CYPS_SCENARIO", years)
    assert len(handles) == 2
    pots = [library.settlement_of(handle).scenario.pot for [handle] in handles]
    assert pots == [220_000_000, 230_000_000]
    changed = call("CYPS_SCENARIO", years, [["pot", 250_000_000]])
    assert [library.settlement_of(h).scenario.pot for [h] in changed] == [250_000_000] * 2


def test_a_pack_may_be_its_use(tmp_path):
    (tmp_path / "sample.cyps.zip").write_bytes(sample_pack()[2])
    sample = library.settlement_of(call("CYPS_SCENARIO", "sample"))
    who = sample.scenario.authorities
    write_csv(
        tmp_path / "baseline.csv",
        [["code", "baseline"], *([a.code, b] for a, b in zip(who, sample.scenario.baseline,
                                                             strict=True))],
    )  # fmt: skip
    gone = "\n".join(f'{a.code} = "not in the sample"' for a in authorities(2025) if a not in who)
    text = (
        f"format = 1\ntitle = 'x'\npot = 1_000_000\n[files]\nuse = '{tmp_path}/sample.cyps.zip'\n"
        f"baseline = '{tmp_path}/baseline.csv'\n[weights]\nCIN = 0.6\nCARE = 0.4\n"
        "source = 'a paper'\nstatus = 'assumed'\n"
        f"[damping]\nkind = 'none'\n[exclude]\n{gone}\n"
    )
    given = answer("CYPS_SCENARIO", in_cells(text))
    assert given.error is None, given.why
    assert library.settlement_of(given.value).use.children.tolist() == sample.use.children.tolist()


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (("pot = ", "pots = "), "#VALUE!", "'pots' (line 4) is not a key that belongs here"),
        (("-0.05", '"-5%"'), "#VALUE!", "(line 12) is '-5%'; it must be a number"),
        (("-0.05", "= 1"), "#VALUE!", "not written in TOML: Invalid value (at line 12, column"),
        (('"From cells"', "“From cells”"), "#VALUE!", "Quotes have to be straight"),
        (("use.csv", "gone.csv"), "#VALUE!", "gone.csv"),
        (('kind = "floor"\n', ""), "#VALUE!", "'damping' (line 10) must say its kind"),
        (("-0.05", "0.9"), "#NUM!", "highest floor that fits"),
        (("format = 1\n", "extends = 'scenario.toml'\n"), "#VALUE!", "without its folder"),
        (("format = 1\n", "remove = ['pot']\n"), "#VALUE!", "there is no 'extends'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, change, error, says):
    assert change[0] in text
    given = answer("CYPS_SCENARIO", in_cells(text.replace(*change)))
    assert str(given.error) == error
    assert says in given.why


def test_files_without_their_folder_are_refused_before_any_is_looked_for(folder, text, monkeypatch):
    monkeypatch.chdir(folder)
    given = answer("CYPS_SCENARIO", in_cells(text.replace(f"{folder.as_posix()}/use", "use")))
    assert str(given.error) == "#VALUE!"
    assert "names use.csv without a folder" in given.why


def test_paths_of_windows_in_double_quotes_are_explained():
    given = answer("CYPS_SCENARIO", 'format = 1\ntitle = "C:\\Users\\ann"')
    assert "single quotes" in given.why
    assert "line 2" in given.why


def test_json_that_is_wrong_names_its_line():
    given = answer("CYPS_SCENARIO", '{"format": 1,\n"title": 5}')
    assert "'title' (line 2) is 5" in given.why
    assert "JSON: Expecting value: line 2" in answer("CYPS_SCENARIO", '{"a":\n}').why


@pytest.mark.parametrize("word", ["results", "a folder/settlement.json"])
def test_a_word_alone_is_still_asked_for_its_whole_path(word):
    assert "neither a handle nor a whole path" in answer("CYPS_SCENARIO", word).why


def test_several_handles_are_still_refused():
    handle = call("CYPS_SCENARIO", "sample")
    assert "2 cells were given" in answer("CYPS_SCENARIO", [[handle], [handle]]).why


def test_reading_files_loads_neither_click_nor_what_the_frozen_server_lacks(text):
    code = (
        "import sys, json\nfrom cyps_addin import answer\n"
        "given = answer('CYPS_SCENARIO', sys.stdin.read())\n"
        "heavy = ('click', 'rich', 'cyps.cli', 'pandas', 'scipy', 'xlsxwriter', 'openpyxl')\n"
        "print(json.dumps([given.why, [m for m in heavy if m in sys.modules]]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == ["", []]


def test_the_record_in_the_library_is_of_this_text(text):
    handle = call("CYPS_SCENARIO", text)
    [(_, path)] = library.listed()
    scenario, _ = from_json(path.read_text("utf-8"))
    assert scenario.title == "From cells"
    assert path.name.startswith(handle.rpartition("#")[2])
