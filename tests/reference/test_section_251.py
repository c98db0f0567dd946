"""Cost weights from real spend: section 251 2012-13 to 2018-19 and RO3 2024-25.

docs/weights.md shows what was found; its tables are made anew here and compared.
"""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cyps.needs import cost_weights, weekly_unit_cost
from cyps.returns import (
    OutturnLine,
    Problems,
    SpendChoices,
    line_map_csv,
    map_to_fill_in,
    read_spend,
)

pytest.importorskip("pyarrow", reason="reading the shared parquet file needs pyarrow")

METRICS = ["CIN", "CARE", "CEASED"]
YEARS = ["2013-14", "2014-15", "2015-16", "2016-17", "2017-18", "2018-19"]
PAGE = Path(__file__).parents[2] / "docs" / "weights.md"


@pytest.fixture(scope="module")
def frame(shared_data):
    return pd.read_parquet(shared_data / "06_finance/s251_outturn_table_A1_2008_2019_long.parquet")


@pytest.fixture(scope="module")
def table(frame, tmp_path_factory):
    """A file for each year, which reads sooner than one of all."""
    folder = tmp_path_factory.mktemp("s251")
    for year in ["2011-12", "2012-13", *YEARS]:
        frame[frame["financial_year"] == year].to_csv(folder / f"{year}.csv", index=False)
    return lambda year: folder / f"{year}.csv"


def read(path, **choices):
    problems = Problems()
    reading = read_spend(path, problems, SpendChoices(**choices))
    problems.stop_if_any()
    return reading


@pytest.fixture(scope="module")
def readings(table):
    return {year: read(table(year), years=(year,)) for year in ["2012-13", *YEARS]}


def percent(reading):
    return (100 * cost_weights(reading.spend, METRICS)).round().astype(int).tolist()


def mapped(table, tmp_path, change):
    """2013-14 with a map changed line by line."""
    lines = [change(line) for line in map_to_fill_in(table("2013-14"))]
    path = tmp_path / "map.csv"
    path.write_text(line_map_csv(lines), encoding="utf-8")
    return read(table("2013-14"), line_map=path)


def in_area(area, *numbers):
    """Put the lines with these numbers into a service area."""

    def change(line):
        own = line.line.split()[0] in numbers
        metric = {"1": "CIN", "3": "CARE"}[area]
        return OutturnLine(
            line.line, area if own else line.areas, metric if own else line.metric,
            line.part_of, line.remark, line.year,
        )  # fmt: skip

    return change


SURE_START = in_area("1", "1", "2", "3", "4")
OTHER_AND_ASYLUM = in_area("3", "10", "15")


def test_2013_14_is_54_37_10_and_with_sure_start_59_32_9(readings, table, tmp_path):
    assert percent(readings["2013-14"]) == [54, 37, 10]
    assert percent(mapped(table, tmp_path, SURE_START)) == [59, 32, 9]


def test_every_total_of_every_year_agrees_to_the_penny(readings, frame):
    for year, reading in readings.items():
        assert len(reading.totals) == 7
        for check in reading.totals:
            assert abs(check.difference) < 0.005, (year, check)
        # The file's own total for England, by hand.
        own = frame[(frame["financial_year"] == year)]
        whole = own[own["description"].str.contains("excluding CERA", case=False)]
        told = next(c for c in reading.totals if "excluding cera" in c.line.casefold())
        assert told.pounds == pytest.approx(whole["net_current_expenditure"].sum(), abs=0.01)


@pytest.mark.parametrize("year", YEARS)
def test_spend_is_the_sum_of_the_files_rows(readings, frame, year):
    own = frame[frame["financial_year"] == year]
    sums = own.groupby("description")["net_current_expenditure"].sum()
    names = {" ".join(name.split()): total for name, total in sums.items()}
    for line in readings[year].lines:
        if line.counted != "left out":
            assert line.pounds == pytest.approx(names[line.line], abs=0.01), line


def test_totals_of_the_index(readings):
    # The data's index says GBP 9.36bn and 9.85bn without CERA: that is *total*
    # expenditure; net of income they are 8.63 and 9.12.
    told = {y: next(c for c in readings[y].totals if "5.0.2" in c.line).pounds for y in YEARS[4:]}
    assert told == pytest.approx({"2017-18": 8.632619e9, "2018-19": 9.117857e9}, rel=1e-6)


def test_years_before_the_known_forms_are_refused(table):
    with pytest.raises(Exception, match="in 2011-12 are not known"):
        read(table("2011-12"))


