"""What is declared is fitted: formulas, interactions, level 2, references, bands, weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cyps.cells import AuthorityDriver, Interaction, banded, collapse
from cyps.errors import CypsError
from cyps.model import collapse_formula, fit_cells, fit_formula, fit_plain, read_formula
from unit.test_inference import COLUMNS, wide_table


def _statsmodels(table, formula):
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    table = table.assign(y=table["CIN"].astype(float))
    return smf.glm(formula, table, family=sm.families.Binomial()).fit(tol=1e-13)


EVERY_KIND = {
    "fsm x idaci, no effect of fsm's own": (
        "CIN ~ sex + idaci + fsm:idaci + (1|la)",
        "y ~ sex + idaci + fsm:idaci",
    ),
    "child x area, both categories": (
        "CIN ~ fsm*rural + (1|la)",
        "y ~ fsm*rural",
    ),
    "child x child": ("CIN ~ sex*fsm + idaci + (1|la)", "y ~ sex*fsm + idaci"),
    "area x area, and area x authority": (
        "CIN ~ idaci*rural + alcohol + idaci:alcohol + (1|la)",
        "y ~ idaci*rural + alcohol + idaci:alcohol",
    ),
    "child x authority, child x area x child": (
        "CIN ~ sex*fsm*idaci + fsm*alcohol + (1|la)",
        "y ~ sex*fsm*idaci + fsm*alcohol",
    ),
    "another reference": (
        "CIN ~ C(fsm, ref='yes') + C(sex, Treatment('male')) + (1|la)",
        "y ~ C(fsm, Treatment('yes')) + C(sex, Treatment('male'))",
    ),
}


@pytest.mark.parametrize("case", EVERY_KIND)
def test_formulas_are_what_statsmodels_makes_of_them(case):
    """The plain model of every kind of term has statsmodels' likelihood and coefficients."""
    ours_asked, theirs_asked = EVERY_KIND[case]
    table = wide_table()
    (ours,) = fit_plain(collapse_formula(ours_asked, table, area_key="lsoa"))
    theirs = _statsmodels(table, theirs_asked)
    assert ours.llf == pytest.approx(theirs.llf, abs=1e-8)
    np.testing.assert_allclose(np.sort(ours.params), np.sort(theirs.params), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(np.sort(ours.bse), np.sort(theirs.bse), rtol=1e-6)


def test_levels_are_looked_up():
    cells = collapse_formula(
        "CIN ~ sex + idaci + alcohol + fsm:idaci + (1|la)", wide_table(), area_key="lsoa"
    )
    assert cells.labels == ("Intercept", "sex[male]", "idaci", "alcohol", "fsm[yes]:idaci")
    sex, idaci, alcohol, both = cells.drivers
    assert (sex.level, idaci.level) == ("child", "area")
    assert alcohol == AuthorityDriver("alcohol")
    assert isinstance(both, Interaction)


def test_areas_in_a_table_of_their_own_are_the_same_cells():
    table = wide_table()
    areas = table[["lsoa", "la", "idaci", "alcohol"]].drop_duplicates()
    rows = table[["lsoa", "sex", "fsm", "CIN"]]
    asked = "CIN ~ sex + idaci + alcohol + fsm:idaci + (1|la)"
    apart = fit_formula(asked, rows, areas=areas, area_key="lsoa")
    together = fit_formula(asked, table, area_key="lsoa")
    np.testing.assert_allclose(apart.params, together.params, rtol=1e-9)
    assert apart.llf == pytest.approx(together.llf, abs=1e-9)


def test_predictions_with_interactions_are_sums_over_children():
    from cyps.model import predict_use

    table = wide_table()
    cells = collapse(table, interactions=[("fsm", "idaci")], area_key="lsoa", **COLUMNS)
    (fit,) = fit_cells(cells)
    (use,) = predict_use(cells, [fit])
    b = fit.params
    yes = table["fsm"] == "yes"
    eta = b["Intercept"] + b["sex[male]"] * (table["sex"] == "male") + b["fsm[yes]"] * yes
    eta += (b["idaci"] + b["fsm[yes]:idaci"] * yes) * table["idaci"]
    np.testing.assert_allclose(
        use.children, (1 / (1 + np.exp(-eta))).groupby(table["la"]).sum(), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("CIN ~ np.log(idaci) + (1|la)", r"'np.log\(idaci\)' is computed inside the formula"),
        ("CIN ~ . + (1|la)", "'.' stands for no columns here: name the drivers"),
        ("CIN ~ sex", r"names no group: add \(1\|la\)"),
        ("CIN ~ sex + (fsm|la)", "slopes that differ between groups"),
        ("CIN ~ sex + (1|a/b/c)", r"\(1\|la/lsoa\) for three"),
        ("CIN ~ sex - 1 + (1|la)", "without intercept"),
        ("CIN ~ sex + + * (1|la)", "The formula cannot be read"),
        ("sex + (1|la)", "left of a tilde"),
        ("CIN ~ sexx + (1|la)", "names 'sexx', which is no column"),
        ("CIN ~ C(sex, Sum) + (1|la)", "codes its categories in another way"),
        ("CIN ~ C(sex, ref='boy') + (1|la)", "no category 'boy' to refer to; it has female, male"),
        ("CIN ~ sex:fsm + (1|la)", "sex:fsm needs fsm in the model too"),
        ("log(CIN) ~ sex + (1|la)", "one column of events"),
        ("CIN ~ sex | fsm + (1|la)", r"outside of \(1\|group\)"),
    ],
)
def test_what_cells_cannot_hold_is_refused_by_name(formula, says):
    with pytest.raises(CypsError, match=says):
        fit_formula(formula, wide_table(), area_key="lsoa")


