"""Dated parameters: amendments, both results, and years with files of their own."""

from __future__ import annotations

import csv
import datetime
import hashlib
import json

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.settlement.scenario_file import read_scenario
from plain_files import SPEND, baseline_rows, use_rows, write_csv

SCENARIO = """
format = 1
title = "Amended"

[[pot]]
value = 220_000_000
source = "Settlement paper"
status = "published"
dated = 2025-12-17

[[pot]]
value = 230_000_000
source = "Amending report"
status = "published"
dated = 2026-02-05

[files]
use = "use.csv"
spend = "spend.csv"
baseline = [
  { file = "baseline-2.csv", source = "Correction", status = "published", dated = 2026-03-01 },
  { file = "baseline.csv", source = "Settlement paper", status = "published", dated = 2025-12-17 },
]

[damping]
kind = "floor"
floor = -0.05
"""
BEFORE = "as_at = 2026-02-04"


def shifted(rows, code, pounds):
    """The same rows with another amount for one authority."""
    head, *body = rows
    return [head, *([*row[:-1], pounds] if row[0] == code else row for row in body)]


@pytest.fixture
def folder(tmp_path):
    write_csv(tmp_path / "use.csv", use_rows())
    write_csv(tmp_path / "spend.csv", SPEND)
    rows = baseline_rows()
    write_csv(tmp_path / "baseline.csv", rows)
    write_csv(tmp_path / "baseline-2.csv", shifted(rows, "E08000025", 5_000_000))
    (tmp_path / "scenario.toml").write_text(SCENARIO)
    return tmp_path


def settle(*args):
    return CliRunner().invoke(main, ["settle", *map(str, args)], env={"COLUMNS": "80"})


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def pounds(path):
    return {row["code"]: int(row["pounds"]) for row in rows(path)}


def test_the_newest_version_counts_and_the_one_before_stays_reproducible(folder):
    done = settle(folder / "scenario.toml", "--out", folder / "now")
    assert done.exit_code == 0, done.output
    eve = settle(folder / "scenario.toml", "--as-at", "2026-02-28", "--out", folder / "eve")
    assert eve.exit_code == 0, eve.output
    first = settle(folder / "scenario.toml", "--as-at", "2026-01-01", "--out", folder / "first")
    assert first.exit_code == 0, first.output
    now, before = pounds(folder / "now" / "results.csv"), pounds(folder / "eve" / "results.csv")
    assert sum(now.values()) == sum(before.values()) == 230_000_000
    assert sum(pounds(folder / "first" / "results.csv").values()) == 220_000_000
    told = rows(folder / "now" / "amended.csv")
    assert {row["code"]: int(row["pounds_before"]) for row in told} == before
    assert {row["code"]: int(row["pounds"]) for row in told} == now
    assert all(int(r["difference"]) == int(r["pounds"]) - int(r["pounds_before"]) for r in told)
    assert now["E08000025"] != before["E08000025"]
    output = " ".join(done.output.split())
    assert "against what was known on 2026-02-28, the pot stays £230,000,000" in output
    assert "--as-at 2026-02-28" in output
    record = json.loads((folder / "now" / "run.json").read_text(encoding="utf-8"))
    assert record["amendment"]["before"] == "2026-02-28"
    assert [file["file"] for file in record["inputs"] if file["role"] == "baseline"] == [
        "baseline-2.csv"
    ]
    notes = (folder / "now" / "notes.txt").read_text(encoding="utf-8")
    assert "Pot: £230,000,000 (published, 2026-02-05: Amending report)." in notes
    assert "Baseline: baseline-2.csv (published, 2026-03-01: Correction)." in notes
    # Nothing was amended by then, so there is nothing to show.
    assert not (folder / "first" / "amended.csv").exists()


def test_an_amended_pot_is_shown_with_both(folder):
    done = settle(folder / "scenario.toml", "--as-at", "2026-02-10", "--out", folder / "out")
    output = " ".join(done.output.split())
    assert "the pot was £220,000,000 and is £230,000,000" in output
    assert "£10,000,000 in all" in output


