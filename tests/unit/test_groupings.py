"""Groups of authorities: the ones we know by rule or table, and lists that a person gives."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from cyps.errors import CypsError
from cyps.geography import GROUPINGS, IN_NONE, Authority, Grouping, authorities, grouping, in_order
from cyps.returns import Places, ReturnsError, read_grouping, read_neighbours
from plain_files import write_csv, write_xlsx

EVERYONE = authorities(2025)
PLACES = Places(2025, EVERYONE)
FEW = Places(2025, EVERYONE[:4], frozenset({"E06000053"}))


@pytest.mark.parametrize("name", GROUPINGS)
def test_every_authority_is_in_one_group(name):
    by = grouping(name, EVERYONE)
    assert set(by.of) == {place.code for place in EVERYONE}
    assert sum(Counter(by.of.values()).values()) == 153


def test_nine_regions_are_ten_with_london_whole():
    ten, nine = grouping("region", EVERYONE).of, grouping("region9", EVERYONE).of
    assert len(set(ten.values())) == 10
    assert len(set(nine.values())) == 9
    assert {ten[code] for code in ten if nine[code] == "London"} == {"Inner London", "Outer London"}
    assert all(ten[code] == nine[code] for code in ten if nine[code] != "London")


def test_class_counts_are_those_of_england_in_2025():
    """36 metropolitan districts, 33 in London (14 inner by DfE), 21 counties, 63 unitaries."""
    assert Counter(grouping("class", EVERYONE).of.values()) == {
        "Metropolitan district": 36,
        "Inner London borough": 14,
        "Outer London borough": 19,
        "County": 21,
        "Unitary": 63,
    }


def test_class_is_refused_where_the_code_does_not_tell():
    district = Authority("E07000048", "", "Christchurch", "South West")
    astray = Authority("E09900001", "", "A borough", "South East")
    with pytest.raises(CypsError, match=r"Christchurch \(E07000048\), A borough \(E09900001\)"):
        grouping("class", (*EVERYONE, district, astray))


def test_combined_authorities():
    by = grouping("combined", EVERYONE)
    counts = Counter(by.of.values())
    assert len(counts) == 17
    assert counts["Greater London Authority"] == 33
    assert counts["Greater Manchester"] == 10
    assert counts[IN_NONE] == 55
    assert by.of["E06000024"] == IN_NONE  # North Somerset is no constituent of West of England
    assert by.groups(by.of)[-1] == IN_NONE


def test_combined_authorities_are_told_by_names_that_are_theirs():
    text = files("cyps.geography").joinpath("combined_authorities.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    name = {place.code: place.name for place in EVERYONE}
    assert [row["name"] for row in rows] == [name[row["code"]] for row in rows]
    assert len({row["code"] for row in rows}) == len(rows) == 98
    assert len({(row["combined_code"], row["combined_name"]) for row in rows}) == 16


def test_combined_authorities_of_another_year_are_refused():
    with pytest.raises(CypsError, match=r"2025 only, and .*Cumbria \(E10000006\)"):
        grouping("combined", authorities(2018))


def test_a_grouping_names_everyone_without_a_group():
    by = Grouping("mine", {"E06000001": "a"}, "made up")
    assert by.of_each(["E06000001"]) == ("a",)
    with pytest.raises(CypsError, match="E06000002, E06000003"):
        by.of_each(["E06000001", "E06000002", "E06000003"])
    with pytest.raises(CypsError, match="region, region9, class, combined"):
        grouping("county", EVERYONE)
    assert in_order(["b", IN_NONE, "a"]) == ("a", "b", IN_NONE)


def test_an_own_list(tmp_path):
    rows = [["code", "group"], *([a.code, "yx"[i % 2]] for i, a in enumerate(EVERYONE))]
    for path in (write_csv(tmp_path / "g.csv", rows), write_xlsx(tmp_path / "g.xlsx", rows)):
        by, source = read_grouping(path, PLACES)
        assert by.of[EVERYONE[0].code] == "y"
        assert (by.name, source.file) == (path.name, path.name)
        assert len(by.of) == 153


def test_an_own_list_says_everything_that_is_wrong_by_row(tmp_path):
    rows = [
        ["code", "group"],
        ["E06000001", "a"],
        ["E06000001", "b"],
        ["E06000002", ""],
        ["E10000006", "a"],
        ["E06000009", "a"],
        ["E06000053", "left out, and passed over"],
        ["805", "a"],
        ["E06000003", "a"],
    ]
    with pytest.raises(ReturnsError) as caught:
        read_grouping(write_csv(tmp_path / "g.csv", rows), FEW)
    told = [str(problem) for problem in caught.value.problems]
    assert len(told) == 6
    assert "row 3" in told[0]
    assert "again, after row 2" in told[0]
    assert "row 4, column 'group'" in told[1]
    assert "row 5" in told[2]
    assert "Cumberland" in told[2]
    assert "row 6" in told[3]
    assert "Blackpool (E06000009) is not in this settlement" in told[3]
    assert "row 8" in told[4]
    assert "DfE code" in told[4]
    assert "no group for 1 of the 4 authorities: Stockton-on-Tees (E06000004)" in told[5]


def test_excluded_authorities_may_have_a_group(tmp_path):
    rows = [["code", "group"], *([a.code, "a"] for a in FEW.settled), ["E06000053", "b"]]
    by, _ = read_grouping(write_csv(tmp_path / "g.csv", rows), FEW)
    assert set(by.of) == {a.code for a in FEW.settled}


def test_neighbours_wide_and_long_say_the_same(tmp_path):
    a, b, c = EVERYONE[:3]
    wide = write_csv(
        tmp_path / "wide.csv",
        [
            ["old_la_code", "la_name", "SN_2", "SN_2P", "SN_1", "SN_1P"],
            [a.dfe_code, a.name, c.dfe_code, "Close", b.dfe_code, "Very close"],
        ],
    )
    long = write_csv(
        tmp_path / "long.csv",
        [["code", "neighbour", "rank"], [a.code, c.code, 10], [a.code, b.code, 9]],
    )
    unranked = write_csv(
        tmp_path / "order.csv", [["code", "neighbour"], [a.code, b.dfe_code], [a.code, c.code]]
    )
    for path in (wide, long, unranked):
        assert read_neighbours(path, PLACES)[0].of == {a.code: (b.code, c.code)}


def test_neighbours_say_everything_that_is_wrong_by_row(tmp_path):
    rows = [
        ["code", "neighbour", "rank"],
        ["E06000001", "E99999999", 1],
        ["E06000001", "E06000001", 2],
        ["E06000002", "E06000003", "first"],
    ]
    with pytest.raises(ReturnsError) as caught:
        read_neighbours(write_csv(tmp_path / "n.csv", rows), PLACES)
    told = str(caught.value)
    assert "row 2, column 'neighbour': 'E99999999'" in told
    assert "row 3: the neighbours of E06000001 name an authority twice, or E06000001 itself" in told
    assert "row 4, column 'rank': 'first'" in told


@pytest.mark.parametrize(
    ("file", "year", "first_of_birmingham"),
    [
        ("sn_model_2025_wide.csv", 2025, "E06000018"),
        ("New_Statistical_Neighbour_Groupings_April_2021.csv", 2021, "E06000032"),
    ],
)
def test_real_neighbours(shared_data: Path, file, year, first_of_birmingham):
    listed = authorities(year)
    found, _ = read_neighbours(shared_data / "05_la_panels" / file, Places(year, listed))
    assert found.of["E08000025"][0] == first_of_birmingham
    here = {a.code for a in listed}
    without = here - set(found.of)
    assert without <= {"E06000053"}
    assert all(len(of) == 10 for code, of in found.of.items() if code != "E06000053")
