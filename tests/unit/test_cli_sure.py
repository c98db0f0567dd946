"""`cyps sensitivity` and `cyps uncertainty` as their user meets them, in 60 columns."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.cli.settled import read_settled
from cyps.errors import CypsError
from cyps.explain import sensitivity, uncertainty
from cyps.explain.uncertainty import OFF
from cyps.pack import read_pack, write_pack
from cyps.settlement import settle
from made_models import made_cells, made_children, made_fit, packed
from plain_files import AUTHORITIES, SPEND, baseline_rows, use_rows, write_csv

CORPUS = Path(__file__).parents[1] / "golden" / "packs"
SCENARIO = """format = 1
title = "Made up"
pot = 220_000_000
[files]
use = "use.cyps.zip"
spend = "spend.csv"
baseline = "baseline.csv"
[damping]
kind = "floor"
floor = -0.05
"""
METRICS = ("CIN", "CARE", "CEASED")


def run(*args, columns=60):
    return CliRunner().invoke(main, [str(a) for a in args], env={"COLUMNS": str(columns)})


def one_line(text):
    return " ".join(text.split())


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A scenario on a pack, its results in `r`, and one authority with a hidden gradient."""
    folder = tmp_path_factory.mktemp("sure")
    children = made_children(5, 153 * 120, 153)
    # Areas of their own, so that nobody's gradient is hidden as one to solve for counts.
    children["idaci"] = np.random.default_rng(5).uniform(0.05, 0.6, len(children)).round(4)
    of_last = children.index[children["la"] == AUTHORITIES[-1].code]
    children.loc[of_last, "group"] = "most"
    children.loc[of_last[:3], "group"] = "some"
    cells = made_cells(children, METRICS)
    beta = np.array([-3.0, 0.4, 0.7, -0.9, 2.5, 0.3])
    fits = [made_fit(cells, beta * (1 + m / 5), metric) for m, metric in enumerate(METRICS)]
    write_pack(packed(fits, cells, neutralise=[{"idaci": "average"}]), folder / "use.cyps.zip")
    write_csv(folder / "spend.csv", SPEND)
    write_csv(folder / "baseline.csv", baseline_rows())
    write_csv(folder / "use.csv", use_rows())
    (folder / "s.toml").write_text(SCENARIO)
    (folder / "table.toml").write_text(SCENARIO.replace("use.cyps.zip", "use.csv"))
    (folder / "neutral.toml").write_text('extends = "s.toml"\n[neutralise]\nidaci = "average"\n')
    (folder / "years.toml").write_text(
        'extends = "s.toml"\n[[years]]\nlabel = "one"\n'
        '[[years]]\nlabel = "two"\npot = 240_000_000\n'
    )
    for name in ("s", "neutral"):
        done = run("settle", folder / f"{name}.toml", "--no-workbook", "--out", folder / name)
        assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def pack(country):
    return read_pack(country / "use.cyps.zip").pack


@pytest.mark.parametrize("name", ["sensitivity", "uncertainty"])
@pytest.mark.parametrize("more", [[], ["--authority", "Derby"]])
def test_everything_fits_a_narrow_terminal(country, name, more):
    done = run(name, country / "s.toml", *more)
    assert done.exit_code == 0, done.output
    assert max(len(line.rstrip()) for line in done.output.splitlines()) <= 60
    assert "Unsigned: nobody vouches for this pack." in one_line(done.output)


def test_coefficients_move_the_allocations_as_settling_anew_does(country, pack):
    """First-order, from a pack against its own prediction with coefficients a little off."""
    settlement = read_settled(country / "s").settlement
    tornado = sensitivity(settlement, pack)
    beta = pack.models[1].coefficients.copy()
    step = np.log(1.01)
    name = "CARE idaci odds ratio +1%"
    k = pack.labels.index("idaci")
    children = settlement.use.children.copy()
    children[:, 1] += pack.use.gradient[1, :, k] * step
    moved = settle(settlement.scenario, replace(settlement.use, children=children))
    expected = moved.damped.allocation - settlement.damped.allocation
    found = tornado.change[:, tornado.inputs.index(name)]
    # The last authority's is hidden whole: its three of "some" could be solved for.
    assert np.flatnonzero(np.isnan(found)).tolist() == [len(found) - 1]
    np.testing.assert_allclose(found[:-1], expected[:-1], atol=0.02 * np.abs(expected).max())
    assert len(tornado.inputs) == len(sensitivity(settlement).inputs) + 3 * len(beta)