def test_a_day_before_anything_was_known_is_refused(folder):
    done = settle(folder / "scenario.toml", "--as-at", "2025-01-01", "--out", folder / "out")
    assert done.exit_code == 2
    assert "On 2025-01-01 no version of a parameter was in force" in " ".join(done.output.split())


def test_two_versions_of_one_day_are_refused(folder):
    text = SCENARIO.replace("2026-02-05", "2025-12-17")
    (folder / "scenario.toml").write_text(text)
    with pytest.raises(CypsError, match="Two versions of a parameter are dated 2025-12-17"):
        read_scenario(folder / "scenario.toml").years()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("10/02/2026", "is not in the form year-month-day: write the date as 2026-02-10."),
        ("10 Feb 2026", "is not in the form year-month-day: write the date as 2026-02-10."),
        ("1.2.26", "is not in the form year-month-day: write the date as 2026-02-01."),
        ("02/13/2026", "is not a date. Write it with year, month and day, like 2026-02-10."),
        ("2026-02-30", "is not a date. Write it with year, month and day, like 2026-02-10."),
        ("soon", "is not a date. Write it with year, month and day, like 2026-02-10."),
    ],
)
def test_a_date_in_another_form_is_asked_back(folder, typed, says):
    done = settle(folder / "scenario.toml", "--as-at", typed, "--out", folder / "out")
    assert done.exit_code == 2
    assert f"'{typed}' {says}" in " ".join(done.stderr.split())
    assert "%" not in done.stderr


def test_group_members_hashes_and_bands_are_taken_out_of_what_is_extended(tmp_path):
    (tmp_path / "base.toml").write_text(
        'format = 1\ntitle = "Base"\npot = 5\nphasing = 0.5\n'
        'group = { E06000001 = "north", E06000002 = "north" }\n'
        '[files]\nuse = "use.csv"\nspend = "spend.csv"\nbaseline = "baseline.csv"\n'
        '[sha256]\n"use.csv" = "00"\n'
        '[damping]\nkind = "bands"\nmember = { E06000001 = "a", E06000002 = "a" }\n'
        "bands = { a = { floor = 0.0, ceiling = 0.1 } }\n"
    )
    (tmp_path / "own.toml").write_text(
        'extends = "base.toml"\nremove = ["phasing", "group.E06000001", "sha256.use.csv", '
        '"damping.member.E06000002", "damping.bands.a.ceiling"]\n'
    )
    choices = read_scenario(tmp_path / "own.toml").choices
    assert (choices.phasing, choices.group) == (None, {"E06000002": "north"})
    assert choices.sha256 == {}
    assert choices.damping.member == {"E06000001": "a"}
    assert choices.damping.bands["a"].ceiling is None
    (tmp_path / "own.toml").write_text('extends = "base.toml"\nremove = ["group"]\n')
    assert read_scenario(tmp_path / "own.toml").choices.group is None


def test_files_of_one_name_are_told_apart_in_notes_record_and_refusals(folder):
    for year in ("2025", "2026"):
        (folder / year).mkdir()
        write_csv(folder / year / "baseline.csv", baseline_rows())
    text = SCENARIO.split("[files]")[0] + (
        '[files]\nuse = "use.csv"\nspend = "spend.csv"\nbaseline = "2025/baseline.csv"\n'
        '[damping]\nkind = "floor"\nfloor = -0.05\n[[years]]\nlabel = "2025-26"\n'
        '[[years]]\nlabel = "2026-27"\nfiles = { baseline = "2026/baseline.csv" }\n'
    )
    (folder / "scenario.toml").write_text(text)
    done = settle(folder / "scenario.toml", "--no-workbook", "--out", folder / "out")
    assert done.exit_code == 0, done.output
    for year in ("2025", "2026"):
        notes = (folder / "out" / f"{year}-{int(year[2:]) + 1}" / "notes.txt").read_text()
        assert f"column 'baseline' of {year}/baseline.csv" in notes
        assert "column 'CIN' of use.csv" in notes  # alone of its name: nothing of its folder
    record = json.loads((folder / "out" / "2026-27" / "run.json").read_text())
    names = {each["role"]: each["file"] for each in record["inputs"]}
    assert names["baseline"] == "2025/baseline.csv"
    assert names["baseline of 2026-27"] == "2026/baseline.csv"
    assert str(folder) not in json.dumps(record)
    (folder / "2026" / "baseline.csv").write_text("code,baseline\nE1,x\n")
    done = settle(folder / "scenario.toml", "--no-workbook", "--out", folder / "out")
    assert "2026/baseline.csv, row 2" in " ".join(done.output.split())


