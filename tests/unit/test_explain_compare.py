"""Two settlements side by side, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.explain import compare, distance_from_target, ranks
from cyps.settlement import Floor
from made_settlements import EVERYONE, like, made

USE = np.array([[10.0], [30.0], [60.0]])
BEFORE = made(
    1, n=3, metrics=("CIN",), children=USE, spend=[1.0], area_cost=np.ones(3),
    baseline=np.array([200.0, 300.0, 500.0]), pot=1000, rule=Floor(floor=-1.0),
)  # fmt: skip
AFTER = made(**like(BEFORE, pot=1000, rule=Floor(floor=-0.1)))


def test_by_hand():
    # Targets 100, 300, 600; with the floor 180 and 80 less for those above theirs (30, 150).
    assert BEFORE.pounds.tolist() == [100, 300, 600]
    assert AFTER.pounds.tolist() == [180, 287, 533]
    comparison = compare(BEFORE, AFTER, [10, 10, 40])
    assert comparison.change.tolist() == [80, -13, -67]
    np.testing.assert_allclose(comparison.change_rate, [0.8, -13 / 300, -67 / 600])
    assert comparison.per_child(AFTER.pounds).tolist() == [18.0, 28.7, 13.325]
    assert comparison.share_change.tolist() == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(distance_from_target(AFTER), [0.8, -13 / 300, -67 / 600])
    total = comparison.total()
    assert (total.winners, total.losers, total.unchanged) == (1, 2, 0)
    assert (total.before, total.after, total.change, total.change_rate) == (1000, 1000, 0, 0.0)


def test_groups_by_hand():
    codes = BEFORE.scenario.codes
    group = dict(zip(codes, ["b", "a", "b"], strict=True))
    a, b = compare(BEFORE, AFTER, [10, 10, 40]).by_group(group)
    assert (a.name, a.authorities, a.change, a.winners, a.losers) == ("a", 1, -13, 0, 1)
    assert (b.name, b.authorities, b.before, b.after, b.winners) == ("b", 2, 700, 713, 1)
    assert b.change_per_child == 13 / 50
    with pytest.raises(CypsError, match=f"No group is given for {codes[0]}"):
        compare(BEFORE, AFTER).by_group({})


def test_regions_have_everybody_once():
    comparison = compare(made(1, n=60), made(2, n=60))
    regions = comparison.by_region()
    assert [r.name for r in regions] == sorted({a.region for a in EVERYONE[:60]})
    assert sum(r.authorities for r in regions) == 60
    assert sum(r.change for r in regions) == comparison.total().change
    assert regions[0].change_per_child != regions[0].change_per_child


def test_who_stands_in_only_one_is_named():
    first, last = EVERYONE[0], EVERYONE[3]
    alone = made(1, n=4).scenario.authorities[1:]
    others = made(**like(made(1, n=3)))
    assert alone
    with pytest.raises(CypsError, match=rf"only before: {last.name} \({last.code}\)"):
        compare(made(1, n=4), others)
    with pytest.raises(CypsError, match=r"only after: .* and 40 more"):
        compare(made(1, n=4), made(1, n=54))
    assert first.code in others.scenario.codes


def test_without_population_there_is_nothing_per_child():
    with pytest.raises(CypsError, match="need a population"):
        compare(BEFORE, AFTER).per_child(AFTER.pounds)
    for wrong in ([1, 2], [1, 2, 0], [1, 2, np.nan]):
        with pytest.raises(CypsError, match="above 0 for each of the 3"):
            compare(BEFORE, AFTER, wrong)


def test_ranks_give_ties_to_the_lower_code():
    assert ranks(np.array([7, 9, 7, 1])).tolist() == [2, 1, 3, 4]


def test_a_change_from_nothing_has_no_rate():
    nothing = made(**like(BEFORE, children=np.array([[0.0], [30.0], [60.0]])))
    rate = compare(nothing, AFTER).change_rate
    assert np.isnan(rate).tolist() == [True, False, False]
    assert np.isnan(distance_from_target(nothing)).tolist() == [True, False, False]
