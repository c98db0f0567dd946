"""Neutralised drivers: against every child one by one, and what may not be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cyps.cells import collapse
from cyps.errors import CypsError
from cyps.explain import uncertainty
from cyps.model import neutral_cells, predict_use
from cyps.model.neutral import driver_means, few_differ
from cyps.pack import PackError, read_pack, write_pack
from made_models import (
    CODES,
    by_authority,
    made_cells,
    made_children,
    made_fit,
    packed,
    probabilities,
)

CHILDREN = made_children()
CELLS = made_cells(CHILDREN)
BETA = np.array([-2.0, 0.4, 0.7, -0.9, 2.5, 0.3])
FIT = made_fit(CELLS, BETA)


def used(neutral, cells=CELLS, fit=FIT):
    return predict_use(neutral_cells(cells, neutral), [fit])[0].children


def test_the_reference_is_every_child_in_the_reference_category():
    table = CHILDREN.assign(group=pd.Categorical(["most"] * len(CHILDREN)))
    expected = by_authority(CHILDREN, probabilities(table, CELLS, BETA))
    np.testing.assert_allclose(used({"group": "reference"}), expected, rtol=1e-12)
    table = table.assign(urban=pd.Categorical(["no"] * len(CHILDREN)))
    expected = by_authority(CHILDREN, probabilities(table, CELLS, BETA))
    both = used({"urban": "reference", "group": "reference"})
    np.testing.assert_allclose(both, expected, rtol=1e-12)


def shifted(table, term, average):
    """Probabilities with a driver's term in every child's odds replaced."""
    odds = probabilities(table, CELLS, BETA)
    eta = np.log(odds / (1 - odds)) - term + average
    return 1 / (1 + np.exp(-eta))


def test_the_average_is_that_of_the_linear_predictor_over_all_children():
    for name, term in (
        ("group", CHILDREN["group"].map({"most": 0.0, "some": 0.7, "few": -0.9}).astype(float)),
        ("urban", CHILDREN["urban"].map({"no": 0.0, "yes": 0.3}).astype(float)),
        ("idaci", 2.5 * CHILDREN["idaci"]),
    ):
        expected = by_authority(CHILDREN, shifted(CHILDREN, term.to_numpy(), term.mean()))
        np.testing.assert_allclose(used({name: "average"}), expected, rtol=1e-12)
        own = term.groupby(CHILDREN["la"]).transform("mean")
        expected = by_authority(CHILDREN, shifted(CHILDREN, term.to_numpy(), own.to_numpy()))
        np.testing.assert_allclose(used({name: "own average"}), expected, rtol=1e-12)


def test_means_are_shares_of_children_and_means_of_numbers():
    table = CHILDREN
    expected = [
        1.0, (table["sex"] == "male").mean(), (table["group"] == "some").mean(),
        (table["group"] == "few").mean(), table["idaci"].mean(), (table["urban"] == "yes").mean(),
    ]  # fmt: skip
    np.testing.assert_allclose(driver_means(CELLS), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("neutral", "says"),
    [
        ({"age": "reference"}, "no driver 'age' to neutralise. There are sex, group, idaci, urban"),
        ({"idaci": "reference"}, "'idaci' is a number and has no reference"),
        ({"sex": "mean"}, "cannot be neutralised by 'mean'"),
    ],
)
def test_what_cannot_be_neutralised_is_said(neutral, says):
    with pytest.raises(CypsError, match=says):
        neutral_cells(CELLS, neutral)
    with pytest.raises(CypsError, match=says):
        packed([FIT], CELLS, neutralise=[neutral])


def test_a_part_of_an_interaction_is_refused():
    table = CHILDREN.assign(CIN=np.arange(len(CHILDREN)) == 0)
    cells = collapse(
        table, events="CIN", child=["sex", "group"], area=["idaci"], group="la",
        interactions=[("sex", "idaci")],
    )  # fmt: skip
    for name in ("sex", "idaci", "sex:idaci"):
        with pytest.raises(CypsError, match=f"'{name}' works together with others in sex:idaci"):
            neutral_cells(cells, {name: "average"})
    assert neutral_cells(cells, {"group": "average"}).groups == cells.groups


def test_a_pack_holds_its_combinations_and_no_other(tmp_path):
    pack = packed(
        [FIT, made_fit(CELLS, BETA / 2, "CARE")],
        CELLS,
        neutralise=[
            {"group": "reference"}, {"urban": "average", "sex": "reference"},
            {"sex": "reference", "urban": "average"},
        ],
    )  # fmt: skip
    assert [dict(t.drivers) for t in pack.neutralised] == [
        {"group": "reference"}, {"sex": "reference", "urban": "average"},
    ]  # fmt: skip
    assert [name for name, _ in pack.neutralised[1].drivers] == ["sex", "urban"]
    write_pack(pack, tmp_path / "p.cyps.zip")
    read = read_pack(tmp_path / "p.cyps.zip")
    np.testing.assert_array_equal(read.pack.driver_means, pack.driver_means)
    neutral = read.with_neutralised({"group": "reference"})
    np.testing.assert_array_equal(
        neutral.predicted_use().children[:, 0], used({"group": "reference"})
    )
    assert "everybody in the reference category of group" in neutral.predicted_use().basis
    assert neutral.content_hash == read.content_hash
    with pytest.raises(PackError, match=r'It holds \{ group = "reference" \}; \{ sex = "ref'):
        read.with_neutralised({"group": "average"})
    with pytest.raises(PackError, match=r"no driver 'ethnicity'; it has sex, group, idaci, urban"):
        read.with_neutralised({"ethnicity": "reference"})
    with pytest.raises(PackError, match="cannot be written with its use neutralised"):
        write_pack(neutral.pack, tmp_path / "q.cyps.zip")
    with pytest.raises(PackError, match=r"Uncertainty is not available .* without a gradient"):
        uncertainty(neutral.pack, None)
    bare = replace(read.pack, neutralised=())
    with pytest.raises(PackError, match="It holds none: ask whoever fitted"):
        bare.with_neutralised({"group": "reference"})


def country(counts):
    """Cells of two authorities: the first with so many children of (sex, group, idaci)."""
    rows = [(CODES[0], *who, count) for who, count in counts.items() if count]
    rows += [
        (CODES[1], sex, group, idaci, 50)
        for sex in ("female", "male")
        for group in ("most", "some")
        for idaci in (0.1, 0.3)
    ]
    table = pd.DataFrame(rows, columns=["la", "sex", "group", "idaci", "n"])
    for name, categories in (("sex", ["female", "male"]), ("group", ["most", "some"])):
        table[name] = pd.Categorical(table[name], categories)
    table["CIN"] = table["n"] // 3
    return collapse(
        table, events="CIN", trials="n", child=["sex", "group"], area=["idaci"], group="la"
    )


@pytest.mark.parametrize(
    ("counts", "names", "few"),
    [
        ({("female", "most", 0.1): 90, ("male", "most", 0.1): 9}, ["sex"], True),
        ({("female", "most", 0.1): 90, ("male", "most", 0.1): 10}, ["sex"], False),
        ({("female", "most", 0.1): 9, ("male", "most", 0.1): 90}, ["sex"], True),
        ({("female", "most", 0.1): 90}, ["sex"], False),
        ({("female", "most", 0.1): 90, ("female", "most", 0.3): 4}, ["idaci"], True),
        # Enough differ by each, and two children by both.
        ({("female", "some", 0.1): 40, ("male", "most", 0.1): 40, ("male", "some", 0.1): 2,
          ("female", "most", 0.1): 40}, ["sex", "group"], True),
        ({("female", "some", 0.1): 40, ("male", "most", 0.1): 40, ("male", "some", 0.1): 2,
          ("female", "most", 0.1): 40}, ["sex"], False),
        ({("female", "some", 0.1): 40, ("male", "most", 0.1): 40}, ["sex", "group"], False),
        ({("male", "most", 0.1): 40, ("female", "most", 0.3): 40, ("male", "most", 0.3): 5,
          ("female", "most", 0.1): 50}, ["sex", "idaci"], True),
    ],
)  # fmt: skip
def test_authorities_of_which_it_would_tell_a_handful_are_left_out(counts, names, few):
    cells = country(counts)
    assert few_differ(cells, names) == ((CODES[0],) if few else ())
    neutral = dict.fromkeys(names, "average")
    pack = packed([made_fit(cells, [-2.0, 0.1, 0.2, 0.3])], cells, neutralise=[neutral])
    assert pack.neutralised[0].use.codes == (CODES[1:2] if few else CODES[:2])


def test_a_handful_everywhere_is_refused():
    cells = country({("female", "most", 0.1): 90, ("male", "most", 0.1): 9})
    alone = replace(
        cells, groups=cells.groups[:1], area_start=cells.area_start[:2],
        slot_start=cells.slot_start[:2],
        cell_start=cells.cell_start[: cells.area_start[1] + 1],
        cell_slot=cells.cell_slot[: cells.cell_start[cells.area_start[1]]],
        cell_count=cells.cell_count[: cells.cell_start[cells.area_start[1]]],
        slot_pattern=cells.slot_pattern[: cells.slot_start[1]],
        area_design=cells.area_design[: cells.area_start[1]],
    )  # fmt: skip
    with pytest.raises(CypsError, match="sex cannot be neutralised: in every authority fewer"):
        packed([made_fit(alone, [-2.0, 0.1, 0.2, 0.3])], alone, neutralise=[{"sex": "reference"}])


def test_means_of_a_handful_are_not_told():
    cells = country({("female", "most", 0.1): 90})
    few = replace(cells, cell_count=np.where(cells.cell_count == 50, 10, cells.cell_count))
    assert not np.isnan(packed([made_fit(cells, [-2, 0, 0, 0])], cells).driver_means).any()
    # Four tens in each category: enough. With two children a cell, 8 males and 8 of "some".
    few = replace(cells, cell_count=np.where(cells.cell_count == 50, 2, cells.cell_count))
    means = packed([made_fit(few, [-2, 0, 0, 0])], few).driver_means
    assert np.isnan(means).tolist() == [False, True, True, True]


def test_hidden_entries_are_not_the_zeros_of_nobody(tmp_path):
    # More patterns than figures, so that no count can be solved for.
    females = {("female", "most", idaci): 30 for idaci in (0.1, 0.2, 0.3)}
    cells = country(females | {("male", "most", 0.1): 5, ("male", "most", 0.4): 4})
    pack = packed([made_fit(cells, [-2.0, 0.1, 0.2, 0.3])], cells)
    write_pack(pack, tmp_path / "p.cyps.zip")
    for one in (pack, read_pack(tmp_path / "p.cyps.zip").pack):
        labels = np.array(one.labels)
        assert labels[one.use.hidden[0, 0]].tolist() == ["sex[male]"]
        # Nobody of the first authority is in group "some": a true 0, and not hidden.
        assert one.use.gradient[0, 0, 2] == 0
        assert not one.use.hidden[0, 1].any()
