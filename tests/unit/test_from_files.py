"""From a scenario file to what is settled: everything that it says arrives, each in its place."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.pack import read_pack
from cyps.returns import AuthorityList, source_of
from cyps.settlement import Exclusion, Floor, FloorAndCeiling, Transition
from cyps.settlement.from_files.packs import pack_among
from cyps.settlement.from_files.prepare import prepare
from cyps.settlement.from_files.request import (
    ACTUAL_USE,
    STATEMENT,
    read_requested,
    request_from_scenario,
    scenario_of,
    years_of,
)
from cyps.settlement.from_files.settled import settle_requested
from cyps.settlement.scenario_file import read_scenario
from plain_files import (
    AUTHORITIES,
    SPEND,
    amount_rows,
    area_cost_rows,
    baseline_rows,
    population_rows,
    use_rows,
    without,
    write_csv,
)

PACK = Path(__file__).parents[1] / "golden" / "packs" / "v1-fitted.cyps.zip"
GONE = "E06000053"
ESSEX = "E10000012"
EVERYTHING = f"""
format = 1
title = "Everything"
status = "trial"
statement = "Said by hand."
phasing = 0.25
group = "groups.csv"
notes = ["A note of our own"]
pot = {{ value = 220_000_000, source = "A paper", status = "assumed", dated = 2026-01-01 }}

[files]
use = "use.csv"
spend = {{ file = "spend.csv", source = "Outturn", status = "published", dated = 2026-01-02 }}
population = {{ file = "pop.csv", source = "Census", status = "published", dated = 2026-01-05 }}

[[files.baseline]]
file = "baseline.csv"
source = "Settlement"
status = "published"
dated = 2026-01-03

[[files.baseline]]
file = "later.csv"
source = "Correction"
status = "published"
dated = 2026-02-03

[files.area_cost]
file = "aca.csv"
source = "Our sums"
status = "illustrative"
dated = 2026-01-04

[exclude]
{GONE} = "no return"

[damping]
kind = "floor and ceiling"
floor = -0.05
ceiling = 0.4

[[years]]
label = "one"

[[years]]
label = "two"
pot = 230_000_000
phasing = 0.75
damping = {{ kind = "floor", floor = -0.2 }}

[years.files.area_cost]
file = "two-aca.csv"
source = "Next sums"
status = "assumed"
dated = 2026-01-07

[years.files.baseline]
file = "two.csv"
source = "Next paper"
status = "assumed"
dated = 2026-01-06
"""
SPLIT = """
[[split]]
from = "E10000012"
into = [{ code = "E06900002", name = "North" }, { code = "E06900003", name = "South" }]
key = "essex.csv"
reason = "What if"
"""


def halves(place):
    return "North" if place.region in {"North East", "North West"} else "Rest"


@pytest.fixture
def folder(tmp_path):
    tables = {
        "use": use_rows(), "spend": SPEND, "baseline": baseline_rows(), "pop": population_rows(),
        "later": amount_rows("baseline", lambda i: 2_000_000 + i),
        "two": amount_rows("baseline", lambda i: 1_100_000 + i), "aca": area_cost_rows(),
        "two-aca": amount_rows("area_cost", lambda i: 1 + i / 1000),
        "groups": [["code", "group"], *([a.code, halves(a)] for a in AUTHORITIES)],
    }  # fmt: skip
    for name, rows in tables.items():
        write_csv(tmp_path / f"{name}.csv", without(rows, GONE))
    return tmp_path


def asked(folder, text=EVERYTHING, as_at=datetime.date(2026, 1, 31)):
    (folder / "s.toml").write_text(text, encoding="utf-8")
    return request_from_scenario(folder / "s.toml", as_at)


def by_number(rows):
    return [float(row[1]) for row in without(rows, GONE)[1:]]


def of(role, settlement):
    """The dated files that a settlement's notes name for a role."""
    notes = [note for note in settlement.scenario.notes if note.startswith(f"{role}: ")]
    return [note.split(": ")[1].split(" (")[0] for note in notes if " (" in note]


def test_a_year_may_start_from_what_the_year_before_gave(folder):
    above, _, _ = EVERYTHING.partition("[years.files.baseline]")
    ready, (_, (_, two)) = settle_requested(
        asked(folder, above.replace("phasing = 0.75", 'baseline = "previous"')), None
    )
    assert of("Baseline", two) == []
    assert "Baseline: what each got in one, top-ups included." in two.scenario.notes
    assert ready.years[1].baseline == "previous"


