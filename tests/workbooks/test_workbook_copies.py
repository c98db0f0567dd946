"""`cyps workbook freeze`, `publish` and `new`."""

from __future__ import annotations

import re
import zipfile
from datetime import date

import openpyxl
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.pack import Standing
from cyps.settlement import Band, Bands, Floor, Transition, Year, settle_years
from cyps_workbooks import PackNote, read_records, write_settlement
from cyps_workbooks.checks import check_structure
from cyps_workbooks.kept import open_settlement
from cyps_workbooks.kept.frozen import freeze
from cyps_workbooks.kept.frozen_words import retold
from cyps_workbooks.kept.verdict import check_workbook
from cyps_workbooks.page import Against, Typed
from cyps_workbooks.published import check_published
from cyps_workbooks.published.foreign import Cell, Sheet
from cyps_workbooks.record_sheet import compared_in
from workbooks.engines import LibreOffice, libreoffice_missing
from workbooks.kept_files import edited, patched, sheet_part
from workbooks.made_up import hostile, made_up
from workbooks.made_up_pack import made_up_pack
from workbooks.workbook_cells import grids

FEW = authorities(2025)[:14]
DAY = date(2026, 4, 1)


@pytest.fixture(scope="module")
def years():
    one = made_up(seed=3, places=FEW)
    pots = (one.scenario.pot, one.scenario.pot + 1)
    plan = [Year(f"year {k}", pot, Floor(floor=-0.3)) for k, pot in enumerate(pots)]
    return list(settle_years(one.scenario, plan, one.use))


@pytest.fixture
def path(years, tmp_path):
    write_settlement(years, tmp_path / "s.xlsx")
    return tmp_path / "s.xlsx"


def frozen(path):
    before = path.read_bytes()
    out = path.with_name("frozen.xlsx")
    out.write_bytes(freeze(path, DAY))
    assert path.read_bytes() == before
    return out


def figures(shown, living):
    """Every sheet but the record, without titles and what tells how the workbook is used."""
    told = {
        name: retold(sheet, "", "", ()) for name, sheet in open_settlement(living).sheets.items()
    }
    return {
        name: [
            ["" if r == c == 1 or (r, c) in told[name] else value
             for c, value in enumerate(row, start=1)]
            for r, row in enumerate(grid, start=1)
        ]
        for name, grid in shown.items()
        if name != "Record"
    }  # fmt: skip


def test_values_stay_and_formulas_go(path):
    out = frozen(path)
    assert figures(grids(out), path) == figures(grids(path), path)
    book = openpyxl.load_workbook(out)
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert not [c.coordinate for c in cells if c.data_type == "f"]
    assert not [c.coordinate for c in cells if not c.protection.locked]
    assert {sheet["A1"].value.split(": ")[0] for sheet in book} == {"FROZEN 1 April 2026"}
    assert book.properties.title.startswith("FROZEN 1 April 2026: ")
    assert {f.fault for f in check_structure(out)} == {"the cell is an input but is locked"}


def test_a_frozen_copy_says_what_it_is_and_nothing_of_how_to_work_in_it(path):
    out = frozen(path)
    about = [str(row[0]) for row in grids(out)["About"]]
    told = about[about.index("A frozen copy") :]
    assert told[1].startswith("A copy of the values that s.xlsx showed on 1 April 2026. Nothing")
    record = {row[0]: row[2] for row in grids(out)["Record"] if len(str(row[2])) == 64}
    assert len(record) == 2
    for label, digest in record.items():
        assert f"{label}: {digest}" in told
    words = [
        str(value)
        for name, grid in grids(out).items()
        if name not in {"Record", "Glossary"}
        for row in grid
        for value in row
    ]
    for living in ("recalculates by itself", "yellow", "type over", ", live", "Unprotect Sheet"):
        assert not [word for word in words if living in word.replace("Yellow", "yellow")], living
    assert check_workbook(out).findings == ()


OWN = ("Choose an authority", "A now", "the pot, live", "", "", "")
"""What people wrote, in words that a frozen copy says otherwise where they are its own."""


