"""Packs of every model that can be fitted: interactions, authority's drivers, three levels."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cyps.cells import collapse
from cyps.errors import CypsError
from cyps.explain import predict_child
from cyps.model import collapse_formula, fit_cells, fit_dummies, fit_three_levels
from cyps.pack import Driver, Interaction, read_pack, write_pack
from cyps.pack.diff import diff_packs
from cyps.pack.manifest import parse_manifest
from made_models import CODES, made_children, made_fit, packed
from unit.test_inference import wide_table

ASKED = "CIN ~ sex*fsm + fsm*idaci + idaci*rural + fsm*alcohol + (1|la)"


@pytest.fixture(scope="module")
def table():
    wide = wide_table()
    wide["la"] = wide["la"].map(dict(zip(sorted(wide["la"].unique()), CODES, strict=False)))
    wide["alcohol"] = wide["alcohol"] / wide["alcohol"].max()
    return wide


@pytest.fixture(scope="module")
def fit(table):
    return fit_cells(collapse_formula(ASKED, table, area_key="lsoa"))[0]


@pytest.fixture(scope="module")
def loaded(table, fit, tmp_path_factory):
    path = tmp_path_factory.mktemp("pack") / "joint.cyps.zip"
    write_pack(packed([fit], collapse_formula(ASKED, table, area_key="lsoa")), path)
    return read_pack(path).pack


def log_odds(labels, coefficients, row):
    """By the labels' words alone: a product of what stands between their colons."""
    total = 0.0
    for label, coefficient in zip(labels, coefficients, strict=True):
        value = 1.0
        for part in label.split(":") if label != "Intercept" else ():
            name, _, category = part.rstrip("]").partition("[")
            value *= (row[name] == category) if category else row[name]
        total += coefficient * value
    return total


def test_a_pack_names_what_the_model_has(fit, loaded):
    assert loaded.labels == fit.labels
    assert [(d.name, d.level) for d in loaded.own_drivers] == [
        ("sex", "child"), ("fsm", "child"), ("idaci", "area"), ("rural", "area"),
        ("alcohol", "authority"),
    ]  # fmt: skip
    assert {d.name for d in loaded.interactions} == {
        "sex:fsm", "fsm:idaci", "idaci:rural", "fsm:alcohol",
    }  # fmt: skip
    np.testing.assert_array_equal(loaded.models[0].coefficients, fit.coefficients)


def test_its_use_and_its_children_are_the_model_s(table, fit, loaded):
    eta = [log_odds(loaded.labels, fit.coefficients, row) for _, row in table.iterrows()]
    probability = pd.Series(1 / (1 + np.exp(-np.array(eta))), table.index)
    np.testing.assert_allclose(
        loaded.use.children[:, 0], probability.groupby(table["la"]).sum(), rtol=1e-12
    )
    for at in (0, 17, 2_500, 3_999):
        row = table.iloc[at]
        told = {d.name: row[d.name] for d in loaded.own_drivers}
        (child,) = predict_child(loaded, told)
        assert child.probability == pytest.approx(probability.iloc[at], rel=1e-12)
        assert sum(term.log_odds for term in child.terms) == pytest.approx(eta[at], rel=1e-12)
        assert not any(term.assumed for term in child.terms)


def test_a_child_s_error_is_that_of_its_row(fit, loaded):
    told = {"sex": "male", "fsm": "yes", "idaci": 0.3, "rural": "urban", "alcohol": 0.5}
    row = np.array(
        [log_odds(fit.labels, unit, told) for unit in np.eye(len(fit.labels))], dtype=float
    )
    (child,) = predict_child(loaded, told)
    assert child.error == pytest.approx(float(np.sqrt(row @ fit.covariance @ row)), rel=1e-12)


def test_terms_that_meet_are_told_last_and_in_words(loaded):
    told = {"sex": "male", "fsm": "yes", "idaci": 0.3, "rural": "urban"}
    (child,) = predict_child(loaded, told | {"alcohol": 0.5})
    last = {term.driver: term for term in child.terms[6:]}
    assert last["sex:fsm"].level == "male x yes"
    assert last["sex:fsm"].value == 1.0
    assert last["fsm:idaci"].level == "yes x 0.3"
    assert last["fsm:idaci"].value == 0.3
    (other,) = predict_child(loaded, told | {"alcohol": 0.5, "fsm": "no"})
    assert {t.driver: t.coefficient for t in other.terms}["fsm:idaci"] == 0.0
    (guessed,) = predict_child(loaded, told, rest_at_reference=True)
    assumed = {term.driver for term in guessed.terms if term.assumed}
    assert assumed == {"alcohol", "fsm:alcohol"}
    with pytest.raises(CypsError, match=r"'alcohol' is missing: a number of the authority\."):
        predict_child(loaded, told)
    with pytest.raises(CypsError, match="There is no driver 'fsm:idaci'"):
        predict_child(loaded, told | {"fsm:idaci": 1, "alcohol": 0.5})


def test_three_levels_travel_with_both_deviations(table, tmp_path):
    cells = collapse(
        table, events="CIN", child=["sex", "fsm"], area=["idaci"], group="la", area_key="lsoa"
    )
    (three,) = fit_three_levels(cells)
    assert three.converged
    pack = packed([three], cells)
    write_pack(pack, tmp_path / "three.cyps.zip")
    model = read_pack(tmp_path / "three.cyps.zip").pack.models[0]
    assert (model.sigma, model.area_sigma) == (three.sigma, three.area_sigma)
    np.testing.assert_array_equal(model.covariance, three.covariance)
    (two,) = fit_cells(cells)
    other = packed([two], cells)
    words = " ".join(diff_packs(other, pack).words)
    assert "CIN, sigma of small areas: not given became " in words