def test_a_childs_number_with_an_area_is_refused():
    table = wide_table()
    table["x"] = np.arange(len(table)) / 7
    with pytest.raises(CypsError, match="too many to let each work together with the area"):
        fit_formula("CIN ~ x*idaci + (1|la)", table, area_key="lsoa")


def test_formula_groups():
    assert read_formula("y ~ a + (1|la/lsoa)").small_area == "lsoa"
    assert read_formula("y ~ a + (1|la) + (1|la:lsoa)").small_area == "lsoa"
    assert read_formula("y ~ a + (1 | la)").small_area is None
    assert read_formula("y ~ (1|la)").drivers == ()
    spelt = read_formula("y ~ (a + b)**2 + (1|la)")
    assert (spelt.drivers, spelt.interactions) == (("a", "b"), (("a", "b"),))


def test_frequencies_are_rows_repeated():
    table = wide_table(rows=600)
    table["n"] = 1 + table.index % 3
    repeated = table.loc[table.index.repeat(table["n"])]
    weighted = fit_cells(collapse(table, frequency="n", **COLUMNS))[0]
    rows = fit_cells(collapse(repeated, **COLUMNS))[0]
    assert weighted.params.tolist() == rows.params.tolist()
    assert weighted.llf == rows.llf
    with pytest.raises(CypsError, match=r"either trials .* or a frequency"):
        collapse(table, frequency="n", trials="n", **COLUMNS)
    with pytest.raises(
        CypsError, match=r"in 600 of 600 rows.*Survey weights are not .* as drivers"
    ):
        collapse(table.assign(half=0.5), frequency="half", **COLUMNS)
    with pytest.raises(CypsError, match="'n' must hold whole numbers of 0 or more, but 200 of 600"):
        collapse(table.assign(n=table["n"].replace(1, -np.inf)), frequency="n", **COLUMNS)


def test_empty_cells_count_for_nothing():
    table = wide_table(rows=600).assign(n=1)
    empty = table.head(50).assign(n=0, CIN=False, fsm="other", la="LA99")
    with_empty = collapse(pd.concat([table, empty]), trials="n", **COLUMNS)
    without = collapse(table, trials="n", **COLUMNS)
    assert with_empty.groups == without.groups
    assert with_empty.cell_count.tolist() == without.cell_count.tolist()


def test_references_and_bands_are_the_modellers():
    table = wide_table()
    table["age"] = 6 + table.index % 12
    table["band"] = banded(table["age"], [6, 8, 10, 12, 14, 16, 18])
    cells = collapse(table, events="CIN", child=["band"], group="la", references={"band": "10-11"})
    assert cells.drivers[0].categories[:3] == ("10-11", "6-7", "8-9")
    first = fit_plain(cells)[0]
    plain = fit_plain(collapse(table, events="CIN", child=["band"], group="la"))[0]
    assert first.llf == pytest.approx(plain.llf, abs=1e-9)
    assert first.params["band[6-7]"] == pytest.approx(-plain.params["band[10-11]"], abs=1e-8)
    with pytest.raises(CypsError, match="reference category is given for sex, which is no driver"):
        collapse(table, events="CIN", child=["band"], group="la", references={"sex": "male"})
    with pytest.raises(CypsError, match="'idaci' is a number and has no reference"):
        collapse(table, references={"idaci": "low"}, **COLUMNS)
    with pytest.raises(
        CypsError, match=r"'age' is missing or outside 8 to 17 in 668 of 4,000 rows"
    ):
        banded(table["age"], [8, 18])
    with pytest.raises(CypsError, match="whole numbers that go up"):
        banded(table["age"], [8, 8])


