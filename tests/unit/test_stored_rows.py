"""Rows counted by DuckDB and Spark: the same cells, bit for bit, and the same refusals."""

from __future__ import annotations

import dataclasses
import gc
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyps.cells import Cells, collapse, open_rows
from cyps.errors import CypsError
from cyps.model import fit_cells
from cyps.synthetic import AREA_DRIVERS, CHILD_DRIVERS, synthetic_england

CHILD = ["sex", "age", "fsm"]
ASKED = {
    "events": ["CIN", "REF"],
    "child": CHILD,
    "area": list(AREA_DRIVERS),
    "group": "authority",
    "area_key": "area",
    "categories": {name: CHILD_DRIVERS[name] for name in CHILD},
}


@pytest.fixture(scope="session")
def spark():
    if shutil.which("java") is None:
        pytest.skip("no Java: install default-jre-headless")
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": tempfile.gettempdir(),
        "spark.driver.memory": "1g",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


class Engine:
    """Writes a pandas table to files and opens them."""

    def __init__(self, name, spark=None):
        self.name, self.spark = name, spark
        self.csv = name.endswith("csv")

    def rows(self, table: pd.DataFrame, files=1, **settings):
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        bounds = np.linspace(0, len(table), files + 1).astype(int)
        for number, (first, last) in enumerate(itertools.pairwise(bounds)):
            part = table.iloc[first:last]
            if self.csv:
                part.to_csv(folder / f"{number}.csv", index=False)
            else:
                part.to_parquet(folder / f"{number}.parquet", index=False)
        if self.spark is not None:
            settings = {"spark": self.spark}
        return open_rows(folder / ("*.csv" if self.csv else "*.parquet"), **settings)


ENGINES = ["duckdb-parquet", "duckdb-csv"] + [
    pytest.param(name, marks=pytest.mark.spark) for name in ("spark-parquet", "spark-csv")
]


@pytest.fixture(params=ENGINES)
def engine(request, tmp_path):
    on_spark = request.param.startswith("spark")
    made = Engine(request.param, request.getfixturevalue("spark") if on_spark else None)
    made.folder = tmp_path
    return made


@pytest.fixture(scope="module")
def england():
    return synthetic_england(30_000, 400, 20_000, seed=5)


def bits(value):
    """Everything about a value: arrays with their types and bytes."""
    if isinstance(value, np.ndarray):
        contents = value.tolist() if value.dtype == object else value.tobytes()
        return value.dtype.str, value.shape, contents
    return value


def assert_same_cells(one: Cells, other: Cells):
    for field in dataclasses.fields(Cells):
        assert bits(getattr(one, field.name)) == bits(getattr(other, field.name)), field.name


def test_every_engine_gives_the_same_cells_and_the_same_fit(england, engine):
    in_memory = collapse(england.children, areas=england.areas, **ASKED)
    shuffled = england.children.sample(frac=1, random_state=3)
    for files, threads in ((1, 1), (4, 2)):
        rows = engine.rows(shuffled if files > 1 else england.children, files, threads=threads)
        counted = collapse(rows, areas=england.areas, **ASKED)
        assert_same_cells(in_memory, counted)
    for one, other in zip(fit_cells(in_memory), fit_cells(counted), strict=True):
        assert bits(one.coefficients) == bits(other.coefficients)
        assert bits(one.covariance) == bits(other.covariance)
        assert (one.sigma, one.loglik) == (other.sigma, other.loglik)


def test_areas_in_every_row_give_the_same_cells(england, engine):
    wide = england.children.astype({"area": str}).merge(england.areas, on="area")
    asked = {key: value for key, value in ASKED.items() if key != "area_key"}
    assert_same_cells(collapse(wide, **asked), collapse(engine.rows(wide, 3), **asked))


def test_areas_by_a_key_in_every_row_and_interactions_give_the_same_cells(england, engine):
    wide = england.children.astype({"area": str}).merge(england.areas, on="area")
    wide["national"] = 1.5
    asked = ASKED | {
        "authority": ["national"],
        "interactions": [("fsm", "idaci"), ("sex", "age")],
        "references": {"age": "8-9"},
    }
    assert_same_cells(collapse(wide, **asked), collapse(engine.rows(wide, 2), **asked))


def test_an_ibis_table_is_a_table(england, tmp_path):
    import ibis

    england.children.to_parquet(tmp_path / "a.parquet")
    table = ibis.duckdb.connect().read_parquet(tmp_path / "a.parquet")
    counted = collapse(table.filter(table.CIN | ~table.CIN), areas=england.areas, **ASKED)
    assert_same_cells(collapse(england.children, areas=england.areas, **ASKED), counted)