def test_dummies_and_effects_that_would_be_0_are_refused(table):
    cells = collapse_formula("CIN ~ sex + idaci + fsm:idaci + (1|la)", table, area_key="lsoa")
    with pytest.raises(CypsError, match=r"without the effect of fsm itself: .* Add fsm to"):
        packed(fit_cells(cells), cells)
    with pytest.raises(CypsError, match=r"a dummy for each group .* Pack a multilevel fit"):
        packed(fit_dummies(cells), cells)


# --- what must not get out


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", [120, 400])
def test_no_entry_tells_of_a_handful(seed, size):
    """Counted from the children: nothing shown is, or leaves, a combination of 1 to 9."""
    children = made_children(seed, size)
    table = children.assign(CIN=np.arange(len(children)) == 0)
    table["lsoa"] = table["la"] + table["idaci"].astype(str) + table["urban"].astype(str)
    cells = collapse(
        table, events="CIN", child=["sex", "group"], area=["idaci", "urban"], group="la",
        area_key="lsoa", interactions=[("sex", "group"), ("group", "urban"), ("group", "idaci")],
    )  # fmt: skip
    pack = packed([made_fit(cells, np.linspace(-3, 1, len(cells.labels)))], cells)
    hidden = pack.use.hidden[0]
    place = {label: i for i, label in enumerate(pack.labels)}
    shown_some = False
    for j, code in enumerate(pack.use.codes):
        own = table[table["la"] == code]
        for joint in pack.interactions:
            columns = [place[label] for label in joint.labels]
            if hidden[j, columns].all():
                continue
            shown_some = True
            assert not hidden[j, columns].any() or joint.name == "group:idaci"
            parts = [own[part.name] for part in joint.parts if part.categories]
            counts = pd.crosstab(parts[0], parts[1] if len(parts) > 1 else 0).to_numpy()
            assert not ((counts > 0) & (counts < 10)).any(), (code, joint.name)
    assert shown_some or size == 120


def test_three_that_meet_show_no_gradient(table):
    cells = collapse_formula("CIN ~ sex*fsm*idaci + (1|la)", table, area_key="lsoa")
    pack = packed(fit_cells(cells), cells)
    column = pack.labels.index("sex[male]:fsm[yes]:idaci")
    assert pack.use.hidden[:, :, column].all()


# --- what a manifest may say


def manifest_of(pack):
    from cyps.pack import pack_bytes

    with zipfile.ZipFile(io.BytesIO(pack_bytes(pack)[0])) as archive:
        return json.loads(archive.read("manifest.json"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"parts": ["fsm"]}, "is not of two or more drivers"),
        ({"parts": ["fsm", "fsm"]}, "is not of two or more drivers"),
        ({"parts": ["sex", "idacy"]}, "is of a driver that is not there"),
        ({"parts": ["fsm", "sex"]}, "is not what its parts make it"),
        ({"level": "area"}, "is not what its parts make it"),
        ({"categories": ["no", "yes"]}, "is not what its parts make it"),
    ],
)
def test_interactions_that_cannot_be_are_refused(loaded, change, says):
    said = manifest_of(loaded)
    (joint,) = [d for d in said["drivers"] if d["name"] == "sex:fsm"]
    assert joint["parts"] == ["sex", "fsm"]
    joint.update(change)
    with pytest.raises(CypsError, match=says):
        parse_manifest(json.dumps(said), "p.cyps.zip")


def test_neutralising_what_works_together_is_refused(loaded):
    said = manifest_of(loaded)
    said["neutralised"] = [{"drivers": {"sex": "reference"}}]
    with pytest.raises(CypsError, match="goes on moving use by an interaction"):
        parse_manifest(json.dumps(said), "p.cyps.zip")


def test_an_older_version_has_none_of_it(loaded):
    said = manifest_of(loaded)
    said["format_version"] = 3
    with pytest.raises(CypsError, match="came with version 4"):
        parse_manifest(json.dumps(said), "p.cyps.zip")
    for driver in said["drivers"]:
        driver["level"] = driver["level"].replace("authority", "area")
    said["drivers"] = [driver for driver in said["drivers"] if not driver["parts"]]
    said["metrics"][0]["area_sigma"] = 0.1
    with pytest.raises(CypsError, match="a third level came with version 4"):
        parse_manifest(json.dumps(said), "p.cyps.zip")


def test_a_moved_reference_moves_what_it_meets(loaded):
    """Effects of drivers that meet are told at each other's reference."""
    sex = Driver("sex", "child", ("male", "female"))
    drivers = tuple(
        sex if d.name == "sex" else Interaction((sex, *d.parts[1:])) if d.name == "sex:fsm" else d
        for d in loaded.drivers
    )
    model = loaded.models[0]
    other = replace(
        loaded,
        drivers=drivers,
        models=(replace(model, coefficients=model.coefficients + 1.0),),
    )
    changed = {change.label for change in diff_packs(loaded, other).coefficients}
    assert "fsm[yes]" not in changed
    assert "Intercept" not in changed
    assert "idaci" in changed
