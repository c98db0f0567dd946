"""Spend by line: every line mapped or left out by name, every total reconciled."""

import csv
import json
import re

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.needs import cost_weights
from cyps.returns import (
    Problems,
    SpendChoices,
    line_map_csv,
    map_to_fill_in,
    read_spend,
    section_251_lines,
)
from plain_files import write_csv, write_xlsx
from spend_lines import section_251_rows, with_head

METRICS = ["CIN", "CARE", "CEASED"]
YEAR = "2018-19"


@pytest.fixture
def read(tmp_path):
    def _read(rows, **choices):
        problems = Problems()
        path = write_csv(tmp_path / "s251.csv", rows)
        if isinstance(choices.get("line_map"), list):
            choices["line_map"] = write_csv(tmp_path / "map.csv", choices["line_map"])
        reading = read_spend(path, problems, SpendChoices(**choices))
        problems.stop_if_any()
        return reading

    return _read


def by_metric(reading):
    return {m: sum(x.pounds for x in reading.spend if x.metric == m) for m in METRICS}


def own_map(tmp_path, rows, **choices):
    path = write_csv(tmp_path / "for_map.csv", rows)
    text = line_map_csv(map_to_fill_in(path, SpendChoices(**choices)))
    return list(csv.reader(text.splitlines()))


def test_lines_are_counted_once_and_totals_never(read):
    reading = read(with_head(section_251_rows()))
    # 21 lines of 1,000 at three authorities: 12 stand for CIN, 6 for CARE and 3 for CEASED.
    assert by_metric(reading) == {"CIN": 36_000, "CARE": 18_000, "CEASED": 9_000}
    told = {line.line.split()[0]: line for line in reading.lines}
    assert [n for n, line in told.items() if line.counted == "total"] == [
        "3.0.5", "3.1.11", "3.3.4", "3.4.6", "3.5.3", "5.0.2", "5.0.3",
    ]  # fmt: skip
    left_out = [n for n, line in told.items() if line.counted == "left out"]
    assert left_out == [
        "3.0.1", "3.0.2", "3.0.3", "3.0.4", "3.1.5", "3.1.10", "4.0.1", "8a.1", "8a.2",
    ]  # fmt: skip
    assert told["8a.1"].pounds is None
    assert {check.line.split()[0]: check.pounds for check in reading.totals} == {
        "3.0.5": 12_000, "3.1.11": 33_000, "3.3.4": 9_000, "3.4.6": 15_000, "3.5.3": 6_000,
        "5.0.2": 81_000, "5.0.3": 84_000,
    }  # fmt: skip
    assert all(check.difference == 0 for check in reading.totals)


def test_every_year_that_is_known_maps_every_line(read):
    for year in sorted({line.year for line in section_251_lines()}):
        reading = read(with_head(section_251_rows(year)))
        counted = {line.service_area for line in reading.lines if line.counted == "included"}
        assert counted == {"1", "2", "3", "4", "3 and 4", "5", "6", "7"}, year
        assert len(reading.totals) == 7, year


def test_four_metrics_have_ref_for_safeguarding(read):
    reading = read(with_head(section_251_rows()), metric_set=4)
    assert sum(x.pounds for x in reading.spend if x.metric == "REF") == 9_000
    assert all(x.service_area.startswith("2: ") for x in reading.spend if x.metric == "REF")


def test_spelling_may_drift_but_not_the_meaning(read):
    rows = with_head(section_251_rows("2013-14"))
    at = {row[4].split()[0] + row[1]: row for row in rows}
    for place in ("805", "831", "201"):
        at["19" + place][4] = "19. Commissioning and Childrens Services strategy"
    assert by_metric(read(rows))["CIN"] > 0
    for place in ("805", "831", "201"):
        at["19" + place][4] = "19 Adoption services"
    with pytest.raises(CypsError, match=r"there is no line '19 Comissioning.*which the map"):
        read(rows)


def test_a_wrong_number_beside_the_words_changes_nothing(read):
    rows = with_head(section_251_rows("2014-15"))
    wrong = [[*r[:3], "16", *r[4:]] if r[4].startswith("21") else r for r in rows]
    assert read(wrong).spend == read(rows).spend


def test_excel_reads_as_csv_does(tmp_path, read):
    path = write_xlsx(tmp_path / "s251.xlsx", with_head(section_251_rows()))
    problems = Problems()
    assert read_spend(path, problems).spend == read(with_head(section_251_rows())).spend


