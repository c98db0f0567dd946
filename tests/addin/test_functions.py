"""Cell functions give the engine's numbers, and say which cell is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.settlement import FloorTooHigh
from cyps_addin import CELL_FUNCTIONS, call

TARGET = [[96], [215], [170], [49], [510]]
BASELINE = [[100], [200], [150], [50], [500]]


def test_damp_is_the_published_vector():
    damped = call("CYPS_DAMP", TARGET, BASELINE, 0.01)
    expected = [[101], [212.684932], [166.705479], [50.5], [509.109589]]
    np.testing.assert_allclose(damped, expected, atol=1e-6)


def test_shares_and_pounds_add_up():
    shares = call("CYPS_SHARES", [[30, 5], [10, 5]], [[3, 1]])
    np.testing.assert_allclose(shares, [[0.6875], [0.3125]])
    assert call("CYPS_POUNDS", [[1.5], [2.25], [2.25]], [["E1"], ["E3"], ["E2"]]) == [[2], [2], [2]]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("CYPS_DAMP", [[96], [None]], [[1], [2]], 0), "Target: row 2, column 1 .* holds nothing"),
        (("CYPS_DAMP", [[96]], [["c"]], 0), "Baseline: row 1, column 1 .* holds 'c'"),
        (("CYPS_DAMP", [[96]], [[True]], 0), "holds True, not a number"),
        (("CYPS_DAMP", [[96, 1], [2, 3]], [[1]], 0), "Target must be one column or one row"),
        (("CYPS_SHARES", [[1, 2]], [[1]]), "2 columns but there are 1 weights"),
        (("CYPS_POUNDS", [[1.0]], [["a"], ["b"]]), "1 allocations but 2 codes"),
        (("CYPS_DAMP", [[96]], [[1]], [[0.1], [0.2]]), "Floor must be one number, but 2 cells"),
        (("CYPS_SHARES", [[]], [[1]]), "Use must be a block of cells"),
        (("CYPS_SHARES", [[1, 2], [3]], [[1, 2]]), "Use must be a block of cells"),
        (("CYPS_SHARES", [[1, 2]], [[-1, 2]]), "must be numbers of 0 or more"),
        (("CYPS_POUNDS", [[float("nan")]], [["a"]]), "not finite"),
        (("CYPS_POUNDS", [[-1.0], [3.0]], [["a"], ["b"]]), "below zero"),
        (("CYPS_POUNDS", [[1.0], [3.0]], [["a"], [None]]), "blank or comes twice"),
        (("CYPS_DAMP", [[1]]), "takes target, baseline, floor, but 1 were given"),
        (("CYPS_DUMP",), "There is no function CYPS_DUMP"),
    ],
)
def test_what_is_wrong_is_said(arguments, says):
    with pytest.raises(CypsError, match=says):
        call(*arguments)


def test_an_infeasible_floor_names_the_highest():
    with pytest.raises(FloorTooHigh, match=r"highest floor that fits is 4\.0"):
        call("CYPS_DAMP", TARGET, BASELINE, 0.2)


def test_declarations_are_complete():
    names = [function.name for function in CELL_FUNCTIONS]
    assert len(set(names)) == len(names)
    for function in CELL_FUNCTIONS:
        assert function.name.startswith("CYPS_")
        assert function.example.startswith(f"={function.name}(")
        assert len(function.summary) <= 255
        assert all(len(argument.meaning) <= 255 for argument in function.arguments)
