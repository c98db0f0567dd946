"""Scenario files: the same as options, many years, extended, and wrong in every way."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.settlement.scenario_file import read_scenario, scenario_schema
from plain_files import SPEND, baseline_rows, use_rows, without, write_csv

SCHEMA = Path(__file__).parents[2] / "docs" / "scenario.schema.json"
ONE_YEAR = """
format = 1
title = "Settlement from files"
pot = 220_000_000

[files]
use = "use.csv"
spend = "spend.csv"
baseline = "baseline.csv"

[damping]
kind = "floor"
floor = -0.05
"""
YEARS = """
extends = "scenario.toml"
title = "Three years"

[[years]]
label = "2026-27"
phasing = 0.3333333333333333
damping = { kind = "none" }

[[years]]
label = "2027-28"
pot = { value = 230_000_000, source = "A paper", status = "assumed", dated = 2026-11-20 }
phasing = 0.6666666666666666

[[years]]
label = "2028-29"
pot = 240_000_000
baseline = "previous"
damping = { kind = "floor and ceiling", floor = 0.0, ceiling = 0.3 }
"""


def without_lines(words):
    return re.sub(r" \(line \d+\)", "", words)


def test_a_mistake_names_its_line(folder):
    (folder / "scenario.toml").write_text(ONE_YEAR.replace("-0.05", '"-5%"'))
    with pytest.raises(CypsError, match=r"'damping\.floor' \(line 13\) is '-5%'; it must be"):
        read_scenario(folder / "scenario.toml")
    (folder / "years.toml").write_text(YEARS.replace("240_000_000", '"240m"'))
    (folder / "scenario.toml").write_text(ONE_YEAR)
    with pytest.raises(
        CypsError, match=r"'pot' \(line 17\) of the 3rd of \[\[years\]\] \(2028-29\) is '240m'"
    ):
        read_scenario(folder / "years.toml")


@pytest.fixture
def folder(tmp_path):
    write_csv(tmp_path / "use.csv", use_rows())
    write_csv(tmp_path / "spend.csv", SPEND)
    write_csv(tmp_path / "baseline.csv", baseline_rows())
    (tmp_path / "scenario.toml").write_text(ONE_YEAR)
    (tmp_path / "years.toml").write_text(YEARS)
    return tmp_path


def settle(*args):
    return CliRunner().invoke(main, ["settle", *map(str, args)], env={"COLUMNS": "80"})


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_scenario_gives_what_the_options_give(folder):
    by_file = settle(folder / "scenario.toml", "--out", folder / "a")
    assert by_file.exit_code == 0, by_file.output
    by_options = settle(
        "--use", folder / "use.csv", "--spend", folder / "spend.csv",
        "--baseline", folder / "baseline.csv", "--pot", "220000000", "--floor", "-5%",
        "--out", folder / "b",
    )  # fmt: skip
    assert by_options.exit_code == 0, by_options.output
    for name in ("results.csv", "settlement.xlsx", "notes.txt"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()
    record = json.loads((folder / "a" / "run.json").read_text(encoding="utf-8"))
    assert record["scenario"]["files"] == ["scenario.toml"]
    assert record["scenario"]["choices"]["damping"] == {"kind": "floor", "floor": -0.05}
    assert str(folder) not in json.dumps(record)


def test_the_same_scenario_gives_the_same_bytes(folder):
    for out in ("a", "b"):
        assert settle(folder / "years.toml", "--out", folder / out).exit_code == 0
    of = {
        out: {p.relative_to(folder / out): p.read_bytes() for p in (folder / out).rglob("*.*")}
        for out in ("a", "b")
    }
    assert of["a"] == of["b"]


def test_years_follow_each_other(folder):
    done = settle(folder / "years.toml", "--out", folder / "out", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["years"]
    assert list(told) == ["2026-27", "2027-28", "2028-29"]
    assert [year["pot"] for year in told.values()] == [220_000_000, 230_000_000, 240_000_000]
    by_year = {label: rows(folder / "out" / label / "results.csv") for label in told}
    for label, year in told.items():
        assert sum(int(row["pounds"]) for row in by_year[label]) == year["pot"]
    before = [float(row["pounds"]) for row in by_year["2027-28"]]
    assert [float(row["baseline"]) for row in by_year["2028-29"]] == before
    table = rows(folder / "out" / "years.csv")
    assert len(table) == 3 * 153
    assert [row["pounds"] for row in table[153:306]] == [r["pounds"] for r in by_year["2027-28"]]
    notes = (folder / "out" / "2027-28" / "notes.txt").read_text(encoding="utf-8")
    assert "Pot: £230,000,000 (assumed, 2026-11-20: A paper)." in notes
    assert "0.6667 of the way to target, then floor -5.00%" in notes
    last = (folder / "out" / "2028-29" / "notes.txt").read_text(encoding="utf-8")
    assert "Baseline: what each got in 2027-28, top-ups included." in last
    assert "baseline.csv" not in last
    assert "A paper" not in last
    # One workbook for the run, whose own formulas compute every year of it.
    assert list((folder / "out").rglob("settlement.xlsx")) == [folder / "out" / "settlement.xlsx"]
    assert json.loads(done.stdout)["files"] == ["settlement.xlsx", "years.csv", "run.json"]
    book = openpyxl.load_workbook(folder / "out" / "settlement.xlsx", data_only=True)
    cells = list(book["Calculation 2028-29"].iter_rows(min_row=12, values_only=True))
    pounds = cells[0].index("Pounds")
    assert [str(row[pounds]) for row in cells[1:154]] == [
        row["pounds"] for row in by_year["2028-29"]
    ]


def test_the_terminal_shows_every_year_in_50_columns(folder):
    args = ["settle", str(folder / "years.toml"), "--out", str(folder / "out")]
    done = CliRunner().invoke(main, args, env={"COLUMNS": "50"})
    assert done.exit_code == 0, done.output
    for label in ("2026-27", "2027-28", "2028-29"):
        assert label in done.stdout
    # A path is one line, so that it can be copied.
    lines = [line for line in done.stdout.splitlines() if str(folder) not in line]
    assert max(map(len, lines)) <= 50


def test_extends_says_only_what_is_different(folder):
    (folder / "higher.toml").write_text(
        'extends = "scenario.toml"\n[damping]\nkind = "proportional"\nfloor = 0.0\n'
        '[exclude]\nE06000053 = "a trial"\n'
    )
    choices = read_scenario(folder / "higher.toml").choices
    assert choices.title == "Settlement from files"
    assert choices.damping.kind == "proportional"
    assert choices.exclude == {"E06000053": "a trial"}


def test_a_file_of_another_content_is_refused(folder):
    right = hashlib.sha256((folder / "use.csv").read_bytes()).hexdigest()
    (folder / "scenario.toml").write_text(f'{ONE_YEAR}\n[sha256]\n"use.csv" = "{right}"\n')
    assert settle(folder / "scenario.toml", "--out", folder / "out").exit_code == 0
    with (folder / "use.csv").open("a") as file:
        file.write("\n")
    done = settle(folder / "scenario.toml", "--out", folder / "again")
    assert done.exit_code == 2
    assert "is not the file that the scenario was made with" in " ".join(done.output.split())
    assert not (folder / "again").exists()


def test_a_missing_authority_says_what_to_write_in_the_scenario(folder):
    write_csv(folder / "baseline.csv", without(baseline_rows(), "E06000053"))
    done = settle(folder / "scenario.toml", "--out", folder / "out")
    assert done.exit_code == 2
    assert "[exclude]" in done.output
    assert 'E06000053 = "reason"' in done.output


def test_options_beside_a_scenario_are_refused(folder):
    done = settle(folder / "scenario.toml", "--pot", "5", "--out", folder / "out")
    assert done.exit_code == 2
    assert "leave --pot out" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("format = 1", "format = 2"), "'format' is 2; it must be 1"),
        (("format = 1", ""), "'format' is missing"),
        (("pot = 220_000_000", "pott = 1"), "'pott' is not a key that belongs here"),
        (("pot = 220_000_000", "pot = 2.5"), r"'pot' is 2.5; it must be a whole number"),
        (("pot = 220_000_000", 'pot = "8,000,000,000"'), "'pot' is '8,000,000,000'; it must be a"),
        (("pot = 220_000_000", "pot = 0"), "'pot' is 0; it must be above 0"),
        (("floor = -0.05", 'floor = "-5%"'), "'damping.floor' is '-5%'; it must be a number"),
        (
            ("floor = -0.05", "floor = -5"),
            "'damping.floor' is -5; it must be at least -1: write -0.05 for -5%",
        ),
        (("use = ", 'trend = "x"\nuse = '), "'files.trend' is not a key"),
        (('use = "use.csv"', "use = 3"), "'files.use' .*must be a list"),
        (("pot = 220_000_000", ""), "there is no pot. Write pot = 8_000_000_000"),
        (("pot = 220_000_000", "pot = 8,000,000,000"), "line 4. Write a number without commas"),
        (('kind = "floor"', 'kind = "flour"'), "'damping'.*'flour'"),
        (("floor = -0.05", "floor = -0.05\nceiling = 1.0"), "'damping.ceiling' is not a key"),
        (
            ('kind = "floor"', 'kind = "floor and ceiling"\nceiling = -0.1'),
            "'damping' has the ceiling -0.1 below its floor -0.05. Raise the ceiling or lower",
        ),
        (
            ('kind = "floor"\nfloor = -0.05', 'kind = "pace of change"\nleast = 0.1\nmost = 0.05'),
            "'damping' has most = 0.05, which is below least = 0.1. Raise most or lower least",
        ),
        (
            (
                'kind = "floor"\nfloor = -0.05',
                'kind = "bands"\nmember = {}\n[damping.bands]\n'
                "a = {floor = 0.2, ceiling = 0.1}\nc = {floor = 0, ceiling = -1}",
            ),
            "has the ceiling 0.1 of 'a' below its floor 0.2 and the ceiling -1 of 'c' below its ",
        ),
        (
            (
                'kind = "floor"\nfloor = -0.05',
                'kind = "pace of change"\nleast = 0\nmost = 0.1\n'
                '[[years]]\nlabel = "2027-28"\nphasing = 0.5',
            ),
            'it has phasing and damping.kind = "pace of change" for 2027-28. Both are',
        ),
        (("[files]", "[files"), "is not written in TOML"),
        (('title = "Settlement from files"', 'extends = "scenario.toml"'), "extends itself"),
        (('title = "Settlement from files"', 'extends = "../a.toml"'), "in the same folder"),
        (('title = "Settlement from files"', 'extends = "none.toml"'), "There is no scenario file"),
    ],
)
def test_wrong_scenarios_are_told_by_key(folder, change, says):
    (folder / "scenario.toml").write_text(ONE_YEAR.replace(*change, 1))
    with pytest.raises(CypsError) as told:
        read_scenario(folder / "scenario.toml").years()
    assert re.search(says, without_lines(str(told.value)))


def test_a_year_that_cannot_be_settled_is_named(folder):
    text = YEARS.replace("floor = 0.0, ceiling", "floor = 0.29, ceiling")
    (folder / "years.toml").write_text(text)
    done = settle(folder / "years.toml", "--out", folder / "out")
    assert done.exit_code == 2
    assert "Year 2028-29: A floor of 29" in " ".join(done.output.split())
    assert not (folder / "out").exists()


def test_the_published_schema_is_the_one_that_checks():
    """Renew: uv run python -m cyps.settlement.scenario_file > docs/scenario.schema.json."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == scenario_schema()