def test_several_years_are_asked_for_and_averaged(read):
    rows = with_head(section_251_rows("2017-18"), section_251_rows(pounds=lambda *_: 3000.0))
    with pytest.raises(CypsError, match=r"holds 2 years \(2017-18, 2018-19\). Say which"):
        read(rows)
    one, other = (by_metric(read(rows, years=(year,))) for year in ("2017-18", "2018-19"))
    reading = read(rows, years=("2017-18", "2018-19"))
    mean = {metric: (one[metric] + other[metric]) / 2 for metric in METRICS}
    assert by_metric(reading) == mean
    assert [x.service_area for x in reading.spend][:2] == [
        "1: family support, mean of 2017-18 and 2018-19",
        "2: safeguarding, mean of 2017-18 and 2018-19",
    ]
    assert any("their sum would give the same cost weights" in note for note in reading.notes)
    assert {line.year for line in reading.lines} == {"2017-18", "2018-19"}
    with pytest.raises(CypsError, match=r"there is no year '2016-17'; the file holds 2017-18"):
        read(rows, years=("2016-17",))


def test_a_year_whose_form_is_not_known(read):
    rows = [["2009-10", *row[1:]] for row in section_251_rows()]
    with pytest.raises(CypsError, match=r"in 2009-10 are not known.*--write-map"):
        read(with_head(rows))


# Own maps


def test_the_written_map_gives_the_same_spend(tmp_path, read):
    rows = with_head(section_251_rows())
    own = read(rows, line_map=own_map(tmp_path, rows))
    assert own.spend == read(rows).spend
    assert own.line_map.file == "map.csv"
    assert "by map.csv" in own.notes[0]


def test_sure_start_can_be_counted(tmp_path, read):
    rows = with_head(section_251_rows())
    told = own_map(tmp_path, rows)
    counted = [[*r[:2], "1", *r[3:]] if r[1][:5] in ("3.0.1", "3.0.2") else r for r in told]
    more = by_metric(read(rows, line_map=counted))["CIN"] - by_metric(read(rows))["CIN"]
    assert more == 6000


def test_a_total_may_stand_for_its_parts(tmp_path, read):
    rows = with_head(section_251_rows())
    told = own_map(tmp_path, rows)
    area = {"3.4.6": "1"} | {f"3.4.{n}": "" for n in range(1, 6)}
    whole = [[*r[:2], area.get(r[1].split()[0], r[2]), *r[3:]] for r in told]
    reading = read(rows, line_map=whole)
    assert by_metric(reading) == by_metric(read(rows))
    became = {line.line.split()[0]: line.counted for line in reading.lines}
    assert [became[f"3.4.{n}"] for n in (1, 5, 6)] == ["part of", "part of", "included"]


def test_a_metric_of_ones_own(tmp_path, read):
    rows = with_head(section_251_rows())
    told = own_map(tmp_path, rows)
    changed = [[*r[:3], "REF" if r[1].startswith("3.3.1") else r[3], *r[4:]] for r in told]
    spend = read(rows, line_map=changed).spend
    assert [x.service_area[:8] for x in spend if x.metric == "REF"] == ["2: 3.3.1"]


