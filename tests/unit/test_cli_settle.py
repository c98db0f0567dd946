"""`cyps settle` as its user meets it: files in, files out, sentences when something is wrong."""

import csv
import hashlib
import json
import os

import pytest
from click.testing import CliRunner

from cyps.cli import folder, main, outputs
from cyps.cli.folder import RECORD
from cyps.cli.groups import GROUPS
from cyps.cli.outputs import RESULTS, SETTLEMENT, WORKBOOK, safe_text
from plain_files import (
    AUTHORITIES,
    SPEND,
    area_cost_rows,
    baseline_rows,
    changed,
    population_rows,
    use_rows,
    without,
    write_csv,
    write_xlsx,
)
from workbooks.workbook_cells import column as cells_under
from workbooks.workbook_cells import grids

POT = 220_000_000
FILES = [WORKBOOK, RESULTS, "notes.txt", SETTLEMENT, GROUPS, RECORD]


@pytest.fixture
def country(tmp_path):
    """Options for the made-up country's files."""
    paths = {
        "--use": write_csv(tmp_path / "use.csv", use_rows()),
        "--spend": write_csv(tmp_path / "spend.csv", SPEND),
        "--baseline": write_csv(tmp_path / "baseline.csv", baseline_rows()),
        "--pot": str(POT),
        "--floor": "-5%",
        "--out": tmp_path / "out",
    }

    def options(**changes):
        given = paths | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
        return [str(part) for pair in given.items() if pair[1] is not None for part in pair]

    return options


def run(*args, **environment):
    return CliRunner().invoke(main, ["settle", *args], env={"COLUMNS": "80", **environment})


def one_line(text):
    return " ".join(text.split())


def results(folder):
    with (folder / RESULTS).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_results_csv(tmp_path, country):
    done = run(*country(area_cost=write_csv(tmp_path / "aca.csv", area_cost_rows())))
    assert done.exit_code == 0, done.output
    rows = results(tmp_path / "out")
    assert list(rows[0])[:9] == (
        ["code", "name", "region", "needs_share", "share", "target", "baseline", "damped", "pounds"]
    )
    assert [row["code"] for row in rows] == [a.code for a in AUTHORITIES]
    assert sum(int(row["pounds"]) for row in rows) == POT
    for column, total in (("needs_share", 1), ("share", 1), ("target", POT), ("damped", POT)):
        assert sum(float(row[column]) for row in rows) == pytest.approx(total, rel=1e-12)
    for row in rows:
        assert float(row["damped"]) >= float(row["baseline"]) * 0.95 - 1e-6
        assert abs(int(row["pounds"]) - float(row["damped"])) < 1
    use = use_rows()[1]
    total = [sum(row[i] for row in use_rows()[1:]) for i in (2, 3, 4)]
    weights = [(100 + 200 + 700) / 2800, (300 + 400) / 2800, (500 + 600) / 2800]
    by_hand = sum(w * u / t for w, u, t in zip(weights, use[2:], total, strict=True))
    assert float(rows[0]["needs_share"]) == pytest.approx(by_hand, rel=1e-14)
    assert float(rows[0]["share"]) < float(rows[0]["needs_share"])


def test_the_workbook_stores_what_to_compare_with(tmp_path, country):
    assert run(*country(pot=POT - 1_000_000, out=tmp_path / "last")).exit_code == 0
    done = run(*country(against=tmp_path / "last"))
    assert done.exit_code == 0, done.output
    grid = grids(tmp_path / "out" / WORKBOOK)["Compare"]
    assert grid[5][2].startswith("B: last: Settlement from files; pot £219,000,000; ")
    stored = [int(x) for x in cells_under(grid, "B: pounds", len(AUTHORITIES))]
    assert stored == [int(row["pounds"]) for row in results(tmp_path / "last")]
    done = run(*country(against=tmp_path / "nowhere"))
    assert done.exit_code == 2
    assert "There is no folder" in one_line(done.output)
    done = run(*country(against=tmp_path / "last"), "--no-workbook")
    assert "--against is for the workbook" in one_line(done.output)


