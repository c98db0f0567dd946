"""Every action end to end on real settlement workbooks, without Excel."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest
from click.testing import CliRunner
from defusedxml import ElementTree

from addin.shown_tables import body
from cyps.cli import main
from cyps.errors import CypsError
from cyps.pack import pack_bytes, read_pack
from cyps.settlement import Floor, Year, settle_years
from cyps.settlement.record import to_json
from cyps_addin import ACTIONS, library
from cyps_addin.actions import run_action
from cyps_addin.headless import act
from cyps_addin.headless.parts import packed, parts_of, sheet_names, without_values
from cyps_addin.samples import sample_pack, sample_settlement
from cyps_workbooks import write_settlement, write_what_if
from cyps_workbooks.kept import open_settlement, read_back
from cyps_workbooks.kept.frozen import freeze
from cyps_workbooks.kept.verdict import check_workbook
from cyps_workbooks.published.reading import read_workbook
from made_settlements import made
from workbooks.engines import libreoffice_missing

needs_office = pytest.mark.skipif(bool(libreoffice_missing()), reason=libreoffice_missing() or "-")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A workbook of two years, and one of one, drawn once."""
    folder = tmp_path_factory.mktemp("drawn")
    one = made(n=8)
    years = settle_years(
        one.scenario,
        (Year("2025-26", one.scenario.pot, Floor(floor=-0.05)),
         Year("2026-27", one.scenario.pot + 500_000, Floor(floor=-0.03))),
        one.use,
    )  # fmt: skip
    write_settlement(years, folder / "two.xlsx")
    write_settlement([("2025-26", one)], folder / "one.xlsx")
    write_settlement([("2025-26", sample_settlement())], folder / "sample.xlsx")
    return folder


@pytest.fixture
def book(drawn, tmp_path):
    return Path(shutil.copy(drawn / "two.xlsx", tmp_path / "two.xlsx"))


@pytest.fixture
def single(drawn, tmp_path):
    return Path(shutil.copy(drawn / "one.xlsx", tmp_path / "one.xlsx"))


def by(table, row):
    """A row of a table by its head."""
    return dict(zip(table[0], row, strict=True))


# --- what each action gives


def test_shares_and_allocations_are_the_engine_s(book):
    years = read_back(open_settlement(book)).settle()
    shares = act("shares", book).table
    assert [row[-1] for row in body(shares)] == years[0][1].share.tolist()
    assert sum(row[-1] for row in body(shares)) == pytest.approx(1, abs=1e-12)
    pounds = act("allocations", book).table
    for label, year in years:
        column = pounds[0].index(f"pounds {label}")
        assert [row[column] for row in body(pounds)] == year.pounds.tolist()


@pytest.mark.parametrize("name", ["shares", "allocations", "my_authority", "compare", "bridge"])
def test_results_say_below_them_what_they_are(book, name):
    """A sheet may be taken out of its workbook: the status goes with it."""
    settled = dict(read_back(open_settlement(book)).settle())["2025-26"].scenario
    table = act(name, book).table
    end = next(i for i, row in enumerate(table) if set(row) == {""})
    below = [row[1] for row in table[end + 1 :]]
    assert " ".join(below) == f"{settled.title} (2025-26). {settled.status}: {settled.statement}"
    assert max(map(len, below)) <= 45, "hosts make columns as wide as their longest text"
    assert {len(row) for row in table} == {len(table[0])}
    assert {cell for row in table[end + 1 :] for cell in (row[0], *row[2:])} == {""}


def test_results_follow_the_year_that_is_chosen(book, tmp_path):
    chosen = act("assume", book, text="year=2026-27; floor=-1%", out=tmp_path / "b.xlsx")
    [year, floor] = chosen.table[1:]
    assert (year[2], floor[0], floor[2]) == ("2026-27", "Damping!C10", -0.01)
    settled = dict(read_back(open_settlement(tmp_path / "b.xlsx")).settle())
    assert settled["2026-27"].scenario.damping == Floor(floor=-0.01)
    assert settled["2025-26"].scenario.damping == Floor(floor=-0.05)
    shown = act("compare", tmp_path / "b.xlsx").table
    assert [by(shown, row)["now"] for row in body(shown)] == settled["2026-27"].pounds.tolist()