def test_as_at_in_the_scenario_is_the_option(folder):
    text = SCENARIO.replace('title = "Amended"', 'title = "Amended"\nas_at = 2026-01-01')
    (folder / "then.toml").write_text(text)
    assert read_scenario(folder / "then.toml").years()[0].pot == 220_000_000
    newer = read_scenario(folder / "then.toml", datetime.date(2026, 6, 1))
    assert newer.years()[0].pot == 230_000_000


def test_as_at_without_a_scenario_is_refused(folder):
    done = settle("--as-at", "2026-01-01", "--out", folder / "out")
    assert done.exit_code == 2
    assert "Give a scenario file" in " ".join(done.output.split())


def test_hashes_of_versions_that_are_not_in_force_do_not_disturb(folder):
    hashed = f'{SCENARIO}\n[sha256]\n"baseline.csv" = "{"0" * 64}"\n'
    (folder / "scenario.toml").write_text(hashed)
    assert settle(folder / "scenario.toml", "--out", folder / "out").exit_code == 2  # the eve's
    typo = hashed.replace('"baseline.csv" = "0', '"basline.csv" = "0')
    (folder / "scenario.toml").write_text(typo)
    done = settle(folder / "scenario.toml", "--out", folder / "out")
    assert "which is none of its files" in " ".join(done.output.split())


YEARS = """
extends = "scenario.toml"
title = "Years"
pot = 220_000_000
remove = ["damping"]
damping = { kind = "floor", floor = -0.1 }

[files]
baseline = "baseline.csv"

[[years]]
label = "2026-27"

[[years]]
label = "2027-28"
pot = { value = 240_000_000, source = "A paper", status = "assumed", dated = 2026-11-20 }

[years.files]
baseline = "baseline-2.csv"
area_cost = { file = "aca.csv", source = "A table", status = "assumed", dated = 2026-11-20 }

[[years]]
label = "2028-29"
baseline = "previous"
"""


def test_a_year_has_a_baseline_and_an_area_cost_of_its_own(folder):
    codes = [row[0] for row in baseline_rows()[1:]]
    write_csv(
        folder / "aca.csv",
        [["code", "area_cost"], *([c, 1.2 if c == codes[0] else 1.0] for c in codes)],
    )
    (folder / "years.toml").write_text(YEARS)
    done = settle(folder / "years.toml", "--out", folder / "out")
    assert done.exit_code == 0, done.output
    by_year = {
        y: rows(folder / "out" / y / "results.csv") for y in ("2026-27", "2027-28", "2028-29")
    }
    baseline = {y: {r["code"]: float(r["baseline"]) for r in by_year[y]} for y in by_year}
    assert baseline["2027-28"]["E08000025"] == 5_000_000
    assert baseline["2026-27"]["E08000025"] != 5_000_000
    assert baseline["2028-29"] == {r["code"]: float(r["pounds"]) for r in by_year["2027-28"]}
    first = {y: by_year[y][0] for y in by_year}
    ratio = {y: float(first[y]["share"]) / float(first[y]["needs_share"]) for y in by_year}
    assert ratio["2026-27"] == pytest.approx(1) == ratio["2028-29"]
    assert ratio["2027-28"] > 1.15
    notes = {y: (folder / "out" / y / "notes.txt").read_text(encoding="utf-8") for y in by_year}
    assert "baseline-2.csv" in notes["2027-28"]
    assert "of baseline.csv" not in notes["2027-28"]
    assert "Area cost: aca.csv (assumed, 2026-11-20: A table)." in notes["2027-28"]
    assert "every factor is 1" not in notes["2027-28"]
    assert "every factor is 1" in notes["2028-29"]
    roles = {
        f["role"]: f["file"]
        for f in json.loads((folder / "out" / "2027-28" / "run.json").read_text())["inputs"]
    }
    assert roles["baseline of 2027-28"] == "baseline-2.csv"
    assert roles["area cost of 2027-28"] == "aca.csv"


