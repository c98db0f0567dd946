"""Area cost by metric and from components: through settle, record, trace, bridge and files."""

from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.explain import bridge, sensitivity, trace, uncertainty, uncertainty_by_year
from cyps.explain.uncertainty import UncertainUse
from cyps.needs import ServiceAreaSpend, combined_area_cost
from cyps.returns import AuthorityList, ComponentWeights, Problems, read_area_cost
from cyps.settlement import Merge, Year, reorganise, settle, settle_years
from cyps.settlement.record import from_json, to_json
from made_settlements import made
from plain_files import AUTHORITIES, amount_rows, write_csv

BASE = made(7)
METRICS = BASE.use.metrics
N, M = BASE.metric_share.shape
FACTORS = np.random.default_rng(3).uniform(0.9, 1.3, (N, M))


def by_metric(settlement=BASE, factors=FACTORS, metrics=METRICS):
    scenario = replace(settlement.scenario, area_cost=factors, area_cost_metrics=metrics)
    return settle(scenario, settlement.use)


SEVERAL = by_metric()


def test_share_is_the_sum_over_metrics_written_out():
    need = [
        sum(BASE.weights[m] * BASE.metric_share[a, m] * FACTORS[a, m] for m in range(M))
        for a in range(N)
    ]
    np.testing.assert_allclose(SEVERAL.share, np.array(need) / sum(need), rtol=1e-13)
    assert SEVERAL.needs_share.tolist() == BASE.needs_share.tolist()
    assert SEVERAL.pounds.sum() == SEVERAL.scenario.pot
    np.testing.assert_allclose(
        SEVERAL.area_cost_factor, np.array(need) / SEVERAL.needs_share, rtol=1e-13
    )


def test_columns_are_bound_by_name():
    turned = by_metric(factors=FACTORS[:, ::-1], metrics=METRICS[::-1])
    assert turned.share.tolist() == SEVERAL.share.tolist()


def test_one_factor_is_bit_for_bit_what_it_was():
    cost = BASE.needs_share * BASE.scenario.area_cost
    assert BASE.share.tolist() == (cost / cost.sum()).tolist()
    assert BASE.area_cost_factor is BASE.scenario.area_cost


def test_the_same_factor_for_every_metric_is_the_one_factor():
    same = by_metric(factors=np.repeat(BASE.scenario.area_cost[:, None], M, axis=1))
    np.testing.assert_allclose(same.share, BASE.share, rtol=1e-13)
    assert same.pounds.tolist() == BASE.pounds.tolist()


@pytest.mark.parametrize(
    ("factors", "metrics", "says"),
    [
        (FACTORS, METRICS[:-1], r"area cost has 36 numbers for 12 authorities and 2 metrics"),
        (FACTORS, (), r"area cost has 36 numbers for 12 authorities\. Give"),
        (FACTORS, ("CIN", "REF", "CARE"), r"factors are given for CIN, REF, CARE, but use for"),
        (FACTORS - 2, METRICS, r"missing, zero or below zero"),
    ],
)
def test_factors_that_do_not_fit(factors, metrics, says):
    with pytest.raises(CypsError, match=says):
        by_metric(factors=factors, metrics=metrics)


def test_the_record_brings_them_back_bit_for_bit():
    text = to_json(SEVERAL.scenario, SEVERAL.use)
    scenario, use = from_json(text)
    assert scenario.area_cost.tolist() == FACTORS.tolist()
    assert scenario.area_cost_metrics == METRICS
    assert settle(scenario, use).pounds.tolist() == SEVERAL.pounds.tolist()
    assert to_json(scenario, use) == text
    assert "by_metric" not in to_json(BASE.scenario, BASE.use)
    broken = text.replace('"area_cost_metrics"', '"notes_"')
    with pytest.raises(CypsError, match="is not the record"):
        from_json(broken)
    one = to_json(BASE.scenario, BASE.use).replace(
        '"area_cost":', '"area_cost_by_metric": [1],"x":'
    )
    with pytest.raises(CypsError, match="not the record"):
        from_json(one)


def test_a_record_with_another_number_of_factors():
    text = to_json(SEVERAL.scenario, SEVERAL.use)
    first = text.index('"area_cost_by_metric": [') + len('"area_cost_by_metric": [')
    with pytest.raises(CypsError, match=r"Area cost of E\d+ is not one factor for each of CIN"):
        from_json(text[:first] + "1.0," + text[first:])


def test_the_trace_goes_through_the_factors_of_the_metrics():
    lines = {line.key: line for line in trace(SEVERAL, SEVERAL.scenario.codes[2]).lines}
    assert {f"area_cost_{m}" for m in METRICS} < set(lines)
    assert "area_cost" not in lines
    assert "needs_share" not in lines  # the share isn't made of it here
    made_of = lines["needs_by_cost"]
    by_letter = {line.letter: line.value for line in lines.values()}
    inputs = np.array([by_letter[letter] for letter in made_of.inputs]).reshape(M, 3)
    np.testing.assert_allclose(inputs[:, 2], FACTORS[2])
    np.testing.assert_allclose(made_of.value, inputs.prod(axis=1).sum(), rtol=1e-13)
    share = made_of.value / lines["all_needs_by_cost"].value
    np.testing.assert_allclose(lines["share"].value, share, rtol=1e-13)


