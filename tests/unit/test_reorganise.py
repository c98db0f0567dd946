"""Merges and splits: what they refuse, and what a scenario file and its outputs say of them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from cyps.cells import collapse
from cyps.cli import main
from cyps.cli.settled import read_settled
from cyps.errors import CypsError
from cyps.geography import Authority, authorities
from cyps.model import fit_cells, predict_use
from cyps.needs import Use, metric_shares
from cyps.settlement import (
    Band,
    Bands,
    Exclusion,
    Floor,
    Merge,
    Split,
    Transition,
    Year,
    reorganise,
    settle,
    settle_years,
)
from made_settlements import made, named
from plain_files import (
    SPEND,
    area_cost_rows,
    baseline_rows,
    population_rows,
    use_rows,
    write_csv,
)

NEW = Authority("E06900001", "", "Merged", "North East")
ONE = made(seed=5, n=6)
CODES = ONE.scenario.codes
HALVES = np.full((2, 3), 0.5)


def split(code=CODES[0], codes=("E06900002", "E06900003"), use=HALVES, **given):
    into = tuple(Authority(new, "", f"Part {i}", "North East") for i, new in enumerate(codes))
    values = {"baseline": [0.5, 0.5], "population": [0.5, 0.5], "key": "by halves"} | given
    return Split(code, into, use, **values)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Merge(NEW, (CODES[0], CODES[0])), "name each of its parts once"),
        (Merge(NEW, ()), "name each of its parts once"),
        (Merge(NEW, ("E10000006", CODES[1])), "'E10000006' cannot be merged or split"),
        (Merge(replace(NEW, code="X1"), CODES[:2]), "a GSS code is E and eight digits"),
        (Merge(replace(NEW, code=CODES[5]), CODES[:2]), "another authority has it"),
        (split(codes=("E06900002", "E06900002")), "names a new authority twice"),
        (split(use=HALVES[:, :2]), "2 metrics, and the use table has 3"),
        (split(code="E06900009"), "'E06900009' cannot be merged or split"),
    ],
)
def test_what_cannot_be(change, says):
    with pytest.raises(CypsError, match=says):
        reorganise(ONE.scenario, ONE.use, [change])


def test_a_key_that_makes_or_loses_something_is_refused():
    with pytest.raises(CypsError, match=r"add up to 0\.9, not to 1"):
        split(baseline=[0.5, 0.4])
    with pytest.raises(CypsError, match="part of 0 or more"):
        split(use=np.array([[2.0] * 3, [-1.0] * 3]))
    with pytest.raises(CypsError, match="is not split among 2"):
        split(population=[1.0])


def test_who_is_left_out_cannot_be_merged():
    out = Exclusion("E06000053", "Isles of Scilly", "too few")
    scenario = replace(ONE.scenario, exclusions=(out,))
    with pytest.raises(CypsError, match=r"Isles of Scilly \(E06000053\).*left out"):
        reorganise(scenario, ONE.use, [Merge(NEW, (CODES[0], "E06000053"))])
    with pytest.raises(CypsError, match="another authority has it"):
        reorganise(scenario, ONE.use, [Merge(replace(NEW, code="E06000053"), CODES[:2])])


def test_one_of_the_codes_may_stay():
    place = ONE.scenario.authorities[1]
    after = reorganise(ONE.scenario, ONE.use, [Merge(place, CODES[:2])])
    assert after.scenario.codes == CODES[1:]


def test_bands_of_the_parts_must_agree_or_be_said():
    bands = {"a": Band(floor=0.0), "b": Band(floor=-0.1)}
    of = named(CODES, "a", "b")
    scenario = replace(ONE.scenario, damping=Bands(bands=bands, member=of))
    with pytest.raises(CypsError, match=r"different bands \(a, b\). Give E06900001 a band"):
        reorganise(scenario, ONE.use, [Merge(NEW, CODES[:2])])
    said = replace(scenario, damping=Bands(bands=bands, member=of | {NEW.code: "b"}))
    after = reorganise(said, ONE.use, [Merge(NEW, CODES[:2])])
    assert after.scenario.damping.member[NEW.code] == "b"
    assert set(after.scenario.damping.member) == set(after.scenario.codes)


def test_years_follow():
    factors = np.linspace(0.9, 1.1, 6)
    years = (
        Year("2026-27", ONE.scenario.pot, Floor(floor=-0.1), Transition(group=named(CODES, "a"))),
        Year("2027-28", ONE.scenario.pot, Floor(floor=-0.1), area_cost=factors,
             baseline="previous"),
    )  # fmt: skip
    after = reorganise(ONE.scenario, ONE.use, [Merge(NEW, CODES[:2]), split(CODES[2])], None, years)
    assert after.years[0].transition.group == named(after.scenario.codes, "a")
    (_, first), (_, second) = settle_years(after.scenario, after.years, after.use)
    assert first.pounds.sum() == second.pounds.sum() == ONE.scenario.pot
    alone = settle(replace(ONE.scenario, area_cost=factors), ONE.use)
    at = [second.scenario.codes.index(code) for code in CODES[3:]]
    np.testing.assert_allclose(second.share[at], alone.share[3:], rtol=1e-12)


def test_years_with_a_baseline_of_their_own_follow():
    own = np.arange(1.0, 7.0) * 1e6
    years = (Year("2026-27", ONE.scenario.pot, Floor(floor=-0.9), baseline=own),)
    after = reorganise(ONE.scenario, ONE.use, [Merge(NEW, CODES[:3])], None, years)
    ((_, settled),) = settle_years(after.scenario, after.years, after.use)
    assert settled.scenario.baseline.tolist() == [4e6, 5e6, 6e6, 6e6]


def test_the_note_tells_a_factor_only_where_it_holds_in_every_year():
    merge = [Merge(NEW, CODES[:2])]
    (told,) = reorganise(ONE.scenario, ONE.use, merge).scenario.notes
    after = reorganise(ONE.scenario, ONE.use, merge)
    assert f"area cost factor {after.scenario.area_cost[-1]:.14g}, the mean" in told
    years = [Year("2026-27", 1, Floor(floor=0.0), area_cost=np.ones(6))]
    (told,) = reorganise(ONE.scenario, ONE.use, merge, None, years).scenario.notes
    assert "area cost factor, the mean" in told


def test_area_cost_by_metric_leaves_the_sum_of_each_metric():
    """The sum over everybody of share x factor is what everybody else's share hangs on."""
    factors = np.random.default_rng(2).uniform(0.8, 1.3, (6, 3))
    years = [Year("2026-27", 1, Floor(floor=0.0), area_cost=factors)]
    after = reorganise(ONE.scenario, ONE.use, [Merge(NEW, CODES[1:4])], None, years)
    now = after.years[0].area_cost
    assert now.shape == (4, 3)
    assert (now[[0, 1, 2]] == factors[[0, 4, 5]]).all()
    before = (ONE.metric_share * factors).sum(axis=0)
    np.testing.assert_allclose((metric_shares(after.use) * now).sum(axis=0), before, rtol=1e-12)