def test_what_is_fetched_is_a_row_a_cell_and_no_child(england, tmp_path, monkeypatch):
    from cyps.cells import engine as counting

    england.children.assign(child_id=range(30_000)).to_parquet(tmp_path / "a.parquet")
    fetched = []
    plain = counting._batches

    def seen(counts):
        for batch in plain(counts):
            fetched.append(batch)
            yield batch

    monkeypatch.setattr(counting, "_batches", seen)
    cells = collapse(open_rows(tmp_path / "a.parquet"), areas=england.areas, **ASKED)
    assert sum(batch.num_rows for batch in fetched) == len(cells.cell_count) < 30_000
    assert {name for batch in fetched for name in batch.schema.names} == {
        *("k0", "k1", "k2", "k3", "children", "e0", "e1", "problems")
    }


small_tables = st.lists(
    st.tuples(
        st.sampled_from(["no", "yes", "Émile", "a,b", 'say "so"', "~", " no"]),
        st.sampled_from([0.5, -0.0, 0.0, 1e-300, -7.25, 3.0]),
        st.booleans(),
        st.integers(-3, 3),
        st.sampled_from(["A", "B", "a", "Ä"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def test_small_tables_of_any_kind(engine):
    @given(small_tables, st.integers(1, 3))
    @settings(max_examples=8 if engine.spark else 40, deadline=None, derandomize=True)
    def same(rows, files):
        compare_small_table(engine, rows, files)

    same()


def compare_small_table(engine, rows, files):
    table = pd.DataFrame(rows, columns=["fsm", "score", "plan", "band", "la", "CIN"])
    asked = {"events": "CIN", "child": ["fsm", "score", "plan"], "area": ["band"], "group": "la"}
    in_memory = collapse(table, **asked)
    assert_same_cells(in_memory, collapse(engine.rows(table, files), **asked))
    assert_same_cells(in_memory, collapse(table[::-1], **asked))


def children() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "fsm": ["no", "yes", "no", "yes"] * 3,
            "age": [1, 2, 3] * 4,
            "lsoa": ["E1", "E1", "E2", "E3"] * 3,
            "CIN": [0, 1, 0, 1, 1, 0] * 2,
        }
    )


AREAS = pd.DataFrame({"lsoa": ["E1", "E2", "E3"], "la": ["A", "A", "B"], "idaci": [0.1, 0.2, 0.3]})


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (lambda t: t.drop(columns="fsm"), {}),
        (lambda t: t.drop(columns="CIN"), {}),
        (lambda t: t.drop(columns="lsoa"), {}),
        (lambda t: t.assign(fsm=t["fsm"].where(t.index > 1)), {}),
        (lambda t: t.assign(age=t["age"].where(t.index > 2)), {}),
        (lambda t: t.assign(CIN=t["CIN"].where(t.index > 3)), {}),
        (lambda t: t.assign(CIN=t["CIN"] * 2), {}),
        (lambda t: t.assign(CIN=t["CIN"] - 1), {}),
        (lambda t: t.assign(CIN=t["CIN"] / 2), {}),
        (lambda t: t.assign(CIN=t["CIN"].replace(1, np.inf)), {}),
        (lambda t: t.assign(CIN="maybe"), {}),
        (lambda t: t.assign(lsoa=t["lsoa"].replace("E3", "E9")), {}),
        (lambda t: t.assign(lsoa=t["lsoa"].where(t.index > 4)), {}),
        (lambda t: t.assign(age=t["age"].replace(1, np.inf)), {}),
        (lambda t: t, {"categories": {"fsm": ["no", "maybe"]}}),
        (lambda t: t, {"categories": {"fsm": ["no", "no"]}}),
        (lambda t: t, {"areas": pd.concat([AREAS, AREAS[:1]])}),
        (lambda t: t, {"areas": AREAS.assign(idaci=[0.1, None, 0.3])}),
        (lambda t: t, {"areas": AREAS.assign(la=["A", None, "B"])}),
        (lambda t: t, {"areas": AREAS.drop(columns="la")}),
        (lambda t: t, {"areas": AREAS.drop(columns="idaci")}),
        (lambda t: t, {"areas": None}),
        (lambda t: t, {"area_key": None}),
        (lambda t: t, {"events": []}),
        (lambda t: t, {"areas": None, "group": "fsm", "area": []}),
        (lambda t: t, {"areas": None, "group": "fsm"}),
        (lambda t: t, {"references": {"fsm": "maybe"}}),
        (lambda t: t, {"references": {"nobody": "maybe"}}),
        (lambda t: t, {"categories": {"nobody": ["maybe"]}}),
        (lambda t: t, {"child": "fsm"}),
        (lambda t: t.assign(fsm=None).astype({"fsm": str}), {"child": ["fsm", "no such"]}),
        (lambda t: pd.concat([t.assign(fsm=f"f{i}") for i in range(301)]), {}),
        (lambda t: t[:0].astype({"CIN": bool}), {}),
    ],
)
def test_what_memory_refuses_every_engine_refuses_in_the_same_words(engine, change, asked):
    table = change(children())
    columns = {"events": "CIN", "child": ["fsm", "age"], "area": ["idaci"], "group": "la"}
    columns |= {"areas": AREAS, "area_key": "lsoa"} | asked
    with pytest.raises(CypsError) as in_memory:
        collapse(table, **columns)
    with pytest.raises(CypsError) as in_engine:
        collapse(engine.rows(table, 1), **columns)
    said = str(in_memory.value)
    if engine.csv:  # a heading may be a child's row
        said = said.replace("; it has age, lsoa, CIN", "").replace(
            "; it has fsm, age, lsoa, CIN", ""
        )
    assert str(in_engine.value) == said