def test_my_authority_is_traced_to_its_pounds(single):
    table = act("my_authority", single).table
    settled = read_back(open_settlement(single)).settle()[0][1]
    name = settled.scenario.authorities[0].name
    assert name in table[1][1]
    assert table[2][3] == sum(settled.share >= settled.share[0])
    assert body(table)[-1][3] == settled.pounds[0]


def test_bridge_adds_up_and_compare_says_the_same(single, tmp_path):
    other = tmp_path / "other.xlsx"
    act("assume", single, text="floor=-1%; pot=12,000,000; weight CIN=0.6", out=other)
    steps, beside = act("bridge", other).table, act("compare", other).table
    for step, side in zip(body(steps), body(beside), strict=True):
        assert sum(step[2:-1]) == pytest.approx(step[-1], abs=1e-6)
        assert (step[2], step[-1]) == (by(beside, side)["as issued"], by(beside, side)["now"])
    assert any(row[4] for row in body(beside))


def test_children_that_it_was_issued_with_are_neither_changed_nor_taken_away(tmp_path):
    """No record holds them, so that they once read as typed since, and Reset would clear them."""
    one, path, changed = made(seed=8, n=8), tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_settlement([("2025-26", one)], path, population=[1000.0 * (i + 1) for i in range(8)])
    assert act("reset", path).table == [["cell", "was", "becomes"]]
    assert not [row for row in act("qa_log", path).table if row[0] == "changed since issue"]
    act("assume", path, text="floor=-1%", out=changed)
    assert [row[0] for row in act("reset", changed).table[1:]] == ["Damping!B10"]


def test_a_frozen_copy_takes_no_assumption_and_has_nothing_to_reset(single, tmp_path):
    path = tmp_path / "frozen.xlsx"
    path.write_bytes(freeze(single, dt.date(2026, 4, 1)))
    for name, text in (("reset", ""), ("assume", "floor=0%")):
        with pytest.raises(CypsError, match=r"frozen.xlsx is a frozen copy, made on 1 April 2026"):
            act(name, path, text=text)
    with pytest.raises(CypsError, match=r"^frozen.xlsx is frozen already"):
        act("freeze", path, text=str(tmp_path / "again.xlsx"))


@pytest.mark.parametrize(("name", "done"), [("publish", "published"), ("freeze", "frozen")])
def test_a_workbook_in_manual_calculation_is_told_to_be_computed(single, tmp_path, name, done):
    """A floor was typed and nothing followed it: not a list of cells that differ."""
    parts = parts_of(single)
    place = f"xl/worksheets/sheet{sheet_names(parts).index('Damping') + 1}.xml"
    typed = re.sub(rb'(<c r="B10"[^>]*><v>)[^<]*', rb"\g<1>-0.01", parts[place])
    assert typed != parts[place]
    single.write_bytes(packed(parts | {place: typed}))
    with pytest.raises(CypsError, match=f"cannot be {done} as it stands.*Ctrl\\+Alt\\+F9") as told:
        act(name, single, text=str(tmp_path / "new.xlsx"))
    assert "the engine gives" not in str(told.value)


def test_uncertainty_is_of_the_pack_behind_the_workbook_and_no_other(drawn, tmp_path):
    pack = tmp_path / "sample.cyps.zip"
    pack.write_bytes(sample_pack()[2])
    table = act("uncertainty", drawn / "sample.xlsx", text=str(pack)).table
    for row in body(table):
        told = by(table, row)
        assert told["share from"] < told["share"] < told["share to"]
    with pytest.raises(CypsError, match="did not come from the pack"):
        act("uncertainty", drawn / "one.xlsx", text=str(pack))


