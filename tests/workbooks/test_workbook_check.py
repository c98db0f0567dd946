"""`cyps workbook check`: a short verdict, then what and where, for whatever became of a file."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.geography import authorities
from cyps_workbooks import PackNote, write_settlement
from workbooks.kept_files import edited, patched, sheet_part
from workbooks.made_up import hostile, made_up

FEW = authorities(2025)[:14]


@pytest.fixture(scope="module")
def base():
    return [("2025-26", made_up(seed=3, places=FEW))]


@pytest.fixture
def path(base, tmp_path):
    write_settlement(base, tmp_path / "settlement.xlsx")
    return tmp_path / "settlement.xlsx"


def check(path, *more):
    before = path.read_bytes() if path.is_file() else b""
    done = CliRunner().invoke(main, ["workbook", "check", str(path), *more])
    assert not path.is_file() or path.read_bytes() == before
    return done


def test_as_issued_it_is_sound(path):
    done = check(path)
    assert done.exit_code == 0, done.output
    assert "SOUND: the cells show what the engine gives." in done.output
    assert "To mend" not in done.output


def test_hostile_texts_are_sound_and_cannot_command_a_terminal(tmp_path):
    write_settlement([("2025-26", hostile())], tmp_path / "s.xlsx")
    done = check(tmp_path / "s.xlsx")
    assert done.exit_code == 0, done.output


def test_with_a_pack_it_is_sound(base, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx", pack=PackNote("P", "a" * 64, "illustrative", "Hm."))
    assert check(tmp_path / "s.xlsx").exit_code == 0


def test_an_overwritten_formula_is_named_though_its_number_is_right(path):
    """The number is the engine's today, and stays there when the inputs change."""
    part = sheet_part(path, "Calculation")
    spoilt = patched(
        path, path.with_name("o.xlsx"), part, (rb'(<c r="M20"[^>]*>)<f>[^<]*</f>', rb"\1")
    )
    done = check(spoilt)
    assert done.exit_code == 1
    assert re.search(r"Calculation!M20: its formula was overwritten with [\d,.]+", done.output)


def test_a_changed_formula_is_named(path):
    part = sheet_part(path, "Calculation")
    spoilt = patched(path, path.with_name("o.xlsx"), part, (rb'(<c r="M20"[^>]*><f>)', rb"\g<1>0+"))
    done = check(spoilt)
    assert done.exit_code == 1
    assert "Calculation!M20: its formula is not the one that it was issued with" in done.output


def test_a_locked_figure_that_was_changed_is_named(path):
    spoilt = patched(
        path, path.with_name("o.xlsx"), sheet_part(path, "Use"),
        (rb'(<c r="D13"[^>]*><v>)', rb"\g<1>1"),
    )  # fmt: skip
    done = check(spoilt)
    assert done.exit_code == 1
    assert "Use!D13: this locked figure was" in done.output


def test_a_record_that_was_changed_is_named(path):
    spoilt = patched(
        path, path.with_name("o.xlsx"), "xl/sharedStrings.xml", (rb'"pot":1', b'"pot":2')
    )
    done = check(spoilt)
    assert done.exit_code == 1
    assert "sheet 'Record': the record of 2025-26 is not as it was written" in done.output


def test_what_was_typed_is_listed_with_what_it_was(base, path):
    pot = base[0][1].scenario.pot
    done = check(edited(path, path.with_name("e.xlsx"), Inputs__D6=9_000_000_000))
    assert done.exit_code == 1
    assert "formulas have no saved value: a program that does not calculate" in done.output
    assert f"Inputs!D6 (in_pot): was {pot:,}, is 9,000,000,000" in done.output


def test_children_that_settle_filled_in_are_not_called_typed(base, path):
    """The record has no children, so nobody can say who filled them in."""
    write_settlement(base, path, population=[1000.0] * len(FEW))
    done = check(path, "--json")
    assert done.exit_code == 0
    assert json.loads(done.output)["changed_since_issue"] == []


def test_formulas_that_show_empty_text_have_a_saved_value(path):
    """Blank is what most cells of a year show that cannot be settled; it was calculated."""
    emptied = path.with_name("blank.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(emptied, "w") as to:
        for name in source.namelist():
            content = source.read(name)
            if "worksheets/sheet" in name:
                content = re.sub(
                    rb'<c r="(\w+)"( s="\d+")?(?: t="\w+")?>(<f>[^<]*</f>)<v>[^<]*</v>',
                    rb'<c r="\1"\2 t="str">\3<v></v>', content,
                )  # fmt: skip
            to.writestr(name, content)
    told = " ".join(check(emptied).output.split())
    assert "no saved value" not in told
    assert "shows nothing; the engine gives" in told
    formulas = check(edited(path, path.with_name("e.xlsx"), Inputs__D6=9_000_000_000)).output
    many = re.search(r"([\d,]+) of ([\d,]+) formulas have no saved value", formulas)
    assert many[1] == many[2]


def test_a_rule_that_cannot_be_kept_is_the_engines_sentence(path):
    done = check(edited(path, path.with_name("e.xlsx"), Damping__B10=0.9))
    assert done.exit_code == 1
    assert "A floor of 90.0000% cannot be paid for" in done.output


def test_red_and_amber_lines_of_the_sheet_checks_are_told(path):
    part = sheet_part(path, "Checks")
    for verdict, code in ((b"STOP", 1), (b"WARN", 0)):
        spoilt = patched(
            path, path.with_name("o.xlsx"), part,
            (rb'(<c r="B11"[^>]*><f>[^<]*</f><v>)OK', rb"\1" + verdict),
        )  # fmt: skip
        done = check(spoilt)
        assert done.exit_code == code
        assert "Checks!B11: Spend:" in done.output


def test_a_file_that_is_open_elsewhere_is_noted(path):
    path.with_name(f"~${path.name}").touch()
    done = check(path)
    assert done.exit_code == 0
    assert "somebody has it open" in done.output


def test_json_says_all(path):
    told = json.loads(check(path, "--json").output)
    assert told["sound"] is True
    assert told["findings"] == told["changed_since_issue"] == []
    spoilt = edited(path, path.with_name("e.xlsx"), Inputs__D6="x", Inputs__D13="y")
    told = json.loads(check(spoilt, "--json").output)
    assert [f["place"] for f in told["findings"] if f["about"] == "inputs"] == [
        "Inputs!D6", "Inputs!D13",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.xlsx", None, "There is no file"),
        ("notes.xlsx", b"hello", "not an Excel workbook"),
        ("secret.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "protected by a"),
    ],
)
def test_what_is_no_workbook_is_an_error(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = check(tmp_path / name)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())


def test_a_macro_bearing_or_foreign_workbook_is_an_error(path):
    macros = patched(
        path, path.with_name("m.xlsm"), "[Content_Types].xml",
        (rb"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main\+xml",
         b"vnd.ms-excel.sheet.macroEnabled.main+xml"),
    )  # fmt: skip
    done = check(macros)
    assert done.exit_code == 2
    assert "holds macros" in done.stderr
    foreign = patched(path, path.with_name("f.xlsx"), "xl/workbook.xml", (b'"Record"', b'"Rec"'))
    done = check(foreign)
    assert done.exit_code == 2
    assert "not a settlement workbook" in " ".join(done.stderr.split())