@pytest.mark.parametrize("wrong", [2, -1])
def test_the_metric_that_cannot_be_counted_is_named_with_its_children(engine, wrong):
    table = children().assign(CARE=[wrong, wrong, *[0] * 9, wrong], CEASED=[0, 1] * 6)
    asked = {"events": ["CIN", "CARE", "CEASED"], "child": ["fsm"], "group": "lsoa"}
    with pytest.raises(CypsError, match=r"'CARE' .*3 (of 12 )?rows") as in_memory:
        collapse(table, **asked)
    with pytest.raises(CypsError) as in_engine:
        collapse(engine.rows(table, 2), **asked)
    assert str(in_engine.value) == str(in_memory.value)


def test_the_counts_of_a_refusal_are_children_not_cells(engine):
    table = children()
    table.loc[table["fsm"] == "yes", "fsm"] = None
    with pytest.raises(CypsError, match="'fsm' is missing in 6 of 12 rows"):
        collapse(engine.rows(table, 2), events="CIN", child=["fsm"], group="lsoa")


HEADING = "fsm,age,la,CIN\n"
CSV_ASKED = {"events": "CIN", "child": ["fsm", "age"], "group": "la"}


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def csv_rows(request, tmp_path):
    """Open texts as CSV files."""
    settings = {"spark": request.getfixturevalue("spark")} if request.param == "spark" else {}

    def opened(*texts):
        for number, text in enumerate(texts):
            raw = text if isinstance(text, bytes) else text.encode()
            (tmp_path / f"{number}.csv").write_bytes(raw)
        return open_rows(tmp_path, **settings)

    return opened


@pytest.mark.parametrize("word", ["", '""', "NA", "N/A", "NaN", "NULL"])
def test_in_csv_a_missing_value_is_never_a_category(csv_rows, word):
    rows = csv_rows(HEADING + f"no,1,A,0\n{word},2,A,1\nyes,3,B,FALSE\nno,4,B,True\n")
    with pytest.raises(CypsError, match="'fsm' is missing in 1 of 4 rows"):
        collapse(rows, **CSV_ASKED)


def test_in_csv_codes_and_declared_text_stay_text(csv_rows):
    text = (HEADING + "01,1,A,0\n02,2,A,1\n02,NA,B,0\n").replace("\n", "\r\n")
    cells = collapse(csv_rows("\ufeff" + text), **CSV_ASKED, categories={"age": ["2", "NA", "1"]})
    assert [driver.categories for driver in cells.drivers] == [("01", "02"), ("2", "NA", "1")]
    assert cells.children == 3


@pytest.mark.parametrize(
    "texts",
    [
        [HEADING + "no,1,A,1\nno,1,A,0,SECRET\n"],
        [HEADING + "no,1,A,1\n" * 5000 + "SECRET,1\n"],
        [(HEADING + "no,1,SECR\xcbT,1\n").encode("latin-1")],
        ["fsm,fsm,age,la,CIN\nno,SECRET,1,A,1\n"],
        ["no,1,SECRET,1\nno,2,B,0\n"],
        [HEADING + "no,1,A,1\n", "fsm,la,CIN\nno,SECRET,1\n"],
    ],
)
def test_broken_csv_is_refused_and_no_row_is_shown(csv_rows, texts):
    with pytest.raises(CypsError) as refused:
        collapse(csv_rows(*texts), **CSV_ASKED)
    assert "SECR" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_csv_columns_in_another_order_are_told_by_name(tmp_path):
    (tmp_path / "0.csv").write_text(HEADING + "no,1,A,1\n")
    (tmp_path / "1.csv").write_text("age,fsm,la,CIN\n2,yes,B,0\n")
    cells = collapse(open_rows(tmp_path), **CSV_ASKED)
    assert cells.drivers[0].categories == ("no", "yes")


