"""Nine deliberate faults, each seen by our own checks; and nothing said of a sound workbook."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps_workbooks import archive as archive_module
from cyps_workbooks import write_settlement
from cyps_workbooks.archive import read_archive
from cyps_workbooks.checks import check_structure
from workbooks.made_up import made_up

WEIGHTS, CALCULATION = "xl/worksheets/sheet5.xml", "xl/worksheets/sheet7.xml"
BOOK, TABLE = "xl/workbook.xml", "xl/tables/table1.xml"


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "settlement.xlsx"
    write_settlement([("2025-26", made_up(places=authorities(2025)[:5]))], path)
    return path


def replaced(old, new):
    return lambda text: text.replace(old, new, 1)


def validations_first(text):
    rules = re.search(r"<dataValidations.*?</dataValidations>", text, re.S).group(0)
    return text.replace(rules, "").replace("<sheetData>", rules + "<sheetData>")


def long_list(text):
    choices = ",".join(str(i) for i in range(120))
    return re.sub(
        r'(type="list".*?<formula1>).*?(</formula1>)',
        lambda found: f'{found[1]}"{choices}"{found[2]}',
        text, count=1, flags=re.S,
    )  # fmt: skip


FAULTS = {
    "a header twice": (TABLE, replaced('name="Authority"', 'name="Code"'), "same header"),
    "elements out of order": (WEIGHTS, validations_first, "too late"),
    "a name with a space": (BOOK, replaced('name="in_pot"', 'name="in pot"'), "not a name"),
    "a list too long": (WEIGHTS, long_list, "list is longer than 255"),
    "a bracket too many": (
        CALCULATION, replaced('*Inputs!$D$6,"")', '*Inputs!$D$6,""))'), "bracket closes",
    ),
    "a function without its prefix": (
        CALCULATION,
        lambda text: re.sub(r"<f>[^<]*</f>", "<f>XLOOKUP(1,A2:A3,B2:B3)</f>", text, count=1),
        "needs the prefix _xlfn.",
    ),
    "a sheet's name too long": (
        BOOK, replaced('name="Damping"', f'name="{"D" * 33}"'), "1 to 31 characters",
    ),
    "a style that is not there": (
        CALCULATION, lambda text: re.sub(r' s="\d+"', ' s="999"', text, count=1), "style 999",
    ),
    "a header unlike its cell": (
        TABLE, replaced('name="Damped"', 'name="Dampened"'), "the table's header 'Dampened'",
    ),
    # beyond the nine
    "an error left in a cell": (
        CALCULATION, lambda text: re.sub(
            r'<c r="G13" s="(\d+)"><f>(.*?)</f><v>.*?</v>',
            r'<c r="G13" s="\1" t="e"><f>\2</f><v>#DIV/0!</v>', text), "shows the error #DIV/0!",
    ),
    "an input locked": (
        "xl/styles.xml", lambda text: text.replace('<protection locked="0"/>', "<protection/>"),
        "is an input but is locked",
    ),
    "a working cell unlocked": (BOOK, replaced("Inputs!$D$6<", "Inputs!$D$7<"), "is no input"),
    "a sheet unprotected": (
        CALCULATION, lambda text: re.sub(r"<sheetProtection[^>]*/>", "", text), "not protected",
    ),
    "a sheet that is not there": (
        CALCULATION, replaced("Inputs!E13", "Input!E13"), "speaks of the sheet 'Input'",
    ),
    "a row that is not there": (
        CALCULATION, replaced("Inputs!E13", "Inputs!E1300000"), "outside a sheet",
    ),
    "a name that is not there": (
        WEIGHTS, replaced("weights_sound=", "weights_soundd="), "name weights_soundd",
    ),
    "a formula too long": (
        CALCULATION, replaced("*Inputs!$D$6,", "*Inputs!$D$6" + "+1" * 4200 + ","),
        "more than 8,192",
    ),
    "two sheets of one name": (BOOK, replaced('name="Damping"', 'name="weights"'), "two sheets"),
}  # fmt: skip


def broken(sound, tmp_path, part, change):
    path = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(sound) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                changed = change(content.decode()).encode()
                assert changed != content, "the fault was not made"
                content = changed
            target.writestr(name, content)
    return path


def test_a_sound_workbook_has_no_finding(sound):
    assert check_structure(sound) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_deliberate_fault_is_found(sound, tmp_path, fault):
    part, change, words = FAULTS[fault]
    found = check_structure(broken(sound, tmp_path, part, change))
    assert any(words in finding.fault for finding in found), found


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 50_000_000)
    with pytest.raises(CypsError, match="packed more than 200 times"):
        check_structure(path)


def test_too_many_parts_are_refused(sound, monkeypatch):
    monkeypatch.setattr(archive_module, "MOST_PARTS", 3)
    with pytest.raises(CypsError, match="parts, more than 3"):
        read_archive(sound)


def test_too_much_is_refused(sound, monkeypatch):
    monkeypatch.setattr(archive_module, "MOST_BYTES", 1000)
    with pytest.raises(CypsError, match="unpacks to more than"):
        read_archive(sound)


def test_a_part_outside_is_refused(tmp_path):
    path = tmp_path / "outside.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("../outside.xml", b"<a/>")
    with pytest.raises(CypsError, match="outside itself"):
        check_structure(path)


def test_entities_are_refused(sound, tmp_path):
    def with_entity(text):
        return text.replace("<workbook", '<!DOCTYPE w [<!ENTITY e "x">]><workbook', 1)

    with pytest.raises(CypsError, match="cannot be read"):
        check_structure(broken(sound, tmp_path, BOOK, with_entity))


def test_what_is_no_workbook_is_said_to_be_none(tmp_path):
    path = tmp_path / "plain.xlsx"
    path.write_text("code,name")
    with pytest.raises(CypsError, match="not a workbook"):
        check_structure(path)


def test_the_documented_count_is_of_the_faults_that_are_found():
    """docs/workbook.md says how many; a fault that leaves the table must leave the page."""
    nine = list(FAULTS).index("an error left in a cell")
    assert (nine, len(FAULTS) - nine) == (9, 9)
    page = Path(__file__).parents[2] / "docs" / "workbook.md"
    assert "Nine deliberate structural faults and nine more" in page.read_text(encoding="utf-8")