def replaced(rows, number, column, value):
    at = rows[0].index(column)
    return [
        [value if i == at else cell for i, cell in enumerate(row)]
        if row[1].split()[0] == number
        else row
        for row in rows
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m[:5] + m[6:], r"the line '3\.0\.5 Total.*\(£0.0m\) is not in map.csv"),
        (
            lambda m: [*m, ["", "9.9.9 Family hubs", "1", "", "", ""]],
            r"there is no line '9\.9\.9 Family hubs', which map\.csv maps",
        ),
        (lambda m: [*m, m[6]], r"'3\.1\.1 Residential care' of .* is mapped more than once"),
        (
            lambda m: replaced(m, "3.1.1", "service_area", "8"),
            r"column 'service_area': '8' is not a service area",
        ),
        (
            lambda m: replaced(m, "3.1.1", "metric", "CARING"),
            r"column 'metric': 'CARING' is not an activity metric",
        ),
        (
            lambda m: replaced(m, "3.1.1", "service_area", "3 and 5"),
            r"service areas 3 and 5 have more than one metric \(CARE, CEASED\)",
        ),
        (
            lambda m: replaced(m, "3.1.11", "service_area", "3"),
            r"'3\.1\.1 Residential care' and '3\.1\.11 Total.*would count twice",
        ),
        (
            lambda m: replaced(m, "3.1.1", "part_of", "3.0.5"),
            r"'3\.0\.5 Total.*parts add up to £0.0m, -3,000 pounds apart",
        ),
        (
            lambda m: replaced(m, "3.1.1", "part_of", "77"),
            r"mapped as a part of '77', which is no other line",
        ),
        (
            lambda m: replaced(m, "5.0.3", "part_of", "5.0.2"),
            r"is mapped as a part of itself, by way of others",
        ),
        (
            lambda m: [m[0], *(["2001-02", *row[1:]] for row in m[1:])],
            r"no line is mapped for 2018-19; the years of the map are 2001-02",
        ),
        (lambda m: [[*m[0][:2], "area", *m[0][3:]], *m[1:]], r"no column 'service_area'"),
    ],
)
def test_a_map_that_does_not_fit_is_refused_by_name(tmp_path, read, change, says):
    rows = with_head(section_251_rows())
    with pytest.raises(CypsError, match=says):
        read(rows, line_map=change(own_map(tmp_path, rows)))


# What is wrong with the file


def figure(rows, number, place, value):
    return [
        [*row[:-1], value] if row[4].split()[0] == number and row[1] == place else row
        for row in rows
    ]


def test_a_total_that_is_not_its_parts_is_said_by_name(read):
    rows = figure(with_head(section_251_rows()), "3.4.6", "831", 5020.0)
    with pytest.raises(CypsError) as raised:
        read(rows)
    told = str(raised.value)
    assert "'3.4.6 Total Family Support Services' is £0.0m" in told
    assert "+20 pounds apart, which is more than rounding" in told
    assert "'5.0.2" in told  # the total above it doesn't agree either


def test_a_pound_of_rounding_is_no_difference(read):
    rows = figure(with_head(section_251_rows()), "3.4.6", "831", 5001.0)
    checks = {check.line: check for check in read(rows).totals}
    assert checks["3.4.6 Total Family Support Services"].difference == 1


@pytest.mark.parametrize(("cell", "says"), [("", "the cell is empty"), ("c", "suppressed")])
def test_a_line_without_a_figure_cannot_be_counted(read, cell, says):
    rows = figure(with_head(section_251_rows()), "3.1.1", "831", cell)
    with pytest.raises(
        CypsError, match=rf"row \d+, column 'net_current.*{says}.*cannot be counted"
    ):
        read(rows)


def test_an_authority_without_one_of_the_lines(read):
    rows = with_head(section_251_rows())
    with pytest.raises(CypsError, match=r"has figures of 2 authorities and other lines have 3"):
        read([r for r in rows if not (r[4].startswith("3.1.1 ") and r[1] == "831")])


def test_a_line_given_twice(read):
    rows = with_head(section_251_rows())
    with pytest.raises(CypsError, match=r"row \d+: '805' has the line '3\.0\.1.*already in row 2"):
        read([*rows, rows[1]])


def test_a_map_or_years_for_a_plain_file_is_refused(tmp_path):
    plain = write_csv(tmp_path / "spend.csv", [["metric", "spend"], ["CIN", 5]])
    with pytest.raises(CypsError, match=r"without lines of authorities by year, so years cannot"):
        read_spend(plain, Problems(), SpendChoices(years=("2018-19",)))
    with pytest.raises(CypsError, match=r"a map of lines cannot be used on it"):
        read_spend(plain, Problems(), SpendChoices(line_map=plain))


def test_any_long_file_with_a_map(tmp_path):
    rows = [["authority", "line", "value_gbp_thousand"]]
    rows += [[name, line, n] for name in ("A", "B") for n, line in ((5, "Homes"), (3, "Youth"))]
    told = [["line", "service_area"], ["homes", "3"], ["YOUTH", "7"]]
    spend = read_spend(
        write_csv(tmp_path / "long.csv", rows),
        Problems(),
        SpendChoices(line_map=write_csv(tmp_path / "map.csv", told)),
    ).spend
    assert [(x.service_area, x.metric, x.pounds) for x in spend] == [
        ("3: Homes", "CARE", 10_000.0), ("7: Youth", "CIN", 6_000.0),
    ]  # fmt: skip


# Unit costs