@pytest.mark.spark
def test_csv_columns_in_another_order_are_refused_by_spark(tmp_path, spark):
    (tmp_path / "0.csv").write_text(HEADING + "no,1,A,1\n")
    (tmp_path / "1.csv").write_text("age,fsm,la,CIN\n2,yes,B,0\n")
    with pytest.raises(CypsError, match="columns are not those of the others"):
        collapse(open_rows(tmp_path, spark=spark), **CSV_ASKED)


@pytest.mark.parametrize("first", [0, 1])
def test_parquet_that_is_text_here_and_numbers_there_is_refused(tmp_path, first):
    for number, fsm in enumerate([["no", "yes"] * 6, list(range(12))]):
        children().assign(fsm=fsm).to_parquet(tmp_path / f"{abs(first - number)}.parquet")
    with pytest.raises(CypsError, match="'fsm' is text in some files and not in others"):
        open_rows(tmp_path)


@pytest.mark.spark
@pytest.mark.parametrize("first", [0, 1])
def test_parquet_of_two_kinds_is_refused_by_spark(tmp_path, spark, first):
    for number, fsm in enumerate([["no", "yes"] * 6, list(range(12))]):
        children().assign(fsm=fsm).to_parquet(tmp_path / f"{abs(first - number)}.parquet")
    with pytest.raises(CypsError, match="The engine stopped while counting"):
        collapse(open_rows(tmp_path, spark=spark), events="CIN", child=["fsm"], group="lsoa")


def test_files_that_are_not_there_or_no_table_are_refused(tmp_path):
    file = tmp_path / "a.parquet"
    for files, says in [
        (file, "There is no file"),
        ([], "at least one file"),
        (tmp_path, "What kind of files"),
        ([file, "b.csv"], "all of them Parquet or all of them CSV"),
    ]:
        with pytest.raises(CypsError, match=says):
            open_rows(files)
    file.write_bytes(b"PAR1 not at all")
    with pytest.raises(CypsError, match=r"Cannot open .*a\.parquet"):
        open_rows(file)
    children().to_parquet(file)
    for chosen, says in [
        ({"memory_limit": "lots"}, "does not take these settings"),
        ({"temp_directory": tmp_path / "nowhere"}, "cannot write to the folder"),
        ({"spark": object(), "threads": 2}, "are DuckDB's"),
    ]:
        with pytest.raises(CypsError, match=says):
            open_rows(file, **chosen)
    with pytest.raises(CypsError, match="without trials"):
        collapse(open_rows(file), events="CIN", child=["fsm"], group="lsoa", trials="age")
    with pytest.raises(CypsError, match=r"is a list; give a pandas DataFrame"):
        collapse([1], events="CIN", child=["fsm"], group="lsoa")


def test_the_folder_to_spill_to_is_private_and_goes_with_the_engine(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    children().to_parquet(tmp_path / "a.parquet")
    rows = open_rows(tmp_path / "a.parquet")
    (made,) = (tmp_path / "temp").iterdir()
    assert made.stat().st_mode & 0o077 == 0
    collapse(rows, events="CIN", child=["fsm"], group="lsoa")
    del rows
    gc.collect()
    assert not made.exists()


COUNT_AND_FIT = """
import sys, hashlib
import pandas as pd
from cyps.cells import collapse, open_rows
from cyps.model import fit_cells
folder, threads, fsm = sys.argv[1], int(sys.argv[2]), ["not eligible", "eligible"]
rows = open_rows(folder + "/*.parquet", threads=threads)
cells = collapse(
    rows, events=["CIN", "REF"], child=["sex", "age", "fsm"], area=["idaci", "density"],
    group="authority", areas=pd.read_csv(folder + "/areas.csv"), area_key="area",
    categories={"fsm": fsm},
)
bits = [cells.cell_slot, cells.cell_count, cells.slot_events, cells.area_events]
for nagq in (1, 5):
    for fit in fit_cells(cells, nagq=nagq):
        bits += [fit.coefficients, fit.covariance, fit.group_effect, fit.sigma, fit.loglik]
print(hashlib.sha256(b"".join(getattr(b, "tobytes", lambda: str(b).encode())() for b in bits))
    .hexdigest())
"""


def test_the_number_of_threads_changes_no_bit_of_count_or_fit(england, tmp_path):
    for part in range(3):
        england.children[part::3].to_parquet(tmp_path / f"{part}.parquet")
    england.areas.to_csv(tmp_path / "areas.csv", index=False)
    told = {
        subprocess.run(
            [sys.executable, "-c", COUNT_AND_FIT, str(tmp_path), threads],
            env=os.environ | {"NUMBA_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(told) == 1
