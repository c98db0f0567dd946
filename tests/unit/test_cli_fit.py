"""`cyps fit`: a model file and rows in, coefficients out."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.geography import authorities
from cyps.model import fit_formula
from cyps.pack import read_pack
from cyps.synthetic import synthetic_england

CELLS = Path(__file__).parents[1] / "reference" / "synthetic_nested.csv"
MODEL = """
rows = "cells.csv"
metrics = ["common", "rare"]
trials = "trials"
group = "la"
area_key = "lsoa"
child = ["sex", "fsm"]
area = ["idaci"]
references = { sex = "male" }
"""

PACK_WORDS = """
[pack]
name = "Test"
status = "illustrative"
statement = "Made up."
source = "a test"
year = 2025
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cells.csv").write_bytes(CELLS.read_bytes())
    (tmp_path / "model.toml").write_text(MODEL)
    return tmp_path


def run(folder, more="", model="model.toml"):
    path = folder / model
    path.write_text(path.read_text() + more)
    return CliRunner().invoke(main, ["fit", str(path), "--out", str(folder / "out")])


def test_coefficients_are_those_of_python(folder):
    done = run(folder, 'interactions = [["fsm", "idaci"]]\nerrors = "cluster"\n')
    assert done.exit_code == 0, done.output
    table = pd.read_csv(folder / "out" / "coefficients.csv").query("metric == 'rare'")
    fit = fit_formula(
        "rare ~ C(sex, ref='male') + fsm*idaci + (1|la)", pd.read_csv(CELLS), trials="trials",
        area_key="lsoa", cov_type="cluster",
    )  # fmt: skip
    assert table["label"].tolist() == list(fit.labels)
    assert table["coefficient"].to_numpy() == pytest.approx(fit.coefficients, abs=1e-6)
    assert table["std_error"].to_numpy() == pytest.approx(fit.bse.to_numpy(), rel=1e-5)
    assert "robust, by group" in (folder / "out" / "summary.txt").read_text()
    told = json.loads((folder / "out" / "fit.json").read_text())
    assert [each["metric"] for each in told] == ["common", "rare"]
    record = json.loads((folder / "out" / "run.json").read_text())
    assert set(record["inputs"]) == {"cells.csv", "model.toml"}
    assert len(pd.read_csv(folder / "out" / "effects.csv")) == 2 * 24
    assert run(folder).exit_code == 0  # again into the same folder


def test_quantiles_are_students_where_asked_for(folder):
    done = run(folder, 'quantiles = "t"\n')
    assert done.exit_code == 0, done.output
    assert "Student's t" in done.output
    table = pd.read_csv(folder / "out" / "coefficients.csv").query("metric == 'rare'")
    assert list(table.columns[-5:]) == ["df", "t", "p", "lower_95", "upper_95"]
    fit = fit_formula(
        "rare ~ C(sex, ref='male') + fsm + idaci + (1|la)", pd.read_csv(CELLS), trials="trials",
        area_key="lsoa",
    )  # fmt: skip
    assert table["df"].tolist() == fit.degrees_of_freedom.tolist()
    ends = fit.conf_int(quantiles="t")
    assert table["lower_95"].to_numpy() == pytest.approx(ends[0].to_numpy(), rel=1e-5)
    assert table["df"].iloc[0] == 23


@pytest.mark.parametrize("estimator", ["plain", "dummies", "three levels"])
def test_every_estimator(folder, estimator):
    done = run(folder, f'estimator = "{estimator}"\n')
    assert done.exit_code == 0, done.output
    told = json.loads((folder / "out" / "fit.json").read_text())
    assert told[0]["estimator"] == estimator
    assert (told[0]["area_sigma"] is not None) == (estimator == "three levels")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("nodez = 3\n", "'nodez' is not a key that belongs here"),
        ("nodes = 0\nestimator = 'bayes'\n", "'estimator' is 'bayes'; .*; 'nodes' is 0; "),
        ("nodes = 7\nestimator = 'plain'\n", "no integral"),
        ("bands = { age = { edges = [6, 8] } }\n", "Bands are declared for age"),
        ("authority = ['density']\n", "no column 'density'"),
        ("x =\n", "not written in TOML"),
    ],
)
def test_mistakes_get_a_sentence(folder, more, says):
    done = run(folder, more)
    assert done.exit_code == 2
    assert done.exception.__class__ is SystemExit
    import re

    assert re.search(says, " ".join(done.output.split()))
    assert not (folder / "out").exists()


