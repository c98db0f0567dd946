"""What moved use between two packs: by brute force over orders, and to the pound in a bridge."""

from __future__ import annotations

import csv
import itertools
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.explain import bridge, driver_csv, read_driver_table
from cyps.explain.by_driver import NOT_TOLD
from cyps.model import moved_by_drivers
from cyps.needs import Use
from cyps.pack import read_pack, write_pack
from cyps.settlement import Floor, settle
from made_models import by_authority, made_cells, made_children, made_fit, packed, probabilities
from made_settlements import made
from plain_files import SPEND, baseline_rows, write_csv

BETA = np.array([-2.0, 0.4, 0.7, -0.9, 2.5, 0.3])
LATER = np.array([-2.2, 0.4, 0.9, -0.7, 2.1, 0.3])
COLUMNS = {"sex": [1], "group": [2, 3], "idaci": [4], "urban": [5], "intercept": [0]}


def written(folder, name, cells, betas, metrics):
    fits = [made_fit(cells, beta, metric) for beta, metric in zip(betas, metrics, strict=True)]
    write_pack(packed(fits, cells), folder / f"{name}.cyps.zip")
    return read_pack(folder / f"{name}.cyps.zip")


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """Two packs on other coefficients and other children, of 12 authorities."""
    folder = tmp_path_factory.mktemp("moved")
    tables = [made_children(seed, 12 * 150, 12) for seed in (1, 2)]
    cells = [made_cells(table, ("CIN", "CARE")) for table in tables]
    metrics = ("CIN", "CARE")
    before = written(folder, "before", cells[0], (BETA, BETA / 2), metrics)
    after = written(folder, "after", cells[1], (LATER, BETA / 2), metrics)
    return tables, cells, before, after, moved_by_drivers(before, after, *cells)


def brute_force(tables, cells):
    """The average over all 120 orders, from each child of the tables."""
    parts = [*COLUMNS, "children"]

    @cache
    def use(taken):
        beta = BETA.copy()
        for name in taken - {"children"}:
            beta[COLUMNS[name]] = LATER[COLUMNS[name]]
        table = tables["children" in taken]
        return np.log(by_authority(table, probabilities(table, cells[0], beta)))

    found = np.zeros((12, len(parts)))
    orders = list(itertools.permutations(parts))
    for order in orders:
        for i, name in enumerate(order):
            before = use(frozenset(order[:i]))
            found[:, parts.index(name)] += (use(frozenset(order[: i + 1])) - before) / len(orders)
    return found


def test_every_order_by_brute_force(moved):
    tables, cells, _, _, table = moved
    expected = brute_force(tables, cells)
    assert table.components == (*COLUMNS, "children", NOT_TOLD)
    few = table.log_use[0, :, -1] != 0
    np.testing.assert_allclose(table.log_use[0, ~few, :-1], expected[~few], atol=1e-12)
    np.testing.assert_allclose(table.log_use[0, few, -1], expected[few].sum(axis=1), atol=1e-12)
    assert (~few).sum() >= 6
    # CARE has the same coefficients: only the children move it.
    assert not table.log_use[1][:, [0, 1, 2, 3, 4]].any()


def test_it_leads_from_use_to_use(moved):
    *_, before, after, table = moved
    ratio = after.pack.use.children / before.pack.use.children
    np.testing.assert_allclose(np.exp(table.log_use.sum(axis=2)).T, ratio, rtol=1e-12)


def test_the_file_gives_every_number_back(moved, tmp_path):
    table = moved[-1]
    (tmp_path / "d.csv").write_text(driver_csv(table), encoding="utf-8")
    again = read_driver_table(tmp_path / "d.csv")
    assert again.log_use.tobytes() == table.log_use.tobytes()
    assert replace(again, log_use=table.log_use) == table


def test_few_children_behind_a_driver_are_told_together(tmp_path):
    table = made_children(1, 3 * 150, 3)
    of_first = table.index[table["la"] == "E06000001"]
    table.loc[of_first, "group"] = "most"
    table.loc[of_first[:4], "group"] = "some"
    cells = made_cells(table)
    one = written(tmp_path, "a", cells, (BETA,), ("CIN",))
    other = written(tmp_path, "b", cells, (LATER,), ("CIN",))
    told = moved_by_drivers(one, other, cells, cells)
    assert (told.log_use[0, 0, :-1] == 0).all()
    assert told.log_use[0, 0, -1] != 0
    # Nothing is hidden where only the intercept moved.
    other = written(tmp_path, "c", cells, (BETA + 0.1 * np.eye(6)[0],), ("CIN",))
    told = moved_by_drivers(one, other, cells, cells)
    assert (told.log_use[0, :, -1] == 0).all()