def test_an_amended_pot_needs_an_origin_of_its_own(folder):
    letter = (
        'pot = { value = 220_000_000, source = "Letter", status = "published", dated = 2025-12-17 }'
    )
    (folder / "scenario.toml").write_text(ONE_YEAR.replace("pot = 220_000_000", letter))
    (folder / "amended.toml").write_text('extends = "scenario.toml"\npot = { value = 230_000_000 }')
    with pytest.raises(CypsError, match="pot"):
        read_scenario(folder / "amended.toml")
    (folder / "amended.toml").write_text('extends = "scenario.toml"\npot = 230_000_000')
    (year,) = read_scenario(folder / "amended.toml").years()
    assert year.pot == 230_000_000
    assert year.notes == ()


def test_an_amended_file_leaves_its_old_hash_behind(folder):
    hashed = f'{ONE_YEAR}\n[sha256]\n"baseline.csv" = "{"0" * 64}"\n'
    (folder / "scenario.toml").write_text(hashed)
    (folder / "amended.toml").write_text(
        'extends = "scenario.toml"\n[files]\nbaseline = "baseline2.csv"\n'
    )
    assert read_scenario(folder / "amended.toml").choices.sha256 == {}
    assert read_scenario(folder / "scenario.toml").choices.sha256 != {}


