"""The record of a settlement: back bit for bit, and nothing wrong gets in."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from cyps.errors import CypsError
from cyps.settlement import Exclusion, Scenario, Transition
from cyps.settlement.record import from_json, to_json
from made_settlements import made, named, rules

SETTLED = made(3, n=5)
CODES = SETTLED.scenario.codes
SCENARIO = replace(
    SETTLED.scenario,
    title="Ein “Titel”, £",
    exclusions=(Exclusion("E06000053", "Isles of Scilly", "not applicable"),),
    notes=("One.", "Two."),
    transition=Transition(1 / 3, named(CODES, "north", "south")),
)


def told(**changes):
    return json.loads(to_json(SCENARIO, SETTLED.use)) | changes


@pytest.mark.parametrize("rule", rules(CODES).values(), ids=lambda rule: rule.kind)
def test_every_field_comes_back(rule):
    scenario, use = from_json(to_json(replace(SCENARIO, damping=rule), SETTLED.use))
    for field in fields(Scenario):
        given = getattr(replace(SCENARIO, damping=rule), field.name)
        back = getattr(scenario, field.name)
        if field.name in {"area_cost", "baseline"}:
            assert back.tobytes() == given.tobytes()
        else:
            assert back == given
            assert type(back) is type(given)
    assert (use.codes, use.metrics, use.basis) == (CODES, SETTLED.use.metrics, "made up")
    assert use.children.tobytes() == SETTLED.use.children.tobytes()


def test_the_same_settlement_gives_the_same_bytes():
    text = to_json(SCENARIO, SETTLED.use)
    assert to_json(*from_json(text)) == text
    assert "“Titel”, £" in text


def test_there_is_nothing_that_is_not_by_authority():
    assert sorted(told()) == [
        "authorities", "damping", "exclusions", "format", "format_version", "notes", "pot",
        "spend", "statement", "status", "title", "transition", "use", "year",
    ]  # fmt: skip
    assert len(told()["authorities"]) == len(told()["use"]["children"]) == 5


def first_authority(**changes):
    first, *others = told()["authorities"]
    return [first | changes, *others]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"pott": 1}, "'pott' is not a key that belongs here"),
        ({"pot": "100"}, "'pot' is '100'; it must be a whole number"),
        ({"pot": 0}, "'pot' is 0; it must be above 0"),
        ({"format": "cyps pack"}, "'format' is 'cyps pack'; it must be 'cyps settlement'"),
        ({"format_version": 2}, "'format_version' is 2; it must be 1"),
        (
            {"damping": {"kind": "flour"}},
            "'damping' has the kind 'flour'; it must be one of 'none', 'floor'",
        ),
        (
            {"damping": {"kind": "floor", "floor": 0.0, "f": 1}},
            "'damping.f' is not a key that belongs here",
        ),
        (
            {"authorities": first_authority(baseline=-1.0)},
            "'baseline' of the 1st of 'authorities' is -1; it must be at least 0",
        ),
        (
            {"authorities": first_authority(area_cost=0.0)},
            "'area_cost' of the 1st of 'authorities' is 0; it must be above 0",
        ),
        ({"authorities": first_authority(name="\x1b[2J")}, "has a control character"),
        ({"authorities": []}, "'authorities' must not be empty"),
        ({"authorities": told()["authorities"][::-1]}, "in the order of their codes"),
        (
            {"transition": {"phasing": 1.5, "group": None}},
            "'transition.phasing' is 1.5; it must be at most 1",
        ),
        (
            {"use": {"metrics": ["CIN"], "basis": "x", "children": [["E1", [1.0, 2.0]]]}},
            "Use of E1 does not have one number for each of CIN",
        ),
        (
            {"use": {"metrics": ["CIN"], "basis": "x", "children": [["E1", [1.0]]] * 2}},
            "names E1 more than once",
        ),
    ],
)
def test_what_is_wrong_is_said(changes, says):
    with pytest.raises(
        CypsError, match=r"settlement\.json (is not the record|cannot be used)"
    ) as e:
        from_json(json.dumps(told(**changes)), "settlement.json")
    assert says in str(e.value)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 10_000, '{"pot": NaN}', "\x00"])
def test_what_is_no_record_is_a_sentence(text):
    with pytest.raises(CypsError, match="The record is not the record of a settlement"):
        from_json(text)


def test_infinite_numbers_are_refused():
    text = to_json(SCENARIO, SETTLED.use).replace('"baseline": ', '"baseline": 1e999, "x": ', 1)
    with pytest.raises(CypsError, match="finite number"):
        from_json(text)
