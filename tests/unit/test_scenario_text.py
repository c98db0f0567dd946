"""Scenarios written as text: what they mean, and on which line a mistake is told."""

from __future__ import annotations

import json

import pytest

from cyps.errors import CypsError
from cyps.settlement.scenario_text import read_scenario_text

TEXT = """\
format = 1
title = "Ours"
status = "assumed"
pot = 220_000_000

[files]
use = "/data/use.csv"
spend = "/data/spend.csv"
baseline = "/data/baseline.csv"

[damping]
kind = "floor"
floor = -0.05
"""


def refused(text):
    with pytest.raises(CypsError) as told:
        read_scenario_text(text)
    return str(told.value)


def test_toml_and_json_say_the_same():
    toml = read_scenario_text(TEXT)
    said = {
        "format": 1, "title": "Ours", "status": "assumed", "pot": 220_000_000,
        "files": {name: f"/data/{name}.csv" for name in ("use", "spend", "baseline")},
        "damping": {"kind": "floor", "floor": -0.05},
    }  # fmt: skip
    for text in (json.dumps(said), f" \n{json.dumps(said, indent=1)}"):
        assert read_scenario_text(text).choices == toml.choices
    assert (str(toml.folder), toml.sources) == (".", ("The scenario's text",))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("pot = 220_000_000", "pot = -5", "'pot' (line 4) is -5"),
        ('status = "assumed"', 'status = 5', "'status' (line 3)"),
        ("use = ", "uses = ", "'files.uses' (line 7) is not a key"),
        ('title = "Ours"', "", "'title' is missing"),
        ("[damping]", "[dumping]", "'dumping' (line 11) is not a key"),
        ('title = "Ours"', 'title = "Ours"\nnotes = ["""\npot = 1\n"""]\nwrong = 1',
         "'wrong' (line 6) is not a key"),
        ('title = "Ours"', "title = 'Ours'\nnotes = ['''\na = 1 \"\"\"\nb = 2\n''']\nwrong = 1",
         "'wrong' (line 7) is not a key"),
        ("[files]", '["files"]\n"odd" = 1', "'files.odd' (line 7) is not a key"),
        ("[damping]", "[ files . deeper ]\n[damping]", "'files.deeper' (line 11) is not a key"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(old, new, line):
    said = refused(TEXT.replace(old, new, 1))
    assert line in said
    assert said.startswith("The scenario's text cannot be used as a scenario: ")


def test_the_second_of_several_tables_is_counted_from_the_text():
    years = '[[years]]\nlabel = "2026-27"\npot = 1\n[[years]]\nlabel = "2027-28"\npot = -2\n'
    text = TEXT.replace("pot = 220_000_000\n", "")
    said = refused(text + years)
    assert "(line 18)" in said
    assert (text + years).splitlines()[17] == "pot = -2"


def test_a_key_missing_from_a_table_is_told_where_the_table_begins():
    said = refused(TEXT.replace("floor = -0.05\n", ""))
    assert "is missing" in said
    assert "(line 11)" in said


def test_json_tells_the_line_of_a_key_that_stands_once():
    said = {
        "format": 1, "title": "Ours", "status": "assumed", "pot": -5,
        "files": {"use": "/u.csv", "spend": "/s.csv", "baseline": "/b.csv"},
        "damping": {"kind": "floor", "floor": -0.05},
    }  # fmt: skip
    text = json.dumps(said, indent=1)
    at = next(i for i, line in enumerate(text.splitlines(), 1) if '"pot"' in line)
    assert f"'pot' (line {at}) is -5" in refused(text)
    twice = text.replace('"use"', '"pot": 3,\n"use"')
    assert "'pot' is -5" in refused(twice)
    missing = json.dumps({key: value for key, value in said.items() if key != "title"}, indent=1)
    assert "'title' is missing" in refused(missing)


def test_what_a_spreadsheet_or_windows_did_is_guessed():
    for mark in "\u2018\u2019\u201c\u201d":
        told = refused(TEXT.replace('"Ours"', f"{mark}x"))
        assert told == (
            "The scenario's text is not written in TOML: line 2. Quotes have to be straight, \" or "
            "'. Spreadsheets and Word make curly ones of them."
        )
    windows = refused(TEXT.replace("/data/use.csv", r"C:\users\use.csv"))
    assert windows.endswith("In a path write / in place of \\, or put the path in single quotes.")
    plain = refused(TEXT.replace('"Ours"', "Ours"))
    assert plain.endswith('line 2. Text has to stand in quotes, such as "floor".')


def test_a_text_extends_a_file_by_its_whole_path(tmp_path):
    base = tmp_path / "base.toml"
    base.write_text(TEXT.replace("/data/", ""))
    found = read_scenario_text(f'extends = "{base}"\npot = 7\n')
    assert found.choices.pot == read_scenario_text(TEXT.replace("220_000_000", "7")).choices.pot
    assert found.choices.title == "Ours"
    assert found.folder == tmp_path
    assert found.sources == ("The scenario's text", "base.toml")
    assert refused('extends = "base.toml"\npot = 7\n') == (
        "The scenario's text: 'extends' names base.toml without its folder. A text lies in no "
        "folder: give the whole path of the scenario file."
    )
    base.write_text(base.read_text().replace("floor = -0.05\n", ""))
    half = refused(f'extends = "{base}"\npot = 7\n[damping]\nkind = "floor"\n')
    assert "is missing" in half


def test_only_half_of_a_place_may_be_in_the_text(tmp_path):
    """The wrong key is in the file that is extended: no line of the text is to blame."""
    base = tmp_path / "base.toml"
    base.write_text(TEXT.replace("/data/", "").replace("220_000_000", "-5"))
    said = refused(f'extends = "{base}"\ntitle = "Theirs"\n')
    assert "'pot' is -5" in said
    assert "(line" not in said