def test_everything_that_a_scenario_says_is_settled(folder):
    ready, settled = settle_requested(asked(folder), None)
    scenario = ready.scenario
    assert (scenario.title, scenario.status, scenario.year) == ("Everything", "trial", 2025)
    assert scenario.statement == "Said by hand."
    assert scenario.exclusions == (Exclusion(GONE, "Isles of Scilly", "no return"),)
    assert scenario.authorities == tuple(a for a in AUTHORITIES if a.code != GONE)
    both = FloorAndCeiling(floor=-0.05, ceiling=0.4)
    group = {a.code: halves(a) for a in scenario.authorities}
    assert (scenario.pot, scenario.damping) == (220_000_000, both)
    assert scenario.transition == Transition(0.25, group)
    assert scenario.baseline.tolist() == by_number(baseline_rows())
    assert np.ravel(scenario.area_cost).tolist() == by_number(area_cost_rows())
    assert scenario.notes[:5] == (
        "A note of our own",
        "Spend: spend.csv (published, 2026-01-02: Outturn).",
        "Baseline: baseline.csv (published, 2026-01-03: Settlement).",
        "Area cost: aca.csv (illustrative, 2026-01-04: Our sums).",
        "Population: pop.csv (published, 2026-01-05: Census).",
    )
    assert scenario.notes[-1] == ("Damping groups: groups of groups.csv; money stays within each.")
    assert [(one.role, one.form) for one in ready.files if one.source.file == "groups.csv"] == [
        ("damping groups", "groups")
    ]
    first, second = ready.years
    assert (first.label, first.pot, first.damping) == ("one", 220_000_000, both)
    assert first.transition == Transition(0.25, group)
    assert (first.baseline, first.area_cost) == ("given", None)
    assert first.notes == ("Pot: £220,000,000 (assumed, 2026-01-01: A paper).",)
    assert (second.label, second.pot, second.damping) == ("two", 230_000_000, Floor(floor=-0.2))
    assert second.transition == Transition(0.75, group)
    own = [1_100_000.0 + i for i, a in enumerate(AUTHORITIES) if a.code != GONE]
    assert np.asarray(second.baseline).tolist() == own
    factors = [1 + i / 1000 for i, a in enumerate(AUTHORITIES) if a.code != GONE]
    assert np.ravel(second.area_cost).tolist() == factors
    assert second.notes[:2] == (
        "Baseline: two.csv (assumed, 2026-01-06: Next paper).",
        "Area cost: two-aca.csv (assumed, 2026-01-07: Next sums).",
    )
    assert [label for label, _ in settled] == ["one", "two"]
    assert [one.scenario.title for _, one in settled] == ["Everything, one", "Everything, two"]
    assert [int(one.pounds.sum()) for _, one in settled] == [220_000_000, 230_000_000]
    # A year's notes are of its own files, and what would be false of it is gone.
    (_, one), (_, two) = settled
    assert [of("Baseline", one), of("Baseline", two)] == [["baseline.csv"], ["two.csv"]]
    assert [of("Area cost", one), of("Area cost", two)] == [["aca.csv"], ["two-aca.csv"]]
    assert [s.scenario.transition.phasing for s in (one, two)] == [0.25, 0.75]
    assert np.ravel(two.scenario.area_cost).tolist() == factors


def test_the_newest_version_is_taken_and_the_one_before_is_kept(folder):
    assert asked(folder).before is None  # the correction was not known then
    request = asked(folder, as_at=None)
    assert request.files.baseline == folder / "later.csv"
    assert "Baseline: later.csv (published, 2026-02-03: Correction)." in request.notes
    assert request.before.files.baseline == folder / "baseline.csv"
    assert request.before.as_at == datetime.date(2026, 2, 2)
    assert "Baseline: baseline.csv (published, 2026-01-03: Settlement)." in request.before.notes
    # On its own day a version is in force.
    assert asked(folder, as_at=datetime.date(2026, 2, 3)).files.baseline == folder / "later.csv"


def test_what_is_not_said_is_said_for_it(folder):
    text = EVERYTHING.replace('statement = "Said by hand."\n', "")
    request = asked(folder, text)
    inputs = read_requested(request)
    assert scenario_of(request, inputs).statement == STATEMENT
    warned = replace(inputs, warning="Changed: look.", published=True)
    assert scenario_of(request, warned).statement == f"Changed: look. {STATEMENT} {ACTUAL_USE}"