def test_all_files_are_there_and_nothing_else(tmp_path, country):
    run(*country())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(FILES)


def test_csv_and_excel_give_the_same_results(tmp_path, country):
    run(*country())
    from_csv = (tmp_path / "out" / RESULTS).read_bytes()
    done = run(
        *country(
            use=write_xlsx(tmp_path / "use.xlsx", use_rows()),
            spend=write_xlsx(tmp_path / "spend.xlsx", SPEND),
            baseline=write_xlsx(tmp_path / "baseline.xlsx", baseline_rows()),
        )
    )
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / RESULTS).read_bytes() == from_csv


def test_order_of_rows_and_columns_gives_the_same_bytes(tmp_path, country):
    run(*country())
    straight = (tmp_path / "out" / RESULTS).read_bytes()
    header, *rows = use_rows()
    turned = [row[::-1] for row in [header, *rows[::-1]]]
    header, *rows = baseline_rows()
    run(
        *country(
            use=write_csv(tmp_path / "turned.csv", turned),
            baseline=write_csv(tmp_path / "base.csv", [header, *rows[50:], *rows[:50]]),
            spend=write_csv(tmp_path / "areas.csv", [SPEND[0], *SPEND[:0:-1]]),
        )
    )
    assert (tmp_path / "out" / RESULTS).read_bytes() == straight


def test_two_runs_give_the_same_bytes(tmp_path, country):
    run(*country())
    first = {name: (tmp_path / "out" / name).read_bytes() for name in FILES}
    run(*country(out=tmp_path / "other"))
    assert {name: (tmp_path / "other" / name).read_bytes() for name in FILES} == first


