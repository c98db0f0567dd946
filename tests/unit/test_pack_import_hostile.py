"""Workbooks made to harm, into `cyps pack import`: an error in a sentence, soon, and no pack."""

from __future__ import annotations

import time
import zipfile

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.geography import authorities
from cyps_workbooks import write_settlement
from workbooks.hostile_settlements import CORPUS, RAW, packed
from workbooks.made_up import made_up

SECONDS = 5
"""Of processor time: other work on the machine must not fail a test."""


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "s.xlsx"
    write_settlement([("2025-26", made_up(seed=3, places=authorities(2025)[:14]))], path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refused(path):
    use = path.with_name("use.csv")
    lines = [f"{place.code},{100 + i}" for i, place in enumerate(authorities(2025))]
    use.write_text("\n".join(["code,CIN", *lines]) + "\n")
    before, there = path.read_bytes(), sorted(path.parent.iterdir())
    began = time.process_time()
    out = path.with_name("made.cyps.zip")
    words = ["--use", str(use), "--sigma", "CIN=unknown", "--status", "illustrative"]
    words += ["--statement", "Made up.", "--source", "nowhere", "--out", str(out)]
    done = CliRunner().invoke(main, ["pack", "import", str(path), *words])
    assert time.process_time() - began < SECONDS
    assert done.exit_code == 2, (done.output, done.stderr)
    told = " ".join((done.output + done.stderr).split())
    assert path.name in told
    assert "Usage" not in told
    assert "fault in cyps" not in told
    assert "Traceback" not in told
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == there


@pytest.mark.parametrize("name", list(CORPUS))
def test_made_to_harm(parts, tmp_path, name):
    refused(packed(tmp_path / "hostile.xlsx", parts, **CORPUS[name](parts)))


@pytest.mark.parametrize("name", list(RAW))
def test_of_another_kind(tmp_path, name):
    path = tmp_path / "hostile.xlsx"
    path.write_bytes(RAW[name])
    refused(path)
