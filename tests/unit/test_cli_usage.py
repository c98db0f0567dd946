"""What a person reads who typed a command line that no command takes."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cyps.cli import main
from plain_files import SPEND, baseline_rows, use_rows, write_csv


def run(*words, columns="200"):
    words = [str(word) for word in words]
    return CliRunner().invoke(main, words, env={"COLUMNS": columns}, prog_name="cyps")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("settle --flor 0.05", "There is no option --flor. Is --floor meant?\nFor help: cyps "
         "settle --help"),
        ("sensitivity --zzz", "There is no option --zzz.\nFor help: cyps sensitivity --help"),
        ("settle -floor 5", "There is no option -f. Names of more than one letter have two "
         "hyphens, such as --use.\nFor help: cyps settle --help"),
        ("settle \u2013floor 5", "'\u2013floor' begins with a long dash, which Word and mail make "
         "of two hyphens. Type --floor."),
        ("setle", "There is no command setle. Is settle meant?\nFor help: cyps --help"),
        ("pack dif", "There is no command dif. Is diff meant?\nFor help: cyps pack --help"),
        ("settle", "--out is missing (Folder for the results). Add it.\nFor help: cyps settle "
         "--help"),
        ("trace", "FOLDER is missing. Write cyps trace FOLDER AUTHORITY [LINE].\nFor help: cyps "
         "trace --help"),
        ("settle my use.csv --out x", "'use.csv' is more than the command takes, which is "
         "[SCENARIO]. Put a name or value with blanks in it in quotes, such as \"my use.csv\".\n"
         "For help: cyps settle --help"),
        ("settle --out", "--out needs a value behind it."),
        ("validate m.toml --cross age", "--cross needs 2 values behind it."),
        ("settle --json=yes", "--json takes no value: leave out what stands behind its =."),
        ("demo --children lots", "--children: 'lots' is not a whole number from 4,000,000 to "
         "20,000,000.\nFor help: cyps demo --help"),
        ("demo --children 5", "--children: '5' is not a whole number from 4,000,000 to 20,000,000."
         "\nFor help: cyps demo --help"),
        ("validate m.toml --folds 1", "--folds: '1' is not a whole number of 2 or more.\nFor help: "
         "cyps validate --help"),
        ("validate m.toml --seed x", "--seed: 'x' is not a whole number.\nFor help: cyps validate "
         "--help"),
        ("validate m.toml --split Child", "--split: 'Child' is not one of 'either', 'small areas', "
         "'children'.\nFor help: cyps validate --help"),
        ("settle --pot 8m", "--pot: '8m' is not an amount of whole pounds. Write it like "
         "8,000,000,000.\nFor help: cyps settle --help"),
    ],
)  # fmt: skip
def test_a_command_line_that_cannot_be_used(words, says):
    done = run(*words.split(" "))
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"Error: {says}\n")


def test_it_is_wrapped_to_a_narrow_terminal():
    lines = run("settle", "--out", "x", columns="60").stderr.splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("words", [[], ["pack"], ["--help"], ["settle", "-h"]])
def test_help_is_still_help(words):
    done = run(*words)
    assert "Usage: cyps" in done.output
    assert "Error" not in done.output


def test_a_minus_sign_of_word_in_a_rate_is_no_long_dash(tmp_path):
    done = run("settle", "--floor", "\u22125%", "--out", tmp_path / "out")
    assert "Missing --use, --spend, --baseline, --pot." in done.stderr


@pytest.mark.parametrize("word", ["Small Areas", "small_areas", "SMALL-AREAS", "smallareas"])
def test_a_choice_is_taken_however_it_is_written(tmp_path, word):
    done = run("validate", tmp_path / "none.toml", "--split", word, "--out", tmp_path / "out")
    assert "There is no model file" in done.stderr


def test_groupings_are_taken_however_they_are_written_and_once(tmp_path):
    write_csv(tmp_path / "use.csv", use_rows())
    write_csv(tmp_path / "spend.csv", SPEND)
    write_csv(tmp_path / "baseline.csv", baseline_rows())
    scenario = tmp_path / "s.toml"
    scenario.write_text(
        'format = 1\ntitle = "T"\npot = 220_000_000\ngroup = " REGION"\n[files]\nuse = "use.csv"\n'
        'spend = "spend.csv"\nbaseline = "baseline.csv"\n[damping]\nkind = "none"\n',
        encoding="utf-8",
    )
    out = tmp_path / "out"
    by = ["--by", "Region 9", "--by", "region9", "--by", "CLASS"]
    done = run("settle", scenario, "--out", out, "--no-workbook", *by)
    assert done.exit_code == 0, done.output
    rows = [line.split(",")[0] for line in (out / "groups.csv").read_text().splitlines()]
    assert rows == ["grouping", *["region9"] * 10, *["class"] * 6]
    assert "DfE's regions" in (out / "notes.txt").read_text(encoding="utf-8")
