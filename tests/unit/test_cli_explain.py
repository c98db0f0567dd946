"""`cyps compare`, `cyps bridge` and `cyps trace` as their user meets them."""

from __future__ import annotations

import csv
import hashlib
import json

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.cli.folder import RECORD
from cyps.cli.outputs import RESULTS, SETTLEMENT
from cyps.cli.settled import read_settled
from plain_files import (
    SPEND,
    area_cost_rows,
    baseline_rows,
    population_rows,
    use_rows,
    write_csv,
)

POT = 220_000_000


def run(*args, columns=80):
    words = [str(arg) for arg in args]
    return CliRunner().invoke(main, words, env={"COLUMNS": str(columns)})


def one_line(text):
    return " ".join(text.split())


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """Folders of results: before, after (area cost, more money), dear (a high floor), few."""
    folder = tmp_path_factory.mktemp("country")
    files = {
        "--use": write_csv(folder / "use.csv", use_rows()),
        "--spend": write_csv(folder / "spend.csv", SPEND),
        "--baseline": write_csv(folder / "baseline.csv", baseline_rows()),
        "--pot": str(POT),
        "--floor": "-5%",
    }
    area_cost = write_csv(folder / "aca.csv", area_cost_rows())
    more = {"--area-cost": area_cost, "--pot": "230000000"}
    runs = {
        "before": {"--population": write_csv(folder / "pop.csv", population_rows())},
        "after": {**more, "--population": folder / "pop.csv"},
        "dear": {**more, "--floor": "5%"},
        "few": {"--exclude": "E06000038=merged"},
    }
    for name, changes in runs.items():
        options = files | changes | {"--out": folder / name}
        done = run("settle", "--no-workbook", *[part for pair in options.items() for part in pair])
        assert done.exit_code == 0, done.output
    return folder


def test_a_folder_settles_to_the_bits_it_was_written_with(country):
    read = read_settled(country / "after")
    for row, pounds, damped, share in zip(
        rows(country / "after" / RESULTS), read.settlement.pounds,
        read.settlement.damped.allocation, read.settlement.share, strict=True,
    ):  # fmt: skip
        assert int(row["pounds"]) == pounds
        assert float(row["damped"]) == damped
        assert float(row["share"]) == share
    assert read.population.tolist()[:2] == [10_000, 10_100]
    assert read_settled(country / "dear").population is None


def test_compare(country, tmp_path):
    out = tmp_path / "compared.csv"
    done = run("compare", country / "before", country / "after", "--out", out)
    assert done.exit_code == 0, done.output
    for words in ("Change", "+10,000,000", "Winners", "Inner London", "Gain most", "Lose most"):
        assert words in done.output
    assert str(out) in done.output
    table = rows(out)
    assert len(table) == 153
    assert sum(int(row["change"]) for row in table) == 10_000_000
    for row in table:
        assert int(row["change"]) == int(row["pounds_after"]) - int(row["pounds_before"])
        per_child = int(row["pounds_after"]) / float(row["population"])
        assert float(row["per_child_after"]) == per_child
    assert sorted(int(row["rank_after"]) for row in table) == list(range(1, 154))


def test_bridge(country, tmp_path):
    out = tmp_path / "bridge.csv"
    done = run("bridge", country / "before", country / "after", "--out", out)
    assert done.exit_code == 0, done.output
    assert list(rows(out)[0]) == ["code", "name", "from", "area cost", "pot", "rounding", "to"]
    for row in rows(out):
        code, name, *amounts = row.values()
        *parts, end = [round(float(amount) * 1e6) for amount in amounts]
        assert sum(parts) == end
        assert code
        assert name
    assert "area cost" in done.output
    assert "average" not in done.output


@pytest.mark.parametrize("who", ["Hartlepool", "e06000001"])
def test_an_authoritys_bridge_adds_up_as_it_is_printed(country, who):
    done = run("bridge", country / "before", country / "after", "--authority", who)
    lines = [line.split() for line in done.output.splitlines() if line]
    start = next(i for i, words in enumerate(lines) if words[0] == "from")
    printed = [int(words[-1].replace(",", "")) for words in lines[start:]]
    assert lines[-1][0] == "to"
    assert sum(printed[:-1]) == printed[-1]
    assert printed[-1] == int(rows(country / "after" / RESULTS)[0]["pounds"])