def test_the_bridge_has_area_cost_as_a_component():
    moved = bridge(BASE, SEVERAL)
    assert moved.components == ("area cost", "rounding")
    np.testing.assert_allclose(moved.contribution.sum(axis=1), SEVERAL.pounds - BASE.pounds)


def test_a_bridge_where_a_metric_comes_has_that_metrics_factor():
    fewer = made(7, metrics=METRICS[:2], children=BASE.use.children[:, :2], spend=[1.0, 1.0])
    moved = bridge(fewer, SEVERAL)
    np.testing.assert_allclose(moved.contribution.sum(axis=1), SEVERAL.pounds - fewer.pounds)


def test_sensitivity_to_ones_own_area_cost_is_settling_anew():
    change = sensitivity(SEVERAL).change[:, -1]
    for i in (0, 5):
        more = FACTORS.copy()
        more[i] *= 1.01
        anew = by_metric(factors=more).damped.allocation - SEVERAL.damped.allocation
        np.testing.assert_allclose(change[i], anew[i], rtol=1e-9)


def test_errors_by_the_delta_method_are_those_of_the_draws():
    rng = np.random.default_rng(5)
    k = 2
    given = UncertainUse(
        use=SEVERAL.use,
        gradient=[rng.normal(0, 30, (N, k)) for _ in METRICS],
        covariance=[np.eye(k) * 0.04 for _ in METRICS],
    )
    found = uncertainty(given, SEVERAL.scenario, draws=4000, seed=1)
    np.testing.assert_allclose(found.share_error, found.share_drawn, rtol=0.08)
    # A run of one year is the same draws, settled the same way.
    scenario = SEVERAL.scenario
    year = Year("one", scenario.pot, scenario.damping)
    (alone,) = uncertainty_by_year(given, scenario, [year], draws=50, seed=1)
    once = uncertainty(given, scenario, draws=50, seed=1)
    np.testing.assert_allclose(alone.allocation.low, once.allocation.low, rtol=1e-12)
    np.testing.assert_allclose(alone.allocation.high, once.allocation.high, rtol=1e-12)


def test_a_year_may_have_factors_by_metric_of_its_own():
    scenario, rule = BASE.scenario, BASE.scenario.damping
    years = [
        Year("one", scenario.pot, rule),
        Year("two", scenario.pot, rule, area_cost=FACTORS, area_cost_metrics=METRICS),
    ]
    settled = dict(settle_years(scenario, years, BASE.use))
    assert settled["one"].share.tolist() == BASE.share.tolist()
    assert settled["two"].share.tolist() == SEVERAL.share.tolist()
    back = settle_years(
        SEVERAL.scenario, [Year("a", scenario.pot, rule, area_cost=np.ones(N))], BASE.use
    )
    assert back[0][1].scenario.area_cost_metrics == ()


# Files


LISTED = AuthorityList(2025)
SPEND = (
    ServiceAreaSpend("1: Support", "CIN", 300.0),
    ServiceAreaSpend("2: Safeguarding", "CIN", 100.0),
    ServiceAreaSpend("3 and 4: Care", "CARE", 200.0),
)


@pytest.fixture
def read(tmp_path):
    def _read(rows, how=None, metrics=("CIN", "CARE"), spend=SPEND):
        path = write_csv(tmp_path / "aca.csv", rows)
        return read_area_cost(path, how, LISTED, metrics, spend, Problems())

    return _read


def component_rows():
    rows = [["code", "labour", "rates", "access"]]
    for i, a in enumerate(AUTHORITIES):
        rows.append([a.code, 0.95 + i / 500, 0.8 + (i % 50) / 50, 1 + (i % 7) / 100])
    return rows


def values():
    return np.array([row[1:] for row in component_rows()[1:]], dtype=float)


def test_components_by_metric(read):
    how = ComponentWeights(
        {"CIN": {"labour": 0.7, "rates": 0.05}, "CARE": {"labour": 0.4, "access": 0.1}},
        origin="assumed: us",
    )
    found = read(component_rows(), how)
    labour, rates, access = values().T
    assert found.metrics == ("CIN", "CARE")
    np.testing.assert_allclose(found.factors[:, 0], 0.7 * labour + 0.05 * rates + 0.25, rtol=1e-13)
    np.testing.assert_allclose(found.factors[:, 1], 0.4 * labour + 0.1 * access + 0.5, rtol=1e-13)
    assert found.notes == (
        "Area cost: components of aca.csv by weight (assumed: us). CIN: 0.7 labour, 0.05 rates, "
        "0 access, 0.25 the same everywhere; CARE: 0.4 labour, 0 rates, 0.1 access, 0.5 the same "
        "everywhere.",
    )


