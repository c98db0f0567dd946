"""Switches of a driver: each column is what a refit or a neutral prediction says by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cyps.cells import collapse
from cyps.choosing import switch_driver
from cyps.errors import CypsError
from made_samples import drawn_cells, drawn_children

WEIGHTS = {"CIN": 0.6, "CARE": 0.4}


@pytest.fixture(scope="module")
def table():
    table = drawn_children(11, authorities=12, each=100)
    rng = np.random.default_rng(0)
    part = rng.dirichlet(np.ones(3), 12)[table["la"].str[2:].astype(int)]
    drawn = (rng.random(len(table))[:, None] > part.cumsum(axis=1)).sum(axis=1)
    table["ethnicity"] = pd.Categorical.from_codes(np.minimum(drawn, 2), ["White", "Red", "Blue"])
    more = rng.random(len(table)) < np.where(table["ethnicity"] == "Red", 0.2, 0.0)
    return table.assign(CIN=table["CIN"] | more)


def _cells(table, child=("fsm", "ethnicity")):
    return collapse(table, events=["CIN", "CARE"], child=list(child), area=["idaci"], group="la")


def test_every_switch_is_what_predicting_child_by_child_gives(table):
    switches = switch_driver(_cells(table), "ethnicity", weights=WEIGHTS)
    assert list(switches.shares) == ["out", "in", "reference", "average"]
    assert switches.shares.sum().to_numpy() == pytest.approx(np.ones(4))
    member = pd.get_dummies(table["ethnicity"]).astype(float)
    mean = member.mean()
    how = {
        "in": member,
        "reference": member * 0,
        "average": pd.DataFrame({name: mean[name] for name in member}, index=member.index),
    }
    for name, ethnic in how.items():
        expected = _by_hand(table, switches.fits, ethnic)
        assert switches.shares[name].to_numpy() == pytest.approx(expected, abs=1e-9)
    from cyps.model import fit_cells

    without = fit_cells(_cells(table, ["fsm"]))
    assert switches.shares["out"].to_numpy() == pytest.approx(
        _by_hand(table, without, None), abs=1e-8
    )


def _by_hand(table, fits, ethnic):
    total = 0
    for fit in fits:
        eta = fit.params["Intercept"] + fit.params["fsm[yes]"] * (table["fsm"] == "yes")
        eta = eta + fit.params["idaci"] * table["idaci"]
        if ethnic is not None:
            for name in ("Red", "Blue"):
                eta = eta + fit.params[f"ethnicity[{name}]"] * ethnic[name]
        use = (1 / (1 + np.exp(-eta))).groupby(table["la"]).sum().sort_index()
        total = total + WEIGHTS[fit.metric] * use / use.sum()
    return total.to_numpy()


def test_differences_stand_beside_the_shares(table):
    switches = switch_driver(_cells(table), "ethnicity", weights=WEIGHTS)
    frame = switches.to_frame()
    assert frame["out against in"].to_numpy() == pytest.approx(
        (frame["out"] / frame["in"] - 1).to_numpy()
    )
    assert list(frame.columns[4:]) == [f"{n} against in" for n in ("out", "reference", "average")]
    most = frame["reference against in"].abs().idxmax()
    assert switches.moves["reference"].authority == most
    assert most in str(switches)
    assert max(map(len, str(switches).splitlines())) <= 79


def test_an_equal_mix_everywhere_hardly_moves_anybody(table):
    even = pd.concat([table.assign(group="a"), table.assign(group="b")])
    moves = switch_driver(_cells(even, ["fsm", "group"]), "group", weights=WEIGHTS).moves
    assert all(abs(move.largest) < 1e-6 for move in moves.values())


def test_a_number_has_no_reference(table):
    switches = switch_driver(_cells(table), "idaci", weights=WEIGHTS)
    assert list(switches.shares) == ["out", "in", "average"]


def test_refusals(table):
    with pytest.raises(CypsError, match="no driver 'ethnic'; there are fsm, ethnicity, idaci"):
        switch_driver(_cells(table), "ethnic", weights=WEIGHTS)
    joint = collapse(
        table, events="CIN", child=["fsm", "ethnicity"], area=["idaci"], group="la",
        interactions=[("fsm", "ethnicity")],
    )  # fmt: skip
    with pytest.raises(CypsError, match="cannot be neutralised"):
        switch_driver(joint, "ethnicity")
    with pytest.raises(CypsError, match="described as the model's were"):
        switch_driver(
            drawn_cells(table, drivers=["fsm", "idaci"]), "fsm", weights=WEIGHTS,
            everyone=_cells(table),
        )  # fmt: skip
