"""Settlement workbooks made to harm or to confuse: each a function of a sound one's parts."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from html import escape, unescape

import numpy as np

BOOK, TYPES, STRINGS = "xl/workbook.xml", "[Content_Types].xml", "xl/sharedStrings.xml"
INPUTS = "xl/worksheets/sheet2.xml"


def packed(path, parts, **changed):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in (parts | changed).items():
            out.writestr(name, content)
    return path


def more_rows(parts, rows, sheet=INPUTS):
    return {sheet: parts[sheet].replace(b"</sheetData>", rows + b"</sheetData>")}


def named(parts, name, place):
    pattern = b'(<definedName name="%s">)[^<]*' % name
    assert re.search(pattern, parts[BOOK])
    return {BOOK: re.sub(pattern, b"\\g<1>" + place, parts[BOOK])}


def laughs(_):
    inside = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    bomb = b'<!DOCTYPE x [<!ENTITY l0 "ha">' + inside + b"]><worksheet>&l9;</worksheet>"
    return {INPUTS: bomb}


def outside_entity(_):
    return {
        INPUTS: b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet>&e;</worksheet>'
    }


def zip_bomb(_):
    return {"xl/media/image1.png": b"\0" * 59_000_000}


def too_much(_):
    return {f"xl/media/{i}.bin": bytes(range(256)) * 40_000 for i in range(7)}


def small_file_of_two_hundred_megabytes(_):
    return {f"xl/worksheets/extra{i}.xml": b"<worksheet/>" + b" " * 20_000_000 for i in range(10)}


def many_elements(parts):
    return more_rows(parts, b"".join(b'<row r="%d"/>' % (n % 1000 + 200) for n in range(810_000)))


def deep(_):
    return {INPUTS: b"<worksheet>" + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</worksheet>"}


def one_long_token(_):
    noise = np.random.default_rng(1).bytes(8_000_000).hex().encode()
    return {INPUTS: b'<worksheet x="%s"/>' % noise}


def long_text_everywhere(parts):
    strings = b"<sst><si><t>" + b"*a [1 , " * 4_000 + b"</t></si></sst>"
    cells = b"".join(b'<row r="%d"><c t="s"><v>0</v></c></row>' % n for n in range(300, 100_000))
    return {STRINGS: strings} | more_rows(parts, cells)


def last_corner(parts):
    return more_rows(parts, b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def outside_every_sheet(parts):
    return more_rows(parts, b'<row r="1"><c r="XFE1048577"><v>1</v></c></row>')


def many_cells(parts):
    rows = (
        b'<row r="%d">%s</row>' % (n, b"".join(b"<c><v>%d</v></c>" % i for i in range(40)))
        for n in range(200, 4_200)
    )
    return more_rows(parts, b"".join(rows))


def a_pot_for_the_whole_sheet(parts):
    return named(parts, b"in_pot", b"Inputs!$A$1:$XFD$1048576")


def baselines_for_whole_columns(parts):
    return named(parts, b"in_baseline", b"Inputs!$D$1:$D$1048576")


def bands_for_the_whole_sheet(parts):
    return named(parts, b"in_band_name", b"Damping!$A$1:$XFD$1048576")


def name_of_another_file(parts):
    return named(parts, b"in_pot", b"[1]Inputs!$D$6")


def a_chain_of_formulas(parts):
    """Every baseline points to a chain of 100,000 cells, each to the next."""
    chain = b"".join(
        b'<row r="%d"><c r="G%d"><f>G%d</f></c></row>' % (n, n, n + 1) for n in range(300, 100_300)
    )
    sheet = more_rows(parts, chain)[INPUTS]
    return {INPUTS: re.sub(rb'(<c r="D1[3-9]"[^>]*>)<v>', rb"\1<f>G300</f><v>", sheet)}


def a_circle_of_formulas(parts):
    return {INPUTS: re.sub(rb'(<c r="D(1[3-9])"[^>]*>)<v>', rb"\1<f>D\2</f><v>", parts[INPUTS])}


def _recorded_anew(parts, change):
    """A record that was changed by somebody who knows how its hash is made."""
    strings = [unescape(x) for x in re.findall(r"<t[^>]*>(.*?)</t>", parts[STRINGS].decode())]
    new = change(next(text for text in strings if text.startswith('{"format"')))
    digest = hashlib.sha256(new.encode()).hexdigest()
    pieces = [new[i : i + 30_000] for i in range(0, len(new), 30_000)]
    rows = "".join(
        f'<row r="{n}">'
        + "".join(
            f'<c r="{letter}{n}" t="inlineStr"><is><t>{escape(words, quote=False)}</t></is></c>'
            for letter, words in zip("ABCD", ("2025-26", str(n), digest, piece), strict=True)
        )
        + "</row>"
        for n, piece in enumerate(pieces, start=10)
    )
    names = re.findall(rb'<sheet name="([^"]+)"', parts[BOOK])
    part = f"xl/worksheets/sheet{names.index(b'Record') + 1}.xml"
    old = re.search(rb'<row r="10".*</row>', parts[part], re.DOTALL)
    return {part: parts[part].replace(old[0], rows.encode())}


def thousands_of_authorities(parts):
    def change(text):
        told = json.loads(text)
        codes = [f"E9{i:07d}" for i in range(5_000)]
        told["authorities"] = [told["authorities"][0] | {"code": code} for code in codes]
        told["use"]["children"] = [[code, [1.0, 1.0, 1.0]] for code in codes]
        return json.dumps(told)

    return _recorded_anew(parts, change)


def nested_record(parts):
    return _recorded_anew(parts, lambda _: "[" * 20_000)


def infinite_pot(parts):
    return _recorded_anew(parts, lambda text: re.sub(r'"pot":\d+', '"pot":1e400', text))


def another_kind(parts):
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    assert kind in parts[TYPES]
    return {TYPES: parts[TYPES].replace(kind, b"text/plain")}


def macros(_):
    return {"xl/vbaProject.bin": b"anything"}


CORPUS = {
    made.__name__: made
    for made in (
        laughs, outside_entity, zip_bomb, too_much, small_file_of_two_hundred_megabytes,
        many_elements, deep, one_long_token, long_text_everywhere, last_corner,
        outside_every_sheet, many_cells, a_pot_for_the_whole_sheet, baselines_for_whole_columns,
        bands_for_the_whole_sheet, name_of_another_file, a_chain_of_formulas,
        a_circle_of_formulas, thousands_of_authorities, nested_record, infinite_pot,
        another_kind, macros,
    )
}  # fmt: skip

RAW = {
    "encrypted": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "a table": b"code,name\n",
    "a page": b"%PDF-1.7",
    "nothing": b"",
    "half a zip": b"PK\3\4 and then nothing",
    "a large file": b"PK\3\4" + b"\0" * 20_000_001,
}

# Which of them are read all the same, because nothing of them is read that harms.
SOUND = {"last_corner", "many_cells"}
