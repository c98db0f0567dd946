"""What must hold of spend by line whatever the file's order, size and detail."""

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyps.needs import combined_area_cost, cost_weights, one_factor_each, share_after_area_cost
from cyps.returns import Problems, SpendChoices, line_map_csv, map_to_fill_in, read_spend
from plain_files import write_csv
from spend_lines import section_251_rows, with_head

METRICS = ["CIN", "CARE", "CEASED"]
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 2**32 - 1)


def random_rows(seed):
    rng = random.Random(seed)  # noqa: S311 - figures of a test
    amount = {}
    return section_251_rows(
        pounds=lambda *key: amount.setdefault(key, float(rng.randrange(1, 10**7)))
    )


@pytest.fixture
def weights(tmp_path):
    def _weights(rows, line_map=None):
        problems = Problems()
        own = None if line_map is None else write_csv(tmp_path / "map.csv", line_map)
        path = write_csv(tmp_path / "s251.csv", rows)
        reading = read_spend(path, problems, SpendChoices(own))
        problems.stop_if_any()
        return cost_weights(reading.spend, METRICS)

    return _weights


@few
@given(seeds)
def test_the_order_of_rows_changes_no_bit(weights, seed):
    rows = random_rows(seed)
    shuffled = random.Random(seed).sample(rows, len(rows))  # noqa: S311
    assert weights(with_head(shuffled)).tolist() == weights(with_head(rows)).tolist()


@few
@given(seeds, st.integers(2, 1000))
def test_spend_times_a_number_has_the_same_weights(weights, seed, k):
    rows = random_rows(seed)
    more = [[*row[:5], *(x if x == "" else x * k for x in row[5:])] for row in rows]
    np.testing.assert_allclose(weights(with_head(more)), weights(with_head(rows)), rtol=1e-12)


@few
@given(seeds, st.sampled_from(["3.1.1", "3.1.9", "3.3.1", "3.4.5"]))
def test_a_line_split_in_two_changes_nothing(weights, tmp_path, seed, number):
    rows = random_rows(seed)
    path = write_csv(tmp_path / "s251.csv", with_head(rows))
    told = [line.split(",") for line in _map_lines(path)]
    row = next(row for row in told if row[1].split()[0] == number)
    split = []
    for cells in rows:
        if cells[3] == number:
            part = float(int(cells[7] / 3))
            for name, net in ((f"{number}x Part", part), (f"{number}y Rest", cells[7] - part)):
                split.append([*cells[:4], name, net + 7, 7, net])
        else:
            split.append(cells)
    two = [[row[0], f"{number}{end}", *row[2:]] for end in ("x Part", "y Rest")]
    own = [[c.strip('"') for c in line] for line in told if line is not row] + two
    np.testing.assert_allclose(weights(with_head(split), own), weights(with_head(rows)), rtol=1e-12)


def _map_lines(path):
    # Commas within names would break the simple split: the lines are known by their numbers.
    lines = [
        line.__class__(line.line.split()[0], line.areas, "", line.part_of, "", line.year)
        for line in map_to_fill_in(path)
    ]
    return line_map_csv(lines).splitlines()


# Area cost


def sizes(draw, n, m, k):
    unit = st.floats(0.01, 1.0)
    array = lambda *shape: np.array(  # noqa: E731
        draw(st.lists(unit, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    ).reshape(shape)
    shares = array(n, m)
    components, weights, by = array(n, k) + 0.5, array(m), array(m, k)
    return shares / shares.sum(axis=0), weights / weights.sum(), components, by / (k + 1)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_area_cost_by_metric_is_the_sum_written_out(data):
    n, m, k = (data.draw(st.integers(1, 4)) for _ in range(3))
    shares, weights, components, by = sizes(data.draw, n, m, k)
    factors = combined_area_cost(components, by)
    need = np.zeros(n)
    for a in range(n):
        for j in range(m):
            factor = sum(by[j, c] * components[a, c] for c in range(k)) + 1 - by[j].sum()
            need[a] += weights[j] * shares[a, j] * factor
    share = share_after_area_cost(shares, weights, factors)
    np.testing.assert_allclose(share, need / need.sum(), rtol=1e-12)
    np.testing.assert_allclose(share.sum(), 1.0, rtol=1e-12)
    # One factor each gives the same share again.
    each = one_factor_each(shares, weights, factors)
    np.testing.assert_allclose(share_after_area_cost(shares, weights, each), share, rtol=1e-12)
    np.testing.assert_array_less(factors.min(axis=1) - 1e-12, each)
    np.testing.assert_array_less(each, factors.max(axis=1) + 1e-12)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_components_of_1_and_equal_factors_move_nothing(data):
    n, m, k = (data.draw(st.integers(1, 4)) for _ in range(3))
    shares, weights, components, by = sizes(data.draw, n, m, k)
    ones = combined_area_cost(np.ones_like(components), by)
    np.testing.assert_allclose(ones, 1.0, rtol=1e-12)
    np.testing.assert_allclose(
        share_after_area_cost(shares, weights, ones), shares @ weights, rtol=1e-12
    )
    # The same factor for every metric is the one factor of an authority.
    one = components[:, 0]
    same = np.repeat(one[:, None], m, axis=1)
    np.testing.assert_allclose(
        share_after_area_cost(shares, weights, same),
        share_after_area_cost(shares, weights, one), rtol=1e-12,
    )  # fmt: skip
