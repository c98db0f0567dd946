"""The main job on real published files of 2025, checked by ways of its own.

docs/real-england.md shows this run; the numbers there are asserted here.
"""

import csv
import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.geography import authorities
from cyps.returns import LINES

EXCLUDED = {
    "E06000039": "no RO3 return for 2024-25",
    "E06000053": "use not applicable (z)",
    "E06000063": "no RO3 return for 2024-25",
    "E08000025": "no RO3 return for 2024-25",
    "E09000001": "looked-after count suppressed (c)",
}
POT = 14_450_000_000


@pytest.fixture(scope="module")
def files(shared_data):
    panels = shared_data / "05_la_panels"
    return {
        "cin": panels / "b1_children_in_need_2013_to_2025.csv",
        "cla": panels / "cla_number_and_rate_per_10k_children.csv",
        "ro3": shared_data / "06_finance" / "ro3_2024_25_children_lines_long.csv.gz",
        "population": panels / "ons_mid-year_population_estimates_2012_to_2024.csv",
    }


@pytest.fixture(scope="module")
def run(files, tmp_path_factory):
    def _run(*more, year="2025"):
        out = tmp_path_factory.mktemp("england") / "out"
        args = ["settle", "--use", files["cin"], "--use", files["cla"], "--spend", files["ro3"]]
        args += ["--baseline", files["ro3"], "--population", files["population"]]
        args += ["--pot", f"{POT:,}", "--floor", "-5%", "--year", year, "--out", out, *more]
        return CliRunner().invoke(main, [str(arg) for arg in args], env={"COLUMNS": "200"}), out

    return _run