def test_what_is_in_the_way_of_a_year_is_said_first(folder):
    (folder / "out").mkdir()
    (folder / "out" / "2028-29").write_text("mine")
    done = settle(folder / "years.toml", "--out", folder / "out")
    assert done.exit_code == 2
    assert "2028-29" in done.output
    assert [path.name for path in (folder / "out").iterdir()] == ["2028-29"]


def test_several_years_have_one_record_above_theirs(folder):
    assert settle(folder / "years.toml", "--out", folder / "out").exit_code == 0
    told = json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))
    assert told["status"] == "illustrative"
    assert told["scenario"]["files"] == ["years.toml", "scenario.toml"]
    assert told["years"]["2027-28"]["pot"] == 230_000_000
    content = (folder / "out" / "years.csv").read_bytes()
    assert told["outputs"]["years.csv"] == hashlib.sha256(content).hexdigest()
    assert {row["status"] for row in rows(folder / "out" / "years.csv")} == {"illustrative"}
    for label in told["years"]:
        assert f"{label}/results.csv" in told["outputs"]


def test_one_year_after_several_leaves_none_of_the_several(folder):
    assert settle(folder / "years.toml", "--out", folder / "out").exit_code == 0
    assert settle(folder / "scenario.toml", "--out", folder / "out").exit_code == 0
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {
        "results.csv", "groups.csv", "notes.txt", "settlement.json", "settlement.xlsx", "run.json",
    }  # fmt: skip