def test_ro3_and_four_metrics(shared_data):
    ro3 = shared_data / "06_finance" / "ro3_2024_25_children_lines_long.csv.gz"
    four = cost_weights(read(ro3, metric_set=4).spend, ["CIN", "REF", "CARE", "CEASED"])
    three = cost_weights(read(ro3).spend, METRICS)
    np.testing.assert_allclose(four[0] + four[1], three[0], rtol=1e-12)
    assert four[1] == pytest.approx(3_402_572.95 / 14_851_982, rel=1e-6)
    check = read(ro3).totals[0]
    assert (check.line, round(check.pounds)) == ("Children Looked After", 8_434_512_296)
    assert abs(check.difference) < 0.05


def test_the_written_map_of_ro3_gives_its_weights(shared_data, tmp_path):
    ro3 = shared_data / "06_finance" / "ro3_2024_25_children_lines_long.csv.gz"
    path = tmp_path / "map.csv"
    path.write_text(line_map_csv(map_to_fill_in(ro3)), encoding="utf-8")
    assert read(ro3, line_map=path).spend == read(ro3).spend


def test_weekly_unit_cost_is_the_published_convention(shared_data, frame):
    with (shared_data / "05_la_panels/weekly_unit_cost_social_work_2009_2019.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        rows = list(csv.DictReader(file))
    told = [row for row in rows if row["weekly_unit_cost"]]
    assert len(told) > 1000
    column = {
        name: np.array([float(row[name]) for row in told])
        for name in ("social_work_and_commissioning_gbp", "cin_at_31_march", "weekly_unit_cost")
    }
    found = weekly_unit_cost(column["social_work_and_commissioning_gbp"], column["cin_at_31_march"])
    np.testing.assert_allclose(found, column["weekly_unit_cost"], rtol=1e-12)
    # Where x came from: total expenditure on lines 3.3.1 and 3.3.2.
    own = frame[(frame["financial_year"] == "2018-19") & frame["line"].isin(["3.3.1", "3.3.2"])]
    spent = own.groupby("old_la_code")["total_expenditure"].sum()
    for row in told:
        if row["financial_year"] == "2018-19":
            by_hand = float(row["social_work_and_commissioning_gbp"])
            assert spent[int(row["old_la_code"])] == pytest.approx(by_hand, abs=0.01)


# The page


def million(pounds):
    return f"{pounds / 1e6:,.1f}"


def in_words(reading):
    weights = cost_weights(reading.spend, METRICS)
    return ", ".join(f"{m} {w:.2%}" for m, w in zip(METRICS, weights, strict=True))


def year_row(year, reading):
    spent = [sum(x.pounds for x in reading.spend if x.metric == m) for m in METRICS]
    out = [line for line in reading.lines if line.counted == "left out" and line.pounds]
    early = sum(line.pounds for line in out if line.remark.startswith("early years"))
    others = sum(line.pounds for line in out if "of the seven" in line.remark) - early
    whole = next(c for c in reading.totals if "excluding cera" in c.line.casefold()).pounds
    assert sum(spent) + early + others == pytest.approx(whole, abs=0.01)
    cells = [year, *map(million, spent), in_words(reading), *map(million, (early, others, whole))]
    return f"| {' | '.join(cells)} |"


def total_rows(reading):
    for check in reading.totals:
        yield f"| {check.line} | {check.pounds:,.2f} | {check.parts:,.2f} |"


def ro3_row(reading):
    spent = [sum(x.pounds for x in reading.spend if x.metric == m) for m in METRICS]
    out = sum(line.pounds for line in reading.lines if line.counted == "left out")
    return f"| {' | '.join([*map(million, spent), in_words(reading), million(out)])} |"


def test_the_pages_tables_are_what_is_found(readings, table, tmp_path, shared_data):
    page = PAGE.read_text(encoding="utf-8")
    ro3 = shared_data / "06_finance" / "ro3_2024_25_children_lines_long.csv.gz"
    rows = [year_row(year, readings[year]) for year in YEARS]
    rows += [*total_rows(readings["2018-19"]), ro3_row(read(ro3))]
    for row in rows:
        assert row in page, row
    flat = " ".join(page.split())
    assert f"of 2013-14 are {in_words(mapped(table, tmp_path, SURE_START))}." in flat
    assert f"they are {in_words(mapped(table, tmp_path, OTHER_AND_ASYLUM))}." in flat