def test_a_hidden_entry_is_no_number(country, pack):
    tornado = sensitivity(read_settled(country / "s").settlement, pack)
    column = tornado.change[:, tornado.inputs.index("CIN group[some] odds ratio +1%")]
    assert np.isnan(column).tolist() == pack.use.hidden[0, :, 2].tolist()
    assert np.isnan(column[-1])
    done = run("sensitivity", country / "s.toml", "--authority", AUTHORITIES[-1].code)
    assert "inputs have no number here: their effect is hidden in the pack" in one_line(done.output)
    old = replace(pack, use=replace(pack.use, hidden=None))
    of_old = sensitivity(read_settled(country / "s").settlement, old)
    assert np.isnan(of_old.change[np.isnan(tornado.change)]).all()


def test_sensitivity_of_a_folder_is_that_of_its_scenario(country, tmp_path):
    shown = run("sensitivity", country / "s", "--pack", country / "use.cyps.zip",
                "--out", tmp_path / "a.csv")  # fmt: skip
    assert shown.exit_code == 0, shown.output
    run("sensitivity", country / "s.toml", "--out", tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    table = rows(tmp_path / "a.csv")
    tornado = sensitivity(
        read_settled(country / "s").settlement, read_pack(country / "use.cyps.zip").pack
    )
    assert len(table) == 153 * len(tornado.inputs)
    derby = {r["input"]: float(r["change"]) for r in table if r["name"] == "Derby"}
    assert derby == dict(tornado.of("E06000015"))
    told = json.loads(run("sensitivity", country / "s.toml", "--json").output)
    assert told["authorities"]["E06000015"]["change"] == derby
    assert (
        told["authorities"][AUTHORITIES[-1].code]["change"]["CIN group[some] odds ratio +1%"]
        is None
    )


def test_sensitivity_without_a_pack_is_of_the_rest(country):
    done = run("sensitivity", country / "table.toml", "--authority", "derby")
    assert done.exit_code == 0
    assert "floor +1 point" in done.output
    assert "odds ratio" not in done.output
    done = run("sensitivity", country / "neutral.toml")
    assert done.exit_code == 0
    assert "The pack has no gradient" in one_line(done.output)


def test_uncertainty_writes_what_it_found(country, pack, tmp_path):
    done = run("uncertainty", country / "s", "--pack", country / "use.cyps.zip",
               "--draws", 50, "--seed", 3, "--out", tmp_path / "u.csv")  # fmt: skip
    assert done.exit_code == 0, done.output
    settlement = read_settled(country / "s").settlement
    found = uncertainty(pack, settlement.scenario, 50, 3)
    table = rows(tmp_path / "u.csv")
    assert [float(r["share_low"]) for r in table] == found.share.low.tolist()
    assert [float(r["allocation_high"]) for r in table] == found.allocation.high.tolist()
    assert [int(r["rank_high"]) for r in table] == found.rank.high.tolist()
    assert [float(r["off_by_3_percent"]) for r in table] == found.off[:, 1].tolist()
    assert [r["code"] for r in table if r["incomplete"] == "yes"] == list(found.incomplete)
    assert AUTHORITIES[-1].code in found.incomplete
    text = one_line(done.output)
    assert "50 draws, seed 3." in text
    assert "Not to be relied on, because part of their gradient is hidden" in text
    told = json.loads(
        run("uncertainty", country / "s.toml", "--draws", 50, "--seed", 3, "--json",
            "--authority", "Derby").output
    )  # fmt: skip
    assert told["authorities"][0]["share_high"] == found.share.high[14]
    assert {tuple(x.values()) for x in told["hidden"]} == {
        (x.code, x.metric, x.coefficient) for x in found.missing
    }


def test_the_chance_of_being_off_is_that_of_a_normal_share(pack, country):
    """One coefficient, small errors: the share is normal, and its chance has a closed form."""
    from scipy.stats import norm

    settlement = read_settled(country / "s").settlement
    only = np.zeros((6, 6))
    only[4, 4] = 0.6
    models = [replace(pack.models[0], covariance=only)]
    models += [replace(m, covariance=np.zeros((6, 6))) for m in pack.models[1:]]
    found = uncertainty(replace(pack, models=tuple(models)), settlement.scenario, 4000)
    error = found.share_error / settlement.share
    for k, limit in enumerate(OFF):
        expected = np.where(error > 0, 2 * norm.sf(limit / np.maximum(error, 1e-300)), 0)
        np.testing.assert_allclose(found.off[:, k], expected, atol=0.04)
    assert found.off[:, 0].max() > 0.2
    assert (np.diff(found.off, axis=1) <= 0).all()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["uncertainty", "s"], "none is known here. Give the one that the use came from"),
        (["uncertainty", "table.toml"], "none is known here"),
        (["uncertainty", "neutral.toml"], "that use is packed without a gradient"),
        (["uncertainty", "neutral", "--pack", "use.cyps.zip"],
         "was made with everybody at the national average of idaci"),
        (["uncertainty", "s", "--pack", CORPUS / "v2-imported.cyps.zip"],
         "it holds no covariance of the coefficients"),
        (["uncertainty", "s", "--pack", CORPUS / "v3-neutral.cyps.zip"],
         "The settlement has CIN, CARE, CEASED and pack 'Neutral' has CIN, CARE"),
        (["uncertainty", "s.toml", "--pack", "use.cyps.zip"], "names its pack itself"),
        (["uncertainty", "table.toml", "--pack", "use.cyps.zip"],
         "was not made with the use of pack 'Made': CIN of E06000001 is 1000 there"),
        (["sensitivity", "years.toml"], "has the years one, two. Say which: --of YEAR"),
        (["sensitivity", "years.toml", "--of", "three"], "has the years one, two"),
        (["sensitivity", "s", "--of", "one"], "--of names a year of a scenario"),
        (["sensitivity", "nowhere.toml"], "There is no scenario file"),
        (["sensitivity", "s", "--authority", "Nowhere"], "has the code or name 'Nowhere'"),
    ],
)  # fmt: skip
def test_mistakes_are_sentences(country, monkeypatch, args, says):
    monkeypatch.chdir(country)
    done = run(*args)
    assert done.exit_code == 2
    assert says in one_line(done.output)