def test_area_cost_by_metric_is_of_the_year_that_has_it(folder):
    head = ["code", "CIN", "CARE", "CEASED"]
    by_metric = [head, *([a.code, 1.1, 1.2, 1 + i / 1000] for i, a in enumerate(AUTHORITIES))]
    write_csv(folder / "two-aca.csv", without(by_metric, GONE))
    request = asked(folder)
    inputs = read_requested(request)
    first, second = years_of(request, inputs)
    assert (first.area_cost_metrics, second.area_cost_metrics) == ((), tuple(head[1:]))
    assert second.area_cost[0].tolist() == [1.1, 1.2, 1.0]
    write_csv(folder / "aca.csv", without(by_metric, GONE))
    again = scenario_of(request, read_requested(request))
    assert again.area_cost_metrics == tuple(head[1:])


def test_a_year_with_area_cost_of_its_own_keeps_the_baseline_of_the_year_before(folder):
    above, _, _ = EVERYTHING.partition("[years.files.baseline]")
    request = asked(folder, above.replace("phasing = 0.75", 'baseline = "previous"'))
    _, second = years_of(request, read_requested(request))
    assert second.baseline == "previous"
    assert second.area_cost[0] == 1.0


def test_groups_by_code_are_of_every_year_and_of_the_scenario(folder):
    listed = "".join(f'{a.code} = "{halves(a)}"\n' for a in AUTHORITIES if a.code != GONE)
    text = EVERYTHING.replace('group = "groups.csv"\n', "") + f"\n[group]\n{listed}"
    request = asked(folder, text)
    ready = prepare(request, read_requested(request))
    group = {a.code: halves(a) for a in ready.scenario.authorities}
    assert ready.scenario.transition == Transition(0.25, group)
    assert [year.transition.group for year in ready.years] == [group, group]
    assert not [one for one in ready.files if one.role == "damping groups"]


def test_a_key_and_a_list_of_groups_are_both_files_of_it(folder):
    key = [["code", "part"], ["E06900002", 0.5], ["E06900003", 0.5]]
    write_csv(folder / "essex.csv", key)
    now = [["E06900002", "Rest"], ["E06900003", "Rest"]]
    rows = [["code", "group"], *([a.code, halves(a)] for a in AUTHORITIES if a.code != ESSEX)]
    write_csv(folder / "groups.csv", [*without(rows, GONE), *now])
    request = asked(folder, EVERYTHING + SPLIT)
    ready = prepare(request, read_requested(request))
    assert [(one.role, one.form, one.source.file) for one in ready.files[-2:]] == [
        ("key of the split of E10000012", "split key", "essex.csv"),
        ("damping groups", "groups", "groups.csv"),
    ]
    assert ready.scenario.transition.group["E06900003"] == "Rest"
    assert len(ready.scenario.authorities) == len(AUTHORITIES)


def test_who_is_not_there_cannot_be_split(folder):
    request = asked(folder, EVERYTHING + SPLIT.replace(ESSEX, GONE))
    with pytest.raises(CypsError, match=rf"{GONE} cannot be merged or split\. ."):
        prepare(request, read_requested(request))


def test_a_pack_stands_in_place_of_tables(tmp_path):
    write_csv(tmp_path / "baseline.csv", baseline_rows())
    (tmp_path / "pack.cyps.zip").write_bytes(PACK.read_bytes())
    text = (
        'format = 1\ntitle = "Pack"\npot = 220_000_000\n[files]\nuse = "pack.cyps.zip"\n'
        'baseline = "baseline.csv"\n[weights]\nCIN = 0.6\nREF = 0.4\nsource = "us"\n'
        'status = "assumed"\n[damping]\nkind = "floor"\nfloor = -0.9\n'
    )
    request = asked(tmp_path, text, None)
    pack = pack_among(request.files.use, trust=request.trust, year=request.year)
    ready, ((label, settled),) = settle_requested(request, pack)
    assert label == "2025"
    held = read_pack(PACK).pack.use
    order = [held.codes.index(code) for code in settled.use.codes]
    assert settled.use.children.tolist() == held.children[order].tolist()
    (one,) = [file for file in ready.files if file.role == "use"]
    assert (one.form, one.source) == ("pack", source_of(tmp_path / "pack.cyps.zip")[0])
    assert set(settled.scenario.codes) == AuthorityList(2025).codes
    assert any(note.startswith(f"Pack '{pack.pack.name}'") for note in settled.scenario.notes)


def test_unit_costs_say_where_they_are_from(folder):
    costs = [["service_area", "activity", "unit_cost"], *([n, 10, n] for n in range(1, 8))]
    write_csv(folder / "costs.csv", costs)
    text = EVERYTHING.replace(
        'spend = { file = "spend.csv", source = "Outturn"',
        'unit_costs = { file = "costs.csv", source = "Our sums"',
    )
    request = asked(folder, text)
    assert request.notes[1] == "Unit costs: costs.csv (published, 2026-01-02: Our sums)."