def test_a_pack_is_verified_without_going_into_the_library(tmp_path):
    pack = tmp_path / "sample.cyps.zip"
    name, digest, content = sample_pack()
    pack.write_bytes(content)
    told = dict(run_action("verify", str(pack))[1:])
    assert (told["pack"], told["content hash"]) == (name, digest)
    assert "nobody vouches" in told["state"]
    assert library.listed() == ()
    pack.write_bytes(content[:-40])
    with pytest.raises(CypsError):
        run_action("verify", str(pack))


def test_reset_puts_every_input_back_and_blanks_a_weight_of_ones_own(single, tmp_path):
    changed, back = tmp_path / "changed.xlsx", tmp_path / "back.xlsx"
    act("assume", single, text="floor=0%; weight CIN=9; area_cost=1.5; pot=12000000", out=changed)
    assert len(act("reset", changed).table) == 5
    done = act("reset", changed, out=back)
    weight = open_settlement(single).block("in_weight_CIN")[0][0]
    assert [weight.place, 9.0, ""] in done.table
    assert act("reset", back).table == [["cell", "was", "becomes"]]
    assert check_workbook(back).changed == ()


def test_a_reset_brings_changed_spend_back(single, tmp_path):
    content, other = parts_of(single), tmp_path / "spend.xlsx"
    opened = open_settlement(single)
    entry = opened.block("in_spend")[0][0]
    part = opened.sheets[entry.sheet].part
    cell = entry.place.split("!")[1].encode()
    content[part] = re.sub(rb'(<c r="' + cell + rb'"[^>]*>)<v>[^<]*</v>', rb"\1<v>5</v>",
                           content[part])  # fmt: skip
    other.write_bytes(packed(content))
    assert act("reset", other).table[1] == [entry.place, 5.0, entry.value]


def test_outputs_are_written_once_and_never_over_a_file(single, tmp_path):
    published, frozen = tmp_path / "published.xlsx", tmp_path / "frozen.xlsx"
    told = act("publish", single, text=str(published)).table
    assert ["still to be said", "a contact"] in told
    act("freeze", single, text=str(frozen))
    assert not any(sheet.formulas for sheet in read_workbook(frozen).sheets)
    for name, place in (("publish", published), ("freeze", frozen)):
        before = place.read_bytes()
        with pytest.raises(CypsError, match="is there already"):
            act(name, single, text=str(place))
        assert place.read_bytes() == before
        with pytest.raises(CypsError, match=r"has to end in .xlsx"):
            act(name, single, text=str(tmp_path / "x.xls"))


def test_a_what_if_is_frozen_checked_and_logged_and_nothing_else(tmp_path):
    page, frozen = tmp_path / "page.xlsx", tmp_path / "frozen.xlsx"
    write_what_if("2025-26", made(n=8), page)
    act("freeze", page, text=str(frozen))
    assert not any(sheet.formulas for sheet in read_workbook(frozen).sheets)
    with pytest.raises(CypsError, match=r"frozen.xlsx is frozen already"):
        act("freeze", frozen, text=str(tmp_path / "again.xlsx"))
    for path in (page, frozen):
        assert act("checks", path).table[1][2].startswith("SOUND")
        verdict = next(row for row in act("qa_log", path).table if row[0] == "verdict")
        assert verdict[2].startswith("SOUND")
    act("checks", page, out=tmp_path / "with.xlsx")
    assert act("checks", tmp_path / "with.xlsx").table[1][2].startswith("SOUND")
    others = [a for a in ACTIONS if a.on_book and not a.what_if]
    assert {"shares", "publish", "reset", "assume"} <= {a.name for a in others}
    for action in others:
        with pytest.raises(CypsError, match=r"page.xlsx is a what-if workbook"):
            act(action.name, page, text=str(tmp_path / "x.xlsx"))