def test_a_year_with_two_baselines_is_refused(folder):
    text = YEARS.replace("[years.files]", 'baseline = "previous"\n[years.files]')
    (folder / "years.toml").write_text(text)
    with pytest.raises(
        CypsError, match=r"the 2nd of \[\[years\]\] \(2027-28\) .*Keep one of the two"
    ):
        read_scenario(folder / "years.toml")


def test_a_year_that_windows_cannot_name_is_refused(folder):
    (folder / "years.toml").write_text(YEARS.replace('"2026-27"', '"Con"'))
    with pytest.raises(CypsError, match="Windows keeps for itself"):
        read_scenario(folder / "years.toml")
    (folder / "years.toml").write_text(YEARS.replace('"2026-27"', '"2026\u201327"'))
    with pytest.raises(CypsError, match=r"type a plain hyphen \(-\)"):
        read_scenario(folder / "years.toml")


def test_remove_takes_out_what_is_extended(folder):
    (folder / "base.toml").write_text(
        SCENARIO.replace(
            "[damping]", '[exclude]\nE06000053 = "a"\nE06000052 = "b"\n\n[damping]'
        ).replace("title =", "phasing = 0.5\ntitle =")
    )
    (folder / "own.toml").write_text(
        'extends = "base.toml"\nremove = ["phasing", "exclude.E06000053"]\n'
    )
    choices = read_scenario(folder / "own.toml").choices
    assert choices.phasing is None
    assert choices.exclude == {"E06000052": "b"}
    for wrong, says in (
        ('["exclud"]', "does not have. It has "),
        ('["exclude.E06000001"]', r"does not have. Its \[exclude\] has E06000053, E06000052"),
        ('["exclude.E06000053.reason"]', r"does not have"),
        (
            '["files.baseline.1"]',
            r"files\.baseline is a list, which is taken out or written anew as a whole",
        ),
        ('"phasing"', "list of keys"),
    ):
        (folder / "own.toml").write_text(f'extends = "base.toml"\nremove = {wrong}\n')
        with pytest.raises(CypsError, match=says):
            read_scenario(folder / "own.toml")
    (folder / "own.toml").write_text(f'remove = ["phasing"]\n{SCENARIO}')
    with pytest.raises(CypsError, match="there is no 'extends'"):
        read_scenario(folder / "own.toml")


def test_a_scenario_in_json_is_the_same_scenario(folder):
    toml = read_scenario(folder / "scenario.toml")
    text = json.dumps(toml.choices.model_dump(mode="json", exclude_none=True))
    (folder / "scenario.json").write_text(text)
    assert read_scenario(folder / "scenario.json").choices == toml.choices
    (folder / "scenario.json").write_text('{"format": 1, "format": 1}')
    with pytest.raises(CypsError, match="the key 'format' stands twice"):
        read_scenario(folder / "scenario.json")
    (folder / "scenario.json").write_text("[1]")
    with pytest.raises(CypsError, match="holds no keys"):
        read_scenario(folder / "scenario.json")