def test_run_record(tmp_path, country):
    run(*country(floor="0", title="A trial"), "--exclude", "E06000038=merged for the trial")
    record = json.loads((tmp_path / "out" / RECORD).read_text(encoding="utf-8"))
    assert record["title"] == "A trial"
    assert record["options"]["area_cost"] == "1 for every authority"
    assert record["results"]["pot"] == record["results"]["pounds"] == POT
    assert record["results"]["authorities"] == 152
    assert record["exclusions"] == [
        {"code": "E06000038", "name": "Reading", "reason": "merged for the trial"}
    ]
    use = (tmp_path / "use.csv").read_bytes()
    assert record["inputs"][0]["sha256"] == hashlib.sha256(use).hexdigest()
    for name, digest in record["outputs"].items():
        content = (tmp_path / "out" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
    assert set(record["outputs"]) == set(FILES) - {RECORD}
    assert str(tmp_path) not in json.dumps(record)


def test_exclusions_are_on_every_output(tmp_path, country):
    reason = "merged for the trial"
    done = run(*country(), "--exclude", f"e06000038={reason}")
    assert done.exit_code == 0
    assert f"Reading (E06000038): {reason}" in one_line(done.output)
    for name in ("notes.txt", RECORD):
        assert reason in (tmp_path / "out" / name).read_text(encoding="utf-8")
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(tmp_path / "out" / WORKBOOK, read_only=True)
    cells = [str(c) for page in book for row in page.iter_rows(values_only=True) for c in row]
    book.close()
    assert any(reason in cell for cell in cells)
    assert "E06000038" not in [row["code"] for row in results(tmp_path / "out")]
    summary = json.loads(run(*country(), "--exclude", f"E06000038={reason}", "--json").output)
    assert summary["exclusions"][0]["reason"] == reason


def test_population_gives_pounds_per_child(tmp_path, country):
    run(*country(population=write_csv(tmp_path / "pop.csv", population_rows())))
    row = results(tmp_path / "out")[3]
    assert float(row["population"]) == 10_300
    assert float(row["pounds_per_child"]) == int(row["pounds"]) / 10_300


def test_json_is_all_that_is_printed(country):
    done = run(*country(), "--json")
    told = json.loads(done.stdout)
    assert done.stderr == ""
    assert told["pot"] == POT
    assert 0 < told["scaling_factor"] <= 1
    assert told["floor"] == -0.05
    assert told["files"] == FILES
    assert sum(told["weights"].values()) == pytest.approx(1)


@pytest.mark.parametrize("columns", [40, 50, 60, 100])
def test_the_report_fits_the_terminal(country, columns):
    done = run(*country(), COLUMNS=str(columns))
    before_paths, _, _ = done.output.partition("Open next")
    assert max(len(line) for line in before_paths.splitlines()) <= columns
    for words in ("Pot", "£220,000,000", "Scaling factor", "Top gainers", "Top losers"):
        assert words in done.output
    assert "every factor is 1" in one_line(done.output)
    assert WORKBOOK in done.output


@pytest.mark.parametrize("pot", ["£220,000,000", "220,000,000", "220000000", " £ 220000000 "])
def test_ways_to_write_the_pot(country, pot):
    assert json.loads(run(*country(pot=pot), "--json").stdout)["pot"] == POT


@pytest.mark.parametrize(
    ("pot", "told"),
    [
        ("220000000.50", "has pence"),
        ("£1,000.00", "has pence"),
        ("8bn", "not an amount of whole pounds"),
        ("1,00", "not an amount of whole pounds"),
        ("-5", "not an amount of whole pounds"),
        ("0", "must be above 0"),
        ("9" * 400, "must be above 0, up to"),
    ],
)
def test_a_pot_that_is_none(country, pot, told):
    done = run(*country(pot=pot))
    assert done.exit_code == 2
    assert told in one_line(done.stderr)


@pytest.mark.parametrize("floor", ["-0.05", "-5%", "−5%", "-5.0 %"])
def test_ways_to_write_the_floor(country, floor):
    assert json.loads(run(*country(floor=floor), "--json").stdout)["floor"] == -0.05


@pytest.mark.parametrize(
    ("floor", "told"),
    [
        ("-5", "would be -500%. Write -5% if you mean per cent"),
        ("-150%", "The lowest floor is -100%"),
        ("five", "is not a rate"),
        ("nan", "is not a rate"),
    ],
)
def test_a_floor_that_is_none(country, floor, told):
    done = run(*country(floor=floor))
    assert done.exit_code == 2
    assert told in one_line(done.stderr)


def test_a_floor_too_high_names_the_highest_and_that_works(tmp_path, country):
    done = run(*country(floor="40%"))
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()
    highest = one_line(done.stderr).split("highest floor that fits is ")[1].split("%")[0]
    assert run(*country(floor=f"{highest}%")).exit_code == 0
    assert run(*country(floor=f"{float(highest) + 0.00001:.5f}%")).exit_code == 2


def test_problems_come_with_the_options_that_leave_authorities_out(tmp_path, country):
    use = write_csv(tmp_path / "bad.csv", changed(use_rows(), "E06000038", "CIN", "c"))
    base = write_csv(tmp_path / "less.csv", without(baseline_rows(), "E06000001"))
    done = run(*country(use=use, baseline=base))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Traceback" not in done.output
    assert '--exclude E06000001="reason"' in done.stderr
    assert '--exclude E06000038="reason"' in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("exclude", "told"),
    [
        ("E06000038", "does not say why"),
        ("E06000038=", "does not say why"),
        ("E10000006=gone", "Cumbria's code ended: since 2023-04-01 it is E06000063 Cumberland"),
        ("Reading=small", "'READING' cannot be left out"),
    ],
)
def test_exclusions_that_are_wrong(country, exclude, told):
    done = run(*country(), "--exclude", exclude)
    assert done.exit_code == 2
    assert told in one_line(done.stderr)


@pytest.mark.parametrize(
    "option", [("--title", "\x1b[31mred"), ("--title", "  "), ("--exclude", "E06000053=a\x07b")]
)
def test_text_that_a_terminal_would_obey_is_refused(country, option):
    done = run(*country(), *option)
    assert done.exit_code == 2
    assert "cannot be printed" in one_line(done.stderr)
    assert "\x1b" not in done.stderr
    assert "\x07" not in done.stderr