def test_a_what_if_that_does_not_show_what_the_engine_gives_is_not_frozen(tmp_path):
    page = tmp_path / "page.xlsx"
    write_what_if("2025-26", made(n=8), page)
    parts = parts_of(page)
    parts = {n: without_values(c) if n.startswith("xl/worksheets") else c for n, c in parts.items()}
    page.write_bytes(packed(parts))
    with pytest.raises(CypsError, match=r"page.xlsx cannot be frozen as it stands"):
        act("freeze", page, text=str(tmp_path / "frozen.xlsx"))
    assert not (tmp_path / "frozen.xlsx").exists()


def test_a_new_workbook_is_that_of_the_record(tmp_path):
    one = made(n=5)
    record = tmp_path / "settlement.json"
    record.write_text(to_json(one.scenario, one.use), "utf-8")
    act("new", text=str(record))
    new = tmp_path / "settlement.xlsx"
    assert check_workbook(new).sound
    assert read_back(open_settlement(new)).settle()[0][1].pounds.tolist() == one.pounds.tolist()
    before = new.read_bytes()  # cyps settle writes one, too, so another name is taken
    told = dict(act("new", text=str(record)).table[1:])
    assert told["written"] == str(tmp_path / "settlement 2.xlsx")
    assert check_workbook(tmp_path / "settlement 2.xlsx").sound
    assert new.read_bytes() == before


@pytest.mark.parametrize("typed", ["5", "-5", "1", "-1.0"])
def test_a_rate_without_its_percent_sign_is_not_taken_for_hundreds(single, typed):
    with pytest.raises(CypsError, match=f"Write the percent sign, such as {typed}%"):
        act("assume", single, text=f"floor={typed}")


def test_a_log_without_a_line_says_so():
    assert run_action("log")[1:] == [["No error was logged yet."]]
    run_action("note", "The server ended.")
    assert "The server ended." in run_action("log")[1][0]


def test_authorities_of_which_the_pack_hides_counts_say_why_they_have_no_range(tmp_path):
    path, book = tmp_path / "hidden.cyps.zip", tmp_path / "sample.xlsx"
    path.write_bytes(sample_pack()[2])
    pack = read_pack(path).pack
    hidden = np.zeros(pack.use.gradient.shape, dtype=bool)
    hidden[0, 0, 1] = True  # one figure of Hartlepool's
    use = replace(
        pack.use, hidden=hidden, gradient=np.where(hidden, 0.0, pack.use.gradient),
        suppressed=1,
    )  # fmt: skip
    path.write_bytes(pack_bytes(replace(pack, use=use))[0])
    write_settlement([("2025-26", sample_settlement())], book)
    table = act("uncertainty", book, text=str(path)).table
    assert [(by(table, row)["name"], by(table, row)["note"][:8]) for row in body(table)] == [
        ("Hartlepool", "no range"), ("Derby", ""), ("Leeds", ""),
    ]  # fmt: skip
    assert [str(row[3]) == "#N/A" for row in body(table)] == [True, False, False]


def test_the_log_of_quality_assurance_names_what_was_checked(single, tmp_path):
    changed = tmp_path / "changed.xlsx"
    act("assume", single, text="floor=-1%", out=changed)
    table = act("qa_log", changed).table
    told = [row[0] for row in table]
    assert {"verdict", "changed since issue", "settled"} <= set(told)
    [changed_row] = [row for row in table if row[0] == "changed since issue"]
    assert changed_row[1] == "Damping!B10"


def test_checks_name_what_stops(single, tmp_path):
    assert act("checks", single).table[1][2].startswith("SOUND")
    parts = parts_of(single)
    parts = {n: without_values(c) if n.startswith("xl/worksheets") else c for n, c in parts.items()}
    other = tmp_path / "unsaved.xlsx"
    other.write_bytes(packed(parts))
    assert any(row[0] == "STOP" for row in act("checks", other).table)


