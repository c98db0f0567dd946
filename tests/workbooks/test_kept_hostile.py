"""Hostile files into `check`, `refresh` and `freeze`: a verdict soon, in little memory, no harm."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.geography import authorities
from cyps_workbooks import write_settlement
from cyps_workbooks.kept.verdict import check_workbook
from workbooks.hostile_settlements import CORPUS, RAW, SOUND, packed
from workbooks.made_up import made_up
from workbooks.test_published_hostile import NASTY

SECONDS = 5
"""Of processor time: other work on the machine must not fail a test."""


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "s.xlsx"
    write_settlement([("2025-26", made_up(seed=3, places=authorities(2025)[:14]))], path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def use(tmp_path):
    path = tmp_path / "use.csv"
    path.write_text("code,CIN,CARE,CEASED\n")
    return path


def commands(path, use):
    yield ["check", str(path)]
    yield ["refresh", str(path), "--use", str(use)]
    yield ["freeze", str(path)]


def gives_a_verdict(path, use, *, sound=False):
    """Each command ends soon with 0, 1 or 2, says why, and leaves the file and folder alone."""
    before, there = path.read_bytes(), sorted(path.parent.iterdir())
    for words in commands(path, use):
        if sound and words[0] == "freeze":
            continue
        began = time.process_time()
        done = CliRunner().invoke(main, ["workbook", *words])
        assert time.process_time() - began < SECONDS, words
        expected = {0, 1} if sound and words[0] == "check" else {1, 2}
        assert done.exit_code in expected, (words, done.output, done.stderr)
        told = done.output + done.stderr
        assert "fault in cyps" not in " ".join(told.split()), told
        assert "Traceback" not in told
        assert all(c.isprintable() or c == "\n" for c in told)
        assert path.read_bytes() == before
        assert sorted(path.parent.iterdir()) == there, words


def test_a_record_of_thousands_is_counted_before_it_is_settled(parts, tmp_path):
    path = packed(tmp_path / "h.xlsx", parts, **CORPUS["thousands_of_authorities"](parts))
    assert "it speaks of 5,000 authorities" in check_workbook(path).findings[0].words


@pytest.mark.parametrize("name", list(CORPUS))
def test_made_to_harm(parts, use, tmp_path, name):
    path = packed(tmp_path / "hostile.xlsx", parts, **CORPUS[name](parts))
    gives_a_verdict(path, use, sound=name in SOUND)


@pytest.mark.parametrize("name", list(RAW))
def test_of_another_kind(use, tmp_path, name):
    path = tmp_path / "hostile.xlsx"
    path.write_bytes(RAW[name])
    gives_a_verdict(path, use)


def test_an_encrypted_member_and_damaged_bytes(parts, use, tmp_path):
    path = packed(tmp_path / "hostile.xlsx", parts)
    whole = path.read_bytes()
    secret, damaged = bytearray(whole), bytearray(whole)
    for header, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        secret[secret.find(header) + flags] |= 1
    for at in range(60, 2000, 7):
        damaged[at] ^= 0x55
    for content in (secret, damaged, whole[: len(whole) // 2]):
        path.write_bytes(content)
        gives_a_verdict(path, use)


@pytest.mark.parametrize("seed", range(30))
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
        assert check_workbook(path).sentence


@pytest.mark.parametrize("seed", range(20))
def test_any_value_in_any_cell_gives_a_verdict(parts, tmp_path, seed):
    rng = np.random.default_rng(seed)
    changed = {}
    for name in [name for name in parts if "worksheets/sheet" in name and name.endswith(".xml")]:
        spots = list(re.finditer(rb"(?<=<v>)[^<]*(?=</v>)", parts[name]))
        content = parts[name]
        for spot in sorted(rng.choice(len(spots), min(6, len(spots)), replace=False))[::-1]:
            at, nasty = spots[spot].span(), NASTY[rng.integers(len(NASTY))]
            content = content[: at[0]] + nasty + content[at[1] :]
        changed[name] = content
    path = packed(tmp_path / "nasty.xlsx", parts, **changed)
    with contextlib.suppress(CypsError):
        assert check_workbook(path).sentence


def test_memory_stays_bounded_in_a_fresh_process(parts, tmp_path):
    """The whole corpus in one process that may not have more than 2 GB of addresses."""
    for name, made in CORPUS.items():
        packed(tmp_path / f"{name}.xlsx", parts, **made(parts))
    code = (
        "import json, re, resource, sys; from pathlib import Path;"
        "resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000,) * 2);"
        "from cyps.errors import CypsError;"
        "from cyps_workbooks.kept.verdict import check_workbook\n"
        "told = {}\n"
        "for path in sorted(Path(sys.argv[1]).glob('*.xlsx')):\n"
        "    try: told[path.stem] = check_workbook(path).sentence\n"
        "    except CypsError as error: told[path.stem] = str(error)\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]\n"
        "print(json.dumps([told, int(peak)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    told, kilobytes = json.loads(done.stdout)
    assert set(told) == set(CORPUS)
    assert kilobytes < 600_000


def test_no_file_stays_open(parts, tmp_path):
    """On Windows a file that stays open could not be replaced or moved."""
    path = packed(tmp_path / "s.xlsx", parts)
    check_workbook(path)
    links = (link for link in Path("/proc/self/fd").iterdir())
    assert not [link for link in links if _leads_to(link, path)]


def _leads_to(link, path):
    try:
        return link.resolve() == path.resolve()
    except OSError:
        return False