@pytest.fixture(scope="module")
def settled(run):
    excludes = [part for code, why in EXCLUDED.items() for part in ("--exclude", f"{code}={why}")]
    done, out = run(*excludes)
    assert done.exit_code == 0, done.output
    with (out / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    return done, rows, json.loads((out / "run.json").read_text(encoding="utf-8")), out


@pytest.fixture(scope="module")
def net(files):
    """RO3 by hand: {code: {line: GBP thousand}}, net current expenditure."""
    net = {}
    with gzip.open(files["ro3"], "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if "Net Current Expenditure" in row["line"]:
                name = row["line"].split("social care", 1)[1].lstrip(" :-").split(" - Net")[0]
                lines = net.setdefault(row["ons_code"], {})
                lines[name.replace("’", "'")] = float(row["value_gbp_thousand"])
    return net


def test_it_stops_and_names_each_authority_without_a_number(run, files):
    done, out = run()
    assert done.exit_code == 2
    assert not out.exists()
    told = " ".join(done.stderr.split())
    assert "4 problems in the files" in told
    assert "no return (RO3) for 3 of the 153 authorities of 2025" in told
    for name in ("Birmingham (E08000025)", "Slough (E06000039)", "Cumberland (E06000063)"):
        assert name in told
    assert "City of London (E09000001): 'c' is a symbol for suppressed" in told
    assert "Isles of Scilly (E06000053): 'z' is a symbol for not applicable" in told
    for code in EXCLUDED:
        assert f'--exclude {code}="reason"' in told
    # The row that the message names is the row in the file.
    with files["cla"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    named = int(told.split("row ")[2].split(",")[0])
    assert "City of London" in rows[named - 1]
    assert "c" in rows[named - 1]


def test_totals(settled):
    _, rows, record, _ = settled
    assert len(rows) == 148
    assert not EXCLUDED.keys() & rows.keys()
    assert sum(int(row["pounds"]) for row in rows.values()) == POT
    for column in ("needs_share", "share"):
        assert sum(float(row[column]) for row in rows.values()) == pytest.approx(1, abs=1e-12)
    assert record["results"]["on_floor"] == 63
    assert record["results"]["scaling_factor"] == pytest.approx(0.510198, abs=5e-7)
    assert record["results"]["use"] == {"CIN": 389_562, "CARE": 78_818, "CEASED": 33_380}


def test_weights_come_from_the_england_row(settled, net):
    _, _, record, _ = settled
    england = net["E92000001"]
    cla = {key.removeprefix("Children Looked After of which "): v for key, v in england.items()}
    care = (
        cla["residential care"]
        + cla["fostering services"]
        + cla["asylum seeking children who are looked after"]
    )
    ceased = cla["other"]
    cin = sum(
        england[line]
        for line in (
            "Family Support Services",
            "Services for young people",
            "Other children's and families services",
            "Safeguarding children and young people's services",
            "Youth Justice",
        )
    )
    total = cin + care + ceased
    assert care + ceased == pytest.approx(england["Children Looked After"], rel=1e-9)
    assert total == pytest.approx(14_851_982, abs=1)
    assert record["results"]["weights"] == pytest.approx(
        {"CIN": cin / total, "CARE": care / total, "CEASED": ceased / total}, rel=1e-12
    )
    assert record["results"]["weights"]["CIN"] == pytest.approx(0.4321, abs=5e-5)


def test_every_line_of_the_file_is_mapped_or_left_out(net):
    england = net["E92000001"]
    known = {line.line for line in LINES} | {"Children Looked After"}
    assert england.keys() == known
    # All children's lines together are the department's own total for England.
    whole = sum(v for line, v in england.items() if " of which " not in line)
    assert whole == pytest.approx(15_556_137.15471, rel=1e-9)
    left_out = [line.line for line in LINES if not line.metric]
    assert sum(england[line] for line in left_out) == pytest.approx(704_155, abs=1)


def test_rows_add_up_to_less_than_england(net):
    codes = {a.code for a in authorities(2025)}
    rows = sum(lines["Children Looked After"] for code, lines in net.items() if code in codes)
    assert rows == pytest.approx(8_292_512, abs=1)
    assert net["E92000001"]["Children Looked After"] == pytest.approx(8_434_512, abs=1)


@pytest.mark.parametrize("code", ["E10000016", "E08000003", "E06000017", "E08000028"])
def test_baseline_is_the_authoritys_own_spend(settled, net, code):
    _, rows, _, _ = settled
    lines = net[code]
    by_hand = sum(
        lines[line]
        for line in (
            "Children Looked After",
            "Family Support Services",
            "Services for young people",
            "Other children's and families services",
            "Safeguarding children and young people's services",
            "Youth Justice",
        )
    )
    assert float(rows[code]["baseline"]) == pytest.approx(1000 * by_hand, rel=1e-12)


def test_use_is_dfes_count(settled, files):
    _, rows, _, _ = settled
    with files["cla"].open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            code = row["new_la_code"]
            if row["time_period"] != "2025" or code not in rows:
                continue
            if row["population_type"] == "Children looked after on 31 March each year":
                assert float(rows[code]["use_CARE"]) == float(row["children_count"])
            if row["population_type"] == "Children ceasing to be looked after each year":
                assert float(rows[code]["use_CEASED"]) == float(row["children_count"])


def test_use_adds_up_to_dfes_england_within_its_rounding(settled, files):
    _, rows, _, _ = settled
    with files["cin"].open(encoding="utf-8-sig", newline="") as file:
        cin = {
            r["new_la_code"] or r["geographic_level"]: r
            for r in csv.DictReader(file)
            if r["time_period"] == "2025"
        }
    left_out = sum(float(cin[code]["At31_episodes"]) for code in EXCLUDED)
    settled_use = sum(float(row["use_CIN"]) for row in rows.values())
    assert settled_use + left_out == pytest.approx(float(cin["National"]["At31_episodes"]), abs=5)


def test_what_it_is_and_is_not_stands_on_every_output(settled):
    done, _, record, out = settled
    outputs = {
        "terminal": " ".join(done.output.split()),
        "notes": " ".join((out / "notes.txt").read_text(encoding="utf-8").split()),
        "record": json.dumps(record, ensure_ascii=False),
    }
    for name, text in outputs.items():
        for words in (
            "They are not a needs formula",
            "PROXY",
            "APPROXIMATION",
            "every factor is 1",
            "Cumbria (E10000006), Northamptonshire (E10000021)",
            "251 districts, police, fire and other bodies",
            *EXCLUDED.values(),
        ):
            assert words in text, (name, words)


def test_another_year_says_what_the_files_hold(run):
    done, _ = run(year="2020")
    assert done.exit_code == 2
    assert "no rows for 2020 in column 'time_period'; the file holds 2021, 2022" in " ".join(
        done.stderr.split()
    )


@pytest.fixture(scope="module")
def page():
    path = Path(__file__).resolve().parents[2] / "docs" / "real-england.md"
    return path.read_text(encoding="utf-8")


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_pages_table_is_the_runs(page, settled):
    _, rows, _, _ = settled
    by_name = {row["name"]: row for row in rows.values()}
    shown = [cells(line) for line in page.splitlines() if line.startswith("| ")]
    shown = [line for line in shown if line[0] in by_name]
    assert len(shown) >= 10
    for name, *told in shown:
        row = {k: float(v) for k, v in by_name[name].items() if v[:1].isdigit() or v[:1] == "-"}
        assert told == [
            f"{row['use_CIN']:,.0f}",
            f"{row['use_CARE']:,.0f}",
            f"{row['use_CEASED']:,.0f}",
            f"{row['needs_share']:.4%}",
            f"{row['baseline'] / 1e6:,.1f}",
            f"{row['target'] / 1e6:,.1f}",
            f"{row['pounds']:,.0f}",
            f"{row['change_rate']:+.1%}",
            f"{row['pounds_per_child']:,.0f}",
        ], name


def test_the_pages_map_of_lines_is_the_readers(page, net):
    england = net["E92000001"]
    told = {
        cells(line)[0].replace(",", ""): cells(line) for line in page.splitlines() if "|" in line
    }
    for line in LINES:
        shown = next(v for k, v in told.items() if line.line.startswith(k) and k)
        assert shown[1] == f"{england[line.line] / 1000:,.1f}", line
        assert shown[2] == (line.areas or "left out"), line
        assert shown[3] == line.metric, line


def test_the_pages_message_is_the_runs(page, run):
    done, _ = run()
    block = page.split("```text\n")[1].split("```")[0]
    assert " ".join(block.split()) == " ".join(done.stderr.split())


def test_the_pages_other_numbers(page, settled):
    _, rows, record, _ = settled
    weights = record["results"]["weights"]
    ceased = sum(float(row["use_CEASED"]) for row in rows.values())
    for text in (
        ", ".join(f"{metric} {weight:.2%}" for metric, weight in weights.items()),
        f"| {record['results']['scaling_factor']:.6f} |",
        f"| authorities on the floor | {record['results']['on_floor']} |",
        f"| £{record['results']['baseline']:,.0f} |",
        f"{float(rows['E10000016']['use_CEASED']) / ceased:.1%} of all in the 148",
        f"have {1 - sum(float(row['population']) for row in rows.values()) / 12_183_016:.1%} of",
    ):
        assert text in page, text