def test_a_fit_that_is_none_says_so_and_fails(folder):
    table = pd.read_csv(CELLS).assign(again=lambda t: t["idaci"] * 2)
    table.to_csv(folder / "cells.csv", index=False)
    (folder / "model.toml").write_text(MODEL.replace('["idaci"]', '["idaci", "again"]'))
    done = run(folder)
    assert done.exit_code == 2
    assert "is no result" in done.output
    assert "'again' says nothing that 'idaci' does not say already" in done.output


def test_a_pack_where_asked_for(tmp_path):
    england = synthetic_england(40_000, 400, 20_000, seed=5)
    rows = england.modelling_sample().merge(england.areas, on="area")
    rows = rows[rows.groupby("authority")["area"].transform("size") >= 10]
    rows[["authority", "area", "sex", "fsm", "idaci", "CIN"]].to_csv(
        tmp_path / "rows.csv", index=False
    )
    (tmp_path / "model.toml").write_text(
        'rows = "rows.csv"\nmetrics = ["CIN"]\ngroup = "authority"\narea_key = "area"\n'
        'child = ["sex", "fsm"]\narea = ["idaci"]\ntext = ["fsm"]\n[pack]\nname = "Test"\n'
        'status = "illustrative"\nstatement = "Made up."\nsource = "a test"\nyear = 2025\n'
    )
    done = run(tmp_path)
    assert done.exit_code == 0, done.output
    pack = read_pack(tmp_path / "out" / "coefficients.cyps.zip").pack
    assert [model.metric for model in pack.models] == ["CIN"]
    assert pack.status == "illustrative"


def test_rows_in_many_files_are_counted_where_they_are(tmp_path):
    """A folder of Parquet files gives what one CSV file gives, in bands and for a pack, too."""
    england = synthetic_england(40_000, 400, 20_000, seed=5)
    rows = england.modelling_sample().merge(england.areas, on="area")
    rows = rows[rows.groupby("authority")["area"].transform("size") >= 10]
    rows["age"] = 6 + rows.index.to_numpy() % 14
    rows = rows[["authority", "area", "sex", "fsm", "age", "idaci", "CIN"]]
    rows.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "rows").mkdir()
    for part in range(3):
        rows.iloc[part::3].to_parquet(tmp_path / "rows" / f"{part}.parquet")
    packs = {}
    for name, asked in (("one", '"rows.csv"'), ("folder", '"rows"'), ("listed", '["rows/*"]')):
        (tmp_path / "model.toml").write_text(
            f'rows = {asked}\nmetrics = ["CIN"]\ngroup = "authority"\narea_key = "area"\n'
            'child = ["sex", "fsm", "age"]\narea = ["idaci"]\n'
            'bands = { age = { edges = [6, 10, 14, 18], outside = "over 17" } }\n[pack]\n'
            'name = "Test"\nstatus = "illustrative"\nstatement = "Made up."\nsource = "a test"\n'
            'year = 2025\nneutralise = [{ fsm = "reference" }, { fsm = "average", sex = "average" '
            "}]\n"
        )
        done = run(tmp_path)
        assert done.exit_code == 0, done.output
        packs[name] = read_pack(tmp_path / "out" / "coefficients.cyps.zip")
        record = json.loads((tmp_path / "out" / "run.json").read_text())
        files = {"rows.csv"} if name == "one" else {f"rows/{part}.parquet" for part in range(3)}
        assert set(record["inputs"]) == files | {"model.toml"}
    assert len({loaded.content_hash for loaded in packs.values()}) == 1
    pack = packs["folder"].pack
    (age,) = [driver for driver in pack.own_drivers if driver.name == "age"]
    assert age.categories == ("6-9", "10-13", "14-17", "over 17")
    assert [dict(table.drivers) for table in pack.neutralised] == [
        {"fsm": "reference"}, {"sex": "average", "fsm": "average"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ('rows = "rows"\nbands = { age = { edges = [6, 10] } }', "'age' is missing or outside 6 to "
         "9 in 2 of 4 rows"),
        ('rows = "rows"\nbands = { ages = { edges = [6, 10] } }', "Bands are declared for ages"),
        ('rows = "none/*.parquet"', "There is no file .*none"),
        ('rows = ["a.csv", "b.csv", "a.csv"]', "a.csv is named more than once, and its rows would"),
        ('rows = ["rows", "rows/*.parquet"]', "a.parquet is named more than once"),
        ('rows = "model.xlsx"', "model.xlsx is no CSV table in UTF-8. Save a workbook"),
        ('rows = ["a.csv", "b.csv"]\ntext = ["fsm"]', "is for rows in one CSV file"),
    ],
)  # fmt: skip
def test_rows_in_files_that_cannot_be_counted(tmp_path, asked, says):
    table = pd.DataFrame({"la": ["A", "A", "B", "B"], "age": [6, 9, 12, None],
                          "fsm": ["1", "2", "1", "2"], "y": [0, 1, 0, 1]})  # fmt: skip
    (tmp_path / "rows").mkdir()
    table.to_parquet(tmp_path / "rows" / "a.parquet")
    for name in ("a.csv", "b.csv"):
        table.to_csv(tmp_path / name, index=False)
    (tmp_path / "model.xlsx").write_bytes(b"PK\x03\x04\xd6\xff")
    (tmp_path / "model.toml").write_text(
        f'{asked}\nmetrics = ["y"]\ngroup = "la"\nchild = ["fsm"]\n'
    )
    done = run(tmp_path)
    assert done.exit_code == 2
    import re

    assert re.search(says, " ".join(done.output.split()))