def test_an_area_without_use_takes_the_plain_mean_of_area_costs():
    children = np.array(ONE.use.children)
    children[:2] = 0
    use = Use(CODES, ONE.use.metrics, children, "made up")
    after = reorganise(ONE.scenario, use, [Merge(NEW, CODES[:2])])
    at = after.scenario.codes.index(NEW.code)
    assert after.scenario.area_cost[at] == pytest.approx(ONE.scenario.area_cost[:2].mean())
    settle(after.scenario, after.use)


def test_children_by_record_make_a_key():
    """Predicted by part, use adds up to what is predicted for the whole authority."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "authority": rng.choice(["a", "b", "c", "d"], 3000),
            "fsm": rng.choice(["no", "yes"], 3000),
            "half": rng.choice([1, 2], 3000),
        }
    )
    table["CIN"] = rng.random(3000) < np.where(table["fsm"] == "yes", 0.3, 0.1)
    whole = collapse(table, events="CIN", child=["fsm"], group="authority")
    fit = fit_cells(whole)
    table["part"] = table["authority"] + table["half"].astype(str)
    parts = collapse(table, events="CIN", child=["fsm"], group="part")
    (by_whole,), (by_part,) = predict_use(whole, fit), predict_use(parts, fit)
    np.testing.assert_allclose(
        by_part.children.reshape(4, 2).sum(axis=1), by_whole.children, rtol=1e-12
    )


BASE = """format = 1
title = "Trial"
pot = 220_000_000
[files]
use = "use.csv"
spend = "spend.csv"
baseline = "baseline.csv"
area_cost = "aca.csv"
population = "pop.csv"
[damping]
kind = "none"
"""

MERGE = """
[[merge]]
into = { code = "E06900001", name = "Berkshire" }
from = ["E06000036", "E06000037", "E06000038", "E06000039", "E06000040", "E06000041"]
reason = "What if"
"""

SPLIT = """
[[split]]
from = "E10000012"
into = [{ code = "E06900002", name = "North Essex" }, { code = "E06900003", name = "South Essex" }]
key = "essex.csv"
reason = "What if"
"""


@pytest.fixture
def country(tmp_path):
    for name, rows in {
        "use": use_rows(), "spend": SPEND, "baseline": baseline_rows(), "aca": area_cost_rows(),
        "pop": population_rows(),
        "essex": [["new_code", "part", "CARE"], ["E06900002", 0.4, 30], ["E06900003", 0.6, 10]],
    }.items():  # fmt: skip
        write_csv(tmp_path / f"{name}.csv", rows)

    def settled(text, *options, fails=False):
        (tmp_path / "s.toml").write_text(text, encoding="utf-8")
        words = [
            "settle",
            str(tmp_path / "s.toml"),
            "--no-workbook",
            "--out",
            str(tmp_path / "out"),
        ]
        done = CliRunner().invoke(main, [*words, *options], env={"COLUMNS": "80"})
        assert done.exit_code == (2 if fails else 0), done.output
        if fails:
            return " ".join(done.output.split())
        with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as file:
            return {row["code"]: row for row in csv.DictReader(file)}

    settled.folder = tmp_path
    return settled


def test_a_scenario_merges_and_splits(country):
    before = country(BASE)
    after = country(BASE + SPLIT + MERGE)
    parts = [f"E0600003{i}" for i in range(6, 10)] + ["E06000040", "E06000041"]
    assert len(after) == 153 - 5 + 1
    assert after["E06900001"]["region"] == "South East"
    for column in ("target", "baseline", "use_CIN", "population"):
        whole = sum(float(before[code][column]) for code in parts)
        assert float(after["E06900001"][column]) == pytest.approx(whole, rel=1e-12)
    essex = before["E10000012"]
    north, south = after["E06900002"], after["E06900003"]
    for row, part, care in ((north, 0.4, 0.75), (south, 0.6, 0.25)):
        assert float(row["use_CIN"]) == pytest.approx(part * float(essex["use_CIN"]))
        assert float(row["use_CARE"]) == pytest.approx(care * float(essex["use_CARE"]))
        assert float(row["population"]) == pytest.approx(part * float(essex["population"]))
    others = set(before) & set(after)
    assert len(others) == 146
    for code in others:
        assert float(after[code]["target"]) == pytest.approx(float(before[code]["target"]))
    notes = (country.folder / "out" / "notes.txt").read_text(encoding="utf-8")
    assert "Reorganised (assumed): Bracknell Forest (E06000036), West Berkshire" in notes
    assert "use of CARE by column 'CARE'" in notes
    assert notes.count("What if.") == 2
    record = json.loads((country.folder / "out" / "run.json").read_text(encoding="utf-8"))
    key = record["inputs"][-1]
    assert key["file"] == "essex.csv"
    assert "key of the split of E10000012" in key.values()
    assert "split key" in key.values()
    assert record["scenario"]["choices"]["merge"][0]["from"] == parts
    assert any("assumed" in note for note in record["notes"])


def test_children_are_split_by_their_own_column_where_the_key_has_one(country):
    key = [
        ["new_code", "part", "population"], ["E06900002", 0.4, 100], ["E06900003", 0.6, 300],
    ]  # fmt: skip
    write_csv(country.folder / "essex.csv", key)
    before = country(BASE)["E10000012"]
    after = country(BASE + SPLIT)
    for code, part, children in (("E06900002", 0.4, 0.25), ("E06900003", 0.6, 0.75)):
        assert float(after[code]["baseline"]) == pytest.approx(part * float(before["baseline"]))
        whole = float(before["population"])
        assert float(after[code]["population"]) == pytest.approx(children * whole)


def test_a_merged_authority_can_be_merged_again_and_keeps_its_region(country):
    again = MERGE.replace('"E06000036", "E06000037", ', '"E06900001", "E06000036", ').replace(
        'E06900001", name = "Berkshire', 'E06900007", name = "All of it'
    )
    first = MERGE.replace(
        '"E06000036", "E06000037", "E06000038", "E06000039", "E06000040", "E06000041"',
        '"E06000037", "E06000044"',
    )
    after = country(BASE + first + again)
    assert after["E06900007"]["region"] == "South East"
    assert "E06900001" not in after


def test_real_codes_bring_their_names_and_splits_come_before_merges(country):
    """Reading goes to a made-up half of Essex that is then merged into a county of another year."""
    merge = '[[merge]]\ninto = { code = "E10000002" }\nfrom = ["E06900002", "E06000038"]\n'
    text = BASE + merge + SPLIT
    told = country(text)
    assert told["E10000002"]["name"] == "Buckinghamshire"
    assert told["E10000002"]["region"] == "South East"


def test_the_reorganisation_of_2019_gives_the_authorities_of_2020(tmp_path):
    """Dorset gave Christchurch to Bournemouth and Poole; DfE's next list is the oracle."""
    codes = [a.code for a in authorities(2019)]
    use = [["code", "CIN", "CARE", "CEASED"], *([c, 100 + i, 50, 9] for i, c in enumerate(codes))]
    write_csv(tmp_path / "use.csv", use)
    write_csv(tmp_path / "baseline.csv", [["code", "baseline"], *([c, 1e6] for c in codes)])
    write_csv(tmp_path / "spend.csv", SPEND)
    key = [["new_code", "part"], ["E06000059", 0.88], ["E07000048", 0.12]]
    write_csv(tmp_path / "dorset.csv", key)
    (tmp_path / "s.toml").write_text(
        BASE.replace("format = 1", "format = 1\nyear = 2019").replace(
            'area_cost = "aca.csv"\npopulation = "pop.csv"\n', ""
        )
        + """
[[split]]
from = "E10000009"
into = [{ code = "E06000059" }, { code = "E07000048", name = "Christchurch" }]
key = "dorset.csv"
reason = "Children by district"
[[merge]]
from = ["E06000028", "E06000029", "E07000048"]
into = { code = "E06000058" }
""",
        encoding="utf-8",
    )
    words = ["settle", str(tmp_path / "s.toml"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    settled = read_settled(tmp_path / "out").settlement
    assert settled.scenario.authorities == authorities(2020)
    assert settled.pounds.sum() == 220_000_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (MERGE.replace('"E06000036"', '"E10000012"'), "several regions (East of England, South"),
        (MERGE.replace(', name = "Berkshire"', ""), "is no code of an authority we know"),
        (MERGE.replace("E06900001", "E10000006"), "is the code of Cumbria (North West)"),
        (MERGE.replace('"E06000036"', '"E10000006"'), "Cumbria's code ended: since 2023-04-01"),
        (MERGE.replace('"E06000036"', '"E07000001"'), "It is a district"),
        (MERGE.replace("into = {", 'into = { region = "Wessex",'), "'Wessex' is no region"),
        (MERGE.replace("from", "parts"), "'from' (line 13) of the 1st of [[merge]] is missing"),
        (MERGE.replace("E06900001", "Berks"), "'Berks' is no GSS code: E and eight digits"),
        (
            SPLIT.replace('reason = "What if"', ""),
            "'reason' (line 13) of the 1st of [[split]] is missing",
        ),
        (SPLIT.replace("essex.csv", "sussex.csv"), "There is no file"),
        (SPLIT + '[sha256]\n"essex.csv" = "00"\n', "is not the file that the scenario"),
    ],
)
def test_what_a_scenario_cannot_say(country, text, says):
    assert says in country(BASE + text, fails=True)
    assert not (country.folder / "out").exists()


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([["new_code", "part"], ["E06900002", 0.4], ["E06900003", 0.5]], "add up to 0.9, not to 1"),
        ([["new_code", "part"], ["E06900002", 1]], "no row for E06900003"),
        (
            [["new_code", "part"], ["E06900002", 0.5], ["E06900002", 0.5], ["E06900003", 0.5]],
            "row 3, column 'new_code': E06900002 is here again, after row 2",
        ),
        (
            [["new_code", "part"], ["E06900002", 0.4], ["E06900003", 0.6], ["E06900004", 0]],
            "row 4, column 'new_code': 'E06900004' is none of the authorities",
        ),
        ([["new_code", "part"], ["E06900002", "c"], ["E06900003", 1]], "row 2, column 'part': 'c'"),
        (
            [["new_code", "CIN", "CARE", "CEASED"], ["E06900002", 1, 1, 1],
             ["E06900003", 1, 1, 1]],
            "nothing says how baseline is split",
        ),
        (
            [["new_code", "part", "CIN"], ["E06900002", 0.5, 0], ["E06900003", 0.5, 0]],
            "add up to 0, so nothing is split",
        ),
    ],
)  # fmt: skip
def test_a_key_says_what_is_wrong_with_it(country, rows, says):
    write_csv(country.folder / "essex.csv", rows)
    assert says in country(BASE + SPLIT, fails=True)


def test_damping_groups_go_by_the_new_authorities(country):
    told = country(BASE.replace("[files]", 'group = "region"\n[files]') + MERGE)
    assert told["E06900001"]["damping_group"] == "South East"
    by_code = "\n".join(f'{code} = "all"' for code in told)
    told = country(f"{BASE}{MERGE}[group]\n{by_code}\n")  # names only the new one
    assert {row["damping_group"] for row in told.values()} == {"all"}