@pytest.fixture
def lively(tmp_path):
    """Every sheet that there is: a pack, another settlement, two years, bands and groups."""
    pack = made_up_pack()
    note = PackNote(pack.name, "9f3a" * 16, pack.status, pack.statement, "Unsigned.", pack,
                    Standing.UNSIGNED)  # fmt: skip
    one = made_up(seed=3, places=FEW)
    member = {code: "AB"[k % 2] for k, code in enumerate(one.scenario.codes)}
    bands = Bands(bands={"A": Band(floor=-0.5), "B": Band(floor=-0.6)}, member=member)
    plan = [Year("2026-27", one.scenario.pot, bands, Transition(group=member)),
            Year("2027-28", one.scenario.pot + 9, Floor(floor=-0.5))]  # fmt: skip
    path = tmp_path / "s.xlsx"
    write_settlement(
        settle_years(one.scenario, plan, one.use), path, pack=note,
        against=Against("another", (("", made_up(seed=5, places=FEW)),)),
        typed=Typed(cells={"text_notes": tuple((words,) for words in OWN)}),
    )  # fmt: skip
    return path


def test_nothing_in_a_frozen_copy_computes_or_asks_to_be_chosen(lively):
    assert b"dataValidation" in members(lively)
    out = frozen(lively)
    assert check_workbook(out).sound
    xml = members(out)
    assert b"dataValidation" not in xml
    assert b"<f>" not in xml
    assert b"<f " not in xml
    assert len(asking(lively)) > 20
    assert asking(out) == []
    assert [row[0] for row in grids(out)["Notes"][5:11]] == list(OWN)


ASKS = re.compile(
    r"\b(choose|type|pick|press|clear|retype|yellow|recalculates)\b|\blive\b|cells give\b(?! what)"
    r"|how to use|Refresh the|may stay blank|\bA now\b", re.IGNORECASE,
)  # fmt: skip


def asking(path):
    """Cells that tell somebody to do something in them, but for people's own notes."""
    return [
        (name, *at, cell.text)
        for name, sheet in open_settlement(path).sheets.items()
        for at, cell in sheet.cells.items()
        if name not in {"Record", "Glossary"} and cell.text and ASKS.search(cell.text)
        if not (name == "Notes" and 6 <= at[0] <= 11)
    ]


def members(path):
    with zipfile.ZipFile(path) as packed:
        return b"".join(packed.read(name) for name in packed.namelist() if name.endswith(".xml"))


def test_choices_that_excel_writes_as_an_extension_go_too(path):
    part = sheet_part(path, "Inputs")
    listed = (b'<extLst><ext xmlns:x14="urn:x" uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}">'
              b'<x14:dataValidations count="1"><x14:dataValidation type="list"/>'
              b"</x14:dataValidations></ext></extLst></worksheet>")  # fmt: skip
    other = patched(path, path.with_name("x.xlsx"), part, (b"</worksheet>", listed))
    with zipfile.ZipFile(frozen(other)) as packed:
        xml = packed.read(part)
    assert b"alidation" not in xml
    assert b"ext" not in xml.rsplit(b"</sheetData>", 1)[1]


def test_what_a_formula_said_to_do_ends_before_it():
    cells = {(7, 3): Cell(7, 3, "STALE: the cells have changed since this snapshot was taken (the "
                          "pot). Refresh the workbook for a new one.", None, 0)}  # fmt: skip
    sheet = Sheet("Bridge", cells=cells, formulas={(7, 3): "x"})
    assert retold(sheet, "1 April 2026", "s.xlsx", ())[(7, 3)].endswith("was taken (the pot).")


def test_many_years_on_about_end_where_the_section_ends():
    cells = {(r, 1): Cell(r, 1, words, None, 0)
             for r, words in enumerate(("To change an assumption", *"abcd"), start=5)}  # fmt: skip
    sheet = Sheet("About", cells=cells)
    told = retold(sheet, "1 April 2026", "s.xlsx", [(f"year {k}", "f" * 64) for k in range(30)])
    assert list(told) == [(r, 1) for r in range(5, 10)]
    assert told[(9, 1)] == "and 30 years more: see the sheet Record."


def test_a_frozen_workbook_is_sound_says_so_and_is_frozen_once(path):
    out = frozen(path)
    verdict = check_workbook(out)
    assert verdict.findings == ()
    assert verdict.sentence == (
        "SOUND: the cells show what the engine gives. Frozen on 1 April 2026: values only."
    )
    with pytest.raises(CypsError, match="is frozen already, on 1 April 2026"):
        freeze(out, DAY)
    use = path.with_name("use.csv")
    use.write_text("code,CIN\n")
    done = CliRunner().invoke(main, ["workbook", "refresh", str(out), "--use", str(use)])
    assert done.exit_code == 2
    assert "was frozen on 1 April 2026" in " ".join(done.stderr.split())


