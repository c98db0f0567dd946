"""Reorganisation, word for word: refusals, notes, and what follows a new authority."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from cyps.errors import CypsError
from cyps.geography import Authority
from cyps.settlement import (
    Band,
    Bands,
    Exclusion,
    Merge,
    Protection,
    Split,
    Transition,
    Year,
    reorganise,
)
from cyps.settlement.reorganise_file import NewAuthority
from made_settlements import made

ONE = made(seed=5, n=6)
CODES = ONE.scenario.codes
NAMES = tuple(f"{place.name} ({place.code})" for place in ONE.scenario.authorities)
NEW = Authority("E06900001", "", "Merged", "North East")
PARTS = tuple(Authority(f"E0690000{i}", "", f"Part {i}", "North East") for i in (2, 3, 4))
HALVES = np.full((2, 3), 0.5)


def split(into=PARTS[:2], **given):
    n = len(into)
    values = {
        "use": np.full((n, 3), 1 / n), "baseline": [1 / n] * n, "population": [1 / n] * n,
        "key": "by equal parts.", "code": CODES[0],
    }  # fmt: skip
    return Split(into=into, **values | given)


def refusal(asked):
    with pytest.raises(CypsError) as told:
        asked()
    return str(told.value)


def after(change, scenario=ONE.scenario, **more):
    return reorganise(scenario, ONE.use, [change], **more)


def labelled(labels):
    return dict(zip(CODES, labels, strict=True))


OUT = replace(ONE.scenario, exclusions=(Exclusion("E06000053", "Isles of Scilly", "too few"),))
BANDS = Bands(bands={"x": Band(floor=0.0), "y": Band(floor=0.0)}, member=labelled("xyxxxx"))
TIERS = Protection(tiers={"p": 1.0, "q": 1.0}, member=labelled("pqpppp"), payer="group")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (lambda: split(use=HALVES[:1]),
         f"The use of {CODES[0]} is not split among 2 authorities: each needs a part of 0 or "
         "more."),
        (lambda: split(use=np.array([[0.5, 0.6, 0.5], [0.5, 0.5, 0.3]])),
         f"The parts of the use of {CODES[0]} add up to 1, 1.1, 0.8, not to 1."),
        (lambda: after(split(PARTS[:1], use=np.ones((1, 3)))),
         f"The split of {CODES[0]} must name two authorities or more."),
        (lambda: after(Merge(NEW, (CODES[0], "E06000053")), OUT),
         "Isles of Scilly (E06000053) cannot be merged or split: it is left out of this "
         "settlement. Take it in again, or leave it out of the reorganisation."),
        (lambda: after(Merge(NEW, ("E10000006", CODES[1]))),
         "'E10000006' cannot be merged or split: no authority of this settlement has that code at "
         "that point. Splits come before merges, each in its order."),
        (lambda: after(Merge(replace(NEW, code="X1"), CODES[:2])),
         "'X1' cannot be the code of Merged: a GSS code is E and eight digits. Where there is "
         "none yet, make one up, such as E06900001."),
        (lambda: after(Merge(NEW, CODES[:2]), replace(ONE.scenario, damping=BANDS)),
         "Merged (E06900001) is made of authorities of different bands (x, y). Give E06900001 a "
         "band of its own, beside theirs."),
        (lambda: after(Merge(NEW, CODES[:2]), replace(ONE.scenario, damping=TIERS)),
         "Merged (E06900001) is made of authorities of different protection tiers (p, q). Give "
         "E06900001 a protection tier of its own, beside theirs."),
        (lambda: after(Merge(replace(NEW, code=CODES[0]), CODES[:2]),
                       replace(ONE.scenario, transition=Transition(group=labelled("ghgggg")))),
         f"Merged keeps the code {CODES[0]} and is made of authorities of different damping "
         "groups (g, h). Give them all the same one."),
        (lambda: NewAuthority(code="E06000001", name="Other").authority(set()),
         "E06000001 is the code of Hartlepool (North East). Leave name and region out, or make "
         "up a code, such as E06900001."),
        (lambda: NewAuthority(code="E06900001", name="N").authority({"London", "East"}),
         "N (E06900001) is made of authorities of several regions (East, London). Write region = "
         "one of them."),
        (lambda: NewAuthority(code="E06900001").authority({"London"}),
         "E06900001 is no code of an authority we know: give it a name."),
    ],
)  # fmt: skip
def test_refusals(asked, words):
    assert refusal(asked) == words


def test_a_code_that_is_none():
    with pytest.raises(ValidationError) as told:
        NewAuthority(code="E" * 60)
    assert told.value.errors()[0]["msg"] == (
        f"Value error, '{'E' * 40}' is no GSS code: E and eight digits. Where there is none yet, "
        "make one up, such as E06900001"
    )


def test_a_new_authority_has_no_code_of_dfe_and_its_parts_region():
    assert NewAuthority(code="E06900001", name="N").authority({"London"}) == Authority(
        "E06900001", "", "N", "London"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (split(reason="As voted."),
         f"Reorganised (assumed): {NAMES[0]} split into Part 2 (E06900002) and Part 3 "
         "(E06900003), by equal parts. Each has the old area cost factor. As voted."),
        (split(PARTS, key="by halves"),
         f"Reorganised (assumed): {NAMES[0]} split into Part 2 (E06900002), Part 3 (E06900003) "
         "and Part 4 (E06900004), by halves. Each has the old area cost factor."),
        (Merge(NEW, CODES[:1], "A new code"),
         f"Reorganised (assumed): {NAMES[0]} made one, Merged (E06900001): use, baseline and "
         f"children added up; area cost factor {ONE.scenario.area_cost[0]:.14g}, the mean of "
         "theirs by needs, which leaves everybody else's share and target as they were. "
         "A new code."),
    ],
)  # fmt: skip
def test_notes(change, words):
    assert after(change).scenario.notes[-1] == words


def test_the_note_of_factors_by_metric_lists_them():
    factor = np.column_stack([ONE.scenario.area_cost, np.full(6, 1.5), np.full(6, 0.5)])
    scenario = replace(ONE.scenario, area_cost=factor, area_cost_metrics=ONE.use.metrics)
    note = after(Merge(NEW, CODES[:1]), scenario).scenario.notes[-1]
    assert f"area cost factor {factor[0, 0]:.14g}, 1.5, 0.5, the mean of theirs" in note


def test_a_part_of_nothing_is_a_part():
    """Integers are parts, too; and a total may miss 1 by a billionth."""
    parts = split(baseline=[1, 0], population=[1.0 + 5e-10, 0])
    assert parts.baseline.dtype == np.float64
    assert parts.use.dtype == np.float64
    moved = after(parts)
    at = moved.scenario.codes.index("E06900002")
    assert moved.scenario.baseline[at : at + 2].tolist() == [ONE.scenario.baseline[0], 0.0]


def test_an_authority_s_own_label_goes_before_its_parts():
    """Of three new ones the first has its own band; the others have the old one's."""
    member = labelled("xyxxxx") | {"E06900002": "y"}
    rule = BANDS.model_copy(update={"member": member})
    moved = after(split(PARTS), replace(ONE.scenario, damping=rule)).scenario.damping.member
    assert [moved[place.code] for place in PARTS] == ["y", "x", "x"]
    assert CODES[0] not in moved


