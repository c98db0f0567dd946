"""A trace: every line recomputed from its inputs, for every rule."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.explain import trace
from cyps.settlement import Exclusion, Floor, Transition, settle
from made_settlements import EVERYONE, like, made, named, rules

CODES = tuple(place.code for place in EVERYONE[:12])
SETTLED = made(7, rule=Floor(floor=-0.02))
KEYS = (
    "use_CIN", "metric_share_CIN", "weight_CIN", "needs_share", "area_cost", "share", "target",
    "floor_amount", "cost", "headroom", "scaling_factor", "damped_allocation", "pounds",
)  # fmt: skip


def recomputed(line, values):
    """A line's formula worked out with the values of its letters."""
    words = {f"_{letter}": value for letter, value in values.items()}
    known = {"max": max, "floor": np.floor, "round": lambda x, d: np.floor(x * 10**d + 0.5) / 10**d}
    text = re.sub(r"\(([a-z]{1,2})\)", r"_\1", line.formula).replace(" x ", " * ")
    return eval(text, {"__builtins__": {}}, words | known)  # noqa: S307 - our own formulas


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("groups", [None, "two"])
@pytest.mark.parametrize("phasing", [None, 1 / 3])
def test_every_line_follows_from_its_inputs(key, groups, phasing):
    group = named(CODES, "north", "south") if groups else None
    settled = made(**like(SETTLED, transition=Transition(phasing, group)))
    for code in CODES:
        found = trace(settled, code, key)
        assert found.line == found.lines[-1].key == key
        values = {}
        for line in found.lines:
            assert set(line.inputs) <= set(values), "made of lines that stand above it"
            if line.kind == "line":
                assert line.formula
                expected = recomputed(line, values)
                assert line.value == pytest.approx(expected, rel=1e-12, abs=1e-7)
            else:
                assert not line.formula
            assert line.source
            values[line.letter] = line.value


def test_values_are_the_settlements():
    for row, code in enumerate(CODES):
        for key, values in (
            ("use_CARE", SETTLED.use.children[:, 1]),
            ("metric_share_CARE", SETTLED.metric_share[:, 1]),
            ("needs_share", SETTLED.needs_share),
            ("share", SETTLED.share),
            ("area_cost", SETTLED.scenario.area_cost),
            ("baseline", SETTLED.scenario.baseline),
            ("target", SETTLED.target),
            ("floor_amount", SETTLED.damped.floor_amount),
            ("cost", SETTLED.damped.cost),
            ("headroom", SETTLED.damped.headroom),
            ("scaling_factor", SETTLED.damped.factor),
            ("damped_allocation", SETTLED.damped.allocation),
            ("pounds", SETTLED.pounds),
        ):
            assert trace(SETTLED, code, key).value == values[row]
    assert trace(SETTLED, CODES[0], "weight_CARE").value == SETTLED.weights[1]


@pytest.mark.parametrize("name", [name for name in rules(CODES) if name != "floor"])
def test_other_rules_say_themselves_in_words(name):
    settled = made(7, rule=rules(CODES)[name])
    found = {line.key: line for line in trace(settled, CODES[3]).lines}
    damped = found["damped_allocation"]
    assert damped.value == settled.damped.allocation[3]
    assert settled.scenario.damping_in_words in damped.source
    letters = tuple(found[key].letter for key in ("target", "baseline", "scaling_factor"))
    assert damped.inputs == letters
    assert found["scaling_factor"].value == settled.damped.factor[3]
    top_up = trace(settled, CODES[3], "top_up")
    assert top_up.value == settled.top_up[3]
    whole = recomputed(found["pounds"], {line.letter: line.value for line in found.values()})
    assert whole == settled.pounds[3]


def test_pounds_and_a_top_up_add_up_on_a_line_of_their_own():
    settled = made(7, rule=rules(CODES)["outside"])
    row = int(settled.top_up.argmax())
    assert settled.top_up[row] > 0
    lines = trace(settled, CODES[row], "pounds_with_top_up").lines
    values = {line.letter: line.value for line in lines}
    assert recomputed(lines[-1], values) == settled.pounds[row] + settled.top_up[row]
    assert {line.key for line in lines} >= {"pounds", "top_up"}


def test_phasing_is_told_for_other_rules_too():
    settled = made(7, rule=rules(CODES)["none"], transition=Transition(phasing=0.25))
    found = {line.key: line for line in trace(settled, CODES[0]).lines}
    assert found["phased"].value == settled.damped.allocation[0]
    assert found["phased"].letter in found["damped_allocation"].inputs


