"""`cyps demo` at a small scale: every file is there, and they agree with each other."""

from __future__ import annotations

import csv
import hashlib
import json

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.pack import read_pack


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "out"
    done = CliRunner().invoke(main, ["demo", "--children", "4000000", "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out, done


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_everything_is_written(demo):
    out, done = demo
    assert {path.name for path in out.iterdir()} == {
        "settlement.xlsx", "shares.csv", "results.csv", "notes.txt", "run.json",
        "settlement.json",
        "synthetic-england.cyps.zip",
    }  # fmt: skip
    assert str(out / "settlement.xlsx") in done.stdout.replace("\n", "")
    for word in ("Pot", "£8,000,000,000", "Scaling factor", "Top gainers", "Top losers"):
        assert word in done.stdout
    assert "SYNTHETIC" in done.stdout
    assert "Fit CIN, CARE, CEASED" in done.stderr


def test_files_agree(demo):
    out, _ = demo
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    loaded = read_pack(out / "synthetic-england.cyps.zip")
    assert record["pack"]["content_hash"] == loaded.content_hash
    for name, expected in record["outputs"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == expected
    shares, results = rows(out / "shares.csv"), rows(out / "results.csv")
    assert [row["code"] for row in shares] == list(loaded.pack.use.codes)
    assert sum(int(row["pounds"]) for row in results) == 8_000_000_000
    for column in ("share_CIN", "share_CARE", "share_CEASED", "needs_share", "share"):
        assert sum(float(row[column]) for row in shares) == pytest.approx(1, abs=1e-12)
    assert [float(row["use_CARE"]) for row in shares] == loaded.pack.use.children[:, 1].tolist()
    assert [row["share"] for row in shares] == [row["share"] for row in results]
    assert all(fit["converged"] for fit in record["fits"])
    assert sum(float(row["population"]) for row in results) == 4_000_000
    assert float(results[0]["pounds_per_child"]) == pytest.approx(
        int(results[0]["pounds"]) / float(results[0]["population"])
    )


def test_too_few_children_is_said_in_one_line():
    done = CliRunner().invoke(main, ["demo", "--children", "12"])
    assert done.exit_code == 2
    assert "4,000,000" in done.output
    assert "Traceback" not in done.output
