"""The sheets Pack and Worked example: the pack's own numbers, and `predict_child`'s, live."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.explain import predict_child
from cyps.geography import authorities
from cyps.pack import Driver, Interaction
from cyps_workbooks import PackNote, write_settlement
from cyps_workbooks.checks import check_structure
from cyps_workbooks.settlement_workbook import settlement_bytes
from workbooks.made_up import made_up
from workbooks.made_up_pack import DRIVERS, METRICS, made_up_pack
from workbooks.workbook_cells import grids

TOLERANCE = 1e-12
PACK = made_up_pack()
NOTE = PackNote(PACK.name, "9f3a" * 16, PACK.status, PACK.statement, "Unsigned.", PACK)


def settled():
    return [("2025-26", made_up(places=authorities(2025)[:5]))]


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    path = tmp_path_factory.mktemp("pack") / "settlement.xlsx"
    write_settlement(settled(), path, pack=NOTE)
    return path


CHILDREN = {
    "as issued": {"fsm": "no", "age": "0-1", "=1+1": "*", "density": 0.0},
    "a wildcard": {"fsm": "yes", "age": "6-9", "=1+1": "?", "idaci": 0.25, "density": -3.5},
    "a formula": {"fsm": "yes", "age": "2-5", "=1+1": "=SUM(A1)", "idaci": 1.0, "density": 1e4},
    "an operator": {"fsm": "no", "age": "1e5", "=1+1": "<>", "idaci": -0.5, "density": 0.001},
    "a digit": {"fsm": "yes", "age": "1e5", "=1+1": "1", "idaci": 0.0, "density": 12.0},
}


def assert_worked(seen, child, pack=PACK):
    """Every term, sum and probability is the engine's."""
    sheet = seen["Worked example"]
    labels = [row[0] for row in sheet]
    intercept = labels.index("Intercept")
    for m, predicted in enumerate(predict_child(pack, child, rest_at_reference=True)):
        for i, term in enumerate(predicted.terms):
            row = sheet[intercept + i]
            assert row[0] == term.driver
            expected = (term.coefficient, term.log_odds, term.sum)
            np.testing.assert_allclose(row[3 + 3 * m : 6 + 3 * m], expected, rtol=TOLERANCE,
                                       atol=TOLERANCE)  # fmt: skip
        for label, expected in (
            ("Log odds: the sum of the terms", predicted.log_odds),
            ("Probability: 1 / (1 + EXP(-log odds))", predicted.probability),
            ("Of 1,000 such children", 1000 * predicted.probability),
        ):
            assert sheet[labels.index(label)][5 + 3 * m] == pytest.approx(expected, rel=TOLERANCE)


def test_cached_numbers_are_the_packs_own(workbook):
    seen = grids(workbook)
    assert check_structure(workbook) == []
    assert_worked(seen, CHILDREN["as issued"])
    sheet = seen["Pack"]
    head = next(i for i, row in enumerate(sheet) if row[0] == "Driver")
    rows = sheet[head + 1 :]
    assert [row[1] for row in rows[1:3]] == ["no", "yes"]
    for m, model in enumerate(PACK.models):
        of = slice(3 + 5 * m, 8 + 5 * m)
        assert [row[of][1] for row in rows].count("reference") == 3
        told = [row[of] for row in rows if row[of][1] != "reference"]
        errors = np.sqrt(np.diag(model.covariance))
        expected = np.column_stack(
            [model.coefficients, errors, model.coefficients - 1.96 * errors,
             model.coefficients + 1.96 * errors]
        )  # fmt: skip
        np.testing.assert_allclose([row[:4] for row in told], expected, rtol=1e-14)
        np.testing.assert_allclose([row[4] for row in told[1:]], np.exp(model.coefficients[1:]))
    words = str(sheet)
    for fact in ("9f3a" * 16, "Unsigned.", "2025-01-31", "250,000 children", "4,322 children"):
        assert fact in words


def test_every_child_that_is_typed_is_the_engines(engine, workbook):
    engine.open(workbook)
    for name, child in CHILDREN.items():
        levels = [child.get(driver.name, 0.0) for driver in DRIVERS]
        if name == "as issued":
            levels[3] = float(PACK.driver_means[PACK.labels.index("idaci")])
        engine.set("in_child", [[level] for level in levels])
        engine.recalculate()
        assert engine.errors() == [], name
        assert_worked(engine.grids(), child)