def test_from_population(country):
    done = run("bridge", country / "before", "--population", "--authority", "Derby")
    assert done.exit_code == 0, done.output
    for words in ("use of CIN", "use of CEASED", "cost weights", "area cost", "damping"):
        assert words in done.output
    without = run("bridge", country / "dear", "--population")
    assert without.exit_code == 2
    assert "have no population. Settle again with --population" in one_line(without.stderr)


def test_a_blocked_bridge_names_the_options_that_help(country):
    folders = (country / "before", country / "dear")
    done = run("bridge", *folders)
    assert done.exit_code == 2
    assert "before with after's damping rule" in one_line(done.stderr)
    assert '--together "pot+damping rule" or --feasible-orders' in one_line(done.stderr)
    together = run("bridge", *folders, "--together", "pot + damping rule")
    assert together.exit_code == 0, together.output
    assert "pot + damping rule" in together.output
    feasible = run("bridge", *folders, "--feasible-orders")
    assert feasible.exit_code == 0, feasible.output
    assert "The average is over 3 of 6 orders" in one_line(feasible.output)


def test_a_folder_and_itself(country):
    done = run("bridge", country / "before", country / "before")
    assert "Nothing that moves pounds differs." in done.output
    done = run("compare", country / "before", country / "before")
    assert "Unchanged 153" in one_line(done.output)
    assert "Gain most" not in done.output


def test_trace(country):
    done = run("trace", country / "before", "Derby", "damped_allocation")
    assert done.exit_code == 0, done.output
    damped = float(rows(country / "before" / RESULTS)[14]["damped"])
    assert "Derby (E06000015)" in done.output
    assert "Scaling factor = max(0, 1 - (" in one_line(done.output)
    assert f"£{damped:,.6f}" in done.output
    assert "Whole pounds" not in done.output
    assert "(a) Use of CIN" in done.output


@pytest.mark.parametrize("columns", [50, 60, 80])
@pytest.mark.parametrize(
    "words",
    [
        ("compare", "before", "after"),
        ("bridge", "before", "after"),
        ("bridge", "before", "dear", "--feasible-orders", "--authority", "Rutland"),
        ("bridge", "before", "--population"),
        ("trace", "before", "Derby"),
    ],
)
def test_output_fits_the_terminal(country, words, columns):
    folders = {"before", "after", "dear"}
    done = run(*(country / w if w in folders else w for w in words), columns=columns)
    assert done.exit_code == 0, done.output
    assert max(len(line) for line in done.output.splitlines()) <= columns


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("compare", "before", "few"), "only before: Reading (E06000038)"),
        (("compare", "before", "nowhere"), "There is no folder"),
        (("bridge", "before"), "Give two folders, or one folder with --population"),
        (("bridge", "before", "after", "--population"), "Give two folders, or one"),
        (("bridge", "before", "after", "--together", "pot+flour"), "'flour' is no component"),
        (("bridge", "before", "after", "--authority", "Hartlepol"), "Did you mean Hartlepool"),
        (("trace", "before", "Derby", "damp"), "There is no line 'damp'. Did you mean damped_all"),
        (
            ("trace", "before", "E10000006"),
            "code ended: since 2023-04-01 it is E06000063",
        ),
        (("trace", "before", "383"), "It is a DfE code; use the GSS code, E08000035 for Leeds"),
        (("compare", "before", "after", "--out", "missing"), "missing"),
    ],
)
def test_mistakes_are_sentences(country, words, told):
    folders = {"before", "after", "few", "nowhere"}
    known = {w: country / w for w in folders} | {"missing": country / "none" / "missing"}
    done = run(*(known.get(word, word) for word in words))
    assert done.exit_code == 2
    assert told in one_line(done.stderr)
    assert "Traceback" not in done.output


def copied(country, tmp_path, name="before"):
    for path in (country / name).iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


