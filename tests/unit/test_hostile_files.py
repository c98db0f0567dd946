"""Every file that any command is given: missing, a folder, locked, empty, no such file at all.

The table names each of them once; a command or an option that is not in it fails.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import re
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cyps.cli import main
from plain_files import (
    SPEND,
    area_cost_rows,
    baseline_rows,
    population_rows,
    use_rows,
    write_csv,
)
from spend_lines import section_251_rows, with_head

CORPUS = Path(__file__).parents[1] / "golden" / "packs"
SETTLE = ("--use use.csv --spend spend.csv --baseline baseline.csv --pot 220000000 "
          "--floor -5%")  # fmt: skip
WORDS = "--status illustrative --statement Typed. --source Nobody --created 2026-11-20"
SCENARIO = """
format = 1
title = "Small"
pot = 220_000_000
damping = { kind = "floor", floor = -0.05 }
[files]
use = "use.csv"
spend = "spend.csv"
baseline = "baseline.csv"
"""
MODEL = """
rows = "cells.csv"
metrics = ["common"]
trials = "trials"
group = "la"
area_key = "lsoa"
child = ["sex"]
"""
TABLE = [
    ["driver", "level", "category", "CIN", "CIN_se"],
    ["Intercept", "", "", -3.5, 0.1],
    ["sex", "child", "female", "reference", ""],
    ["sex", "child", "male", 0.1, 0.02],
]
IMPORT = f"--use one.csv --sigma CIN=0.3 {WORDS} --out new.cyps.zip"


def _settled(command: str, out: str) -> dict[str, str]:
    """The options that say what to settle: they are those of several commands."""
    rest = f"{command} {SETTLE}"
    return {
        f"{command}:use": f"{rest.replace('use.csv', 'BAD.csv')} {out}",
        f"{command}:spend": f"{rest.replace('spend.csv', 'BAD.csv')} {out}",
        f"{command}:baseline": f"{rest.replace('baseline.csv', 'BAD.csv')} {out}",
        f"{command}:spend_map": f"{rest} --spend-map BAD.csv {out}".replace(
            "spend.csv", "s251.csv"
        ),
        f"{command}:area_cost": f"{rest} --area-cost BAD.csv {out}",
        f"{command}:population": f"{rest} --population BAD.csv {out}",
        f"{command}:trust": f"{rest.replace('use.csv', 'pack.cyps.zip')} --trust BAD.toml {out}",
        f"{command}:scenario": f"{command} BAD.toml {out}",
    }


READ = {
    **_settled("settle", "--out new"),
    "settle:scenario (json)": "settle BAD.json --out new",
    "settle:use (a pack)": f"settle {SETTLE.replace('use.csv', 'BAD.cyps.zip')} --out new",
    "settle:use (Excel)": f"settle {SETTLE.replace('use.csv', 'BAD.xlsx')} --out new",
    "settle:use (packed)": f"settle {SETTLE.replace('use.csv', 'BAD.csv.gz')} --out new",
    "settle:against": f"settle {SETTLE} --against BAD --out new",
    "settle:against (a workbook)": f"settle {SETTLE} --against BAD.xlsx --out new",
    "settle:by": f"settle {SETTLE} --by BAD.csv --out new",
    **_settled("workbook new", "--out new.xlsx"),
    "workbook check:file": "workbook check BAD.xlsx",
    "workbook freeze:file": "workbook freeze BAD.xlsx",
    "workbook publish:file": "workbook publish BAD.xlsx --out new.xlsx",
    "workbook refresh:file": "workbook refresh BAD.xlsx --use use.csv",
    "workbook refresh:use": "workbook refresh done/settlement.xlsx --use BAD.csv",
    "workbook refresh:pack": "workbook refresh done/settlement.xlsx --pack BAD.cyps.zip",
    "workbook refresh:trust":
        "workbook refresh done/settlement.xlsx --pack pack.cyps.zip --trust BAD.toml",
    "action:book": "action shares BAD.xlsx",
    "action:given (a pack)": "action verify --with BAD.cyps.zip",
    "child:pack": "child BAD.cyps.zip --reference",
    "child:trust": "child pack.cyps.zip --reference --trust BAD.toml",
    "compare:before": "compare BAD done",
    "compare:after": "compare done BAD.xlsx",
    "compare:neighbours": "compare done done --neighbours BAD.csv --authority Leeds",
    "compare:by": "compare done done --by BAD.csv",
    "bridge:before": "bridge BAD done",
    "bridge:after": "bridge done BAD",
    "bridge:drivers": "bridge done done --drivers BAD.csv",
    "trace:folder": "trace BAD Leeds",
    "fit:model": "fit BAD.toml --out new",
    "validate:model": "validate BAD.toml --out new",
    "sensitivity:of_what": "sensitivity BAD.toml",
    "sensitivity:of_what (results)": "sensitivity BAD",
    "sensitivity:pack": "sensitivity done --pack BAD.cyps.zip",
    "sensitivity:trust": "sensitivity done --pack pack.cyps.zip --trust BAD.toml",
    "uncertainty:of_what": "uncertainty BAD.toml",
    "uncertainty:of_what (results)": "uncertainty BAD --pack pack.cyps.zip",
    "uncertainty:pack": "uncertainty done --pack BAD.cyps.zip",
    "uncertainty:trust": "uncertainty done --pack pack.cyps.zip --trust BAD.toml",
    "pack show:file": "pack show BAD.cyps.zip",
    "pack show:trust": "pack show pack.cyps.zip --trust BAD.toml",
    "pack verify:file": "pack verify BAD.cyps.zip",
    "pack verify:trust": "pack verify pack.cyps.zip --trust BAD.toml",
    "pack diff:before": "pack diff BAD.cyps.zip pack.cyps.zip",
    "pack diff:after": "pack diff pack.cyps.zip BAD.cyps.zip",
    "pack diff:spend": "pack diff pack.cyps.zip pack.cyps.zip --spend BAD.csv",
    "pack sign:file": "pack sign BAD.cyps.zip --key key.pem --signer Me",
    "pack sign:key": "pack sign pack.cyps.zip --key BAD.pem --signer Me",
    "pack import:table": f"pack import BAD.csv {IMPORT}",
    "pack import:use": f"pack import table.csv {IMPORT.replace('one.csv', 'BAD.csv')}",
    "pack import:covariance": f"pack import table.csv {IMPORT} --covariance BAD.csv",
    "pack from-use:use": f"pack from-use BAD.csv {WORDS} --out new.cyps.zip",
    "publish:source": "publish BAD --out new.xlsx",
    "publish:source (a scenario)": "publish BAD.toml --out new.xlsx",
    "publish:against": "publish done --against BAD --out new.xlsx",
    "publish:check": "publish --check BAD.xlsx",
    "publish:trust": "publish small.toml --trust BAD.toml --out new.xlsx",
    "weights:file": "weights BAD.csv",
    "weights:line_map": "weights s251.csv --map BAD.csv",
}  # fmt: skip
"""A command line for each file that is read; BAD stands for it."""

WRITTEN = {
    "settle:out": f"settle {SETTLE} --out BAD",
    "workbook freeze:out": "workbook freeze done/settlement.xlsx --out BAD.xlsx",
    "workbook publish:out": "workbook publish done/settlement.xlsx --out BAD.xlsx",
    "workbook new:out": "workbook new --out BAD.xlsx",
    "workbook refresh:out": "workbook refresh done/settlement.xlsx --use use.csv --out BAD.xlsx",
    "action:out": "action shares done/settlement.xlsx --out BAD.xlsx",
    "compare:out": "compare done done --out BAD.csv",
    "compare:out_groups": "compare done done --out-groups BAD.csv",
    "bridge:out": "bridge done done --out BAD.csv",
    "fit:out": "fit model.toml --out BAD",
    "validate:out": "validate model.toml --out BAD",
    "sensitivity:out": "sensitivity done --out BAD.csv",
    "uncertainty:out": "uncertainty small.toml --out BAD.csv",
    "pack diff:out": "pack diff pack.cyps.zip pack.cyps.zip --out BAD.csv",
    "pack sign:out": "pack sign pack.cyps.zip --key key.pem --signer Me --out BAD.cyps.zip",
    "pack keys new:out": "pack keys new --out BAD.pem",
    "pack import:out": f"pack import table.csv {IMPORT.replace('new', 'BAD')}",
    "pack from-use:out": f"pack from-use use.csv {WORDS} --out BAD.cyps.zip",
    "publish:out": "publish done --out BAD.xlsx",
    "weights:out": "weights spend.csv --out BAD.csv",
    "weights:write_map": "weights spend.csv --write-map BAD.csv",
    "demo:out": "demo --out BAD",
}
"""A command line for each file or folder that is written."""

ELSEWHERE = {"addin install:profile", "addin uninstall:profile", "addin status:profile"}
"""A folder of LibreOffice's: tests/addin/test_calc.py."""


