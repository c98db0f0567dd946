"""Departments' files as they are published, made small and wrong in every way that matters."""

import pytest

from cyps.errors import CypsError
from cyps.returns import LINES, AuthorityList, SettlementFiles, read_inputs
from plain_files import AUTHORITIES, SPEND, baseline_rows, use_rows, write_csv

READING = "E06000038"
EES = ["time_period", "geographic_level", "old_la_code", "new_la_code", "la_name"]
CIN = [*EES, "category", "At31_episodes"]
CLA = [*EES, "population_type", "population_estimate", "children_count"]
MID_YEAR = [*EES, "age_group", "population_estimate"]
RO3 = ["e_code", "ons_code", "la_name", "class", "line", "value_gbp_thousand"]
ON_31_MARCH = "Children looked after on 31 March each year"
CEASING = "Children ceasing to be looked after each year"
STARTING = "Children starting to be looked after each year"


def cin_rows(year=2025):
    rows = [[year, "National", "", "", "", "Children in Need", 99_990]]
    rows += [[year - 1, "Local authority", a.dfe_code, a.code, a.name, "", 1] for a in AUTHORITIES]
    return [
        CIN,
        *rows,
        *([year, "Local authority", a.dfe_code, a.code, a.name, "", 50] for a in AUTHORITIES),
    ]


def cla_rows():
    counts = {ON_31_MARCH: 30, CEASING: 20, STARTING: 10}
    return [
        CLA,
        *(
            [2025, "Local authority", a.dfe_code, a.code, a.name, kind, 9000, count]
            for a in AUTHORITIES
            for kind, count in counts.items()
        ),
    ]


def mid_year_rows(year=2024):
    listed = ([year, "Local authority", a.dfe_code, a.code, a.name] for a in AUTHORITIES)
    return [MID_YEAR, *([*who, "Children aged 0 to 17 years", 9000] for who in listed)]


def ro3_lines(code, name, kind, thousand):
    """All net lines of one body: each `thousand`, looked after what its parts add up to."""
    lines = {line.line: thousand for line in LINES}
    lines["Children Looked After"] = thousand * sum(1 for line in LINES if line.part_of)
    measure = "Net Current Expenditure (C7 = C3 - C6)"
    rows = [
        ["", code, name, kind, f"Children's social care - {line} - {measure}", value]
        for line, value in lines.items()
    ]
    employees = "Children's social care - Youth Justice - Employees (C1)"
    return [*rows, ["", code, name, kind, employees, 777_777]]


def ro3_rows():
    rows = [RO3, *ro3_lines("E92000001", "ENGLAND", "Eng", 200)]
    for a in AUTHORITIES:
        rows += ro3_lines(a.code, a.name, "UA", 1)
    # Bodies without children's services duties, one with two returns.
    return [*rows, *2 * ro3_lines("E12000007", "Greater London Authority", "O", 3)]


def net_row(rows, code, line):
    return next(r for r in rows if r[1] == code and f"- {line} - Net" in r[4])


@pytest.fixture
def read(tmp_path):
    def _read(*, excluded=(), **rows):
        given = {"use": cin_rows(), "more": cla_rows(), "spend": ro3_rows(), "baseline": ro3_rows()}
        paths = {n: write_csv(tmp_path / f"{n}.csv", r) for n, r in (given | rows).items()}
        files = SettlementFiles((paths.pop("use"), paths.pop("more")), **paths)
        return read_inputs(files, AuthorityList(2025, frozenset(excluded)))

    return _read


def test_published_files_are_known_by_their_columns(read):
    inputs = read(population=mid_year_rows())
    assert inputs.published
    assert inputs.use.metrics == ("CIN", "CARE", "CEASED")
    assert inputs.use.children[7].tolist() == [50, 30, 20]
    assert "PROXY" in inputs.use.basis
    assert inputs.population[0] == 9000
    assert [line.pounds for line in inputs.spend.spend] == [200_000.0] * 9
    assert [line.metric for line in inputs.spend.spend] == ["CIN"] * 5 + ["CARE"] * 3 + ["CEASED"]
    # Five lines and looked after, which is four parts; early years and asylum stay out.
    assert (inputs.baseline == 9000).all()


def test_other_bodies_are_passed_over_and_counted(read):
    told = " ".join(read().notes)
    assert "1 districts, police, fire and other bodies" in told
    assert "passed over, £0.1m" in told  # two returns of nine times 3 thousand


def test_columns_in_another_order_are_the_same(read):
    turned = [row[::-1] for row in cla_rows()]
    assert read(more=turned).use.children.tolist() == read().use.children.tolist()


def test_an_abolished_authority_with_symbols_is_a_note(read):
    gone = [2025, "Local authority", 909, "E10000006", "Cumbria", ON_31_MARCH, "z", "z"]
    notes = read(more=[*cla_rows(), gone]).notes
    assert any("1 rows of authorities of other years" in n and "Cumbria" in n for n in notes)


def test_an_abolished_authority_with_a_number_is_a_problem(read):
    gone = [2025, "Local authority", 909, "E10000006", "Cumbria", ON_31_MARCH, 9, 40]
    with pytest.raises(CypsError, match=r"column 'children_count': 40 for a code that is not in"):
        read(more=[*cla_rows(), gone])