def test_one_set_of_weights_gives_one_factor_each(read):
    found = read(component_rows(), ComponentWeights({"all": {"labour": 0.7}}))
    assert found.metrics == ()
    np.testing.assert_allclose(found.factors, 0.7 * values()[:, 0] + 0.3, rtol=1e-13)


def test_weights_by_service_area_are_averaged_by_spend(read):
    how = ComponentWeights(
        {"1": {"labour": 0.8}, "2": {"labour": 0.4}, "3": {"labour": 0.5}, "4": {"labour": 0.5}}
    )
    found = read(component_rows(), how)
    labour = values()[:, 0]
    np.testing.assert_allclose(found.factors[:, 0], 0.7 * labour + 0.3, rtol=1e-13)
    np.testing.assert_allclose(found.factors[:, 1], 0.5 * labour + 0.5, rtol=1e-13)


def test_lower_limits_of_factors_and_of_a_component(read):
    one = {"all": {"labour": 0.5, "rates": 0.5}}
    floor = read(component_rows(), ComponentWeights(one, lower_limit=1))
    plain = combined_area_cost(values()[:, :2], np.array([0.5, 0.5]))
    np.testing.assert_allclose(floor.factors, np.maximum(plain, 1.0))
    assert (plain < 1).any()
    of_one = read(component_rows(), ComponentWeights(one, lower_limit={"labour": 1.0}))
    raised = 0.5 * np.maximum(values()[:, 0], 1.0) + 0.5 * values()[:, 1]
    np.testing.assert_allclose(of_one.factors, raised)
    assert "Lowest values: labour 1." in of_one.notes[0]


def test_typed_factors_by_metric(read):
    rows = [["code", "CARE", "CIN"], *([a.code, 1.1, 1.2] for a in AUTHORITIES)]
    found = read(rows)
    assert found.metrics == ("CIN", "CARE")
    assert found.factors[0].tolist() == [1.2, 1.1]
    with pytest.raises(CypsError, match="factors for CIN, CARE, but none for CEASED"):
        read(rows, metrics=("CIN", "CARE", "CEASED"))


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (ComponentWeights({"all": {"wages": 0.5}}), "no column 'wages'"),
        (ComponentWeights({"CIN": {"labour": 0.5}}), "none for CARE"),
        (
            ComponentWeights({m: {"labour": 0.5} for m in ("CIN", "CARE", "REF")}),
            "some for REF, and use has CIN, CARE",
        ),
        (ComponentWeights({"all": {"labour": 0.8, "rates": 0.3}}), "They add up to 1.1"),
        (ComponentWeights({"1": {"labour": 0.5}}), "service area 2 has no component weights"),
        (
            ComponentWeights({a: {"labour": 0.1 * int(a)} for a in "1234"}),
            "'3 and 4: Care' pays for several service areas",
        ),
        (
            ComponentWeights({"all": {"labour": 0.5}}, lower_limit={"rates": 1.0}),
            "lower limit for 'rates', which no service has a weight for",
        ),
    ],
)
def test_weights_that_do_not_fit(read, how, says):
    with pytest.raises(CypsError, match=says):
        read(component_rows(), how)


def test_weights_by_area_need_spend_by_area(read):
    how = ComponentWeights({"1": {"labour": 0.5}})
    typed = (ServiceAreaSpend("Typed weight of CIN", "CIN", 1.0),)
    with pytest.raises(CypsError, match="nothing says which one 'Typed weight of CIN' is"):
        read(component_rows(), how, spend=typed)


def test_a_component_that_is_missing_or_zero_is_named(read):
    rows = component_rows()
    rows[3][1] = 0
    with pytest.raises(CypsError, match=r"row 4, column 'labour'.*is zero"):
        read(rows, ComponentWeights({"all": {"labour": 0.5}}))
    with pytest.raises(CypsError, match=r"no area.cost for 1 of the 153"):
        read(amount_rows("area_cost", lambda _: 1)[:-1])


def test_a_merge_binds_factors_to_metrics_by_name():
    codes, use = BASE.scenario.codes, BASE.use
    new = replace(BASE.scenario.authorities[0], code="E06009999", name="One")
    turned = replace(BASE.scenario, area_cost=FACTORS[:, ::-1], area_cost_metrics=METRICS[::-1])
    merge = [Merge(new, codes[:2])]
    after = reorganise(turned, use, merge, None, [Year("one", 1, turned.damping)])
    same = reorganise(SEVERAL.scenario, use, merge, None, [Year("one", 1, turned.damping)])
    assert after.scenario.area_cost.tolist() == same.scenario.area_cost.tolist()
    whole = settle(after.scenario, after.use)
    kept = [whole.scenario.codes.index(code) for code in codes[2:]]
    np.testing.assert_allclose(whole.share[kept], SEVERAL.share[2:], rtol=1e-12)
