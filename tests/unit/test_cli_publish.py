"""`cyps publish` as its user meets it."""

from __future__ import annotations

import json

import openpyxl
import pytest
from click.testing import CliRunner

from cyps.cli import main
from plain_files import SPEND, baseline_rows, use_rows, write_csv


def run(*args, columns=60):
    words = [str(arg) for arg in args]
    return CliRunner().invoke(main, words, env={"COLUMNS": str(columns)})


def one_line(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """Folders of results: one year, another with more money, two years; and their scenario."""
    folder = tmp_path_factory.mktemp("country")
    write_csv(folder / "use.csv", use_rows())
    write_csv(folder / "spend.csv", SPEND)
    write_csv(folder / "baseline.csv", baseline_rows())
    files = (
        'format = 1\ntitle = "A made-up country"\nyear = 2025\n[files]\nuse = "use.csv"\n'
        'spend = "spend.csv"\nbaseline = "baseline.csv"\n'
    )
    (folder / "one.toml").write_text(
        files.replace("[files]", "pot = 220_000_000\n[files]")
        + '[damping]\nkind = "floor"\nfloor = -0.05\n'
    )
    (folder / "two.toml").write_text(
        'format = 1\nextends = "one.toml"\n'
        '[[years]]\nlabel = "2026-27"\n'
        '[[years]]\nlabel = "2027-28"\npot = 230_000_000\nbaseline = "previous"\n'
        'damping = { kind = "floor", floor = 0.0 }\n'
    )
    for name in ("one", "two"):
        done = run("settle", folder / f"{name}.toml", "--out", folder / name, "--no-workbook")
        assert done.exit_code == 0, done.output
    return folder


def test_a_folder_is_published_and_passes(country, tmp_path):
    out = tmp_path / "published.xlsx"
    done = run("publish", country / "one", "--out", out)
    assert done.exit_code == 0, done.output
    said = one_line(done.output)
    assert "give a contact and a date of publication: run again with --contact and" in said
    assert "0 of 42 rules that a machine can check are broken" in said
    assert max(map(len, done.output.splitlines()[1:])) <= 60
    assert openpyxl.load_workbook(out)["Cover_sheet"]["A1"].value == "A made-up country"


def test_a_scenario_gives_the_workbook_of_its_folder(country, tmp_path):
    given = ("--contact", "Finance", "--published", "2026-04-01", "--title", "T")
    for name in ("one", "two"):
        a, b = tmp_path / f"{name}-a.xlsx", tmp_path / f"{name}-b.xlsx"
        for source, out in ((country / name, a), (country / f"{name}.toml", b)):
            done = run("publish", source, "--out", out, *given)
            assert done.exit_code == 0, done.output
            assert "Before you publish" not in done.output
        assert a.read_bytes() == b.read_bytes()


def test_two_folders_are_compared_year_by_year(country, tmp_path):
    out = tmp_path / "published.xlsx"
    two = country / "two"
    assert run("publish", two, "--against", two, "--out", out).exit_code == 0
    assert "Table_8_Comparison" in openpyxl.load_workbook(out).sheetnames
    wrong = run("publish", two, "--against", country / "one", "--out", out)
    assert wrong.exit_code == 2
    assert "not of the same years: 2026-27, 2027-28 and a single year" in one_line(wrong.output)


def test_a_broken_rule_is_said_and_the_code_is_1(country, tmp_path):
    out = tmp_path / "published.xlsx"
    assert run("publish", country / "one", "--out", out).exit_code == 0
    assert run("publish", "--check", out).exit_code == 0
    book = openpyxl.load_workbook(out)
    book["Notes"].merge_cells("A2:B2")
    book.save(out)
    done = run("publish", "--check", out)
    assert done.exit_code == 1
    said = one_line(done.output)
    assert "No merged cells (essential) - Notes!A2:B2: cells are merged." in said
    assert "What to do: Select them, Home, Merge & Center off, and fill each cell." in said
    told = json.loads(run("publish", "--check", out, "--json").output)
    (breach,) = told["breaches"]
    assert (breach["rule"], breach["sheet"], breach["cell"]) == ("merged-cells", "Notes", "A2:B2")
    assert "Colour is never the only meaning" in told["for_a_person"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "Give a SOURCE and --out FILE.xlsx, or --check FILE.xlsx"),
        (("gone", "--out", "a.xlsx"), "There is no folder gone"),
        (("gone", "--out", "a.xls"), "the name has to end in .xlsx"),
        (("--check", "gone.xlsx"), "There is no file gone.xlsx"),
        (("gone", "--check", "a.xlsx"), "Give --check FILE.xlsx alone"),
        (("gone", "--out", "a.xlsx", "--published", "1.4.26"), "write the date as 2026-04-01"),
    ],
)
def test_mistakes_are_told_with_code_2(args, words):
    done = run("publish", *args)
    assert done.exit_code == 2
    assert words in one_line(done.output)


def test_a_record_that_leads_outside_its_folder_is_not_followed(country, tmp_path):
    assert (country / "one" / "settlement.json").is_file()
    folder = country.parent / "results"
    folder.mkdir()
    record = {
        "title": "T",
        "years": {f"../{country.name}/one": {}},
        "outputs": {},
        "tool": {"name": "cyps"},
    }
    (folder / "run.json").write_text(json.dumps(record))
    done = run("publish", folder, "--out", tmp_path / "a.xlsx")
    assert done.exit_code == 2
    assert "There is no settlement.json" in one_line(done.output)
    assert not (tmp_path / "a.xlsx").exists()


def test_a_workbook_and_a_scenario_in_json_as_source(country, tmp_path):
    done = run("publish", tmp_path / "settlement.xlsx", "--out", tmp_path / "published.xlsx")
    assert done.exit_code == 2, done.output
    assert "cyps workbook publish settlement.xlsx" in one_line(done.output)
    label = {"extends": "one.toml", "years": [{"label": "2026-27"}]}
    (country / "one.json").write_text(json.dumps(label))
    out = tmp_path / "published.xlsx"
    done = run("publish", country / "one.json", "--out", out)
    assert done.exit_code == 0, done.output
    title = openpyxl.load_workbook(out)["Cover_sheet"]["A1"].value
    assert title == "A made-up country, 2026-27"


def test_the_working_workbook_of_a_run_is_never_written_over(country, tmp_path):
    for name in ("one", "two"):
        assert run("settle", country / f"{name}.toml", "--out", tmp_path / name).exit_code == 0
        own = tmp_path / name / "settlement.xlsx"
        was = own.read_bytes()
        done = run("publish", tmp_path / name, "--out", own)
        assert done.exit_code == 2, done.output
        assert "is one of the results of a run" in one_line(done.output)
        assert own.read_bytes() == was


def test_only_a_published_workbook_is_replaced(country, tmp_path):
    out = tmp_path / "published.xlsx"
    for more in ((), ("--contact", "A line", "--published", "2026-04-01")):
        assert run("publish", country / "one", "--out", out, *more).exit_code == 0
    assert openpyxl.load_workbook(out)["Cover_sheet"]["A1"].value == "A made-up country"
    assert run("settle", country / "one.toml", "--out", tmp_path / "one").exit_code == 0
    for name, content in (
        ("copied.xlsx", (tmp_path / "one" / "settlement.xlsx").read_bytes()),
        ("broken.xlsx", b"mine"),
    ):
        own = tmp_path / name
        own.write_bytes(content)
        done = run("publish", country / "one", "--out", own, columns=400)
        assert done.exit_code == 2, done.output
        assert f"{name} is there already and is no published workbook" in one_line(done.output)
        assert own.read_bytes() == content