def test_a_part_of_few_children_is_hidden_only_where_it_is_theirs_alone(tmp_path):
    table = made_children(1, 3 * 150, 3)
    of_first = table.index[table["la"] == "E06000001"]
    table.loc[of_first, "group"] = "most"
    table.loc[of_first[:40], "group"] = "some"
    table.loc[of_first[40:45], "group"] = "few"
    cells = made_cells(table)
    one = written(tmp_path, "a", cells, (BETA,), ("CIN",))
    both = written(tmp_path, "b", cells, (BETA + 0.1 * np.eye(6)[2:4].sum(axis=0),), ("CIN",))
    alone = written(tmp_path, "c", cells, (BETA + 0.1 * np.eye(6)[3],), ("CIN",))
    assert moved_by_drivers(one, both, cells, cells).log_use[0, 0, -1] == 0
    told = moved_by_drivers(one, alone, cells, cells).log_use[0]
    assert told[0, -1] != 0
    assert not told[0, :-1].any()
    assert not told[1:, -1].any()


def test_a_driver_that_only_one_pack_has_counts_as_0_in_the_other(moved, tmp_path):
    tables, cells, before, _, _ = moved
    from cyps.cells import collapse

    fewer = collapse(
        tables[0].assign(CIN=np.arange(len(tables[0])) == 0),
        events=["CIN"], child=["sex", "group"], area=["idaci"], group="la",
    )  # fmt: skip
    after = written(tmp_path, "f", fewer, (BETA[:5],), ("CIN",))
    told = moved_by_drivers(before, after, cells[0], cells[0])
    assert told.metrics == ("CIN",)
    named = dict(zip(told.components, told.log_use[0].T, strict=True))
    assert not named["sex"].any()
    assert not named["intercept"].any()
    assert (named["urban"] != 0).any()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda b, a, x, y: (b, a, y, x), "in pack 'Made' is not what its coefficients predict"),
        (lambda b, a, x, y: (b, a, x, replace(y, drivers=y.drivers[::-1])), "not described alike"),
        (lambda b, a, x, y: (b, a, x, replace(y, groups=y.groups[::-1])), "not of the authorities"),
        (
            lambda b, a, x, y: (replace(b, pack=replace(b.pack, models=())), a, x, y),
            "has no model, so nothing in it can be told apart",
        ),
    ],
)
def test_what_is_not_of_the_packs_is_said(moved, change, says):
    _, cells, before, after, _ = moved
    with pytest.raises(CypsError, match=says):
        moved_by_drivers(*change(before, after, *cells))


# --- the bridge


def settlements(moved, **more):
    _, _, before, after, _ = moved
    first = made(7, n=12, metrics=("CIN", "CARE"), rule=Floor(floor=-0.05))
    scenario = replace(first.scenario, **more)
    return (
        settle(first.scenario, before.predicted_use()),
        settle(scenario, after.predicted_use()),
    )


@pytest.mark.parametrize("more", [{}, {"area_cost": np.linspace(1, 1.2, 12)}])
def test_drivers_add_up_to_the_use_of_the_plain_bridge(moved, more):
    one, other = settlements(moved, **more)
    if more:
        other = settle(replace(other.scenario, pot=round(one.scenario.pot * 1.1)), other.use)
    plain, told = bridge(one, other), bridge(one, other, drivers=moved[-1])
    millionths = np.rint(told.contribution * 1e6).astype(np.int64).sum(axis=1)
    assert (millionths == np.rint((told.end - told.start) * 1e6)).all()
    for metric in ("CIN", "CARE"):
        name = f"use of {metric}"
        parts = [k for k, c in enumerate(told.components) if c.startswith(f"{name}, ")]
        np.testing.assert_allclose(
            told.contribution[:, parts].sum(axis=1), plain.of(name), atol=2e-5
        )
    for name in ("pot", "area cost"):
        np.testing.assert_array_equal(told.of(name), plain.of(name))
    assert "use of CIN, group" in told.components
    assert "use of CARE, group" not in told.components
    assert "use of CIN, sex" not in told.components


def test_without_damping_a_single_driver_has_all_of_it(moved, tmp_path):
    _, cells, before, _, _ = moved
    later = BETA + 0.5 * np.eye(6)[4]
    after = written(tmp_path, "i", cells[0], (later, BETA / 2), ("CIN", "CARE"))
    table = moved_by_drivers(before, after, cells[0], cells[0])
    assert not table.log_use[:, :, -1].any()
    one = settlements(moved)[0]
    other = settle(one.scenario, after.predicted_use())
    assert bridge(one, other, drivers=table).components == ("use of CIN, idaci", "rounding")


