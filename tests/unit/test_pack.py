"""Packs: what goes in comes out, anything changed is seen, and nothing small gets in."""

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
from cyps.model import fit_cells, make_pack
from cyps.model.packing import _rests_on_few
from cyps.pack import PackError, read_pack, write_pack
from cyps.pack.write import content_hash
from cyps.synthetic import AREA_DRIVERS, CHILD_DRIVERS, synthetic_england


@pytest.fixture(scope="module")
def fitted():
    england = synthetic_england(420_000, 4_000, 165_000, seed=4)
    # In so few children some ethnic groups have nobody in care: leave ethnicity out.
    columns = {
        "events": ["CIN", "REF"],
        "child": [name for name in CHILD_DRIVERS if name != "ethnicity"],
        "area": list(AREA_DRIVERS),
        "group": "authority",
        "areas": england.areas,
        "area_key": "area",
    }
    fits = fit_cells(collapse(england.modelling_sample(), **columns))
    return fits, collapse(england.children, **columns)


def packed(fitted, **changes):
    fits, everyone = fitted
    words = {
        "name": "Test", "status": "illustrative", "statement": "Made up.", "source": "a test",
        "created": "2026-11-20", "year": 2025, "sample_areas": 600,
    }  # fmt: skip
    return make_pack(fits, everyone, **(words | changes))


@pytest.fixture
def file(fitted, tmp_path):
    path = tmp_path / "test.cyps.zip"
    write_pack(packed(fitted), path)
    return path


def rewritten(path, change):
    """The pack with its members changed, hashes untouched."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def resealed(path, change):
    """The pack with members changed and the manifest's hashes made to agree."""
    import hashlib

    def change_and_seal(members):
        change(members)
        manifest = json.loads(members["manifest.json"])
        manifest["files"] = {
            name: hashlib.sha256(content).hexdigest()
            for name, content in members.items()
            if name != "manifest.json"
        }
        members["manifest.json"] = json.dumps(manifest).encode()

    return rewritten(path, change_and_seal)


def test_what_goes_in_comes_out(fitted, tmp_path):
    pack = packed(fitted)
    identity = write_pack(pack, tmp_path / "p.cyps.zip")
    loaded = read_pack(tmp_path / "p.cyps.zip")
    assert loaded.content_hash == identity
    assert loaded.pack.labels == fitted[0][0].labels
    assert loaded.pack.drivers == pack.drivers
    for theirs, ours in zip(loaded.pack.models, pack.models, strict=True):
        assert theirs.coefficients.tobytes() == ours.coefficients.tobytes()
        assert theirs.covariance.tobytes() == ours.covariance.tobytes()
        assert (theirs.sigma, theirs.loglik) == (ours.sigma, ours.loglik)
    assert loaded.pack.use.children.tobytes() == pack.use.children.tobytes()
    assert loaded.pack.use.gradient.tobytes() == pack.use.gradient.tobytes()
    assert write_pack(loaded.pack, tmp_path / "q.cyps.zip") == identity
    use = loaded.pack.predicted_use()
    assert use.metrics == ("CIN", "REF")
    assert len(use.codes) == 153


def test_content_hash_says_which_formula(fitted, tmp_path):
    pack = packed(fitted)
    other = replace(pack, models=(replace(pack.models[0], sigma=0.5), pack.models[1]))
    first, second = (write_pack(p, tmp_path / "p.zip") for p in (pack, other))
    assert first != second


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.pop("manifest.json"), "has no manifest.json"),
        (lambda m: m.pop("use.csv"), "use.csv is missing"),
        (lambda m: m.update({"more.csv": b"x"}), "more.csv does not belong to it"),
        (
            lambda m: m.update({"use.csv": m["use.csv"].replace(b"1", b"2", 1)}),
            "use.csv is not the table that its manifest names",
        ),
        (lambda m: m.update({"manifest.json": b"{"}), "its manifest.json is wrong"),
        (
            lambda m: m.update(
                {"manifest.json": m["manifest.json"].replace(b'_version": 4', b'_version": 9')}
            ),
            "'format_version' is 9; .*This version reads format versions 1 to 4",
        ),
    ],
)  # fmt: skip
def test_a_changed_pack_is_seen(file, change, says):
    with pytest.raises(PackError, match=says):
        read_pack(rewritten(file, change))


