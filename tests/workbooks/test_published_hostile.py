"""Files made to harm or confuse a reader of workbooks: a clear refusal, soon, in little memory."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from cyps.errors import CypsError
from cyps_workbooks.published import Publication, check_published, write_published
from made_settlements import made

SHEET, TYPES = "xl/worksheets/sheet4.xml", "[Content_Types].xml"
SECONDS = 5
"""Of processor time: other work on the machine must not fail a test."""


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    path = tmp_path_factory.mktemp("ours") / "ours.xlsx"
    write_published(Publication((("", made(1)),)), path)
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(path, parts, **changed):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in (parts | changed).items():
            out.writestr(name, content)
    return path


def refused(path, words):
    before = time.process_time()
    with pytest.raises(CypsError, match=words) as error:
        check_published(path)
    assert time.process_time() - before < SECONDS
    assert path.name in str(error.value)


def sheet_with(parts, cells):
    return parts[SHEET].replace(b"</sheetData>", cells + b"</sheetData>")


def test_billion_laughs(parts, tmp_path):
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    bomb = b'<!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b"]><worksheet>&l9;</worksheet>"
    path = packed(tmp_path / "laughs.xlsx", parts, **{SHEET: bomb})
    refused(path, "declares a document type")


def test_an_entity_from_outside(parts, tmp_path):
    xml = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'
    refused(packed(tmp_path / "outside.xlsx", parts, **{SHEET: xml}), "declares a document type")


def test_a_zip_bomb(parts, tmp_path):
    path = packed(tmp_path / "bomb.xlsx", parts, **{"xl/media/image1.png": b"\0" * 59_000_000})
    refused(path, "packed more than 200 times")


def test_a_file_that_unpacks_to_too_much(parts, tmp_path):
    noise = {f"xl/media/{i}.bin": bytes(range(256)) * 40_000 for i in range(7)}
    with zipfile.ZipFile(tmp_path / "much.xlsx", "w") as out:
        for name, content in (parts | noise).items():
            squeeze = zipfile.ZIP_DEFLATED
            out.writestr(name, content, squeeze)
    refused(tmp_path / "much.xlsx", "unpacks to more than 60,000,000 bytes")


def test_a_file_larger_than_any_published_one(tmp_path):
    path = tmp_path / "large.xlsx"
    path.write_bytes(b"PK\3\4" + b"\0" * 20_000_001)
    refused(path, "the checker reads up to 20,000,000")


def test_more_elements_than_there_is_time_for(parts, tmp_path):
    many = b"".join(b'<row r="%d"/>' % (n % 1000 + 1) for n in range(810_000))
    xml = b"<worksheet><sheetData>" + many + b"</sheetData></worksheet>"
    refused(packed(tmp_path / "many.xlsx", parts, **{SHEET: xml}), "more than 800,000 elements")


def test_elements_inside_each_other_without_end(parts, tmp_path):
    xml = b"<worksheet>" + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</worksheet>"
    refused(packed(tmp_path / "deep.xlsx", parts, **{SHEET: xml}), "100 deep")


@pytest.mark.parametrize("shape", [b'<worksheet x="%s"/>', b"<worksheet>%s</worksheet>"])
def test_one_token_of_megabytes(parts, tmp_path, shape):
    noise = np.random.default_rng(1).bytes(8_000_000).hex().encode()
    path = packed(tmp_path / "token.xlsx", parts, **{SHEET: shape % noise})
    before = time.process_time()
    assert "blank-sheets" in {breach.rule for breach in check_published(path)}
    assert time.process_time() - before < SECONDS


def test_one_long_text_in_every_cell(parts, tmp_path):
    strings = b"<sst><si><t>" + b"*a [1 , " * 4_000 + b"</t></si></sst>"
    cells = b"".join(b'<row r="%d"><c t="s"><v>0</v></c></row>' % n for n in range(100, 100_000))
    changed = {SHEET: sheet_with(parts, cells), "xl/sharedStrings.xml": strings}
    refused(packed(tmp_path / "long.xlsx", parts, **changed), "over 10,000,000 letters")


def test_one_part_for_every_sheet(parts, tmp_path):
    sheets = b"".join(b'<sheet name="S%d" r:id="rId4"/>' % n for n in range(400))
    book = parts["xl/workbook.xml"].replace(b"</sheets>", sheets + b"</sheets>")
    noise = np.random.default_rng(1).bytes(800_000).hex().encode()
    sheet = parts[SHEET].replace(b"<sheetData>", b"<!--" + noise + b"--><sheetData>")
    path = packed(tmp_path / "one.xlsx", parts, **{"xl/workbook.xml": book, SHEET: sheet})
    refused(path, "several of its worksheets are the same part")


def test_more_sheets_than_anybody_reads(parts, tmp_path):
    sheets = b"".join(b'<sheet name="S%d" r:id="rId4"/>' % n for n in range(600))
    book = parts["xl/workbook.xml"].replace(b"</sheets>", sheets + b"</sheets>")
    path = packed(tmp_path / "sheets.xlsx", parts, **{"xl/workbook.xml": book})
    refused(path, "610 worksheets")


def test_a_cell_in_the_last_corner_is_a_cell_like_any_other(parts, tmp_path):
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = packed(tmp_path / "corner.xlsx", parts, **{SHEET: sheet_with(parts, corner)})
    before = time.process_time()
    found = check_published(path)
    assert time.process_time() - before < SECONDS
    assert "XFD1048576" in {breach.cell for breach in found}
    assert {breach.rule for breach in found} == {"column-a", "below-table"}


def test_a_cell_outside_every_sheet(parts, tmp_path):
    outside = b'<row r="1"><c r="XFE1048577"><v>1</v></c></row>'
    path = packed(tmp_path / "out.xlsx", parts, **{SHEET: sheet_with(parts, outside)})
    refused(path, "a cell 'XFE1048577', which no worksheet has")


def test_a_table_and_a_merge_over_the_whole_sheet(parts, tmp_path):
    whole = re.sub(rb'ref="A6:[A-Z]+\d+"', b'ref="A6:XFD1048576"', parts["xl/tables/table3.xml"])
    merged = parts[SHEET].replace(
        b"<pageMargins",
        b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells><pageMargins',
    )
    path = packed(tmp_path / "whole.xlsx", parts, **{"xl/tables/table3.xml": whole, SHEET: merged})
    before = time.process_time()
    found = {breach.rule for breach in check_published(path)}
    assert time.process_time() - before < SECONDS
    assert {"merged-cells", "blank-rows-columns"} <= found


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "protected by a password, or is an old",
        ),
        (b"code,name\n", "not an Excel workbook"),
        (b"%PDF-1.7", "not an Excel workbook"),
        (b"", "not an Excel workbook"),
        (b"PK\3\4 and then nothing", "not a workbook that can be opened"),
    ],
)
def test_files_of_another_kind(tmp_path, begins, words):
    path = tmp_path / "other.xlsx"
    path.write_bytes(begins)
    refused(path, words)


def test_no_file_and_a_folder(tmp_path):
    refused(tmp_path / "gone.xlsx", "There is no file")
    (tmp_path / "folder.xlsx").mkdir()
    refused(tmp_path / "folder.xlsx", "There is no file")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
         "a Word document"),
        (b"application/vnd.ms-excel.sheet.binary.macroEnabled.main", "xlsb"),
        (b"text/plain", "says that it is 'text/plain'"),
    ],
)  # fmt: skip
def test_wrong_content_types(parts, tmp_path, kind, words):
    ours = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    assert ours in parts[TYPES]
    path = packed(tmp_path / "types.xlsx", parts, **{TYPES: parts[TYPES].replace(ours, kind)})
    refused(path, words)


def test_any_zip_is_no_workbook(tmp_path):
    refused(packed(tmp_path / "zip.xlsx", {"a.txt": b"hello"}), "a zip file, but not an Excel")


def test_an_open_document(tmp_path):
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    refused(packed(tmp_path / "open.xlsx", {"mimetype": kind}), "OpenDocument")


@pytest.mark.parametrize("name", ["xl/workbook.xml", "xl/styles.xml", SHEET])
def test_parts_that_are_missing_or_damaged(parts, tmp_path, name):
    lacking = {n: c for n, c in parts.items() if n != name}
    refused(packed(tmp_path / "lacking.xlsx", lacking), f"lacks its part {name}")
    path = packed(tmp_path / "damaged.xlsx", parts, **{name: parts[name][:-40]})
    refused(path, f"part .*(styles|{name}) is damaged")


def test_an_encrypted_member(parts, tmp_path):
    path = packed(tmp_path / "secret.xlsx", parts)
    content = bytearray(path.read_bytes())
    for header, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = content.find(header)
        content[at + flags] |= 1
    path.write_bytes(content)
    refused(path, "encrypted")


def test_packed_bytes_that_are_damaged(parts, tmp_path):
    path = packed(tmp_path / "bits.xlsx", parts)
    content = bytearray(path.read_bytes())
    for at in range(60, 2000, 7):
        content[at] ^= 0x55
    path.write_bytes(content)
    refused(path, "cannot be|can be opened")


NASTY = (
    b"",
    b"-1",
    b"9" * 5000,
    b"nan",
    b"inf",
    b"A0",
    b"\xc2\x9b",
    b"1e999",
    b"&#x9f;",
    b"\xd9\xa3",
)


@pytest.mark.parametrize("seed", range(40))
def test_any_value_in_any_attribute_gives_a_verdict(parts, tmp_path, seed):
    """Attributes of any part with values that no program writes: never a fault of ours."""
    rng = np.random.default_rng(seed)
    names = [name for name in parts if name.endswith((".xml", ".rels"))]
    changed = {}
    for name in rng.choice(names, 4, replace=False):
        spots = list(re.finditer(rb'(?<=")[^"<>]*(?=")', parts[name]))
        content = parts[name]
        for spot in sorted(rng.choice(len(spots), min(3, len(spots)), replace=False))[::-1]:
            at, nasty = spots[spot].span(), NASTY[rng.integers(len(NASTY))]
            content = content[: at[0]] + nasty + content[at[1] :]
        changed[name] = content
    path = packed(tmp_path / "nasty.xlsx", parts, **changed)
    with contextlib.suppress(CypsError):  # a refusal is a verdict too
        found = check_published(path)
        assert all(breach.fault.isprintable() and breach.sheet.isprintable() for breach in found)


def test_an_encoding_that_nobody_knows(parts, tmp_path):
    sheet = parts[SHEET].replace(b'encoding="UTF-8"', b'encoding="nobody"', 1)
    path = packed(tmp_path / "encoding.xlsx", parts, **{SHEET: sheet})
    refused(path, "in an encoding that nobody knows")


def test_what_is_said_cannot_command_a_terminal(parts, tmp_path):
    table = parts["xl/tables/table3.xml"].replace(
        b'name="Region"', b'name="_x001B_[2J' + b"x" * 400 + b'"'
    )
    path = packed(tmp_path / "escape.xlsx", parts, **{"xl/tables/table3.xml": table})
    (found,) = check_published(path)
    assert found.rule == "header-row"
    assert found.fault.isprintable()
    assert len(found.fault) <= 303


def test_too_many_tables_on_a_sheet(parts, tmp_path):
    ids = b"".join(b'<tablePart r:id="rId%d"/>' % n for n in range(60))
    sheet = parts[SHEET].replace(b"</tableParts>", ids + b"</tableParts>")
    refused(packed(tmp_path / "tables.xlsx", parts, **{SHEET: sheet}), "61 tables")


def test_strict_dialect_is_read_like_the_other(parts, tmp_path):
    old = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    new = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    strict = {name: content.replace(old, new) for name, content in parts.items()}
    assert check_published(packed(tmp_path / "strict.xlsx", strict)) == []


def test_memory_stays_bounded_in_a_fresh_process(tmp_path):
    """160,000 cells in less than 250 MB of the process's own (measured: 126)."""
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("Large")
    for row in range(4_000):
        page.append([row * 1000 + column for column in range(40)])
    path = tmp_path / "large.xlsx"
    book.save(path)
    code = (
        "import re, sys; from pathlib import Path;"
        "from cyps_workbooks.published import check_published;"
        "check_published(Path(sys.argv[1]));"
        # Not ru_maxrss: that one is inherited from whoever started the process.
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=120, check=True
    )
    assert int(done.stdout) < 250_000, "kilobytes"


def test_what_is_read_is_not_the_archive_kept_open(parts, tmp_path):
    """On Windows a file that stays open could not be replaced by a mended one."""
    path = packed(tmp_path / "ours.xlsx", parts)
    check_published(path)
    assert not [f for f in Path("/proc/self/fd").iterdir() if _leads_to(f, path)]


def _leads_to(link, path):
    try:
        return link.resolve() == path.resolve()
    except OSError:
        return False