def test_a_table_of_other_use_is_refused(moved):
    one, other = settlements(moved)
    table = moved[-1]
    with pytest.raises(CypsError, match="does not lead from the one use to the other: CIN of E06"):
        bridge(one, other, drivers=replace(table, log_use=table.log_use * 1.01))
    with pytest.raises(CypsError, match="has nothing of E06000001"):
        bridge(one, other, drivers=replace(table, codes=("E09999999", *table.codes[1:])))
    with pytest.raises(CypsError, match=r"has nothing of CIN\. It has REF, CARE"):
        bridge(one, other, drivers=replace(table, metrics=("REF", "CARE")))
    dearer = settle(replace(other.scenario, pot=other.scenario.pot + 1000), other.use)
    with pytest.raises(CypsError, match="cannot be broken into drivers: take use out of --tog"):
        bridge(one, dearer, drivers=table, together=[("use of CIN", "pot")])
    both = bridge(one, dearer, drivers=table, together=[("use of CIN", "use of CARE")])
    assert "use of CIN + use of CARE, group" in both.components


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("before_pack", "pack", 1), "is no table of drivers"),
        (lambda text: text.replace("\n", ",x\n", 2), "row 2 is of other packs, is cut short"),
        (lambda text: "\n".join(text.splitlines()[:-1]), "every authority once for each metric"),
        (lambda _: "", "is no table of drivers"),
    ],
)
def test_a_file_that_is_no_such_table_is_said(moved, tmp_path, change, says):
    (tmp_path / "d.csv").write_text(change(driver_csv(moved[-1])), encoding="utf-8")
    with pytest.raises(CypsError, match=says):
        read_driver_table(tmp_path / "d.csv")
    with pytest.raises(CypsError, match="There is no table of drivers"):
        read_driver_table(tmp_path / "nowhere.csv")


def test_the_command_takes_the_table_and_checks_the_packs(tmp_path):
    tables = [made_children(seed, 153 * 60, 153) for seed in (1, 2)]
    cells = [made_cells(table, ("CIN", "CARE", "CEASED")) for table in tables]
    metrics = ("CIN", "CARE", "CEASED")
    packs = [
        written(tmp_path, name, own, [beta * f for f in (1, 1.1, 1.2)], metrics)
        for name, own, beta in zip(("one", "two"), cells, (BETA, LATER), strict=True)
    ]
    (tmp_path / "d.csv").write_text(driver_csv(moved_by_drivers(*packs, *cells)), encoding="utf-8")
    write_csv(tmp_path / "spend.csv", SPEND)
    write_csv(tmp_path / "baseline.csv", baseline_rows())

    def run(*args):
        words = [str(arg) for arg in args]
        return CliRunner().invoke(main, words, env={"COLUMNS": "60"})

    for name in ("one", "two"):
        done = run(
            "settle", "--use", tmp_path / f"{name}.cyps.zip", "--spend", tmp_path / "spend.csv",
            "--baseline", tmp_path / "baseline.csv", "--pot", "220000000", "--floor", "-5%",
            "--no-workbook", "--out", tmp_path / name,
        )  # fmt: skip
        assert done.exit_code == 0, done.output
    done = run(
        "bridge", tmp_path / "one", tmp_path / "two", "--drivers", tmp_path / "d.csv",
        "--out", tmp_path / "b.csv",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert max(len(line.rstrip()) for line in done.output.splitlines() if "Written" not in line
               ) <= 60  # fmt: skip
    assert "Unsigned: nobody vouches for this pack." in " ".join(done.output.split())
    with (tmp_path / "b.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert "use of CIN, idaci" in rows[0]
    for row in rows:
        steps = [round(float(v) * 1e6) for k, v in row.items() if k not in
                 ("code", "name", "from", "to")]  # fmt: skip
        assert sum(steps) == round((float(row["to"]) - float(row["from"])) * 1e6)
    swapped = run("bridge", tmp_path / "two", tmp_path / "one", "--drivers", tmp_path / "d.csv")
    assert swapped.exit_code == 2
    assert "is for another pack than" in " ".join(swapped.output.split())


def test_a_settlement_without_a_pack_has_no_drivers(moved):
    use = Use(("E06000001",), ("CIN",), np.array([[1.0]]), "typed")
    with pytest.raises(CypsError, match="does not lead"):
        moved[-1].between("CIN", use, use)