def test_drivers_must_be_the_same_where_declared_so():
    table = wide_table()
    with pytest.raises(CypsError, match="'idaci' should be the same throughout an authority, but"):
        collapse(table, events="CIN", child=[], authority=["idaci"], group="la")
    with pytest.raises(CypsError, match="'sex' should be the same for every row of a small area"):
        collapse(table, events="CIN", child=[], area=["sex"], group="la", area_key="lsoa")


def test_row_order_changes_nothing_with_areas_in_rows():
    table = wide_table()
    asked = "CIN ~ sex + idaci + fsm:idaci + (1|la)"
    one = fit_formula(asked, table, area_key="lsoa")
    other = fit_formula(asked, table.sample(frac=1, random_state=3), area_key="lsoa")
    assert one.params.tolist() == other.params.tolist()


def test_a_driver_of_an_interaction_is_not_neutralised():
    from cyps.model.neutral import neutral_cells

    cells = collapse(wide_table(), interactions=[("fsm", "idaci")], area_key="lsoa", **COLUMNS)
    with pytest.raises(CypsError, match="'fsm' works together with others in fsm:idaci"):
        neutral_cells(cells, {"fsm": "reference"})
    assert neutral_cells(cells, {"sex": "reference"}).labels == cells.labels


# Separation and rank


def test_a_combination_without_events_is_named():
    table = wide_table()
    table["CIN"] &= ~((table["fsm"] == "yes") & (table["rural"] == "urban"))
    cells = collapse(
        table, events="CIN", child=["fsm"], area=["rural"], interactions=[("fsm", "rural")],
        group="la", area_key="lsoa",
    )  # fmt: skip
    for fit in (fit_cells, fit_plain):
        with pytest.raises(
            CypsError, match=r"'fsm\[yes\]:rural\[urban\]' of interaction .* nobody"
        ):
            fit(cells)


def test_an_empty_category_is_named():
    table = wide_table()
    table["fsm"] = pd.Categorical(table["fsm"], ["no", "yes", "ever"])
    with pytest.raises(CypsError, match=r"Category 'ever' of driver 'fsm' .* no child in it"):
        fit_cells(collapse(table, **COLUMNS))


def test_a_combination_of_drivers_that_separates_is_named():
    """Neither driver separates alone: together they do, and the search says so."""
    table = wide_table()
    a, b = np.arange(len(table)) % 3 == 0, np.arange(len(table)) % 5 == 0
    table["a"], table["b"] = np.where(a, "yes", "no"), np.where(b, "yes", "no")
    table["CIN"] &= a | ~b
    without = collapse(table, events="CIN", child=["a", "b"], group="la")
    assert fit_cells(without)[0].converged
    cells = collapse(
        table, events="CIN", child=["a", "b"], interactions=[("a", "b")], group="la",
        references={"a": "yes"},
    )  # fmt: skip
    with pytest.raises(CypsError, match=r"'a\[no\]:b\[yes\]' .* happens to nobody"):
        fit_cells(cells)
    # With the empty combination as a reference nobody can be named beforehand; the search can.
    cells = collapse(
        table, events="CIN", child=["a", "b"], interactions=[("a", "b")], group="la",
        references={"b": "yes"},
    )  # fmt: skip
    fit = fit_cells(cells)[0]
    assert not fit.converged
    assert "runs off to infinity" in fit.verdict
    assert np.isnan(fit.bse).all()


def test_aliased_terms_are_named_with_what_they_repeat():
    table = wide_table()
    table["twice"] = 2 * table["idaci"] + (table["rural"] == "rural")
    fit = fit_cells(
        collapse(
            table, events="CIN", child=["fsm"], area=["idaci", "rural", "twice"], group="la",
            area_key="lsoa",
        )
    )[0]  # fmt: skip
    assert not fit.converged
    assert (
        "'twice' says nothing that 'idaci' and 'rural[urban]' together does not say" in fit.verdict
    )


def test_one_authority_has_a_plain_model():
    table = wide_table().query("la == 'LA02'")
    cells = collapse(table, **COLUMNS)
    with pytest.raises(CypsError, match=r"only one group .* use fit_plain"):
        fit_cells(cells)
    (plain,) = fit_plain(cells)
    assert plain.converged
    with pytest.raises(CypsError, match="at least two groups"):
        plain.with_covariance("cluster")


def test_the_smaller_group_first_is_told_in_which_order():
    table = wide_table()
    three = fit_formula("CIN ~ fsm + (1|la) + (1|lsoa)", table)
    assert three.estimator == "three levels"
    with pytest.raises(CypsError, match=r"of 'la' lie in more than one 'lsoa'.*larger first"):
        fit_formula("CIN ~ fsm + (1|lsoa) + (1|la)", table)
