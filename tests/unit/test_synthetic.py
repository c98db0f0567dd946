"""Synthetic England: seeded, of the right size, and correlated as life is."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.synthetic import TRUTH, synthetic_england


@pytest.fixture(scope="module")
def england():
    return synthetic_england(400_000, 8_000, 165_000, seed=3)


def test_same_seed_same_england_other_seed_another(england):
    again = synthetic_england(400_000, 8_000, 165_000, seed=3)
    assert again.children.equals(england.children)
    assert again.areas.equals(england.areas)
    other = synthetic_england(400_000, 8_000, 165_000, seed=5)
    assert not other.areas["idaci"].equals(england.areas["idaci"])


def test_sizes_are_the_ones_asked_for(england):
    assert len(england.children) == 400_000
    assert len(england.areas) == england.areas["area"].nunique() == 8_000
    assert set(england.areas["authority"]) == {a.code for a in authorities(2025)}
    assert len(england.sample) == 65
    assert len(england.modelling_sample()) == 165_000
    assert england.areas["area"].str.startswith("Z").all(), "made-up codes, never real ones"


def test_it_is_correlated_and_clustered_as_in_life(england):
    areas = england.areas
    idaci = areas["idaci"]
    assert idaci.skew() > 0.8
    for driver in ("limited_activities", "low_qualifications"):
        assert areas[driver].corr(idaci) > 0.4
    assert areas["overcrowded"].corr(areas["density"]) > 0.4
    children = england.children.assign(
        minority=england.children["ethnicity"] != "White British",
        poor=england.children["fsm"] == "eligible",
        idaci=idaci.to_numpy()[england.children["area"].cat.codes],
        authority=areas["authority"].to_numpy()[england.children["area"].cat.codes],
    )
    by_decile = children.groupby(children["idaci"].rank(pct=True).mul(10).astype(int).clip(0, 9))[
        "poor"
    ].mean()
    assert by_decile.is_monotonic_increasing
    by_authority = children.groupby("authority")["minority"].mean()
    assert by_authority.quantile(0.9) > 3 * by_authority.quantile(0.25)


def test_children_leave_care_who_were_in_care(england):
    children = england.children
    # Nearly all: in a few authorities the made-up practice puts CEASED above CARE.
    assert children.loc[children["CEASED"], "CARE"].mean() > 0.97
    assert children.loc[children["CARE"], "CIN"].mean() > 0.97


def test_effects_have_the_spread_of_the_truth():
    effect = synthetic_england(200_000, 4_000, 80_000, seed=1).authority_effect
    for metric, truth in TRUTH.items():
        assert effect[metric].std() == pytest.approx(truth.sigma, rel=0.25)


@pytest.mark.parametrize(
    "sizes",
    [(100, 1_000, 50), (100_000, 100, 50_000), (100_000, 1_000, 100_000), (100_000, 1_000, 20)],
)
def test_numbers_that_do_not_fit_together_are_refused(sizes):
    with pytest.raises(CypsError, match="A synthetic England of 153 authorities needs"):
        synthetic_england(*sizes)


@pytest.mark.slow
def test_national_england_has_the_rates_and_gives_the_truth_back():
    """8 million children; the fit of 3.3 million recovers coefficients within their errors."""
    from cyps.cells import collapse
    from cyps.model import fit_cells
    from cyps.synthetic import AREA_DRIVERS, CHILD_DRIVERS

    national = synthetic_england()
    rates = national.children[list(TRUTH)].mean()
    expected = {"CIN": 0.027, "CARE": 0.006, "CEASED": 0.003, "REF": 0.035}
    assert len(national.areas) == 33_755
    for metric, rate in expected.items():
        assert rates[metric] == pytest.approx(rate, rel=0.05)
    cells = collapse(
        national.modelling_sample(),
        events=list(TRUTH),
        child=list(CHILD_DRIVERS),
        area=list(AREA_DRIVERS),
        group="authority",
        areas=national.areas,
        area_key="area",
    )
    assert cells.children == 3_300_000
    for fit in fit_cells(cells):
        truth = TRUTH[fit.metric]
        labelled = truth.coefficients
        # The intercept also carries the mean effect of the sample's authorities.
        effect = national.authority_effect.loc[list(fit.groups), fit.metric]
        labelled["Intercept"] += effect.mean()
        z = (fit.params - np.array([labelled[label] for label in fit.labels])) / fit.bse
        assert fit.converged
        assert np.abs(z[1:]).max() < 4
        assert (z[1:] ** 2).mean() == pytest.approx(1, abs=0.8)
        assert fit.sigma == pytest.approx(effect.std(), rel=0.1)
        np.testing.assert_allclose(np.corrcoef(fit.group_effect, effect)[0, 1], 1, atol=0.05)