def swap(name, old, new):
    def change(members):
        assert old in members[name]
        members[name] = members[name].replace(old, new, 1)

    return change


def first_number(name, new):
    def change(members):
        rows = members[name].decode().splitlines()
        cells = rows[1].split(",")
        cells[-1] = new
        rows[1] = ",".join(cells)
        members[name] = "\n".join(rows).encode()

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (first_number("use.csv", "-3"), "use.csv has a number below zero"),
        (first_number("use.csv", "nan"), "use.csv has a number that is missing or infinite"),
        (first_number("use.csv", "many"), "use.csv has a cell that is no number"),
        (swap("use.csv", b"E06000001", b"E06999999"), "E06999999 is no authority in 2025"),
        (first_number("covariance_CIN.csv", "900.0"), "covariance_CIN.csv is not a covariance"),
        (swap("coefficients.csv", b"sex[male]", b"sex[boy]"), "not the drivers that the manifest"),
        (swap("use_gradient_REF.csv", b"E06000001", b"E06000099"), "are not those of use.csv"),
        (swap("use.csv", b"CIN", b"CARE"), "the columns of use.csv are not the ones expected"),
    ],
)
def test_a_pack_sealed_with_impossible_numbers_is_refused(file, change, says):
    with pytest.raises(PackError, match=says):
        read_pack(resealed(file, change))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * (65 * 1024 * 1024))
    with pytest.raises(PackError, match="Do not open it"):
        read_pack(path)


def test_what_is_no_pack_is_said(tmp_path):
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(PackError, match="cannot be opened as a coefficient pack"):
        read_pack(tmp_path / "text.zip")
    with pytest.raises(PackError, match="There is no file"):
        read_pack(tmp_path / "nowhere.zip")


def test_an_unwritable_place_is_said_and_left_alone(fitted, tmp_path):
    (tmp_path / "p.zip").mkdir()
    with pytest.raises(CypsError, match="could not be written"):
        write_pack(packed(fitted), tmp_path / "p.zip")
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.zip"]


def test_no_gradient_rests_on_a_handful_of_children(fitted):
    """Brute force over the cells: what stands behind each entry, and behind their difference."""
    pack, everyone = packed(fitted), fitted[1]
    blocks = [range(0, 1), range(1, 6), range(6, 7)]  # sex, age, fsm
    few = 0
    for j in range(len(everyone.groups)):
        cells = slice(
            everyone.cell_start[everyone.area_start[j]],
            everyone.cell_start[everyone.area_start[j + 1]],
        )
        pattern = everyone.slot_pattern[everyone.cell_slot[cells]]
        counts = everyone.cell_count[cells] @ everyone.child_design[pattern]
        shown = (pack.use.gradient[:, j, 1:8] != 0).all(axis=0)
        few += int(((counts > 0) & (counts < 10)).sum())
        assert not (shown & (counts < 10)).any()
        for block in blocks:
            behind = everyone.group_children[j] - counts[block][shown[block]].sum()
            assert behind == 0 or behind >= 10
    assert few > 0
    assert pack.use.suppressed >= few * 2


def hidden_in(counts, level):
    """Labels hidden for an authority with so many children of each value of a driver x.

    A second authority has 400 of each value.
    """
    rows = [("E06000001", value, count) for value, count in counts.items() if count]
    rows += [("E06000002", value, 400) for value in counts]
    table = pd.DataFrame(rows, columns=["la", "x", "trials"])
    if isinstance(next(iter(counts)), str):
        table["x"] = pd.Categorical(table["x"], list(counts))
    table["y"] = table["trials"] // 3
    cells = collapse(table, events="y", trials="trials", group="la", **{"child": [], level: ["x"]})
    return {label for label, few in zip(cells.labels, _rests_on_few(cells)[0], strict=True) if few}