def _files_of(command: click.Command, name: str = "") -> set[str]:
    if isinstance(command, click.Group):
        below = ((f"{name} {word}".strip(), sub) for word, sub in command.commands.items())
        return set().union(*(_files_of(sub, path) for path, sub in below))
    return {f"{name}:{p.name}" for p in command.params if isinstance(p.type, click.Path)}


def test_every_file_of_every_command_is_in_the_tables():
    told = {key.partition(" (")[0] for key in (*READ, *WRITTEN)}
    assert _files_of(main) - ELSEWHERE - told == set()


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A folder with everything that the command lines name."""
    folder = tmp_path_factory.mktemp("country")
    for name, rows in {
        "use": use_rows(), "spend": SPEND, "baseline": baseline_rows(), "aca": area_cost_rows(),
        "population": population_rows(), "table": TABLE, "one": [r[:3] for r in use_rows()],
        "s251": with_head(section_251_rows()),
    }.items():  # fmt: skip
        write_csv(folder / f"{name}.csv", rows)
    (folder / "small.toml").write_text(SCENARIO)
    (folder / "model.toml").write_text(MODEL)
    shutil.copy(CORPUS / "v2-complete.cyps.zip", folder / "pack.cyps.zip")
    cells = Path(__file__).parents[1] / "reference" / "synthetic_nested.csv"
    shutil.copy(cells, folder / "cells.csv")
    settled = _run(folder, f"settle {SETTLE} --population population.csv --out done")
    assert settled.exit_code == 0, settled.output
    assert _run(folder, "pack keys new --out key.pem").exit_code == 0
    return folder


def _run(folder, line):
    here = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(main, line.split(), env={"COLUMNS": "400"})
    finally:
        os.chdir(here)


def _hostile(place: Path, kind: str, monkeypatch) -> None:
    """Make what stands at a place hostile."""
    if kind == "a folder":
        place.mkdir()
    elif kind == "empty":
        place.touch()
    elif kind == "binary":
        place.write_bytes(bytes(range(256)) * 40)
    elif kind == "text":
        place.write_text("Dear all,\nplease find attached the figures, as promised.\n")
    elif kind == "locked":
        place.write_bytes(b"\n")
        for module in (io, builtins):
            monkeypatch.setattr(module, "open", _denies(place, module.open))


def _denies(place, really):
    def opened(file, *args, **more):
        if not isinstance(file, int) and Path(file).name == place.name:
            raise PermissionError(errno.EACCES, "Permission denied", str(file))
        return really(file, *args, **more)

    return opened


RAW = re.compile(
    r"Errno|Traceback|fault in cyps|\w+Error\b|codec|\b0x|\bb'|Input should|validation error|type="
    r"|zip file|PosixPath|\bNone\b"
)
"""What Python and its libraries say, and no officer understands."""


def _is_plain(done, place):
    said = done.output
    assert done.exit_code in (1, 2), said
    assert not RAW.search(said), said
    assert place.name in said.replace("\n", ""), said


@pytest.mark.parametrize("kind", ["missing", "a folder", "locked", "empty", "binary", "text"])
@pytest.mark.parametrize("asked", READ)
def test_a_file_that_cannot_be_read_is_told_in_words(asked, kind, country, monkeypatch):
    bad = next(word for word in READ[asked].split() if word.startswith("BAD"))
    place = country / bad
    _hostile(place, kind, monkeypatch)
    before = sorted(country.rglob("*"))
    try:
        done = _run(country, READ[asked])
        _is_plain(done, place)
        assert sorted(country.rglob("*")) == before
    finally:
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)


@pytest.mark.parametrize("asked", WRITTEN)
def test_what_cannot_be_written_to_is_told_in_words(asked, country):
    bad = next(word for word in WRITTEN[asked].split() if word.startswith("BAD"))
    into_folder = bad == "BAD"
    place = country / bad
    place.touch() if into_folder else place.mkdir()
    try:
        _is_plain(_run(country, WRITTEN[asked]), place)
        if not into_folder:
            place.rmdir()
            _is_plain(_run(country, WRITTEN[asked].replace(bad, f"{bad}/{bad}")), place)
            place.touch()
    finally:
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