def test_an_amendment_that_makes_the_floor_payable_is_settled(folder):
    # With the first pot nobody can pay for the floor; what is in force can be settled.
    text = SCENARIO.replace("value = 220_000_000", "value = 100_000_000")
    text = text.replace("2026-03-01", "2025-12-01")
    (folder / "scenario.toml").write_text(text)
    done = settle(folder / "scenario.toml", "--out", folder / "out")
    assert done.exit_code == 0, done.output
    assert sum(pounds(folder / "out" / "results.csv").values()) == 230_000_000
    output = " ".join(done.output.split())
    assert "What was known on 2026-02-04, before the amendment, cannot be settled" in output
    assert not (folder / "out" / "amended.csv").exists()
    told = json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))["amendment"]
    assert told["before"] == "2026-02-04"
    assert "cannot be paid for" in told["not_settled"]


def test_an_old_version_that_cannot_be_read_is_told_as_the_old_one(folder):
    (folder / "baseline.csv").unlink()
    done = settle(folder / "scenario.toml", "--out", folder / "out")
    assert done.exit_code == 2
    output = " ".join(done.output.split())
    assert "Of what was known on 2026-02-28, before the amendment: There is no file" in output


def test_another_file_does_not_inherit_an_origin(folder):
    text = SCENARIO.split("[files]")[0] + (
        '[files]\nuse = "use.csv"\nspend = "spend.csv"\n'
        'baseline = { file = "baseline.csv", source = "Settlement paper", status = "published", '
        'dated = 2025-12-17 }\n[damping]\nkind = "floor"\nfloor = -0.05\n'
    )
    (folder / "scenario.toml").write_text(text)
    own = 'extends = "scenario.toml"\n[files]\nbaseline = { file = "baseline-2.csv" }\n'
    (folder / "mine.toml").write_text(own)
    with pytest.raises(CypsError, match=r"'files\.baseline\.source' \(line 2\) is missing"):
        read_scenario(folder / "mine.toml")
    named = own.replace('{ file = "baseline-2.csv" }', '"baseline-2.csv"')
    (folder / "mine.toml").write_text(named)
    assert read_scenario(folder / "mine.toml").choices.files.baseline == "baseline-2.csv"


def test_a_hash_holds_for_every_file_of_its_name(folder):
    (folder / "later").mkdir()
    write_csv(folder / "later" / "baseline.csv", shifted(baseline_rows(), "E08000025", 1))
    right = hashlib.sha256((folder / "later" / "baseline.csv").read_bytes()).hexdigest()
    text = SCENARIO.split("[files]")[0] + (
        '[files]\nuse = "use.csv"\nspend = "spend.csv"\nbaseline = "baseline.csv"\n'
        f'[sha256]\n"baseline.csv" = "{right}"\n[damping]\nkind = "floor"\nfloor = -0.05\n'
        '[[years]]\nlabel = "2026-27"\n[[years]]\nlabel = "2027-28"\n'
        '[years.files]\nbaseline = "later/baseline.csv"\n'
    )
    (folder / "scenario.toml").write_text(text)
    done = settle(folder / "scenario.toml", "--out", folder / "out")
    assert done.exit_code == 2, done.output
    assert "baseline.csv in" in done.output
    assert "is not the file that the scenario was made with" in " ".join(done.output.split())


def test_a_hash_of_a_file_in_a_folder_is_inherited(folder):
    text = SCENARIO.split("[files]")[0] + (
        '[files]\nuse = "use.csv"\nspend = "spend.csv"\nbaseline = "data/baseline.csv"\n'
        '[sha256]\n"baseline.csv" = "abc"\n[damping]\nkind = "floor"\nfloor = -0.05\n'
    )
    (folder / "scenario.toml").write_text(text)
    (folder / "mine.toml").write_text('extends = "scenario.toml"\ntitle = "Mine"\n')
    assert read_scenario(folder / "mine.toml").hashes() == {"baseline.csv": "abc"}