def test_a_year_of_a_scenario(country):
    done = run("sensitivity", country / "years.toml", "--of", "two")
    assert done.exit_code == 0
    assert "Pot £240,000,000" in done.output


def test_a_workbook_stands_for_its_settlement(country, tmp_path):
    from cyps_workbooks import write_settlement

    write_settlement([("2025", read_settled(country / "s").settlement)], tmp_path / "s.xlsx")
    tables = []
    for name in (country / "s", tmp_path / "s.xlsx"):
        out = tmp_path / f"{len(tables)}.csv"
        done = run("uncertainty", name, "--pack", country / "use.cyps.zip", "--draws", 20,
                   "--out", out)  # fmt: skip
        assert done.exit_code == 0, done.output
        tables.append(out.read_bytes())
    assert tables[0] == tables[1]
    found = run("sensitivity", tmp_path / "s.xlsx", "--of", "one")
    assert "settlement.xlsx#2027-28" in one_line(found.output)


def test_uncertainty_of_a_settlement_without_some_authorities(pack, country):
    settlement = read_settled(country / "s").settlement
    kept = settlement.scenario.authorities[1:]
    few = replace(settlement.scenario, authorities=kept, area_cost=np.ones(152),
                  baseline=settlement.scenario.baseline[1:])  # fmt: skip
    assert uncertainty(pack, few, 10).share_error.shape == (152,)
    lacking = replace(pack, use=replace(pack.use, codes=("E06999999", *pack.use.codes[1:])))
    with pytest.raises(CypsError, match="There is no use for E06000001"):
        uncertainty(lacking, settlement.scenario, 10)


def test_a_workbook_that_people_typed_in_is_told_to_be_read_as_issued(country, tmp_path):
    import openpyxl

    from cyps_workbooks import write_settlement

    write_settlement([("2025", read_settled(country / "s").settlement)], tmp_path / "s.xlsx")
    done = run("compare", country / "s", tmp_path / "s.xlsx")
    assert done.exit_code == 0, done.output
    assert "typed in it" not in done.output
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    assert book["Inputs"]["A6"].value.startswith("Pot")
    book["Inputs"]["D6"] = book["Inputs"]["D6"].value + 1_000_000
    book.save(tmp_path / "s.xlsx")
    done = run("compare", country / "s", tmp_path / "s.xlsx")
    assert done.exit_code == 0, done.output
    said = one_line(done.output)
    assert "s.xlsx is read as it was issued, and people have typed in it since: its cells" in said
    assert "cyps workbook check s.xlsx lists the cells" in said
