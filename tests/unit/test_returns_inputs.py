"""Every way in which the files of a settlement can be wrong, and how that is told."""

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.returns import AuthorityList, ReturnsError, SettlementFiles, read_inputs
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

HARTLEPOOL, READING = "E06000001", "E06000038"


@pytest.fixture
def read(tmp_path):
    """Reads the made-up country's files, with some of them replaced."""

    def _read(*, year=2025, excluded=(), **rows):
        given = {"use": use_rows(), "spend": SPEND, "baseline": baseline_rows(), **rows}
        paths = {name: write_csv(tmp_path / f"{name}.csv", r) for name, r in given.items()}
        files = SettlementFiles((paths.pop("use"),), **paths)
        return read_inputs(files, AuthorityList(year, frozenset(excluded)))

    return _read


def test_the_happy_path(read):
    inputs = read(area_cost=area_cost_rows(), population=population_rows())
    assert inputs.use.codes == tuple(a.code for a in AUTHORITIES)
    assert inputs.use.metrics == ("CIN", "CARE", "CEASED")
    assert inputs.use.children[0].tolist() == [1000, 200, 100]
    assert inputs.baseline[1] == 1_005_000
    assert inputs.area_cost[1] == 1.01
    assert inputs.population[2] == 10_200
    assert [line.pounds for line in inputs.spend.spend] == [100, 200, 300, 400, 500, 600, 700]
    assert [line.metric for line in inputs.spend.spend] == [
        *("CIN", "CIN", "CARE", "CARE", "CEASED", "CEASED", "CIN"),
    ]
    assert not inputs.published
    assert {file.source.file for file in inputs.files} == {
        *("use.csv", "spend.csv", "baseline.csv", "area_cost.csv", "population.csv"),
    }


def test_without_area_cost_factors_are_1_and_it_is_said(read):
    inputs = read()
    assert (inputs.area_cost == 1).all()
    assert any("every factor is 1" in note for note in inputs.notes)
    assert inputs.population is None


def test_order_of_rows_and_columns_does_not_matter(read):
    straight = read()
    use = [[*row[2:], row[1], row[0]] for row in [use_rows()[0], *reversed(use_rows()[1:])]]
    turned = read(use=use, spend=[SPEND[0], *reversed(SPEND[1:])])
    assert np.array_equal(turned.use.children, straight.use.children)


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("", "the cell is empty"),
        ("c", "suppressed"),
        ("x", "not available (x)"),
        ("z", "not applicable"),
        ("k", "rounded to zero"),
        (":", "not available (:)"),
        ("u", "low reliability"),
        ("-4", "below zero"),
        ("(4)", "below zero"),
        ("nan", "not a finite number"),
        ("inf", "not a finite number"),
        ("many", "is not a number"),
        ("5%", "percentage"),
    ],
)
def test_a_bad_cell_names_file_row_column_and_authority(read, cell, told):
    with pytest.raises(ReturnsError) as error:
        read(use=changed(use_rows(), READING, "CARE", cell))
    row = next(i for i, r in enumerate(use_rows(), 1) if r[0] == READING)
    assert f"use.csv, row {row}, column 'CARE': Reading (E06000038): " in str(error.value)
    assert told in str(error.value)
    assert error.value.codes == (READING,)
    assert len(error.value.problems) == 1


def test_missing_authorities_are_named(read):
    with pytest.raises(ReturnsError) as error:
        read(baseline=without(baseline_rows(), HARTLEPOOL, READING))
    assert (
        "baseline.csv: no baseline for 2 of the 153 authorities of 2025: "
        "Hartlepool (E06000001), Reading (E06000038)" in str(error.value)
    )
    assert error.value.codes == (HARTLEPOOL, READING)


