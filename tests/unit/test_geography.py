"""Our table of authorities against DfE's own lists, year by year."""

import csv
from collections import Counter

import pytest

from cyps.errors import CypsError
from cyps.geography import FIRST_YEAR, LAST_YEAR, authorities, every_code, successors


@pytest.fixture(scope="session")
def dfe(shared_data):
    path = shared_data / "01_la" / "la_by_year_2013_2025.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def of_year(dfe, year):
    return [row for row in dfe if int(row["year_ending_31_march"]) == year]


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR + 1))
def test_codes_names_and_regions_are_dfes(dfe, year):
    theirs = {
        (r["new_la_code"], r["old_la_code"], r["la_name"], r["region_10"])
        for r in of_year(dfe, year)
    }
    ours = {(a.code, a.dfe_code, a.name, a.region) for a in authorities(year)}
    assert ours == theirs


@pytest.mark.parametrize(
    ("years", "count"),
    [(range(2013, 2020), 152), ((2020, 2021), 151), ((2022, 2023), 152), ((2024, 2025), 153)],
)
def test_number_of_authorities(years, count):
    assert {len(authorities(year)) for year in years} == {count}


@pytest.mark.parametrize(
    ("file", "year"),
    [("2017_152", 2017), ("2020_151", 2020), ("2022_152", 2022), ("2024_153", 2024)],
)
def test_single_year_lists(shared_data, file, year):
    path = shared_data / "01_la" / f"la_list_{file}.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    regions = Counter(row["region_10"] for row in rows)
    assert Counter(a.region for a in authorities(year)) == regions
    assert {row["new_la_code"] for row in rows} == {a.code for a in authorities(year)}


def test_ten_regions():
    counts = Counter(a.region for a in authorities(2017))
    assert len(counts) == 10
    assert (counts["Inner London"], counts["Outer London"], counts["North West"]) == (14, 19, 23)


def test_in_code_order_and_unique():
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        codes = [a.code for a in authorities(year)]
        assert codes == sorted(set(codes))


def test_successors_hold_every_row_of_the_source(shared_data):
    path = shared_data / "01_la" / "la_successors.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        theirs = {(r["effective"], r["old_gss"], r["new_gss"]) for r in csv.DictReader(file)}
    ours = {
        (s.effective, s.old_code, s.new_code) for code in every_code() for s in successors(code)
    }
    # The two recodings of April 2013 were in force before the first list (31 March 2013 names
    # the new codes), so their old codes are in no list; ours are checked by name.
    ours |= {
        (s.effective, s.old_code, s.new_code)
        for c in ("E06000048", "E08000020")
        for s in successors(c)
    }
    assert theirs <= ours
    # Christchurch: a part of Dorset went to Bournemouth, Christchurch and Poole.
    assert ours - theirs == {("2019-04-01", "E10000009", "E06000058")}


def test_every_code_that_ends_has_a_successor_in_the_next_list():
    for year in range(FIRST_YEAR, LAST_YEAR):
        now, after = ({a.code for a in authorities(y)} for y in (year, year + 1))
        for code in now - after:
            assert {s.new_code for s in successors(code)} <= after, code
            assert successors(code), code


def test_changes_observed_in_dfes_files(shared_data):
    path = shared_data / "01_la" / "la_changes_observed_in_dfe_files.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        before = {a.code for a in authorities(int(row["last_year_old"]))}
        after = {a.code for a in authorities(int(row["first_year_new"]))}
        for code in row["new_la_code"].replace(" ", "").replace("->", ",").split(","):
            assert (code in before) != (code in after), row


@pytest.mark.parametrize("year", [FIRST_YEAR - 1, LAST_YEAR + 1])
def test_a_year_without_a_list_says_which_there_are(year):
    with pytest.raises(CypsError, match="2013 to 2025"):
        authorities(year)