def test_an_exclusion_given_twice(country):
    done = run(*country(), "--exclude", "E06000038=a", "--exclude", "E06000038=b")
    assert done.exit_code == 2
    assert "given twice" in done.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"use": "none.csv"}, "There is no file none.csv"),
        ({"year": "1999"}, "There is no authority list for 1999"),
        ({"spend": None}, "Missing --spend. Give it, or a scenario file"),
        ({"spend": None, "pot": None}, "Missing --spend, --pot. Give them, or a scenario file"),
        (
            {"year": "2024-25"},
            "Write the year in which it ends: 2025",
        ),
        ({"year": "1999/2000"}, "Write the year in which it ends: 2000"),
        ({"year": "1999-00"}, "Write the year in which it ends: 2000"),
        ({"year": "2024-26"}, "'2024-26' is not a year"),
        ({"year": "25"}, "'25' is not a year. Write it with four digits, like 2025"),
        ({"year": "2031"}, "For a later year 2025 serves as long as no authority has changed"),
    ],
)
def test_mistakes_in_the_options(country, change, told):
    done = run(*country(**change))
    assert done.exit_code == 2
    assert told in one_line(done.stderr)
    assert "Traceback" not in done.output


def test_a_file_where_the_folder_should_be(tmp_path, country):
    (tmp_path / "taken").write_text("mine")
    done = run(*country(out=tmp_path / "taken"))
    assert done.exit_code == 2
    assert "cannot be made" in one_line(done.stderr)
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.skipif(os.name == "nt", reason="folders have other rights on Windows")
def test_a_folder_that_may_not_be_written_to(country, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    # Even a folder without write rights may be written to by the root user of a container.
    monkeypatch.setattr(folder.tempfile, "mkdtemp", refuse)
    done = run(*country())
    assert done.exit_code == 2
    assert "cannot be written to (Permission denied)" in one_line(done.stderr)


def test_a_failure_leaves_the_folder_as_it_was(tmp_path, country, monkeypatch):
    run(*country())
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    replace = type(tmp_path).replace

    def fails_on_the_record(self, target):
        if self.name == RECORD and self.parent.name == "new":
            raise PermissionError(13, "it is open elsewhere", str(target))
        return replace(self, target)

    monkeypatch.setattr(type(tmp_path), "replace", fails_on_the_record)
    done = run(*country(floor="0"))
    assert done.exit_code == 2
    assert "it is open elsewhere" in one_line(done.stderr)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_failure_takes_a_new_folder_away_again(tmp_path, country, monkeypatch):
    def fails(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs, "results_csv", fails)
    done = run(*country())
    assert done.exit_code == 2
    assert "No space left on device" in one_line(done.stderr)
    assert not (tmp_path / "out").exists()


def test_without_a_workbook_an_old_one_does_not_stay(tmp_path, country):
    run(*country())
    run(*country(floor="0"), "--no-workbook")
    assert not (tmp_path / "out" / WORKBOOK).exists()
    assert "settlement.xlsx" not in run(*country(), "--no-workbook").output


def test_our_own_fault_is_called_that(country, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("cyps.cli.settle.settle_requested", broken)
    done = run(*country())
    assert done.exit_code == 1
    assert "a fault in cyps, not in your files (ZeroDivisionError)" in one_line(done.stderr)
    assert "Traceback" not in done.output
    with pytest.raises(ZeroDivisionError):
        CliRunner().invoke(
            main, ["settle", *country()], env={"CYPS_DEBUG": "1"}, catch_exceptions=False
        )


def test_version():
    done = CliRunner().invoke(main, ["--version"])
    assert done.exit_code == 0
    assert done.output.startswith("cyps, version ")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_text_is_never_a_formula(text):
    assert safe_text(text) == f"'{text}"


def test_ordinary_text_stays():
    assert safe_text("Bristol, City of") == "Bristol, City of"