def test_a_duplicate_names_both_rows(read):
    rows = baseline_rows()
    with pytest.raises(ReturnsError, match=r"row 155.*Hartlepool.*again, after row 2"):
        read(baseline=[*rows, rows[1]])


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("E10000006", "Cumbria's code ended: since 2023-04-01 it is E06000063 Cumberland"),
        ("E10000021", "E06000061 North Northamptonshire, E06000062 West Northamptonshire"),
        ("805", "DfE code; use the GSS code, E06000001 for Hartlepool"),
        ("E92000001", "England as a whole"),
        ("E12000001", "It is a region"),
        ("E07000223", "It is a district"),
        ("E06999999", "No children's services authority"),
        ("W06000001", "It is a code of Wales, Scotland or Northern Ireland, which take no part"),
        ("hartlepool", "It is a name; use the GSS code, E06000001 for Hartlepool"),
        ("Hartlepol", "A GSS code is E and eight digits"),
    ],
)
def test_an_unknown_code_comes_with_a_hint(read, code, told):
    with pytest.raises(ReturnsError) as error:
        read(baseline=[*baseline_rows(), [code, 5]])
    assert f"baseline.csv, row 155, column 'code': '{code}' is not the code" in str(error.value)
    assert told in str(error.value)


def test_a_code_of_a_later_year_says_so(read):
    with pytest.raises(ReturnsError, match=r"Cumberland.*not in the list of 2022"):
        read(year=2022)


def test_a_total_without_a_code_is_not_dropped(read):
    with pytest.raises(ReturnsError, match=r"row 155.*no authority code \('Total, 9, 9, 9'\)"):
        read(use=[*use_rows(), ["", "Total", 9, 9, 9]])


def test_all_problems_of_all_files_come_together(read):
    use = changed(changed(use_rows(), READING, "CIN", "c"), HARTLEPOOL, "CARE", "-1")
    with pytest.raises(ReturnsError) as error:
        read(
            use=use,
            spend=[*SPEND, ["Total", 9]],
            baseline=without(baseline_rows(), READING),
            area_cost=changed(area_cost_rows(), READING, "area_cost", "0"),
        )
    assert len(error.value.problems) == 5
    assert str(error.value).startswith("5 problems in the files:\n1. ")


def test_a_long_list_of_problems_is_cut_and_counted(read):
    use = [row if i == 0 else [*row[:2], "c", "c", "c"] for i, row in enumerate(use_rows())]
    with pytest.raises(ReturnsError, match=r"459 problems") as error:
        read(use=use)
    assert "... and 439 more" in str(error.value)
    assert len(str(error.value).splitlines()) == 22


def test_excluded_authorities_need_no_numbers(read):
    inputs = read(
        excluded=[READING],
        use=changed(use_rows(), READING, "CIN", "c"),
        baseline=without(baseline_rows(), READING),
    )
    assert READING not in inputs.use.codes
    assert inputs.baseline.shape == (152,)


def test_an_exclusion_must_be_of_the_year():
    with pytest.raises(CypsError, match=r"'E10000006' cannot be left out: Cumbria's code ended"):
        AuthorityList(2025, frozenset({"E10000006"}))


def test_synonyms_of_the_code_column(read):
    for name in ("GSS code", "new_la_code", "LA Code", "ONS_CODE", "Authority Code"):
        assert read(baseline=[[name, "Baseline"], *baseline_rows()[1:]]).baseline[0] == 1_000_000


def test_the_code_column_with_gss_codes_is_taken(read):
    rows = [["la_code", "new_la_code", "baseline"]]
    rows += [[a.dfe_code, a.code, 5] for a in AUTHORITIES]
    assert read(baseline=rows).baseline.sum() == 5 * 153


def test_the_only_column_left_is_the_value(read):
    rows = [
        ["code", "name", "region", "allocation_2024"],
        *([a.code, "", "", 5] for a in AUTHORITIES),
    ]
    assert read(baseline=rows).baseline.sum() == 5 * 153


def test_a_choice_of_value_columns_is_yours(read):
    rows = [["code", "2023", "2024"], *([a.code, 5, 6] for a in AUTHORITIES)]
    with pytest.raises(
        CypsError, match=r"no column 'baseline', and any of '2023', '2024' could be it"
    ):
        read(baseline=rows)