@pytest.mark.parametrize("name", ["info", "library", "log", "guide", "about", "diagnostics"])
def test_what_only_tells_tells_something(single, name):
    table = act(name, single).table
    assert len(table) > (0 if name in {"library", "log"} else 2)
    assert len({len(row) for row in table}) == 1


def test_pages_that_the_guide_names_are_there():
    [(here, _), *there] = run_action("guide")[1:]
    assert "CYPS_DAMP" in Path(url2pathname(urlsplit(here).path)).read_text("utf-8")
    for page, _ in there:
        assert (Path(__file__).resolve().parents[2] / page).is_file(), page


def test_no_action_is_untested():
    tests = Path(__file__).read_text("utf-8")
    for action in ACTIONS:
        assert f'"{action.name}"' in tests or action.name == "load", action.name


# --- what becomes of the file


@needs_office
def test_typed_assumptions_are_computed_and_the_rest_is_byte_for_byte(single, tmp_path):
    out = tmp_path / "out.xlsx"
    done = act("assume", single, text="method=Floor and ceiling; floor=-2%; ceiling=40%", out=out)
    assert done.recalculated
    verdict = check_workbook(out)
    assert verdict.sound, verdict.findings
    before, after = parts_of(single), parts_of(out)
    assert list(before) == list(after)
    for name, content in before.items():
        if not name.startswith("xl/worksheets/sheet") and name != "xl/workbook.xml":
            assert after[name] == content, name
    for name in (n for n in before if n.startswith("xl/worksheets/sheet")):
        assert outside_values(after[name]) == outside_values(before[name]), name


def outside_values(sheet):
    """A sheet's part without what its cells hold."""
    return re.sub(rb"<v>[^<]*</v>|\s+t=\"[^\"]*\"|<is>.*?</is>|<v/>", b"", sheet).replace(
        b"></c>", b"/>"
    )


def test_without_libreoffice_no_old_value_is_left(single, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    out = tmp_path / "out.xlsx"
    done = act("assume", single, text="floor=0%", out=out)
    assert not done.recalculated
    for sheet in read_workbook(out).sheets:
        assert not set(sheet.formulas) & set(sheet.cells)
    assert b'fullCalcOnLoad="1"' in parts_of(out)["xl/workbook.xml"]


def test_a_table_goes_on_a_sheet_of_its_own_behind_the_others(single, tmp_path):
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    names = sheet_names(parts_of(single))
    act("shares", single, out=first)
    done = act("shares", first, out=second)
    assert sheet_names(parts_of(second)) == [*names, "CYPS Shares", "CYPS Shares 2"]
    sheet = read_workbook(second).sheets[-1]
    assert [sheet.cells[(r, 7)].number for r in range(2, 10)] == [r[-1] for r in body(done.table)]
    before, after = parts_of(single), parts_of(second)
    grown = ("workbook.xml", "workbook.xml.rels", "Types].xml", "styles.xml")  # test_formats
    kept = [n for n in before if not n.endswith(grown)]
    assert all(after[name] == before[name] for name in kept)
    for content in (c for n, c in after.items() if n.endswith((".xml", ".rels"))):
        ElementTree.fromstring(content)
    assert check_workbook(second).sound


def test_the_workbook_itself_may_be_written_and_is_whole_or_as_it_was(single, monkeypatch):
    act("shares", single, out=single)
    assert sheet_names(parts_of(single))[-1] == "CYPS Shares"
    before = single.read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "no space")))
    with pytest.raises(CypsError, match="could not be written"):
        act("shares", single, out=single)
    assert single.read_bytes() == before
    assert not list(single.parent.glob("*.part"))


@pytest.mark.parametrize("lock", ["~$one.xlsx", ".~lock.one.xlsx#"])
def test_an_open_workbook_is_not_written(single, lock):
    (single.parent / lock).write_text("")
    before = single.read_bytes()
    with pytest.raises(CypsError, match="is open"):
        act("assume", single, text="floor=0%", out=single)
    assert single.read_bytes() == before
    assert act("shares", single).table, "it can be read all the same"


