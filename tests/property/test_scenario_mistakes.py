"""Whatever is wrong in a scenario file is told in the words of the file, never the checker's."""

from __future__ import annotations

import copy
import datetime
import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cyps.errors import CypsError
from cyps.settlement.mistakes import scenario_mistakes
from cyps.settlement.scenario_file import ScenarioChoices, read_scenario

ORIGIN = {"source": "A letter", "status": "published", "dated": "2026-02-10"}
MEMBER = {"E06000001": "low", "E06000002": "high"}
FULL = {
    "format": 1,
    "title": "All of it",
    "status": "illustrative",
    "year": 2025,
    "files": {
        "use": ["a.csv", "b.csv"], "area_cost": "aca.csv",
        "baseline": [{"file": "b1.csv", **ORIGIN}, {"file": "b2.csv", **ORIGIN, "dated":
                                                    "2026-03-10"}],
    },
    "sha256": {"a.csv": "00"},
    "neutralise": {"fsm": "reference"},
    "exclude": {"E06000053": "too small"},
    "as_at": "2026-04-01",
    "metric_set": 3,
    "weights": {"CIN": 0.5, "CARE": 0.3, "CEASED": 0.2, "source": "typed", "status": "assumed"},
    "area_cost": {"source": "t", "status": "assumed", "lower_limit": {"labour": 1.0},
                  "weights": {"1": {"labour": 0.7}, "2": {"labour": 0.5}}},
    "pot": {"value": 5_000_000, **ORIGIN},
    "damping": {"kind": "bands", "bands": {"low": {"floor": -0.05, "ceiling": 0.1},
                                           "high": {"floor": 0.0}}, "member": MEMBER},
    "group": {"E06000001": "north"},
    "split": [{"from": "E06000001", "key": "key.csv", "reason": "r",
               "into": [{"code": "E06900001", "name": "A"}, {"code": "E06900002", "name": "B"}]}],
    "merge": [{"from": ["E06000002", "E06000003"], "into": {"code": "E06900003", "name": "C"}}],
    "years": [
        {"label": "2026-27", "pot": 7_000_000, "phasing": 0.5,
         "damping": {"kind": "floor", "floor": -0.05}},
        {"label": "2027-28", "baseline": "previous", "phasing": 1.0,
         "damping": {"kind": "protection", "tiers": {"low": 1.0, "high": 0.9}, "member": MEMBER,
                     "payer": "outside"}},
        {"label": "2028-29", "files": {"baseline": "c.csv"},
         "damping": {"kind": "pace of change", "least": 0.0, "most": 0.1}},
    ],
    "notes": ["a note"],
}  # fmt: skip
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["8,000,000,000", "2026\u201327", "-5%", "", "\x1b[2J", "NaN", "floor", "[x]",
                     float("nan"), float("inf"), -5, -0.0, [], {}, [1], [[]], {"kind": "floor"},
                     {"kind": ["floor"]}, {"kind": "roof"}, {"value": 5}, {"": ""}, 10**30]),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(max_size=4), st.integers()),
)  # fmt: skip
RAW = re.compile(
    r"Input should|Field required|Extra inputs|type=|validation error|pydantic|Value error"
    r"|valid (string|integer|number|dictionary|list|date)|should (be|have|match)|at least \d+ item"
    r"|\[(plain|origin|versions|codes|key)\]|Traceback|<class|object at"
)


def _places(within, path=()):
    yield path
    items = within.items() if isinstance(within, dict) else enumerate(within)
    for key, value in items if isinstance(within, dict | list) else ():
        yield from (
            _places(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]
        )


PLACES = [path for path in _places(FULL) if path]


def _spoilt(path, how, junk):
    written = copy.deepcopy(FULL)
    within = written
    for key in path[:-1]:
        within = within[key]
    if how == "replace":
        within[path[-1]] = junk
    elif how == "remove":
        del within[path[-1]]
    elif isinstance(within, dict):
        within["more"] = junk
    else:
        within.append(junk)
    return written


