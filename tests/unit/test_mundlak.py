"""Mundlak: a correlation that was planted is found, and its absence is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from cyps.cells import collapse
from cyps.choosing import mundlak_test
from cyps.errors import CypsError
from cyps.model import fit_cells
from made_samples import drawn_cells, drawn_children


def test_it_finds_what_was_planted_and_nothing_else():
    planted = drawn_children(3, authorities=40, planted=8.0)
    (found,) = mundlak_test(drawn_cells(planted, ["CIN"], ["fsm", "idaci"]), ["idaci"])
    assert found.p < 1e-4
    assert found.wald_p < 1e-4
    assert found.means.loc["idaci", "of mean"] == pytest.approx(8, abs=3)
    # Within authorities idaci works by 3, whatever goes on between them.
    assert found.means.loc["idaci", "with means"] == pytest.approx(3, abs=0.7)
    assert "authorities' effects go with" in str(found)


def test_it_rejects_the_truth_about_as_often_as_it_says():
    p = [
        mundlak_test(
            drawn_cells(drawn_children(seed, authorities=40, areas=4, each=40), ["CIN"], ["idaci"])
        )[0].p
        for seed in range(40)
    ]
    # Of 40 at 5%: 2 expected; more than 7 happens once in a thousand.
    assert sum(value < 0.05 for value in p) <= 7
    assert 0.3 < np.mean(p) < 0.7


def test_it_is_the_fit_with_means_made_by_hand():
    table = drawn_children(5)
    means = table.groupby("la")[["idaci"]].transform("mean")["idaci"]
    # Means of equal parts differ in their last digit; within an authority they are one.
    table["m_idaci"] = means.groupby(table["la"]).transform("first")
    table["m_fsm"] = (table["fsm"] == "yes").groupby(table["la"]).transform("mean")
    with_means = fit_cells(
        collapse(
            table, events="CARE", child=["fsm"], area=["idaci"], authority=["m_idaci", "m_fsm"],
            group="la",
        )
    )[0]  # fmt: skip
    cells = drawn_cells(table, ["CARE"], ["fsm", "idaci"])
    without = fit_cells(cells)[0]
    (test,) = mundlak_test(cells)
    assert test.chi2 == pytest.approx(2 * (with_means.loglik - without.loglik), abs=1e-6)
    assert test.df == 2
    assert test.p == pytest.approx(chi2.sf(test.chi2, 2), rel=1e-9)
    names = ["m_fsm", "m_idaci"]
    b = with_means.params[names].to_numpy()
    v = with_means.cov_params().loc[names, names].to_numpy()
    assert test.means["of mean"].to_numpy() == pytest.approx(b, abs=1e-6)
    assert test.wald == pytest.approx(float(b @ np.linalg.inv(v) @ b), rel=1e-5)


def test_means_that_are_the_same_everywhere_are_named_and_left_out():
    table = drawn_children(7)
    table["half"] = np.where(np.arange(len(table)) % 2, "b", "a")
    cells = collapse(table, events="CIN", child=["half", "fsm"], group="la")
    (test,) = mundlak_test(cells)
    assert test.left_out == ("half[b]",)
    assert "left out: half[b]" in str(test)
    assert max(map(len, str(test).splitlines())) <= 79
    with pytest.raises(CypsError, match="none to test"):
        mundlak_test(cells, ["half"])
    with pytest.raises(CypsError, match="alcohol is no driver that varies within"):
        mundlak_test(drawn_cells(table), ["alcohol"])


def test_too_few_authorities_are_refused():
    table = drawn_children(7, authorities=5)
    with pytest.raises(CypsError, match="5 authorities cannot tell 4 means apart"):
        mundlak_test(drawn_cells(table, drivers=["fsm", "noise", "idaci", "nothing"]))