def test_another_file_is_not_written_over(single, tmp_path):
    other = tmp_path / "other.xlsx"
    other.write_bytes(b"mine")
    with pytest.raises(CypsError, match="is there already"):
        act("shares", single, out=other)
    assert other.read_bytes() == b"mine"


def test_macros_and_others_workbooks_are_refused_in_words(single, tmp_path):
    parts = parts_of(single)
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macro = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(kind, macro)
    (tmp_path / "macro.xlsx").write_bytes(packed(parts | {"xl/vbaProject.bin": b"x"}))
    with pytest.raises(CypsError, match="macros"):
        act("shares", tmp_path / "macro.xlsx")
    foreign = parts_of(single)
    foreign["xl/workbook.xml"] = foreign["xl/workbook.xml"].replace(b"in_pot", b"their_pot")
    (tmp_path / "foreign.xlsx").write_bytes(packed(foreign))
    with pytest.raises(CypsError, match="not a settlement workbook"):
        act("shares", tmp_path / "foreign.xlsx")


def test_others_names_sheets_and_manual_calculation_are_left_alone(single, tmp_path):
    parts = parts_of(single)
    book = parts["xl/workbook.xml"]
    book = book.replace(b"<definedNames>", b'<definedNames><definedName name="BBG_x">Inputs!$A$1'
                        b"</definedName>")  # fmt: skip
    book = re.sub(rb"<calcPr[^>]*/>", b'<calcPr calcId="1" calcMode="manual"/>', book)
    (tmp_path / "theirs.xlsx").write_bytes(packed(parts | {"xl/workbook.xml": book}))
    out = tmp_path / "out.xlsx"
    act("assume", tmp_path / "theirs.xlsx", text="floor=0%", out=out)
    after = parts_of(out)["xl/workbook.xml"]
    assert b'name="BBG_x"' in after
    assert b'calcMode="manual"' in after


def test_a_protected_structure_is_left_as_it_is_and_cells_can_be_typed_into(single, tmp_path):
    parts = parts_of(single)
    book = parts["xl/workbook.xml"]
    lock = b'<workbookProtection lockStructure="1"/><bookViews>'
    assert b"<bookViews>" in book
    locked, out = tmp_path / "locked.xlsx", tmp_path / "out.xlsx"
    locked.write_bytes(packed(parts | {"xl/workbook.xml": book.replace(b"<bookViews>", lock)}))
    assert act("shares", locked).table == act("shares", single).table
    with pytest.raises(CypsError, match="its structure is protected"):
        act("shares", locked, out=out)
    assert not out.exists()
    act("assume", locked, text="floor=0%", out=out)
    assert b'lockStructure="1"' in parts_of(out)["xl/workbook.xml"]


# --- what is refused


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("floor=-5", "which would be -500%. Write the percent sign, such as -5%."),
            ("floor=-500%", "from -100% to 1,000%"), ("floor=abc", "Type a rate"),
        ("floor", "no assumption"),
        ("pot=0", "whole pounds above 0"), ("pot=10.5", "whole pounds above 0"),
        ("pot=1e400", "whole pounds above 0"), ("weight CIN=-1", "0 or more"),
        ("weight XYZ=1", "no metric 'XYZ'"), ("area_cost=0", "0 or more"),
        ("method=Magic", "Choose one of: No damping"), ("year=1999", "Choose one of: 2025-26"),
        ("authority=Narnia", "no authority 'Narnia'"), ("metric=CIN", "no assumption"),
        ("floor=nan", "Type a rate"), ("=5", "no assumption"), ("floor=", "Type a rate"),
    ],
)  # fmt: skip
def test_an_assumption_that_cannot_be_is_refused_in_words(single, text, says):
    with pytest.raises(CypsError, match=re.escape(says)):
        act("assume", single, text=text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("floor=-5%", -0.05), ("floor=−5 %", -0.05), ("FLOOR=0", 0.0), ("pot=£8,000,000", 8e6),
     ("ceiling=", ""), ("authority=E06000002", "Middlesbrough"), ("method=floor", "Floor")],
)  # fmt: skip
def test_an_assumption_is_taken_as_people_write_it(single, text, value):
    assert act("assume", single, text=text).table[1][2] == value