FSM, IDACI, ALCOHOL = DRIVERS[0], DRIVERS[3], Driver("alcohol", "authority")
JOINT = (
    FSM, DRIVERS[1], Interaction((FSM, DRIVERS[1])), IDACI, ALCOHOL, Interaction((FSM, IDACI)),
    Interaction((IDACI, ALCOHOL)),
)  # fmt: skip


def test_drivers_that_meet_add_their_terms(engine, tmp_path):
    pack = made_up_pack(drivers=JOINT)
    note = PackNote(pack.name, "00" * 32, pack.status, pack.statement, "", pack)
    path = tmp_path / "settlement.xlsx"
    write_settlement(settled(), path, pack=note)
    assert check_structure(path) == []
    engine.open(path)
    for fsm, age, idaci, alcohol in (
        ("no", "0-1", 0.25, 1.5), ("yes", "0-1", 0.25, -2.0), ("yes", "1e5", 0.0, 3.0),
        ("yes", "6-9", -1.5, 1.0),
    ):  # fmt: skip
        engine.set("in_child", [[fsm], [age], [idaci], [alcohol]])
        engine.recalculate()
        assert engine.errors() == []
        seen = engine.grids()
        child = {"fsm": fsm, "age": age, "idaci": idaci, "alcohol": alcohol}
        assert_worked(seen, child, pack)
        words = {row[0]: row[1] for row in seen["Worked example"] if row[0]}
        assert words["fsm:age"] == f"{fsm} x {age}"
        assert words["fsm:idaci"] == f"{fsm} x (number)"
    engine.set("in_child", [["perhaps"], ["0-1"], [0.1], [1.0]])
    engine.recalculate()
    assert engine.errors() == []
    sheet = engine.grids()["Worked example"]
    labels = [row[0] for row in sheet]
    assert not sheet[labels.index("Probability: 1 / (1 + EXP(-log odds))")][5]


def test_a_level_that_is_not_there_gives_no_probability(engine, workbook):
    engine.open(workbook)
    engine.set("in_child", [["maybe"], ["0-1"], ["**"], [0.1], ["abc"]])
    engine.recalculate()
    assert engine.errors() == []
    sheet = engine.grids()["Worked example"]
    labels = [row[0] for row in sheet]
    assert [(sheet[labels.index("Intercept") + 1 + i][12] or "") for i in range(5)] == [
        "Choose a category from the list.", "", "Choose a category from the list.", "",
        "Type a number.",
    ]  # fmt: skip
    probability = sheet[labels.index("Probability: 1 / (1 + EXP(-log odds))")]
    assert [probability[5 + 3 * m] or "" for m in range(len(METRICS))] == ["", "", ""]


def test_far_out_log_odds_are_no_error(engine, workbook):
    engine.open(workbook)
    for number in (-1e9, 1e9):
        engine.set("in_child", [["no"], ["0-1"], ["*"], [0.1], [number]])
        engine.recalculate()
        assert engine.errors() == []


def test_what_is_not_told_is_said(tmp_path):
    pack = made_up_pack(covariance=False)
    note = PackNote(pack.name, "00" * 32, pack.status, pack.statement, "", pack)
    path = tmp_path / "settlement.xlsx"
    write_settlement(settled(), path, pack=note)
    assert check_structure(path) == []
    words = str(grids(path)["Pack"])
    assert "not told" in words
    assert "Standard errors of the coefficients were not given." in words


def test_a_pack_of_use_or_none_has_no_child(tmp_path):
    path = tmp_path / "settlement.xlsx"
    write_settlement(settled(), path)
    assert not {"Pack", "Worked example"} & set(grids(path))
    write_settlement(settled(), path, pack=PackNote("P", "0" * 64, "synthetic", "No."))
    assert check_structure(path) == []
    assert "Pack" in grids(path)
    assert "Worked example" not in grids(path)


def test_a_pack_of_one_driver_and_the_same_bytes(tmp_path):
    pack = made_up_pack(drivers=(Driver("idaci", "area"),))
    note = PackNote(pack.name, "00" * 32, pack.status, pack.statement, "", pack)
    path = tmp_path / "settlement.xlsx"
    write_settlement(settled(), path, pack=note)
    assert check_structure(path) == []
    assert settlement_bytes(settled(), pack=note) == path.read_bytes()
