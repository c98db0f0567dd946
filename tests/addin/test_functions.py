"""Functions on figures in cells give the engine's numbers, and say which cell is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.settlement import floor_and_ceiling_damped, floor_damped, proportionally_damped
from cyps_addin import ErrorValue, answer, call

TARGET = [[96], [215], [170], [49], [510]]
BASELINE = [[100], [200], [150], [50], [500]]
F, B = np.array(TARGET).ravel(), np.array(BASELINE).ravel()


def across(column):
    return [[row[0] for row in column]]


def test_damp_is_the_published_vector():
    damped = call("CYPS_DAMP", TARGET, BASELINE, 0.01)
    expected = [[101], [212.684932], [166.705479], [50.5], [509.109589]]
    np.testing.assert_allclose(damped, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ((0.0, 0.08), floor_and_ceiling_damped(F, B, 0.0, 0.08)),
        ((0.0, None, "Proportional"), proportionally_damped(F, B, 0.0)),
        ((-0.03, "", ""), floor_damped(F, B, -0.03)),
        (([[0], [0], [-0.1], [0], [0]],), floor_and_ceiling_damped(F, B, [0, 0, -0.1, 0, 0])),
    ],
)
def test_damp_of_any_range_is_the_engine_s(more, expected):
    assert call("CYPS_DAMP", TARGET, BASELINE, *more) == [[x] for x in expected.allocation.tolist()]


def test_each_group_is_damped_by_itself():
    groups = [["a"], ["b"], ["a"], ["b"], ["b"]]
    damped = np.array(call("CYPS_DAMP", TARGET, BASELINE, 0.0, None, None, groups)).ravel()
    a = np.array([True, False, True, False, False])
    np.testing.assert_array_equal(damped[a], floor_damped(F[a], B[a], 0.0).allocation)
    np.testing.assert_array_equal(damped[~a], floor_damped(F[~a], B[~a], 0.0).allocation)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("CYPS_DAMP", (TARGET, BASELINE, 0.01)),
        ("CYPS_POUNDS", (TARGET, [["e"], ["d"], ["c"], ["b"], ["a"]])),
        ("CYPS_RANK", (TARGET,)),
    ],
)
def test_a_row_gives_a_row(name, arguments):
    turned = [across(x) if isinstance(x, list) else x for x in arguments]
    assert call(name, *turned) == across(call(name, *arguments))


def test_shares_and_pounds_add_up():
    shares = call("CYPS_SHARES", [[30, 5], [10, 5]], [[3, 1]])
    np.testing.assert_allclose(shares, [[0.6875], [0.3125]])
    by_cost = call("CYPS_SHARES", [[30, 5], [10, 5]], [[3], [1]], [[1.0], [1.1]])
    np.testing.assert_allclose(by_cost, [[0.6666666667], [0.3333333333]], rtol=1e-9)
    assert call("CYPS_POUNDS", [[1.5], [2.25], [2.25]], [["E1"], ["E3"], ["E2"]]) == [[2], [2], [2]]
    assert call("CYPS_WEIGHTS", [[60], [40]], [["CIN"], ["CARE"]], [["CARE"], ["CIN"]]) == [
        [0.4],
        [0.6],
    ]


def test_a_rate_without_children_is_not_available_in_its_cell_only():
    assert call("CYPS_RATE", [[12, 3], [0, 1]], [[400], [0]], 1000) == [
        [30.0, 7.5],
        [ErrorValue.NOT_AVAILABLE, ErrorValue.NOT_AVAILABLE],
    ]


def test_the_weekly_unit_cost_is_the_published_one():
    assert call("CYPS_UNIT_COST", 15_690_213, 2_836)[0][0] == pytest.approx(106.10, abs=0.005)
    [[one, none]] = call("CYPS_UNIT_COST", [[365.0, 1.0]], [[7, 0]])
    assert (one, none) == (pytest.approx(1.0, rel=1e-15), ErrorValue.NOT_AVAILABLE)


def test_quartile_bands_hold_a_quarter_each():
    bands = np.ravel(call("CYPS_QUARTILE", [[float(x)] for x in range(153)]))
    assert [int((bands == band).sum()) for band in (1, 2, 3, 4)] == [39, 38, 38, 38]
    assert bands[-1] == 1


def test_whole_columns_are_cut_where_they_end_and_smaller_ranges_are_not():
    def whole(column):
        return [*column, *[[None]] * (1_048_576 - len(column))]

    assert call("CYPS_RANK", whole(TARGET)) == call("CYPS_RANK", TARGET)
    assert call("CYPS_DAMP", whole(TARGET), whole(BASELINE), 0.01) == call(
        "CYPS_DAMP", TARGET, BASELINE, 0.01
    )
    refused = answer("CYPS_RANK", [*TARGET, [None]])
    assert refused.error is ErrorValue.VALUE
    assert "row 6, column 1" in refused.why
    too_much = answer("CYPS_RANK", [[1.0, 2.0]] * 1_048_576)
    assert too_much.error is ErrorValue.VALUE
    assert "Select the rows that hold the figures" in too_much.why


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("CYPS_DAMP", [[96], [None]], [[1], [2]], 0), "#VALUE!", "Target: row 2, column 1 of"),
        (("CYPS_DAMP", [[96], [""]], [[1], [2]], 0), "#VALUE!", "holds nothing, not a number"),
        (("CYPS_DAMP", [[96]], [["c"]], 0), "#VALUE!", "Baseline holds 'c', not a number."),
        (("CYPS_DAMP", [[96]], [[True]], 0), "#VALUE!", "holds True, not a number"),
        (("CYPS_DAMP", [[96, 1], [2, 3]], [[1]], 0), "#VALUE!", "one column or one row"),
        (("CYPS_DAMP", [[96]], [[1]], [[0.1], [0.2]]), "#VALUE!", "but 2 cells were given"),
        (("CYPS_DAMP", [[96]], [[1]], 0, None, "best"), "#VALUE!", "'official' or 'proportional'"),
        (("CYPS_DAMP", [[96], [4]], [[1]], 0), "#VALUE!", "Target has 2 cells but baseline has 1."),
        (("CYPS_DAMP", [[1]]), "#VALUE!", "baseline is missing. It is: what each had before"),
        (("CYPS_RANK", [[1]], 2), "#VALUE!", "takes 1 argument at most"),
        (("CYPS_SHARES", [[1, 2]], [[1]]), "#VALUE!", "Use has 2 columns, but there is 1 weight."),
        (("CYPS_SHARES", [[]], [[1]]), "#VALUE!", "Use must be a block of cells"),
        (("CYPS_SHARES", [[1, 2], [3]], [[1, 2]]), "#VALUE!", "Use must be a block of cells"),
        (("CYPS_SHARES", [[1, 2]], [[-1, 2]]), "#VALUE!", "must be numbers of 0 or more"),
        (("CYPS_WEIGHTS", [[1]], [["CIN"]], [["CARE"]]), "#VALUE!", "stands for metric CIN"),
        (
            ("CYPS_POUNDS", [[1.0]], [["a"], ["b"]]),
            "#VALUE!",
            "Allocation has 1 cell but codes has 2.",
        ),
        (("CYPS_POUNDS", [[float("nan")]], [["a"]]), "#VALUE!", "not finite"),
        (("CYPS_POUNDS", [[-1.0], [3.0]], [["a"], ["b"]]), "#VALUE!", "below zero"),
        (("CYPS_POUNDS", [[1.0], [3.0]], [["a"], [None]]), "#VALUE!", "cell 2 of the range is"),
        (("CYPS_POUNDS", [[1.0], [3.0]], [["a"], ["a"]]), "#VALUE!", "comes twice"),
        (("CYPS_RATE", [[1]], [[-1]]), "#VALUE!", "population is missing or below zero"),
        (("CYPS_RATE", [[1]], [[4]], 0), "#VALUE!", "Per is 0. A rate is per a number above 0"),
        (("CYPS_RANK", [[5.0], [" 1,000 "]]), "#VALUE!", "text that looks like a number. Turn it"),
        (("CYPS_RANK", [[5.0], ["-5%"]]), "#VALUE!", "text that looks like a number"),
        (("CYPS_RANK", [["amount"], [5.0]]), "#VALUE!", "If it is a heading, leave it out"),
        (
            ("CYPS_RANK", [[5.0], ["total"]]),
            "#VALUE!",
            "column 1 of the range holds 'total', not a",
        ),
        (("CYPS_VERSION", 1), "#VALUE!", "CYPS_VERSION() takes no argument."),
        (("CYPS_SHARE", " \u00a0"), "#VALUE!", "Scenario is blank. It needs a text."),
        (("CYPS_ALLOCATIONS", " "), "#N/A", "A scenario's handle is blank."),
        (("CYPS_DUMP",), "#VALUE!", "There is no function CYPS_DUMP"),
        (("CYPS_DAMP", TARGET, BASELINE, 0.2), "#NUM!", "highest floor that fits is 4.0"),
        (("CYPS_DAMP", TARGET, BASELINE, 0.0, 0.001), "#NUM!", "Raise every ceiling"),
        (("CYPS_RANK", [[1], [ErrorValue.NOT_AVAILABLE]]), "#N/A", "row 2, column 1 of the range"),
        (("CYPS_RANK", ErrorValue.DIVISION), "#DIV/0!", "holds #DIV/0!"),
    ],
)
def test_what_is_wrong_is_said_and_shown(arguments, error, says):
    given = answer(*arguments)
    assert (str(given.error), given.value) == (error, None)
    assert says in given.why