def test_letters_run_on_and_values_have_14_decimals():
    found = trace(SETTLED, CODES[0])
    assert [line.letter for line in found.lines][:3] == ["a", "b", "c"]
    assert [line.letter for line in found.lines][26:28] == ["aa", "ab"]
    by_key = {line.key: line for line in found.lines}
    assert re.fullmatch(r"0\.\d{14}", by_key["share"].text)
    assert re.fullmatch(r"0\.\d{14}", by_key["scaling_factor"].text)
    assert by_key["pounds"].text == f"{SETTLED.pounds[0]:,}"
    assert by_key["target"].text == f"{SETTLED.target[0]:,.6f}"


def test_use_that_is_a_share_keeps_its_digits():
    use = SETTLED.use.children / SETTLED.use.children.sum(axis=0)
    found = trace(made(**like(SETTLED, children=use)), CODES[0], "use_CIN")
    assert found.lines[0].text == f"{use[0, 0]:.14f}"
    assert trace(SETTLED, CODES[0], "use_CIN").lines[0].text == f"{SETTLED.use.children[0, 0]:,.6f}"


def test_sources_are_what_the_notes_say():
    notes = (
        "Baseline: column 'x' of b.csv.", "Baseline: checked.", "Spend by service area: RO3.",
        "Potatoes: none.", "Pot £10 (published, 2026-01-01: a letter).",
        "Pot of England: a letter.",
    )  # fmt: skip
    settled = settle(replace(SETTLED.scenario, notes=notes), SETTLED.use)
    source = {line.key: line.source for line in trace(settled, CODES[0]).lines}
    assert source["baseline"] == "Baseline: column 'x' of b.csv. Baseline: checked."
    assert source["spend_CIN"] == "services of CIN. Spend by service area: RO3."
    assert source["pot"] == "Pot £10 (published, 2026-01-01: a letter). Pot of England: a letter."
    assert source["area_cost"] == "Scenario 'Made 7'; its notes do not say more"
    assert source["use_CIN"] == "made up"


def test_only_ancestors_are_shown():
    keys = [line.key for line in trace(SETTLED, CODES[0], "metric_share_CARE").lines]
    assert keys == ["use_CARE", "all_use_CARE", "metric_share_CARE"]


@pytest.mark.parametrize("who", [EVERYONE[1].code.lower(), EVERYONE[1].name.upper(), CODES[1]])
def test_an_authority_by_code_or_name(who):
    assert trace(SETTLED, who, "pot").code == CODES[1]


@pytest.mark.parametrize("line", ["Damped allocation", "damped-allocation", " DAMPED_ALLOCATION "])
def test_a_line_in_words(line):
    assert trace(SETTLED, CODES[1], line).line == "damped_allocation"


def test_what_is_not_there_is_said():
    with pytest.raises(CypsError, match=r"'Hartlepol'\. Did you mean Hartlepool \(E06000001\)"):
        trace(SETTLED, "Hartlepol")
    with pytest.raises(CypsError, match=r"Did you mean Redcar and Cleveland \(E06000003\)\?"):
        trace(SETTLED, "redcar")
    with pytest.raises(
        CypsError, match=r"no line 'damp'\. Did you mean damped_allocation\? There are use_CIN, .*"
    ):
        trace(SETTLED, "Hartlepool", "damp")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("E10000006", r"'E10000006'\. Cumbria's code ended: since .* E06000063 Cumberland"),
        ("383", r"'383'\. It is a DfE code; use the GSS code, E08000035 for Leeds"),
        ("E07000123", "It is a district"),
    ],
)
def test_of_a_code_it_is_said_what_it_stands_for(named, said):
    with pytest.raises(CypsError, match=said) as found:
        trace(SETTLED, named)
    assert "Did you mean" not in str(found.value)


@pytest.mark.parametrize("named", ["isles of scilly", "E06000053"])
def test_who_was_left_out_is_said_to_be(named):
    gone = Exclusion("E06000053", "Isles of Scilly", "too few children")
    without = replace(SETTLED, scenario=replace(SETTLED.scenario, exclusions=(gone,)))
    with pytest.raises(
        CypsError, match=r"Isles of Scilly \(E06000053\) was left out .*: too few children\."
    ):
        trace(without, named)