@pytest.mark.parametrize("name", [SETTLEMENT, RESULTS])
def test_a_file_changed_after_the_run_is_seen(country, tmp_path, name):
    folder = copied(country, tmp_path)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content.replace(b"1", b"2", 1))
    done = run("trace", folder, "Derby")
    assert done.exit_code == 2
    assert "was changed after it was written" in one_line(done.stderr)


@pytest.mark.parametrize("record", [None, "{", "[]", '{"outputs": 3}'])
def test_without_a_run_record_nobody_can_tell(country, tmp_path, record):
    folder = copied(country, tmp_path)
    (folder / RECORD).unlink()
    if record is not None:
        (folder / RECORD).write_text(record)
    done = run("trace", folder, "Derby")
    assert done.exit_code == 2
    assert "is missing or not a run record" in one_line(done.stderr)


def test_a_record_that_is_wrong_but_sealed(country, tmp_path):
    folder = copied(country, tmp_path)
    told = json.loads((folder / SETTLEMENT).read_text(encoding="utf-8")) | {"more": 1}
    (folder / SETTLEMENT).write_text(json.dumps(told), encoding="utf-8")
    sealed = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    digest = hashlib.sha256((folder / SETTLEMENT).read_bytes()).hexdigest()
    sealed["outputs"][SETTLEMENT] = digest
    (folder / RECORD).write_text(json.dumps(sealed), encoding="utf-8")
    done = run("trace", folder, "Derby")
    assert done.exit_code == 2
    assert "'more' is not a key that belongs here" in one_line(done.stderr)


def test_a_folder_of_years_names_them(country, tmp_path):
    year = tmp_path / "2026-27"
    year.mkdir()
    copied(country, year)
    done = run("trace", tmp_path, "Derby")
    assert done.exit_code == 2
    assert "It has 2026-27." in one_line(done.stderr)
    assert run("trace", year, "Derby").exit_code == 0


@pytest.mark.parametrize(
    "asked", [("compare", "few", "few"), ("bridge", "few", "few"), ("trace", "few", "Leeds")]
)
def test_who_was_left_out_is_said(country, asked):
    command, *folders = asked
    done = run(command, *[country / name if name == "few" else name for name in folders])
    assert done.exit_code == 0, done.output
    assert "Left out: Reading (E06000038): merged" in one_line(done.output)


TOPPED = """format = 1
title = "Topped up"
pot = 150_000_000
[files]
use = "use.csv"
spend = "spend.csv"
baseline = "baseline.csv"
[damping]
kind = "protection"
payer = "outside"
[damping.tiers]
cash = 1.0
[damping.member]
"""


@pytest.fixture(scope="module")
def topped(country):
    codes = [row[0] for row in baseline_rows()[1:]]
    text = TOPPED + "".join(f'{code} = "cash"\n' for code in codes)
    (country / "topped.toml").write_text(text)
    done = run("settle", country / "topped.toml", "--no-workbook", "--out", country / "topped")
    assert done.exit_code == 0, done.output
    return read_settled(country / "topped").settlement


def test_top_ups_stand_on_lines_of_their_own_everywhere(country, topped):
    total = int(topped.top_up.sum())
    assert total > 0
    compared = one_line(run("compare", country / "before", country / "topped").output)
    assert f"Top-up before 0 Top-up after {total:,}" in compared
    change = int(topped.pounds.sum()) + total - POT
    assert f"Change with top-up {change:+,}" in compared
    row = int(topped.top_up.argmax())
    code = topped.scenario.codes[row]
    args = ["bridge", country / "before", country / "topped", "--together", "pot+damping rule"]
    bridged = run(*args, "--authority", code, "--out", country / "b.csv")
    assert bridged.exit_code == 0, bridged.output
    told = one_line(bridged.output)
    top_up, pounds = int(topped.top_up[row]), int(topped.pounds[row])
    assert f"top-up from outside, after {top_up:,} to, with top-up {pounds + top_up:,}" in told
    assert [float(r["top_up_to"]) for r in rows(country / "b.csv")] == topped.top_up.tolist()
    everybody = one_line(run(*args).output)
    assert f"Top-ups from outside the pot, in none of these: 0 before, {total:,} after" in everybody
    traced = run("trace", country / "topped", code).output
    assert f"£{pounds + top_up:,}" in traced
    assert "Whole pounds with the top-up" in traced