def _in_words(told):
    assert not RAW.search(told), told
    assert told.startswith("s.json cannot be used as a scenario: ")
    assert "; ;" not in told
    assert ": it is" not in told


@settings(max_examples=400, deadline=None)
@given(path=st.sampled_from(PLACES), how=st.sampled_from(["replace", "remove", "add"]), junk=JUNK)
@example(path=("pot",), how="replace", junk="8,000,000,000")
@example(path=("damping",), how="replace", junk=["floor"])
@example(path=("years", 0, "label"), how="replace", junk="2026\u201327")
@example(path=("as_at",), how="replace", junk=datetime.time(12))
def test_a_mistake_is_told_in_words(path, how, junk):
    written = _spoilt(path, how, junk)
    try:
        ScenarioChoices.model_validate(written)
    except ValidationError as error:
        _in_words(scenario_mistakes(["s.json"], error, written))


@settings(max_examples=150, deadline=None)
@given(path=st.sampled_from(PLACES), how=st.sampled_from(["replace", "remove", "add"]), junk=JUNK)
def test_a_file_with_a_mistake_is_read_or_refused(tmp_path_factory, path, how, junk):
    file = tmp_path_factory.getbasetemp() / "s.json"
    file.write_text(json.dumps(_spoilt(path, how, junk)), encoding="utf-8")
    try:
        read = read_scenario(file)
        read.years(), read.year_files(), read.file_notes(), read.hashes(), read.before_amendment()
    except CypsError as error:
        told = str(error)
        assert not RAW.search(told), told


def test_the_scenario_that_is_spoilt_is_sound(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(FULL), encoding="utf-8")
    read = read_scenario(tmp_path / "s.json")
    assert [year.label for year in read.years()] == ["2026-27", "2027-28", "2028-29"]


@pytest.mark.parametrize(
    ("path", "junk", "says"),
    [
        (("years", 1, "pot"), "8,000", "'pot' of the 2nd of [[years]] (2027-28) is '8,000'; it "
         "must be a whole number without quotes or commas, such as 8_000_000_000"),
        (("years", 0, "damping", "floor"), -5, "'damping.floor' of the 1st of [[years]] (2026-27) "
         "is -5; it must be at least -1: write -0.05 for -5%"),
        (("files", "baseline", 1, "dated"), "soon", "'dated' of the 2nd of [[files.baseline]] is "
         "'soon'; it must be a date such as 2026-04-01"),
        (("files", "use", 1), 7, "the 2nd of 'files.use' is 7; it must be text in quotes, such as "
         '"use.csv"'),
        (("damping", "bands", "low", "floor"), True, "'damping.bands.low.floor' is true; it must "
         "be a number without quotes or a per cent sign, such as -0.05"),
        (("pot", "value"), [5], "'pot.value' is a list; it must be a whole number without quotes "
         "or commas, such as 8_000_000_000"),
        (("phasing",), float("nan"), "'phasing' is nan; it must be a finite number"),
        (("split", 0, "into", 1, "code"), "E1", "'code' of the 2nd of [[into]] of the 1st of "
         "[[split]]: 'E1' is no GSS code: E and eight digits. Where there is none yet, make one "
         "up, such as E06900001"),
        (("merge", 0, "from", 1), "E1", "the 2nd of 'from' of the 1st of [[merge]]: 'E1' is no GSS "
         "code: E and eight digits. Where there is none yet, make one up, such as E06900001"),
        (("years", 1, "label"), "20\u201321", "'label' of the 2nd of [[years]] (20\u201321) is "
         "'20\u201321'; it has a long dash or a minus sign: type a plain hyphen (-) in its place"),
    ],
)  # fmt: skip
def test_a_place_is_told_as_the_file_has_it(path, junk, says):
    written = _spoilt(path, "replace", junk)
    with pytest.raises(ValidationError) as error:
        ScenarioChoices.model_validate(written)
    assert f": {says}. docs" in scenario_mistakes(["s.toml"], error.value, written)