def test_area_cost_is_of_the_authority_that_is_named(single):
    [_, [place, was, becomes]] = act("assume", single, text="authority=E06000003; area_cost=1.2"
                                     ).table[1:]  # fmt: skip
    settled = read_back(open_settlement(single)).scenario
    assert (place, was, becomes) == (
        "Inputs!E15",
        pytest.approx(settled.area_cost[2], rel=1e-14),
        1.2,
    )


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [("shares", "", "works on a settlement workbook"), ("load", "", "needs a file"),
     ("nonsense", "", "There is no action"), ("copy_place", "", "There is no action"),
     ("note", "x", "There is no action"),
     ("assume", "", "works on a settlement workbook")],
)  # fmt: skip
def test_what_an_action_needs_is_said(name, text, says):
    with pytest.raises(CypsError, match=says):
        act(name, text=text)


def test_an_action_on_no_workbook_writes_none(single, tmp_path):
    with pytest.raises(CypsError, match="Leave --out away"):
        act("about", single, out=tmp_path / "x.xlsx")


# --- copies, as hosts with a window make them


def test_a_copy_is_taken_away_after_use_and_nothing_else_is(single, own_data):
    place = Path(run_action("copy_place", "https://council.sharepoint.com/a/My book.xlsx"))
    assert place.name == "My book.xlsx"
    assert place.is_relative_to(own_data)
    shutil.copy(single, place)
    assert len(run_action("shares", "", str(place))) == 9 + 2
    assert not place.parent.exists()
    run_action("shares", "", str(single))
    assert single.exists()


def test_a_copy_is_taken_away_when_the_action_fails(own_data):
    place = Path(run_action("copy_place", "..\\..\\x.xlsx"))
    place.write_bytes(b"no workbook")
    with pytest.raises(CypsError):
        run_action("shares", "", str(place))
    assert not list((own_data / "copies").iterdir())


# --- the command


@pytest.mark.parametrize("name", ["shares", "allocations", "my_authority"])
def test_a_shortened_table_still_says_what_it_is_of(drawn, tmp_path, name):
    """Of a table longer and wider than the terminal's part of it, in a terminal of 60 columns."""
    book = tmp_path / "long.xlsx"
    write_settlement([("2025-26", made(n=30))], book)
    ran = CliRunner(env={"COLUMNS": "60"}).invoke(main, ["action", name, str(book)])
    settled = read_back(open_settlement(book)).scenario
    told = " ".join(ran.output.split())
    assert told.endswith(f"{settled.title} (2025-26). {settled.status}: {settled.statement}")
    assert told.count(settled.statement) == 1
    if name != "my_authority":
        assert "and 10 more rows; all are in --json and --out." in told
    short = CliRunner(env={"COLUMNS": "60"}).invoke(main, ["action", name, str(drawn / "one.xlsx")])
    assert " ".join(short.output.split()).endswith(f"{settled.status}: {settled.statement}")


def test_the_command_lists_runs_and_writes(single, tmp_path):
    ran = CliRunner().invoke(main, ["action"])
    assert ran.exit_code == 0
    assert "my_authority" in ran.output
    out = tmp_path / "out.xlsx"
    ran = CliRunner().invoke(main, ["action", "shares", str(single), "--out", str(out), "--json"])
    told = json.loads(ran.output)
    assert told["sheet"] == "CYPS Shares"
    assert zipfile.is_zipfile(out)
    ran = CliRunner().invoke(main, ["action", "shares", "nowhere.xlsx"])
    assert ran.exit_code == 2
    assert "There is no file nowhere.xlsx" in ran.output
