"""Groups as an officer meets them: damping groups, `--by`, neighbours, groups.csv."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.geography import GROUPINGS, authorities, grouping
from plain_files import (
    SPEND,
    area_cost_rows,
    baseline_rows,
    population_rows,
    use_rows,
    write_csv,
)

EVERYONE = authorities(2025)
SCENARIO = """format = 1
title = "Trial"
pot = 220_000_000
{more}
[files]
use = "use.csv"
spend = "spend.csv"
baseline = "baseline.csv"
population = "pop.csv"
[damping]
{rule}
"""
FLOOR = 'kind = "floor"\nfloor = -0.05'


def run(*args, columns=80):
    return CliRunner().invoke(main, [str(arg) for arg in args], env={"COLUMNS": str(columns)})


def one_line(text):
    return " ".join(text.split())


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Input files, a list of one's own, and two settlements: before, after (area cost, pot)."""
    folder = tmp_path_factory.mktemp("groups")
    for name, table in {
        "use": use_rows(), "spend": SPEND, "baseline": baseline_rows(), "pop": population_rows(),
        "aca": area_cost_rows(),
        "mine": [["code", "group"],
                 *([a.code, "odd" if i % 2 else "even"] for i, a in enumerate(EVERYONE))],
        "near": [["code", "neighbour"], ["E08000025", "E06000001"], ["E08000025", "E06000053"],
                 ["E08000025", "E06000018"]],
    }.items():  # fmt: skip
        write_csv(folder / f"{name}.csv", table)
    out = "--exclude", "E06000053=too few", "--no-workbook"
    files = [
        part
        for role in ("use", "spend", "baseline")
        for part in (f"--{role}", folder / f"{role}.csv")
    ] + ["--population", folder / "pop.csv", "--floor", "-5%"]
    for name, more in {
        "before": ("--pot", "220000000"),
        "after": ("--pot", "230000000", "--area-cost", folder / "aca.csv"),
    }.items():
        done = run("settle", *files, *more, *out, "--out", folder / name)
        assert done.exit_code == 0, done.output
    return folder


def settle(folder, out, more="", rule=FLOOR, options=()):
    (folder / "s.toml").write_text(SCENARIO.format(more=more, rule=rule), encoding="utf-8")
    return run("settle", folder / "s.toml", "--no-workbook", "--out", out, *options)


@pytest.mark.parametrize("name", [*GROUPINGS, "mine.csv"])
def test_damping_groups_by_name_or_file_are_those_of_a_dict(folder, tmp_path, name):
    low = FLOOR.replace("0.05", "0.2")
    done = settle(folder, tmp_path / "a", f'group = "{name}"', low)
    assert done.exit_code == 0, done.output
    table = rows(tmp_path / "a" / "results.csv")
    of = {row["code"]: row["damping_group"] for row in table}
    if name in GROUPINGS:
        assert of == grouping(name, EVERYONE).of
    listed = ", ".join(f'{code} = "{group}"' for code, group in of.items())
    assert settle(folder, tmp_path / "b", f"group = {{ {listed} }}", low).exit_code == 0
    assert rows(tmp_path / "b" / "results.csv") == table
    for group in set(of.values()):
        mine = [row for row in table if row["damping_group"] == group]
        paid = sum(int(row["pounds"]) for row in mine)
        assert paid == pytest.approx(sum(float(row["target"]) for row in mine), abs=1)
    record = json.loads((tmp_path / "a" / "run.json").read_text(encoding="utf-8"))
    assert any("money stays within each" in note for note in record["notes"])
    assert (record["inputs"][-1]["file"] == "mine.csv") == (name == "mine.csv")


def test_a_dict_of_groups_names_everybody_and_nobody_else(folder, tmp_path):
    of = {a.code: "a" for a in EVERYONE[2:]} | {"E06900009": "b"}
    listed = ", ".join(f'{code} = "{group}"' for code, group in of.items())
    done = settle(folder, tmp_path / "out", f"group = {{ {listed} }}")
    told = one_line(done.output)
    assert done.exit_code == 2
    assert "no damping group is given for Hartlepool (E06000001), Middlesbrough" in told
    assert "a damping group is given for E06900009, not in this settlement" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        ('kind = "bands"\nbands = {{ a = {{ floor = -0.1 }} }}\nmember = {{ {} }}', "band"),
        ('kind = "protection"\npayer = "group"\ntiers = {{ a = 0.9 }}\nmember = {{ {} }}', "tier"),
    ],
)
def test_bands_and_tiers_are_a_column_and_name_nobody_unknown(folder, tmp_path, rule, column):
    of = ", ".join(f'{a.code} = "a"' for a in EVERYONE)
    assert settle(folder, tmp_path / "out", rule=rule.format(of)).exit_code == 0
    assert {row[column] for row in rows(tmp_path / "out" / "results.csv")} == {"a"}
    assert f"{column}: the {column}" in (tmp_path / "out" / "notes.txt").read_text("utf-8")
    done = settle(folder, tmp_path / "no", rule=rule.format(of + ', E06900009 = "a"'))
    assert done.exit_code == 2
    assert f"a {column} is given for E06900009" in one_line(done.output)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('group = "county"', "There is no grouping and no file 'county'. Group by region, region9"),
        ('group = "use.csv"', "there is no column 'group'"),
        ("group = 3", "'group' (line 4) is 3; it must be text in quotes"),
    ],
)
def test_groups_that_cannot_be(folder, tmp_path, more, says):
    done = settle(folder, tmp_path / "out", more)
    assert done.exit_code == 2
    assert says in one_line(done.output)