@pytest.mark.parametrize(
    ("option", "rows", "told"),
    [
        ("baseline", population_rows(), "no column 'baseline', but one called 'population'"),
        ("area_cost", baseline_rows(), "no column 'area_cost', but one called 'baseline'"),
        ("population", area_cost_rows(), "no column 'population', but one called 'area_cost'"),
    ],
)
def test_the_wrong_file_for_an_option_does_not_pass(read, option, rows, told):
    with pytest.raises(CypsError) as error:
        read(**{option: rows})
    assert told in str(error.value)


def test_the_range_of_area_cost_is_said(read):
    notes = read(area_cost=area_cost_rows()).notes
    assert "Area cost: column 'area_cost' of area_cost.csv, from 1 to 1.19." in notes


def test_use_without_a_metric_lists_the_columns(read):
    rows = [["code", "need"], *([a.code, 5] for a in AUTHORITIES)]
    with pytest.raises(CypsError, match=r"no column is named after an activity metric.*'need'"):
        read(use=rows)


def test_columns_of_use_that_are_not_read_are_said(read):
    rows = [[*row, "x" if i else "remarks"] for i, row in enumerate(use_rows())]
    assert any("columns not read: 'remarks'" in note for note in read(use=rows).notes)


def test_spend_by_name_and_by_metric(read):
    names = ["Family support", "Safeguarding", "residential care", "Fostering", "permanence"]
    names += ["Care leavers", "YOUTH JUSTICE"]
    by_name = read(
        spend=[["Service area", "Spend"], *([n, 100 * i] for i, n in enumerate(names, 1))]
    )
    assert by_name.spend.spend == read().spend.spend
    by_metric = read(spend=[["metric", "spend"], ["CIN", 1], ["care", 2], ["CEASED", 3]])
    assert [(x.metric, x.pounds) for x in by_metric.spend.spend] == [
        ("CIN", 1),
        ("CARE", 2),
        ("CEASED", 3),
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([*SPEND, ["Total", 9]], "row 9, column 'service_area': 'Total' is not a service area"),
        ([*SPEND, [8, 9]], "'8' is not a service area"),
        ([*SPEND, [7, 9]], "Youth justice' is here again"),
        (SPEND[:-1], "no spend for service area 7 (Youth justice)"),
        (changed(SPEND, 3, "spend", "-1"), "row 4, column 'spend': '-1' is below zero"),
        (changed(SPEND, 3, "spend", "c"), "row 4, column 'spend': 'c' is a symbol"),
        ([["metric", "spend"], ["CINN", 1]], "row 2, column 'metric': 'CINN' is not an activity"),
        ([["metric", "2023", "2024"], ["CIN", 1, 2]], "any of '2023', '2024' could be it"),
    ],
)
def test_spend_that_is_wrong(read, rows, told):
    with pytest.raises(ReturnsError) as error:
        read(spend=rows)
    assert told in str(error.value)


def test_area_cost_of_zero_is_refused(read):
    with pytest.raises(ReturnsError, match=r"'0' is zero. It must be above 0"):
        read(area_cost=changed(area_cost_rows(), READING, "area_cost", "0"))


def test_a_metric_given_twice_is_refused(tmp_path):
    files = [write_csv(tmp_path / f"{name}.csv", use_rows()) for name in ("one", "two")]
    spend = write_csv(tmp_path / "spend.csv", SPEND)
    baseline = write_csv(tmp_path / "baseline.csv", baseline_rows())
    with pytest.raises(CypsError, match=r"two\.csv: CIN was already read from one\.csv"):
        read_inputs(SettlementFiles(tuple(files), spend, baseline), AuthorityList(2025))


def test_an_error_in_excel_names_the_sheet(tmp_path):
    use = write_xlsx(
        tmp_path / "use.xlsx", changed(use_rows(), READING, "CARE", "z"), above=[["Use"], [""]]
    )
    spend = write_csv(tmp_path / "spend.csv", SPEND)
    baseline = write_csv(tmp_path / "baseline.csv", baseline_rows())
    row = 2 + next(i for i, r in enumerate(use_rows(), 1) if r[0] == READING)
    with pytest.raises(CypsError, match=rf"use\.xlsx, sheet 'Data', row {row}, column 'CARE'"):
        read_inputs(SettlementFiles((use,), spend, baseline), AuthorityList(2025))