COSTS = [
    ["service_area", "activity", "metric", "count", "unit", "unit_cost"],
    ["3", "", "", "52,000", "child weeks", "£3,000"],
    ["4", "", "", "2600000", "child weeks", "600"],
    ["", "Assessments", "CIN", "400000", "assessments", "900"],
]


def test_unit_costs_times_activity(tmp_path):
    reading = read_spend(write_csv(tmp_path / "costs.csv", COSTS), Problems())
    assert [x.pounds for x in reading.spend] == [156e6, 1560e6, 360e6]
    weights = cost_weights(reading.spend, ["CIN", "CARE"])
    assert weights.tolist() == [360 / 2076, 1716 / 2076]
    assert reading.lines[0].remark == "52,000 child weeks x £3,000"
    assert "Assessments: 400,000 assessments x £900" in reading.notes[0]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (["3", "", "", "52", "", "3000"], "column 'unit': say what is counted"),
        (["", "Visits", "", "52", "visits", "30"], "no metric stands for this activity"),
        (["", "", "CIN", "52", "visits", "30"], "names no service area or activity"),
        (["3", "", "", "c", "weeks", "30"], "column 'count': 'c' is a symbol for suppressed"),
        (["3", "", "", "5", "weeks", "-30"], "column 'unit_cost': '-30' is below zero"),
        (["3", "", "CARED", "5", "weeks", "30"], "'CARED' is not an activity metric"),
    ],
)
def test_unit_costs_that_cannot_be_used(tmp_path, row, says):
    problems = Problems()
    read_spend(write_csv(tmp_path / "costs.csv", [COSTS[0], row]), problems)
    with pytest.raises(CypsError, match=re.escape(says)):
        problems.stop_if_any()


# The command


def run(*args, width="60"):
    return CliRunner().invoke(main, ["weights", *map(str, args)], env={"COLUMNS": width})


def test_the_spend_it_writes_gives_the_same_weights(tmp_path):
    rows = with_head(section_251_rows(pounds=lambda place, n: 1e6 / (len(n) + int(place) % 7)))
    path = write_csv(tmp_path / "s251.csv", rows)
    told = json.loads(run(path, "--out", tmp_path / "spend.csv", "--json").stdout)
    again = json.loads(run(tmp_path / "spend.csv", "--json").stdout)
    assert told["weights"] == again["weights"]  # to the last bit
    assert len(told["spend_lines"]) == 37
    assert len(told["spend_totals"]) == 7


def test_what_it_prints_fits_sixty_columns(tmp_path):
    done = run(write_csv(tmp_path / "s251.csv", with_head(section_251_rows())))
    assert done.exit_code == 0, done.output
    assert max(map(len, done.stdout.splitlines())) <= 60
    for words in ("57.1429%", "Lines of 2018-19", "The file's totals", "left out", "0.00"):
        assert words in done.stdout


def test_a_map_is_written_changed_and_read(tmp_path):
    path = write_csv(tmp_path / "s251.csv", with_head(section_251_rows()))
    assert run(path, "--write-map", tmp_path / "map.csv").exit_code == 0
    again = run(path, "--write-map", tmp_path / "map.csv")
    assert again.exit_code == 2
    assert "is there already, perhaps with changes" in " ".join(again.stderr.split())
    done = run(path, "--map", tmp_path / "map.csv", "--metrics", "4", "--json")
    assert list(json.loads(done.stdout)["weights"]) == ["CIN", "REF", "CARE", "CEASED"]


def test_a_map_of_a_form_that_is_not_known_is_to_be_filled_in(tmp_path):
    rows = [["2009-10", *row[1:]] for row in section_251_rows()]
    path = write_csv(tmp_path / "s251.csv", with_head(rows))
    assert run(path, "--write-map", tmp_path / "map.csv").exit_code == 0
    with (tmp_path / "map.csv").open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert len(told) == 37
    assert not any(row["service_area"] for row in told)
    done = run(path, "--map", tmp_path / "map.csv")
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert "s251.csv, by map.csv: no line is mapped to a service area" in told


def test_nothing_is_written_when_something_is_wrong(tmp_path):
    rows = figure(with_head(section_251_rows()), "3.4.6", "831", 9999.0)
    done = run(write_csv(tmp_path / "s251.csv", rows), "--out", tmp_path / "spend.csv")
    assert done.exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["s251.csv"]