@pytest.mark.parametrize("command", ["fit", "validate"])
@pytest.mark.parametrize(
    ("name", "says"),
    [("none.toml", "There is no model file"), ("", "is a folder. Give the file inside it")],
)
def test_a_model_file_that_is_none_is_said(tmp_path, command, name, says):
    done = CliRunner().invoke(main, [command, str(tmp_path / name), "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["fit", "validate", "demo"])
@pytest.mark.parametrize("below", ["", "below"])
def test_a_file_in_the_place_of_the_folder_is_said_before_the_work(tmp_path, command, below):
    (tmp_path / "taken").write_text("mine")
    model = [] if command == "demo" else [str(tmp_path / "none.toml")]
    done = CliRunner().invoke(main, [command, *model, "--out", str(tmp_path / "taken" / below)])
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    assert "cannot be made" in said
    assert "taken is a file. Choose another with --out" in said
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize(
    ("taken", "more", "says"),
    [
        ("coefficients.csv", "", "already holds coefficients.csv, which no run recorded there"),
        ("effects.csv", "", "already holds effects.csv"),
        ("coefficients.cyps.zip", PACK_WORDS, "already holds coefficients.cyps.zip"),
        ("", PACK_WORDS, "has [pack], and in a pack common, rare cannot be the name of a metric"),
        (
            "",
            'estimator = "dummies"\n' + PACK_WORDS,
            'has [pack] and estimator = "dummies", whose dummy for each group a pack cannot hold',
        ),
        ("", PACK_WORDS.replace("Made up.", "\\u001b"), "'pack.statement' has a control character"),
        ("", PACK_WORDS.replace("Made up.", ""), "'pack.statement' must not be empty"),
    ],
)
def test_what_keeps_a_fit_from_being_written_is_said_before_it(
    folder, monkeypatch, taken, more, says
):
    monkeypatch.setattr("cyps.model.model_file.fit_model", _no_fit)
    if taken:
        (folder / "out").mkdir()
        (folder / "out" / taken).write_text("mine")
    done = run(folder, more)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())


def test_a_file_that_a_plain_fit_does_not_write_may_stay(folder):
    (folder / "out").mkdir()
    (folder / "out" / "effects.csv").write_text("mine")
    assert run(folder, 'estimator = "plain"\n').exit_code == 0
    assert (folder / "out" / "effects.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("year = 2025", "year = 1990"), "1990"),
        (("2025", '2025\nchildren = "none.csv"'), "none.csv"),
        (("2025", '2025\nneutralise = [{ethnicity = "reference"}]'), "ethnicity"),
        (("", ""), "is no authority of 2025. Group children by the GSS codes"),
    ],
)
def test_what_keeps_children_out_of_a_pack_is_said_before_the_fit(
    folder, monkeypatch, change, says
):
    monkeypatch.setattr("cyps.model.model_file.fit_model", _no_fit)
    table = pd.read_csv(folder / "cells.csv").rename(columns={"common": "CIN", "rare": "CARE"})
    if change[0]:
        codes = [authority.code for authority in authorities(2025)]
        named = dict(zip(table["la"].unique().tolist(), codes, strict=False))
        table["la"] = table["la"].map(named)
    table.to_csv(folder / "cells.csv", index=False)
    text = MODEL.replace('"common", "rare"', '"CIN", "CARE"') + PACK_WORDS.replace(*change)
    (folder / "model.toml").write_text(text)
    done = run(folder)
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())


def _no_fit(*_):
    raise AssertionError("the fit began")


def test_a_driver_to_cross_that_the_model_has_not_is_said_before_the_work(folder, monkeypatch):
    monkeypatch.setattr("cyps.model.model_file.count_rows", _no_fit)
    done = CliRunner().invoke(
        main,
        [
            "validate",
            str(folder / "model.toml"),
            "--out",
            str(folder / "v"),
            "--cross",
            "sex",
            "fms",
        ],
    )
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    assert "--cross: the model has no driver 'fms'. It has sex, fsm, idaci." in said