def test_groups_csv_adds_up_to_the_whole(folder, tmp_path):
    own = folder / "mine.csv"
    by = ["--by", "class", "--by", own, "--by", "combined", "--by", "class"]
    done = settle(folder, tmp_path, options=by)
    assert done.exit_code == 0, done.output
    assert "By class" in done.output
    table = rows(tmp_path / "groups.csv")
    assert list(dict.fromkeys(row["grouping"] for row in table)) == [
        "class",
        "mine.csv",
        "combined",
    ]
    results = rows(tmp_path / "results.csv")
    for name in ("class", "mine.csv", "combined"):
        *groups, whole = [row for row in table if row["grouping"] == name]
        assert whole["group"] == "All authorities"
        for column in whole.keys() - {"grouping", "group", "change_rate", "pounds_per_child"}:
            total = sum(float(row[column]) for row in groups)
            assert total == pytest.approx(float(whole[column]), rel=1e-12, abs=1e-6), column
        for column in ("pounds", "target", "baseline", "population", "needs_share"):
            total = sum(float(row[column]) for row in results)
            assert float(whole[column]) == pytest.approx(total, rel=1e-12)
        assert whole["authorities"] == "153"
    assert table[-2]["group"] == "In none"


def test_groups_csv_is_by_region_when_nothing_is_said(folder):
    table = rows(folder / "before" / "groups.csv")
    assert len(table) == 11
    assert {row["grouping"] for row in table} == {"region"}


@pytest.mark.parametrize("name", [*GROUPINGS, "mine.csv"])
def test_compare_by_groups_adds_up(folder, tmp_path, name):
    by = name if name in GROUPINGS else folder / name
    done = run(
        "compare", folder / "before", folder / "after", "--by", by, "--out", tmp_path / "a.csv",
        "--out-groups", tmp_path / "g.csv",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    *groups, whole = rows(tmp_path / "g.csv")
    each = rows(tmp_path / "a.csv")
    assert len(each) == 152
    for column in ("authorities", "before", "after", "change", "winners", "losers", "unchanged"):
        assert sum(int(row[column]) for row in groups) == int(whole[column])
    assert int(whole["after"]) - int(whole["before"]) == 10_000_000
    for row in groups:
        mine = [a for a in each if a[f"by_{name}"] == row["group"]]
        change = sum(int(a["change"]) for a in mine)
        children = sum(float(a["population"]) for a in mine)
        assert int(row["change"]) == change
        assert float(row["change_per_child"]) == pytest.approx(change / children)
        assert int(row["winners"]) == sum(int(a["change"]) > 0 for a in mine)


def test_compare_by_class_fits_a_narrow_terminal(folder):
    done = run("compare", folder / "before", folder / "after", "--by", "class", columns=60)
    assert done.exit_code == 0
    assert max(len(line) for line in done.output.splitlines()) <= 60
    head = next(line for line in done.output.splitlines() if line.startswith("Class"))
    assert head.split() == ["Class", "Change", "%", "Per", "child", "Win", "Lose"]
    assert any(line.startswith("Metropolitan district ") for line in done.output.splitlines())


def test_one_authority_beside_its_neighbours(folder):
    done = run(
        "compare", folder / "before", folder / "after", "--neighbours", folder / "near.csv",
        "--authority", "Birmingham",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    lines = [line for line in done.output.splitlines() if line[:11].strip()]
    at = next(i for i, line in enumerate(lines) if line.startswith("Beside"))
    first = [line.split("  ")[0].strip() for line in lines[at + 1 : at + 5]]
    assert first == ["Birmingham", "Hartlepool", "Nottingham", "Neighbours together"]
    pounds = [int(line.split()[-4].replace(",", "")) for line in lines[at + 1 : at + 5]]
    assert pounds[3] == pounds[1] + pounds[2]
    assert "Not in this settlement: E06000053." in done.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--neighbours", "near.csv"), "Give --neighbours and --authority together"),
        (("--neighbours", "near.csv", "--authority", "Derby"), "There are no neighbours of Derby"),
        (("--by", "counties"), "There is no grouping and no file 'counties'"),
    ],
)
def test_compare_says_what_it_cannot_group(folder, options, says):
    named = [folder / word if word.endswith(".csv") else word for word in options]
    done = run("compare", folder / "before", folder / "after", *named)
    assert done.exit_code == 2
    assert says in one_line(done.output)