def test_rules_and_area_cost_of_years_follow():
    by_metric = np.column_stack([np.full(6, 1.1), np.full(6, 1.2), np.full(6, 1.3)])
    years = [
        Year(label="one", pot=100, baseline="previous", damping=BANDS,
             transition=Transition(group=labelled("gghhhh"))),
        Year(label="two", pot=100, baseline=np.arange(6.0), damping=TIERS,
             area_cost=by_metric, area_cost_metrics=ONE.use.metrics),
        Year(label="three", pot=100, baseline="previous", damping=TIERS,
             area_cost=np.full(6, 1.4)),
    ]  # fmt: skip
    one, two, three = after(split(), years=years).years
    new = ("E06900002", "E06900003")
    assert [one.damping.member[code] for code in new] == ["x", "x"]
    assert [one.transition.group[code] for code in new] == ["g", "g"]
    assert [two.damping.member[code] for code in new] == ["p", "p"]
    assert two.area_cost_metrics == ONE.use.metrics
    assert two.area_cost.shape == (7, 3)
    np.testing.assert_allclose(two.area_cost[0], [1.1, 1.2, 1.3])
    assert three.area_cost_metrics == ()
    assert one.area_cost is None
    np.testing.assert_allclose(three.area_cost, np.full(7, 1.4))
    assert two.baseline.sum() == 15.0