def test_hashes_of_files_that_stay_are_inherited(folder):
    hashes = {name: f"{i}" * 64 for i, name in enumerate(("use.csv", "baseline.csv", "b27.csv"))}
    told = "".join(f'"{name}" = "{value}"\n' for name, value in hashes.items())
    year = '[[years]]\nlabel = "1"\nfiles = { baseline = "b27.csv" }\n'
    (folder / "scenario.toml").write_text(f"{ONE_YEAR}\n[sha256]\n{told}\n{year}")
    own = (
        f'extends = "scenario.toml"\n[files]\nbaseline = "b2.csv"\n[sha256]\n"x.csv" = "{"a" * 64}"'
    )
    (folder / "own.toml").write_text(own)
    assert read_scenario(folder / "own.toml").choices.sha256 == {
        "use.csv": hashes["use.csv"], "b27.csv": hashes["b27.csv"], "x.csv": "a" * 64,
    }  # fmt: skip


MISTAKES = {
    "title = 5": "'title' is 5; it must be text in quotes, such as \"use.csv\"",
    'title = ""': "'title' must not be empty",
    'notes = "y"': "'notes' is 'y'; it must be a list in square brackets",
    "exclude = 3": "'exclude' is 3; it must be a table of keys and values",
    'as_at = "soon"': "'as_at' is 'soon'; it must be a date such as 2026-04-01",
    "phasing = 1.5": "'phasing' is 1.5; it must be at most 1",
    "phasing = -1": "'phasing' is -1; it must be at least 0",
    "pot = 2_000_000_000_000": "'pot' is 2_000_000_000_000; it must be at most 1_000_000_000_000",
    "pot = []": "'pot' must not be empty",
    "pot = { value = 5 }": "'pot.source' is missing",
    'pot = { value = 5, source = "s", status = "sure" }': "'pot.status' is "
    "'sure'; it must be 'published', 'assumed' or 'illustrative'",
    "[damping]\nfloor = 0.0": "'damping' must say its kind, such as kind = \"floor\"",
    '[damping]\nkind = "roof"': "'damping' has the kind 'roof'; it must be "
    "one of 'none', 'floor', 'floor and ceiling', 'proportional', 'bands', 'protection', "
    "'pace of change'",
}