def test_no_top_up_no_line(country):
    for args in (["compare", "before", "after"], ["bridge", "before", "after"]):
        done = run(args[0], *(country / name for name in args[1:]))
        assert "op-up" not in done.output


def test_what_the_use_is_stands_on_top(country):
    done = run("trace", country / "before", "Derby")
    assert "Use: " in done.output


@pytest.mark.parametrize(
    ("words", "name", "told"),
    [
        (("compare", "before", "after", "--out"), RESULTS, "one of the results of a run"),
        (("compare", "before", "after", "--out-groups"), RECORD, "one of the results of a run"),
        (("bridge", "before", "after", "--out"), SETTLEMENT, "one of the results of a run"),
        (("sensitivity", "before", "--out"), RESULTS, "one of the results of a run"),
        (("compare", "before", "after", "--by", "own.csv", "--out"), "own.csv", "would be lost"),
        (("weights", "spend.csv", "--out"), "spend.csv", "would be lost"),
        (("compare", "before", "after", "--out"), "", "is a folder"),
        (("bridge", "before", "after", "--out"), "none/there.csv", "There is no folder"),
    ],
)
def test_nothing_that_counts_is_written_over(country, tmp_path, words, name, told):
    copied(country, tmp_path)
    for other in ("own.csv", "spend.csv"):
        write_csv(tmp_path / other, SPEND)
    known = {"before": tmp_path, "after": country / "after", "own.csv": tmp_path / "own.csv",
             "spend.csv": tmp_path / "spend.csv"}  # fmt: skip
    was = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    done = run(*(known.get(word, word) for word in words), tmp_path / name)
    assert done.exit_code == 2, done.output
    assert told in one_line(done.stderr)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == was


def test_a_table_of_an_earlier_run_is_replaced(country, tmp_path):
    out = tmp_path / "compared.csv"
    ends = country / "before", country / "after"
    assert run("compare", *ends, "--out", out).exit_code == 0
    made = out.read_bytes()
    out.write_bytes(made[: made.index(b"\n") + 1] + b"of yesterday\r\n")
    assert run("compare", *ends, "--out", out).exit_code == 0
    assert out.read_bytes() == made
    assert [p.name for p in tmp_path.iterdir()] == ["compared.csv"]


@pytest.mark.parametrize(
    "args",
    [("compare", "before", "after"), ("bridge", "before", "after"), ("sensitivity", "before"),
     ("weights", "spend.csv")],
)  # fmt: skip
@pytest.mark.parametrize("content", [b"code,baseline\r\nE06000001,1\r\n", b""])
def test_another_table_of_that_name_stays(country, tmp_path, args, content):
    (tmp_path / "baseline.csv").write_bytes(content)
    write_csv(tmp_path / "spend.csv", SPEND)
    known = {"before": country / "before", "after": country / "after",
             "spend.csv": tmp_path / "spend.csv"}  # fmt: skip
    words = [known.get(word, word) for word in args]
    done = run(*words, "--out", tmp_path / "baseline.csv", columns=400)
    assert done.exit_code == 2
    assert "baseline.csv is there already with other columns" in one_line(done.stderr)
    assert (tmp_path / "baseline.csv").read_bytes() == content
    assert sorted(p.name for p in tmp_path.iterdir()) == ["baseline.csv", "spend.csv"]


@pytest.mark.parametrize("name", ["compared.xlsx", "compared"])
def test_a_table_is_not_called_a_workbook(country, tmp_path, name):
    words = ("compare", country / "before", country / "after", "--out", tmp_path / name)
    done = run(*words, columns=400)
    assert done.exit_code == 2
    assert f"{name} would be a table in CSV: give it a name that ends in .csv" in one_line(
        done.stderr
    )
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "--by", "nothing.csv"),
        ("compare", "--neighbours", "nothing.csv", "--authority", "Derby"),
        ("bridge", "--authority", "Debry"),
    ],
)
def test_a_mistake_is_told_before_anything_else(country, words):
    done = run(words[0], country / "before", country / "after", *words[1:])
    assert done.exit_code == 2
    assert done.stdout == ""