def test_what_it_compares_with_stays_in_the_record(years, tmp_path):
    other = made_up(seed=5, places=FEW)
    write_settlement(years, tmp_path / "s.xlsx", against=Against("another", (("", other),)))
    out = frozen(tmp_path / "s.xlsx")
    opened = open_settlement(out)
    (stored,) = compared_in(out, opened.rows("Record"))
    assert stored[1].baseline.tolist() == other.scenario.baseline.tolist()
    assert check_workbook(out).findings == ()


def test_the_same_day_gives_the_same_bytes(path):
    assert freeze(path, DAY) == freeze(path, DAY)


def test_hostile_texts_stay_as_they_are(tmp_path):
    write_settlement([("2025-26", hostile())], tmp_path / "s.xlsx")
    out = frozen(tmp_path / "s.xlsx")
    living = tmp_path / "s.xlsx"
    assert figures(grids(out), living) == figures(grids(living), living)
    assert read_records(out)[0][1].notes == hostile().scenario.notes


def test_a_figure_that_the_engine_does_not_give_is_not_frozen(path):
    for spoilt in (
        edited(path, path.with_name("e.xlsx"), Inputs__D6=5_000_000),
        patched(
            path, path.with_name("o.xlsx"), sheet_part(path, "Results"),
            (rb'(<c r="N15"[^>]*><f>[^<]*</f><v>)', rb"\g<1>7"),
        ),
    ):  # fmt: skip
        with pytest.raises(CypsError, match="cannot be frozen as it stands"):
            freeze(spoilt, DAY)