@pytest.mark.parametrize("level", ["child", "area"])
@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"a": 50, "b": 40, "c": 30}, set()),
        ({"a": 50, "b": 40, "c": 3}, {"x[c]"}),
        # Nobody in the reference: the hidden one would be the difference of the others.
        ({"a": 0, "b": 40, "c": 3}, {"x[b]", "x[c]"}),
        ({"a": 4, "b": 40, "c": 3}, {"x[b]", "x[c]"}),
        ({"a": 4, "b": 40, "c": 30}, {"x[c]"}),
        ({"a": 9, "b": 9, "c": 2}, {"x[b]", "x[c]"}),
        ({0: 50, 1: 3}, {"x"}),
        ({0: 3, 1: 50}, {"x"}),
        ({0: 50, 1: 30}, set()),
        ({0: 50, 1: 5, 2: 4}, {"x"}),
    ],
)
def test_nothing_shown_leaves_a_handful_behind(counts, hidden, level):
    assert hidden_in(counts, level) == hidden


def test_an_authority_with_a_handful_of_children_is_not_packed(fitted):
    fits, everyone = fitted
    few = replace(everyone, cell_count=everyone.cell_count.copy())
    start = few.cell_start[few.area_start[0]], few.cell_start[few.area_start[1]]
    few.cell_count[slice(*start)] = 0
    few.cell_count[start[0]] = 7
    with pytest.raises(CypsError, match=f"{everyone.groups[0]} has fewer than 10 children"):
        packed((fits, few))


def test_a_fit_that_did_not_converge_cannot_be_packed(fitted):
    fits, everyone = fitted
    bad = (replace(fits[0], converged=False, verdict="stopped after 100 steps"), fits[1])
    with pytest.raises(CypsError, match="CIN cannot be packed: stopped"):
        packed((bad, everyone))


def test_no_table_has_a_row_for_a_child(file):
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                rows = io.StringIO(archive.read(name).decode()).readlines()
                assert len(rows) <= 154, name
        assert content_hash(archive.read("manifest.json")) == read_pack(file).content_hash


def test_use_table_numbers_are_the_models(fitted):
    pack, (fits, everyone) = packed(fitted), fitted
    assert pack.sample_children == 165_000
    assert pack.sample_authorities == 65
    events = np.array([fit.events for fit in fits])
    # Authority effects apart, predictions add up to about what was seen.
    predicted = pack.use.children.sum(axis=0) / everyone.children
    np.testing.assert_allclose(predicted, events / 165_000, rtol=0.25)


def test_a_category_hidden_for_its_neighbours_is_not_the_sum_of_its_interactions():
    # 4 in the reference hide b, the smaller of the others; but all of b are also in y, so that
    # the entry of x[b]:z[y] is that of x[b].
    rows = [("E06000001", *row) for row in (("a", "n", 4), ("b", "y", 40))]
    rows += [("E06000001", "c", "n", 20), ("E06000001", "c", "y", 30)]
    rows += [("E06000002", x, z, 400) for x in "abc" for z in "ny"]
    table = pd.DataFrame(rows, columns=["la", "x", "z", "trials"])
    table["x"] = pd.Categorical(table["x"], list("abc"))
    table["z"] = pd.Categorical(table["z"], list("ny"))
    table["y"] = table["trials"] // 3
    cells = collapse(
        table,
        events="y",
        trials="trials",
        group="la",
        child=["x", "z"],
        area=[],
        interactions=[("x", "z")],
    )
    hidden = dict(zip(cells.labels, _rests_on_few(cells)[0], strict=True))
    assert hidden["x[b]"]
    assert hidden["x[b]:z[y]"]
