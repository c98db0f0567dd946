"""Hostile files into every command that opens a workbook, and into every one that opens a pack.

A verdict within seconds, in a process of bounded memory, with the file as it was. The table of
`tests/unit/test_hostile_files.py` names every file of every command; those that take a workbook
are here.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from plain_files import SPEND, baseline_rows, use_rows, write_csv, write_xlsx
from workbooks.hostile_settlements import CORPUS, RAW, packed

SECONDS = 5
"""Of processor time: other work on the machine must not fail a test."""

PACK = Path(__file__).parents[1] / "golden" / "packs" / "v2-complete.cyps.zip"
SETTLE = "--spend spend.csv --baseline baseline.csv --pot 220000000 --floor -5%"
WORDS = "--status illustrative --statement Typed. --source Nobody --created 2026-11-20"
BOOKS = {
    "check": "workbook check BAD.xlsx",
    "refresh": "workbook refresh BAD.xlsx --use use.csv",
    "freeze": "workbook freeze BAD.xlsx",
    "publish": "workbook publish BAD.xlsx --out new.xlsx",
    "rules": "publish --check BAD.xlsx",
    "action": "action shares BAD.xlsx",
    "action that writes": "action shares BAD.xlsx --out new.xlsx",
    "compare": "compare done BAD.xlsx",
    "bridge": "bridge BAD.xlsx done",
    "trace": "trace BAD.xlsx Leeds",
    "against": f"settle --use use.csv {SETTLE} --against BAD.xlsx --out new",
}
TABLES = {
    "use": f"settle --use BAD.xlsx {SETTLE} --out new",
    "baseline": f"settle --use use.csv {SETTLE.replace('baseline.csv', 'BAD.xlsx')} --out new",
    "import": f"pack import BAD.xlsx --use use.csv {WORDS} --out new.cyps.zip",
    "pack of use": f"pack from-use BAD.xlsx {WORDS} --out new.cyps.zip",
    "weights": "weights BAD.xlsx",
}
PACKS = {
    "show": "pack show BAD.cyps.zip",
    "verify": "pack verify BAD.cyps.zip",
    "diff": "pack diff pack.cyps.zip BAD.cyps.zip",
    "sign": "pack sign BAD.cyps.zip --key key.pem --signer Me",
    "use": f"settle --use BAD.cyps.zip {SETTLE} --out new",
    "child": "child BAD.cyps.zip --reference",
    "refresh": "workbook refresh done/settlement.xlsx --pack BAD.cyps.zip",
    "action": "action verify --with BAD.cyps.zip",
}

RUN = """
import json, os, re, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000,) * 2)
from click.testing import CliRunner
from cyps.cli import main
os.environ["COLUMNS"] = "400"
lines, files = json.loads(sys.stdin.read())
told = []
for kind, file in files.items():
    bad = Path("NAME")
    content = Path(file).read_bytes()
    bad.write_bytes(content)
    there = sorted(map(str, Path().rglob("*")))
    for name, line in lines.items():
        began = time.process_time()
        done = CliRunner().invoke(main, line.split())
        took = time.process_time() - began
        now = sorted(map(str, Path().rglob("*")))
        told.append([name, kind, done.exit_code, took, done.output, bad.read_bytes() == content,
                     [x for x in now if x not in there]])
        for new in [x for x in now if x not in there]:
            os.system(f"rm -rf '{new}'")
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(json.dumps([told, int(peak)]))
"""


def told_of(folder, lines, files, name):
    """What every command says of every file, in one process of at most 2 GB of addresses."""
    code = RUN.replace("NAME", name)
    asked = json.dumps([lines, {kind: str(path) for kind, path in files.items()}])
    done = subprocess.run([sys.executable, "-c", code], input=asked, capture_output=True,
                          text=True, timeout=500, cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told, kilobytes = json.loads(done.stdout)
    assert len(told) == len(lines) * len(files)
    assert kilobytes < 700_000
    return told


def is_a_verdict(one, *, may_be_read):
    _, _, code, seconds, said, same, new = one
    assert seconds < SECONDS, one
    assert same, one
    assert code in ({0, 1, 2} if may_be_read else {1, 2}), one
    assert code == 0 or not new, one
    assert "fault in cyps" not in " ".join(said.split()), one
    assert "Traceback" not in said, one
    assert "Error:" in said or code != 2, one
    assert all(c.isprintable() or c == "\n" for c in said), one


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A folder with everything that the command lines name."""
    folder = tmp_path_factory.mktemp("country")
    for name, rows in {"use": use_rows(), "spend": SPEND, "baseline": baseline_rows()}.items():
        write_csv(folder / f"{name}.csv", rows)
    shutil.copy(PACK, folder / "pack.cyps.zip")
    for line in (f"settle --use use.csv {SETTLE} --out done", "pack keys new --out key.pem"):
        code = "import sys; from cyps.cli import main; main(sys.argv[1:])"
        done = subprocess.run([sys.executable, "-c", code, *line.split()], cwd=folder,
                              capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 0, done.stderr
    return folder


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


KINDS = ("laughs", "zip_bomb", "small_file_of_two_hundred_megabytes", "deep",
         "last_corner", "another_kind", "macros")  # fmt: skip
READ_ALL_THE_SAME = {"last_corner", "another_kind", "macros"}
"""Some readers take only values from where they look; what else is in the file is not run."""

READ_THE_RECORD, OUTSIDE_THE_RECORD = {"compare", "bridge", "trace", "against"}, {"laughs", "deep"}
"""These take a settlement as issued from the sheet Record, and say so where it was typed in."""


def hostile_files(folder, sound):
    """Files made of a sound one, and some that are no workbook whatever their name says."""
    parts, folder = parts_of(sound), Path(folder)
    folder.mkdir()
    made = {n: packed(folder / f"{n}.xlsx", parts, **CORPUS[n](parts)) for n in KINDS}
    whole = sound.read_bytes()
    open_document = folder / "ods.xlsx"
    with zipfile.ZipFile(open_document, "w") as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        out.writestr("content.xml", "<office:document-content/>")
    flipped = bytearray(whole)
    for at in range(60, 2000, 7):
        flipped[at] ^= 0x55
    raw = {"half": whole[: len(whole) // 2], "flipped": bytes(flipped), **RAW}
    for name, content in raw.items():
        (folder / f"raw {name}.xlsx").write_bytes(content)
        made[name] = folder / f"raw {name}.xlsx"
    return made | {"an open document": open_document}


def test_every_reader_of_settlement_workbooks(country, tmp_path):
    files = hostile_files(tmp_path / "bad", country / "done" / "settlement.xlsx")
    for one in told_of(country, BOOKS, files, "BAD.xlsx"):
        fine = READ_ALL_THE_SAME | (OUTSIDE_THE_RECORD if one[0] in READ_THE_RECORD else set())
        is_a_verdict(one, may_be_read=one[1] in fine)


def test_every_reader_of_tables_in_a_workbook(country, tmp_path):
    sound = write_xlsx(tmp_path / "use.xlsx", use_rows(), first_sheet=["About"])
    files = hostile_files(tmp_path / "bad", sound)
    for one in told_of(country, TABLES, files, "BAD.xlsx"):
        # The use stands on the second sheet, where the harm is; the others want another table.
        is_a_verdict(one, may_be_read=one[1] in READ_ALL_THE_SAME - {"last_corner"})


def hostile_packs(folder):
    parts = parts_of(PACK)
    folder.mkdir()
    noise = {f"noise{i}": bytes(range(256)) * 40_000 for i in range(7)}
    laughs = b'{"a": ' * 50_000
    made = {
        "a bomb": parts | {"use.csv": b"\0" * 90_000_000},
        "too much": parts | noise,
        "too many": parts | {f"f{i}": b"" for i in range(3_000)},
        "a deep manifest": parts | {"manifest.json": laughs},
        "deep signatures": parts | {"signatures.json": b"[" * 50_000},
        "a huge number": parts | {"manifest.json": b'{"format": ' + b"9" * 5_000 + b"}"},
        "outside": parts | {"../../outside.csv": b"x"},
    }
    files = {}
    for name, members in made.items():
        files[name] = folder / f"{name}.zip"
        with zipfile.ZipFile(files[name], "w", zipfile.ZIP_DEFLATED) as out:
            for member, content in members.items():
                out.writestr(member, content)
    # Says that it holds little, and holds 60 MB: the bomb that believes nobody looks.
    content = bytearray(files["a bomb"].read_bytes())
    for mark, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        spot = 0
        while (spot := content.find(mark, spot)) >= 0:
            if content[spot + at : spot + at + 4] == (90_000_000).to_bytes(4, "little"):
                content[spot + at : spot + at + 4] = (10).to_bytes(4, "little")
            spot += 4
    files["a liar"] = folder / "liar.zip"
    files["a liar"].write_bytes(content)
    whole = PACK.read_bytes()
    for name, raw in {"half": whole[: len(whole) // 2], "nothing": b"", **RAW}.items():
        files[f"raw {name}"] = folder / f"raw {name}.zip"
        files[f"raw {name}"].write_bytes(raw)
    return files


def test_every_reader_of_packs(country, tmp_path):
    for one in told_of(country, PACKS, hostile_packs(tmp_path / "bad"), "BAD.cyps.zip"):
        is_a_verdict(one, may_be_read=False)
