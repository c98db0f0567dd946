"""Packs whose hashes agree but whose contents cannot be: refused, with the table's name."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from cyps.pack import PackError, is_pack, read_pack

CORPUS = Path(__file__).parents[1] / "golden" / "packs"


@pytest.fixture
def resealed(tmp_path):
    """A pack of the corpus with its members changed and every hash made to agree."""

    def reseal(pack, /, change=None, **said):
        with zipfile.ZipFile(CORPUS / f"{pack}.cyps.zip") as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        members.pop("signatures.json", None)
        if change is not None:
            change(members)
        told = json.loads(members.pop("manifest.json")) | said
        told["files"] = {n: hashlib.sha256(c).hexdigest() for n, c in members.items()}
        members["manifest.json"] = json.dumps(told).encode()
        path = tmp_path / "p.cyps.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path

    return reseal


def swap(name, old, new):
    def change(members):
        assert old in members[name]
        members[name] = members[name].replace(old, new, 1)

    return change


def test_resealing_by_itself_changes_nothing(resealed):
    for name in ("v1-by-hand", "v2-complete", "v2-imported", "v2-shares", "v2-without-errors"):
        again = read_pack(resealed(name)).pack
        assert again.predicted_use().children.tolist() == (
            read_pack(CORPUS / f"{name}.cyps.zip").pack.use.children.tolist()
        )


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("v2-imported", swap("coefficients.csv", b",0.1,", b",-0.1,"), "standard error below zero"),
        ("v2-imported", swap("coefficients.csv", b"-3.5", b"inf"), "missing or infinite"),
        ("v2-imported", swap("use.csv", b"E06000001", b"\xff"), "use.csv is no table of text"),
        ("v2-shares", swap("use.csv", b"E06000001", b"E06000002,x"), "row 2 .* too few or many"),
        ("v2-complete", swap("coefficients.csv", b",-3.5,0.", b",-3.5,1."), "are not those of cov"),
        ("v1-by-hand", swap("coefficients.csv", b",-3.5,0.", b",-3.5,1."), "are not those of cov"),
        ("v2-complete", lambda m: m.pop("covariance_CIN.csv"), "no table for covariance_CIN.csv"),
        ("v2-complete", lambda m: m.pop("use_gradient_CARE.csv"), "no table for use_gradient_CARE"),
        ("v2-shares", lambda m: m.update({"children.csv": b"x"}), "no such pack has, children.csv"),
        ("v1-by-hand", lambda m: m.update({"children.csv": b"x"}), "no such pack has, children"),
        ("v2-shares", lambda m: m.update({"use.csv": b"code,name,CIN,CARE\n"}), "has no authority"),
    ],
)
def test_tables_that_cannot_be_are_refused(resealed, name, change, says):
    with pytest.raises(PackError, match=says):
        read_pack(resealed(name, change))


@pytest.mark.parametrize(
    ("name", "said", "says"),
    [
        ("v2-shares", {"sample": {"children": 1, "authorities": 1, "areas": 1, "nagq": 1}},
         "a pack of use has no drivers"),
        ("v2-shares", {"drivers": [{"name": "a", "level": "child", "categories": []}]},
         "a pack of use has no drivers"),
        ("v2-complete", {"standard_errors": False}, "a covariance tells the standard errors"),
        ("v2-complete", {"year": 3024}, "A pack of a later year needs a later version of cyps"),
        ("v2-complete", {"name": "\x1b[2J"}, "has a control character"),
        ("v2-complete", {"kind": "shares"}, "'kind' is 'shares'; it must be"),
        ("v2-complete", {"children": 1}, "'children' is not a key that belongs here"),
        ("v1-by-hand", {"kind": "use"}, "'kind' is not a key that belongs here"),
        ("v1-by-hand", {"format_version": "1"}, "'format_version' is '1'; it must be 4"),
        ("v1-by-hand", {"format_version": 5}, "install a later version of cyps"),
        ("v2-without-errors", {"standard_errors": True}, "has a cell that is no number"),
    ],
)  # fmt: skip
def test_manifests_that_cannot_be_are_refused(resealed, name, said, says):
    with pytest.raises(PackError, match=says):
        read_pack(resealed(name, **said))


def test_names_are_the_years_own_and_not_the_files(resealed):
    path = resealed("v2-shares", swap("use.csv", b"Hartlepool", b"=cmd()"))
    assert read_pack(path).pack.use.names[0] == "Hartlepool"


def test_a_metric_twice_is_refused(resealed):
    def twice(members):
        members["use.csv"] = members["use.csv"].replace(b"CARE", b"CIN")

    told = [{"metric": "CIN", "sigma": None, "loglik": None, "events": None, "verdict": ""}] * 2
    with pytest.raises(PackError, match="names a metric more than once"):
        read_pack(resealed("v2-shares", twice, metrics=told))


def test_what_is_meant_as_a_pack(tmp_path):
    assert is_pack(CORPUS / "v2-shares.cyps.zip")
    renamed = tmp_path / "renamed.zip"
    renamed.write_bytes((CORPUS / "v2-shares.cyps.zip").read_bytes())
    assert is_pack(renamed)
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "")
    assert not is_pack(tmp_path / "book.xlsx")
    (tmp_path / "use.csv").write_text("code,CIN\n")
    assert not is_pack(tmp_path / "use.csv")
