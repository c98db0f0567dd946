"""A settlement from above: totals, places by rate of change, the last pounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.settlement import Protection
from cyps.settlement.example import example
from cyps.settlement.summaries import (
    all_totals,
    authority_totals,
    change_ranks,
    on_the_floor,
    pounds_below,
    region_totals,
    rounded_change_rate,
)
from made_settlements import EVERYONE, made


def test_everybody_together_is_the_pot():
    one = made(n=40)
    whole = all_totals(one)
    assert (whole.name, whole.authorities) == ("All authorities", 40)
    assert whole.pounds == one.scenario.pot
    assert whole.share == pytest.approx(1.0)
    by_region = region_totals(one)
    assert sum(region.pounds for region in by_region) == whole.pounds
    np.testing.assert_allclose(np.sum([r.use for r in by_region], axis=0), whole.use, rtol=1e-12)


def test_every_total_is_a_sum_over_its_members():
    one = made(n=40)
    for region in region_totals(one):
        here = np.array([place.region == region.name for place in one.scenario.authorities])
        assert region.authorities == here.sum()
        np.testing.assert_allclose(region.use, one.use.children[here].sum(axis=0), rtol=1e-12)
        np.testing.assert_allclose(
            region.metric_share, one.metric_share[here].sum(axis=0), rtol=1e-12
        )
        for told, amounts in (
            (region.needs_share, one.needs_share),
            (region.share, one.share),
            (region.target, one.target),
            (region.baseline, one.scenario.baseline),
            (region.floor_amount, one.damped.floor_amount),
            (region.damped, one.damped.allocation),
            (region.pounds, one.pounds),
        ):
            assert told == pytest.approx(amounts[here].sum(), rel=1e-12)


def test_one_authority_s_totals_are_its_own():
    assert authority_totals(example(), "Derby").name == "Derby"
    assert authority_totals(example(), "Derby").pounds == 40


def test_the_lines_of_whole_pounds_are_the_amounts_to_6_decimals():
    below = pounds_below(np.array([1.5000004, 2.2500006]))
    assert below.rounded.tolist() == [1.5, 2.250001]
    assert below.base.tolist() == [1.0, 2.0]
    assert below.remainder.tolist() == [0.5, 0.250001]


def test_an_unknown_name_is_refused_in_words():
    with pytest.raises(CypsError) as refused:
        authority_totals(example(), "Derbyshire")
    assert str(refused.value) == (
        "No authority of this settlement is called 'Derbyshire'. "
        "Choose a name from its list of authorities."
    )


def test_places_go_by_rate_and_then_by_code():
    one = made(n=60)
    rate, ranks = one.change_rate, change_ranks(one)
    assert sorted(ranks) == list(range(1, 61))
    assert [int(i) for i in np.argsort(ranks)] == sorted(
        range(60), key=lambda i: (-round(rate[i], 10), i)
    )
    assert ranks.tolist() != list(range(1, 61))


def test_a_rate_has_10_decimals_half_away_from_zero():
    one = made(n=60)
    assert rounded_change_rate(one).tolist() == [round(float(r), 10) for r in one.change_rate]


def test_ties_of_a_thousand_remainders_go_by_row():
    """More rows than numpy sorts by insertion, which would keep ties in order by itself."""
    rng = np.random.default_rng(3)
    pounds = rng.integers(0, 100, 1000) + rng.choice([0.0, 0.25, 0.5], 1000)
    below = pounds_below(pounds)
    expected = sorted(range(1000), key=lambda i: (-below.remainder[i], i))
    assert (np.argsort(below.order)).tolist() == expected


def test_less_than_half_a_penny_above_the_floor_is_on_it():
    one = example()
    above = [(0.0049, True), (0.0051, False), (0.0149, False), (-0.003, True)]
    for gap, on in above:
        damped = replace(one.damped, allocation=one.damped.floor_amount + gap)
        assert on_the_floor(replace(one, damped=damped)).tolist() == [on, on]


def test_top_ups_are_a_line_of_their_own_and_add_up():
    member = dict.fromkeys((place.code for place in EVERYONE[:40]), "cash")
    one = made(n=40, rule=Protection(tiers={"cash": 1.1}, member=member, payer="outside"))
    assert all_totals(one).top_up == one.top_up.sum() > 0
    assert sum(region.top_up for region in region_totals(one)) == one.top_up.sum()
