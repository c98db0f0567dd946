"""Edges of needs and settlement: blanks, nothing of nothing, limits met exactly."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.needs import rate_per, weekly_unit_cost, weights_as_spend
from cyps.settlement import floor_damped, pace_of_change, protected
from cyps.settlement.example import example
from cyps.settlement.record import from_json, to_json
from cyps.settlement.scenario_file import read_scenario
from cyps.settlement.scenario_needs import TypedWeights
from made_settlements import made


def test_nothing_of_nothing_is_no_number_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(rate_per([0, 5], [0, 0])).all()
        assert np.isnan(weekly_unit_cost([0.0, 5.0], [0.0, 0.0])).all()


@pytest.mark.parametrize(
    "asked",
    [
        lambda: rate_per([None, 5], [10, 10]),
        lambda: rate_per([5, 5], [None, 10]),
        lambda: protected([90, 110], [100, 100], [None, 1.0], "outside"),
    ],
)
def test_a_blank_is_refused_in_words(asked):
    with pytest.raises(CypsError):
        asked()


def test_weights_may_miss_1_by_a_billionth_and_no_more():
    assert len(weights_as_spend({"CIN": 0.5, "CARE": 0.5 + 5e-10}, "typed")) == 2
    with pytest.raises(CypsError):
        weights_as_spend({"CIN": 0.5, "CARE": 0.5 + 2e-9}, "typed")


def test_a_floor_that_leaves_nothing_or_takes_nothing():
    everything = floor_damped([10.0, 20.0], [10.0, 20.0], 0.0)
    assert (everything.factor.tolist(), everything.allocation.tolist()) == ([1, 1], [10, 20])
    nothing = floor_damped([9.0, 20.0], [10.0, 20.0], -1.0)
    assert nothing.allocation.tolist() == [9.0, 20.0]


def test_a_floor_for_amounts_of_less_than_a_pound():
    few = floor_damped([0.4, 0.6], [0.5, 0.5], -0.1)
    assert few.allocation == pytest.approx([0.45, 0.55])
    assert few.factor == pytest.approx(2 / 3)


def test_nothing_may_be_protected():
    assert protected([90, 110], [100, 100], 0.0, "outside").top_up.tolist() == [0.0, 0.0]


def test_a_pace_for_amounts_of_less_than_a_pound():
    """The way to target is measured in the money that there is, however little."""
    small = np.array([0.9, 1.3])
    large = pace_of_change(small * 1e6, np.array([1e6, 1e6]), -1.0, 0.5)
    few = pace_of_change(small, np.array([1.0, 1.0]), -1.0, 0.5)
    np.testing.assert_allclose(few.allocation * 1e6, large.allocation, rtol=1e-12)
    assert few.allocation.sum() == pytest.approx(2.2)


# --- scenario files

WHOLE = """format = 1
title = "Base"
pot = { value = 5_000, source = "A paper", status = "assumed", dated = 2026-01-01 }
[files]
use = "u.csv"
spend = "s.csv"
baseline = "b.csv"
[damping]
kind = "floor and ceiling"
floor = -0.1
ceiling = 0.1
"""


@pytest.fixture
def extended(tmp_path):
    def read(more, base=WHOLE):
        (tmp_path / "base.toml").write_text(base)
        (tmp_path / "mine.toml").write_text(f'extends = "base.toml"\n{more}')
        return read_scenario(tmp_path / "mine.toml")

    return read


def test_what_is_one_thing_is_replaced_whole(extended):
    """Half of one rule and half of another would be neither: no ceiling is left behind."""
    assert extended('[damping]\nkind = "floor"\nfloor = 0.0\n').choices.damping.words() == (
        "floor +0.00%"
    )
    base = WHOLE + '[neutralise]\nfsm = "reference"\n'
    told = extended('[neutralise]\nsex = "average"\n', base).choices.neutralise
    assert dict(told) == {"sex": "average"}
    base = WHOLE.replace('spend = "s.csv"\n', "") + (
        '[weights]\nsource = "s"\nstatus = "assumed"\nCIN = 0.4\nCARE = 0.6\n'
    )
    more = '[weights]\nsource = "t"\nstatus = "assumed"\nCEASED = 1.0\n'
    assert extended(more, base).choices.weights.by_metric == {"CEASED": 1.0}


WHOLE_HAS = "It has format, title, pot, files, damping."


@pytest.mark.parametrize(
    ("key", "there"),
    [
        ("damping.roof", "Its [damping] has kind, floor, ceiling."),
        ("title.x", WHOLE_HAS),
        ("nothing", WHOLE_HAS),
        ("files.use.more", "Its [files] has use, spend, baseline."),
    ],
)
def test_a_key_that_is_not_there_cannot_be_removed(extended, key, there):
    with pytest.raises(CypsError) as told:
        extended(f'remove = ["{key}"]\n')
    assert str(told.value) == (
        f"mine.toml: 'remove' names {key}, which the scenario that is extended does not have. "
        f"{there}"
    )


def test_of_many_keys_twelve_are_named_and_a_list_goes_whole(extended):
    codes = [f"E0600000{i}" for i in range(1, 10)] + [f"E0600001{i}" for i in range(5)]
    gone = "".join(f'{code} = "x"\n' for code in codes)
    with pytest.raises(CypsError) as told:
        extended('remove = ["exclude.E09000001"]\n', f"{WHOLE}[exclude]\n{gone}")
    assert str(told.value).endswith(f"Its [exclude] has {', '.join(codes[:12])} and 2 more.")
    twelve = "".join(f'{code} = "x"\n' for code in codes[:12])
    with pytest.raises(CypsError, match=r"E06000012\.$"):
        extended('remove = ["exclude.E09000001"]\n', f"{WHOLE}[exclude]\n{twelve}")
    with pytest.raises(CypsError) as told:
        extended('remove = ["notes.0"]\n', f'notes = ["a"]\n{WHOLE}')
    assert str(told.value) == (
        "mine.toml: 'remove' names notes.0, but notes is a list, which is taken out or written "
        'anew as a whole. Write all of it as it is to be, or remove = ["notes"].'
    )
    assert extended('remove = ["notes"]\n', f'notes = ["a"]\n{WHOLE}').choices.notes == []


def test_a_key_that_stands_twice_in_json_is_named(tmp_path):
    (tmp_path / "twice.json").write_text('{"title": "a", "format": 1, "title": "b", "z": 1}')
    with pytest.raises(CypsError, match="the key 'title' stands twice"):
        read_scenario(tmp_path / "twice.json")


def test_typed_weights_say_where_they_are_from():
    told = {"source": "A paper", "status": "assumed", "CIN": 1.0}
    assert TypedWeights(**told).origin() == "assumed: A paper"
    dated = TypedWeights(**told, dated="2026-01-02")
    assert dated.origin() == "assumed, 2026-01-02: A paper"
    with pytest.raises(ValueError, match=r"^1 validation") as wrong:
        TypedWeights(**told | {"CIN": 0.5})
    message = wrong.value.errors()[0]["msg"]
    assert message.startswith("Value error, add up to 0.5")
    assert not message.endswith(".")


# --- records and the example


def test_the_example_is_what_it_says():
    scenario, use = example().scenario, example().use
    assert (scenario.title, scenario.status, scenario.statement, scenario.year) == (
        "Two", "illustrative", "Made up.", 2025,
    )  # fmt: skip
    (spend,) = scenario.spend
    assert (spend.service_area, spend.metric, spend.pounds) == ("All services", "CIN", 1.0)
    assert use.basis == "made up"


def said_of(change):
    one = made(seed=5, n=6)
    told = json.loads(to_json(one.scenario, one.use))
    change(told)
    with pytest.raises(CypsError) as wrong:
        from_json(json.dumps(told), "it.json")
    return str(wrong.value)


def test_area_cost_of_a_record_is_of_one_kind():
    def by_metric(told):
        told["authorities"][0]["area_cost_by_metric"] = [1.0]

    def of_metrics(told):
        told["area_cost_metrics"] = ["CIN", "CARE"]

    code = made(seed=5, n=6).scenario.codes[0]
    assert said_of(by_metric) == (f"it.json cannot be used: Area cost of {code} is not one factor.")
    assert said_of(of_metrics) == (
        f"it.json cannot be used: Area cost of {code} is not one factor for each of CIN, CARE."
    )


def test_a_record_that_is_none_names_five_problems_and_what_to_do():
    def worse(told):
        told |= {f"x{i}": 1 for i in range(7)}

    words = said_of(worse)
    assert words.count("is not a key that belongs here") == 5
    assert "; 'x1' is not a key" in words
    assert words.endswith("Settle again with `cyps settle`, or install the version of cyps that "
                          "wrote it.")  # fmt: skip
    with pytest.raises(CypsError, match=r"\(it is a list"):
        from_json("[]")


def test_use_of_a_record_is_told_by_metric():
    def short(told):
        told["use"]["children"][1][1] = [1.0]

    one = made(seed=5, n=6)
    assert said_of(short) == (
        f"it.json cannot be used: Use of {one.use.codes[1]} does not have one number for each of "
        f"{', '.join(one.use.metrics)}."
    )