def test_a_code_that_never_was_is_a_problem(read):
    with pytest.raises(CypsError, match=r"'E06000999' is not the code of an authority in 2025"):
        read(use=[*cin_rows(), [2025, "Local authority", 1, "E06000999", "Nowhere", "", 5]])


def test_a_symbol_in_a_published_file_stops_until_excluded(read):
    rows = [[*r[:-1], "c"] if r[3] == READING and r[5] == ON_31_MARCH else r for r in cla_rows()]
    with pytest.raises(CypsError, match=r"Reading \(E06000038\): 'c' is a symbol for suppressed"):
        read(more=rows)
    assert read(more=rows, excluded=[READING]).baseline.shape == (152,)


def test_a_year_that_the_file_does_not_hold(read):
    with pytest.raises(CypsError, match=r"no rows for 2025.*the file holds 2022, 2023"):
        read(use=cin_rows(2023))


def test_population_of_another_year(read):
    with pytest.raises(CypsError, match=r"no rows for 2024.*the file holds 2020"):
        read(population=mid_year_rows(2020))


def test_a_file_without_local_authorities(read):
    with pytest.raises(CypsError, match=r"no rows with geographic_level 'Local authority'"):
        read(use=[CIN, [2025, "National", "", "", "", "", 5]])


def test_a_kind_of_row_that_is_not_there(read):
    rows = [row for row in cla_rows() if row[5] != CEASING]
    with pytest.raises(CypsError, match=r"0 kinds of row could be the one.*'ceasing'"):
        read(more=rows)


def test_spend_without_an_england_row(read):
    with pytest.raises(CypsError, match=r"no England row"):
        read(spend=[row for row in ro3_rows() if row[1] != "E92000001"])


def test_spend_without_one_of_the_lines(read):
    rows = ro3_rows()
    rows.remove(net_row(rows, "E92000001", "Youth Justice"))
    with pytest.raises(CypsError, match=r"England row: there is no line 'Youth Justice'"):
        read(spend=rows)


def test_parts_that_do_not_add_up_to_their_line(read):
    rows = ro3_rows()
    net_row(rows, "E92000001", "Children Looked After")[-1] = 801
    with pytest.raises(CypsError, match=r"'Children Looked After' is £0.8m.*\+1,000 pounds apart"):
        read(spend=rows)


def test_a_line_that_no_service_area_is_known_for(read):
    line = "Children's social care - Family hubs - Net Current Expenditure (C7)"
    rows = [*ro3_rows(), ["", "E92000001", "ENGLAND", "Eng", line, 5]]
    with pytest.raises(
        CypsError, match=r"the line 'Family hubs' \(£0.0m\) is not in the map of RO3"
    ):
        read(spend=rows)


def test_a_line_given_twice(read):
    rows = ro3_rows()
    with pytest.raises(CypsError, match=r"E06000038 has this line already in row"):
        read(baseline=[*rows, net_row(rows, READING, "Youth Justice")])


def test_a_line_below_zero_is_netted_but_a_total_is_not(read):
    rows = ro3_rows()
    net_row(rows, READING, "Youth Justice")[-1] = -3
    inputs = read(baseline=rows)
    at = [a.code for a in AUTHORITIES].index(READING)
    assert inputs.baseline[at] == 5000
    assert any("1 lines of authorities are below zero" in note for note in inputs.notes)
    net_row(rows, READING, "Youth Justice")[-1] = -30
    with pytest.raises(CypsError, match=r"Reading \(E06000038\)'s lines add up to -22,000 pounds"):
        read(baseline=rows)


def test_an_authority_without_one_of_the_lines(read):
    rows = ro3_rows()
    rows.remove(net_row(rows, READING, "Children Looked After"))
    with pytest.raises(
        CypsError, match=r"Reading.*no net current expenditure for 'Children Looked"
    ):
        read(baseline=rows)


@pytest.mark.parametrize("symbol", ["[x]", ""])
def test_an_authority_whose_return_is_not_there(read, symbol):
    rows = ro3_rows()
    at = rows.index(net_row(rows, READING, "Youth Justice"))
    rows[at][-1] = symbol
    with pytest.raises(
        CypsError, match=rf"baseline\.csv, row {at + 1}, column 'value_gbp_thousand'"
    ):
        read(baseline=rows)
    rows = [row for row in ro3_rows() if row[1] != READING]
    with pytest.raises(CypsError, match=r"no return \(RO3\) for 1 of the 153.*Reading"):
        read(baseline=rows)


def test_published_and_plain_files_go_together(tmp_path):
    care = [["code", "CARE", "CEASED"], *([r[0], r[3], r[4]] for r in use_rows()[1:])]
    paths = [
        write_csv(tmp_path / f"{name}.csv", rows)
        for name, rows in {
            "cin": cin_rows(),
            "care": care,
            "spend": SPEND,
            "baseline": baseline_rows(),
        }.items()
    ]
    files = SettlementFiles((paths[0], paths[1]), paths[2], paths[3])
    inputs = read_inputs(files, AuthorityList(2025))
    assert inputs.use.children[0].tolist() == [50, 200, 100]
    assert inputs.published