def test_a_list_of_what_to_calculate_goes_with_the_formulas(path):
    """Excel saves one; left behind, Excel would call the file damaged."""
    listed = path.with_name("listed.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(listed, "w") as to:
        for name in source.namelist():
            content = source.read(name)
            if name == "[Content_Types].xml":
                part = b'<Override PartName="/xl/calcChain.xml" ContentType="application/x"/>'
                content = content.replace(b"</Types>", part + b"</Types>")
            if name == "xl/_rels/workbook.xml.rels":
                part = b'<Relationship Id="rId99" Type="x/calcChain" Target="calcChain.xml"/>'
                content = content.replace(b"</Relationships>", part + b"</Relationships>")
            to.writestr(name, content)
        to.writestr("xl/calcChain.xml", b'<calcChain><c r="A1" i="1"/></calcChain>')
    with zipfile.ZipFile(frozen(listed)) as packed:
        everything = b"".join(packed.read(name) for name in packed.namelist())
        assert "xl/calcChain.xml" not in packed.namelist()
    assert b"calcChain" not in everything


@pytest.mark.slow
def test_saved_and_opened_by_libreoffice_it_shows_the_same(path, tmp_path):
    """Inputs typed and saved in LibreOffice; frozen; opened there again and recalculated."""
    if missing := libreoffice_missing():
        pytest.skip(missing)
    office = LibreOffice()
    try:
        office.open(path)
        office.set("in_pot", [[1_600_000_000, 1_700_000_001]])
        office.recalculate()
        office("save", path=str(tmp_path / "saved.xlsx"))
        out = frozen(tmp_path / "saved.xlsx")
        records = read_records(out)
        assert [scenario.pot for _, scenario, _ in records] == [1_600_000_000, 1_700_000_001]
        assert read_records(tmp_path / "saved.xlsx")[0][1].pot != 1_600_000_000
        office.open(out)
        office.recalculate()
        assert office.errors() == []
        living = tmp_path / "saved.xlsx"
        shown = figures(office.grids(), living)
        for name, grid in figures(grids(living), living).items():
            for row, other in zip(grid, shown[name], strict=False):
                assert [x for x in row if x != ""] == [x for x in other if x != ""], name
    finally:
        office.close()


def run(*words):
    return CliRunner().invoke(main, ["workbook", *map(str, words)])


def test_freeze_writes_beside_and_never_over(path):
    done = run("freeze", path)
    assert done.exit_code == 0, done.stderr
    assert check_workbook(path.with_name("s-frozen.xlsx")).frozen
    again = run("freeze", path)
    assert again.exit_code == 2
    assert "is there already" in again.stderr


def test_published_from_the_inputs_in_the_workbook(path):
    out = path.with_name("published.xlsx")
    words = ("--contact", "Team, a@b.example", "--published", "2026-04-01")
    done = run("publish", path, "--out", out, *words)
    assert done.exit_code == 0, done.output + done.stderr
    assert check_published(out) == []
    spoilt = edited(path, path.with_name("e.xlsx"), Inputs__D6=5_000_000)
    done = run("publish", spoilt, "--out", path.with_name("other.xlsx"), *words)
    assert done.exit_code == 2
    assert "cannot be published as it stands" in " ".join(done.stderr.split())


def test_a_new_workbook_to_try(tmp_path):
    out = tmp_path / "try.xlsx"
    done = run("new", "--out", out)
    assert done.exit_code == 0, done.stderr
    assert check_workbook(out).findings == ()
    assert "Every number is made up" in read_records(out)[0][1].statement
    assert run("new", "--out", out).exit_code == 2
    assert run("new", "--out", tmp_path / "try.xlsm").exit_code == 2


def test_a_new_workbook_of_a_scenario_is_the_one_that_settle_writes(tmp_path):
    one = made_up(seed=3)
    codes = one.scenario.codes
    for name, head, values in (
        ("use.csv", "CIN,CARE,CEASED", one.use.children.round(1).tolist()),
        ("baseline.csv", "baseline", one.scenario.baseline.reshape(-1, 1).tolist()),
    ):
        rows = [",".join(map(str, (code, *row))) for code, row in zip(codes, values, strict=True)]
        (tmp_path / name).write_text("\n".join([f"code,{head}", *rows]) + "\n")
    (tmp_path / "scenario.toml").write_text(
        'format = 1\ntitle = "T"\npot = 15_000_000_000\n'
        '[files]\nuse = "use.csv"\nbaseline = "baseline.csv"\n'
        '[weights]\nsource = "s"\nstatus = "assumed"\nCIN = 0.5\nCARE = 0.4\nCEASED = 0.1\n'
        '[damping]\nkind = "floor"\nfloor = -0.1\n'
    )
    done = run("new", tmp_path / "scenario.toml", "--out", tmp_path / "new.xlsx")
    assert done.exit_code == 0, done.stderr
    settled = CliRunner().invoke(
        main, ["settle", str(tmp_path / "scenario.toml"), "--out", str(tmp_path / "results")]
    )
    assert settled.exit_code == 0, settled.stderr
    new, written = tmp_path / "new.xlsx", tmp_path / "results" / "settlement.xlsx"
    assert new.read_bytes() == written.read_bytes()


def test_a_new_workbook_of_files_is_the_one_that_settle_writes(tmp_path):
    one = made_up(seed=3)
    for name, head, values in (
        ("use.csv", "CIN,CARE,CEASED", one.use.children.round(1).tolist()),
        ("baseline.csv", "baseline", one.scenario.baseline.reshape(-1, 1).tolist()),
    ):
        pairs = zip(one.scenario.codes, values, strict=True)
        rows = [",".join(map(str, (code, *row))) for code, row in pairs]
        (tmp_path / name).write_text("\n".join([f"code,{head}", *rows]) + "\n")
    lines = [f"{i},{1000000 * i}" for i in range(1, 8)]
    (tmp_path / "spend.csv").write_text("\n".join(["service_area,spend", *lines]) + "\n")
    children = [f"{code},{1000 + i}" for i, code in enumerate(one.scenario.codes)]
    (tmp_path / "children.csv").write_text("\n".join(["code,population", *children]) + "\n")
    words = [
        "--use", tmp_path / "use.csv", "--spend", tmp_path / "spend.csv",
        "--baseline", tmp_path / "baseline.csv", "--pot", "15,000,000,000", "--floor", "-10%",
        "--population", tmp_path / "children.csv",
    ]  # fmt: skip
    done = run("new", *words, "--out", tmp_path / "new.xlsx")
    assert done.exit_code == 0, done.stderr
    settled = CliRunner().invoke(
        main, ["settle", *map(str, words), "--out", str(tmp_path / "results")]
    )
    assert settled.exit_code == 0, settled.stderr
    written = tmp_path / "results" / "settlement.xlsx"
    assert (tmp_path / "new.xlsx").read_bytes() == written.read_bytes()
    lacking = run("new", *words[:2], "--out", tmp_path / "other.xlsx")
    assert lacking.exit_code == 2
    assert "Missing --spend, --baseline, --pot, --floor" in lacking.stderr


@pytest.mark.parametrize("command", ["freeze", "publish"])
def test_what_is_not_saved_yet_is_neither_frozen_nor_published(path, command):
    """The file is as it was last saved: its values are not those that somebody sees."""
    path.with_name(f"~${path.name}").touch()
    out = path.with_name("out.xlsx")
    done = CliRunner().invoke(main, ["workbook", command, str(path), "--out", str(out)])
    assert done.exit_code == 2
    assert f"seems to be open: ~${path.name}" in " ".join(done.stderr.split())
    assert not out.exists()