@pytest.mark.parametrize("written", MISTAKES)
def test_mistakes_are_told_in_these_words(folder, written):
    (folder / "scenario.toml").write_text(f"format = 1\n{written}")
    with pytest.raises(CypsError) as told:
        read_scenario(folder / "scenario.toml")
    words = without_lines(str(told.value))
    assert words.startswith("scenario.toml cannot be used as a scenario: ")
    assert words.endswith(". docs/scenarios.md lists every key.")
    assert MISTAKES[written] in words


def test_a_single_year_keeps_its_label(folder):
    label = '[[years]]\nlabel = "2026-27"\n'
    (folder / "one.toml").write_text(ONE_YEAR.replace("Settlement from files", "Ours") + label)
    done = settle(folder / "one.toml", "--out", folder / "out")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("Ours, 2026-27 (illustrative)")
    assert "Ours, 2026-27" in (folder / "out" / "notes.txt").read_text(encoding="utf-8")
    assert json.loads((folder / "out" / "run.json").read_text())["title"] == "Ours, 2026-27"
    book = openpyxl.load_workbook(folder / "out" / "settlement.xlsx")
    heads = [cell.value for row in book["Inputs"].iter_rows(max_row=7) for cell in row]
    assert "2026-27" in heads
    assert "2024-25" not in heads


def test_a_baseline_in_thousands_is_told_before_any_number(folder):
    head, *body = baseline_rows()
    write_csv(folder / "baseline.csv", [head, *([*row[:-1], row[-1] / 1000] for row in body)])
    done = settle(folder / "scenario.toml", "--out", folder / "out", "--no-workbook")
    assert done.exit_code == 0, done.output
    assert "Look at this first" in done.output.split("Pot  ")[0]
    notes = (folder / "out" / "notes.txt").read_text(encoding="utf-8")
    assert "- Look at this first: Baselines and pot do not seem to be in one unit" in notes
    years = settle(folder / "years.toml", "--out", folder / "years", "--no-workbook")
    told = " ".join(years.output.split())
    assert "2026-27: Baselines and pot do not seem to be in one unit" in told
    assert "2028-29: Baselines and pot" not in told  # its baseline is what each got before


def test_a_what_if_stands_beside_the_results_of_every_year(folder):
    done = settle(folder / "scenario.toml", "--out", folder / "out", "--what-if")
    assert done.exit_code == 0, done.output
    written = json.loads((folder / "out/run.json").read_text())["outputs"]
    assert "what-if.xlsx" in written
    assert settle(folder / "scenario.toml", "--out", folder / "out").exit_code == 0
    assert not (folder / "out/what-if.xlsx").exists()
    years = settle(folder / "years.toml", "--out", folder / "years", "--what-if", "--no-workbook")
    assert years.exit_code == 0, years.output
    found = sorted(path.parent.name for path in (folder / "years").rglob("what-if.xlsx"))
    assert found == ["2026-27", "2027-28", "2028-29"]
    assert not list((folder / "years").rglob("settlement.xlsx"))


def test_a_what_if_of_several_years_says_where_to_get_one(folder):
    words = ["workbook", "new", str(folder / "years.toml"), "--what-if", "--out"]
    done = CliRunner().invoke(main, [*words, str(folder / "w.xlsx")], env={"COLUMNS": "80"})
    assert done.exit_code != 0
    assert "A what-if has one year" in " ".join(done.output.split())
    assert not (folder / "w.xlsx").exists()