# --- what a scenario file says wrongly, word for word


def refused(folder, **files):
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    with pytest.raises(CypsError) as told:
        request_from_scenario(folder / next(iter(files)).replace("_", "."))
    return str(told.value)


PLAIN = EVERYTHING.partition("[[years]]")[0]


def test_a_pot_is_needed_somewhere(folder):
    text = "\n".join(line for line in PLAIN.splitlines() if not line.startswith("pot"))
    assert refused(folder, s_toml=text) == (
        "s.toml: there is no pot. Write pot = 8_000_000_000, in pounds, above [files]."
    )
    years = text + '[[years]]\nlabel = "one"\n'
    assert refused(folder, s_toml=years) == (
        "s.toml: year one has no pot, and neither has the scenario. Write pot = 8_000_000_000 in "
        "one of the two."
    )


def test_two_versions_of_a_day(folder):
    assert refused(folder, s_toml=PLAIN.replace("2026-02-03", "2026-01-03")) == (
        "Two versions of a parameter are dated 2026-01-03, so nobody can tell which is in force. "
        "Give each its own date."
    )


def test_a_day_before_every_version(folder):
    with pytest.raises(CypsError) as told:
        asked(folder, PLAIN, datetime.date(2026, 1, 2))
    assert str(told.value) == (
        "On 2026-01-02 no version of a parameter was in force: the first, baseline.csv "
        "(published, 2026-01-03: Settlement), came later."
    )


def test_extending_in_a_circle_and_too_deep(folder):
    circle = "a.toml extends itself, or more than 8 files stand above it. Take one 'extends' out."
    assert refused(folder, a_toml='extends = "b.toml"', b_toml='extends = "a.toml"') == circle
    files = {f"{n}.toml": f'extends = "{n + 1}.toml"' for n in range(8)}
    for name, text in (files | {"8.toml": PLAIN}).items():
        (folder / name).write_text(text, encoding="utf-8")
    assert len(read_scenario(folder / "1.toml").sources) == 8
    with pytest.raises(CypsError, match=r"8\.toml extends itself, or more than 8 files stand"):
        read_scenario(folder / "0.toml")


def test_what_extends_cannot_say(folder):
    (folder / "in").mkdir()
    (folder / "in" / "base.toml").write_text(PLAIN, encoding="utf-8")
    assert refused(folder, s_toml='extends = "in/base.toml"') == (
        "s.toml: 'extends' must name a file in the same folder, because the files that a scenario "
        "names are looked for beside it."
    )
    assert refused(folder, s_toml="extends = 7") == (
        "s.toml: 'extends' must be the name of a scenario file."
    )
    assert refused(folder, s_toml=f'remove = ["pot"]\n{PLAIN}') == (
        "s.toml: 'remove' takes out what another scenario says, but there is no 'extends'. Take "
        "it out."
    )
    # Nothing to take out is nothing said.
    (folder / "s.toml").write_text(f"remove = []\n{PLAIN}", encoding="utf-8")
    assert read_scenario(folder / "s.toml").choices.title == "Everything"


def test_what_is_not_toml_or_json_names_its_file(folder):
    assert refused(folder, s_toml="=").startswith("s.toml is not written in TOML: ")
    assert refused(folder, s_json="{").startswith("s.json is not written in JSON: ")
    told = refused(folder, s_json='{\n "format": 1,\n "title": 7\n}')
    assert "'title' (line 3)" in told


def test_hashes_of_versions_that_are_not_in_force_are_left_out(folder):
    hashes = {
        "baseline.csv": "0", "later.csv": "1", "two.csv": "2", "pop.csv": "3", "use.csv": "4",
        "two-aca.csv": "5", "unknown.csv": "6",
    }  # fmt: skip
    listed = "".join(f'"{name}" = "{sha}"\n' for name, sha in hashes.items())
    later = (
        "\n[[years.files.baseline]]\nfile = 'two-b.csv'\nsource = 'S'\nstatus = 'published'\n"
        "dated = 2026-03-06\n"
    )
    text = EVERYTHING.replace("[years.files.baseline]", "[[years.files.baseline]]") + later
    (folder / "s.toml").write_text(f"{text}\n[sha256]\n{listed}", encoding="utf-8")
    kept = read_scenario(folder / "s.toml", datetime.date(2026, 1, 31)).hashes()
    assert kept == {name: sha for name, sha in hashes.items() if name != "later.csv"}
    newest = read_scenario(folder / "s.toml").hashes()
    assert newest == {
        name: sha for name, sha in hashes.items() if name not in {"baseline.csv", "two.csv"}
    }
