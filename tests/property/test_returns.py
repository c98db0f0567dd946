"""Whatever bytes a file holds: a table or a sentence, never a crash."""

import gzip
import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyps.errors import CypsError
from cyps.returns import Table
from cyps.returns.amounts import NotAnAmount, amount, signed_amount
from cyps.returns.tables import read_table
from plain_files import baseline_rows, write_xlsx


def read(folder, name, content):
    path = Path(folder) / name
    path.write_bytes(content)
    try:
        outcome = read_table(path, key_columns=("code",))
    except CypsError as error:
        outcome = str(error)
    assert isinstance(outcome, Table) or outcome.startswith(name)


@pytest.fixture(scope="module")
def folder():
    with TemporaryDirectory() as name:
        yield name


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    path = write_xlsx(tmp_path_factory.mktemp("book") / "a.xlsx", baseline_rows()[:8])
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


@given(content=st.binary(max_size=300))
def test_any_bytes(folder, content):
    for name in ("a.csv", "a.csv.gz", "a.xlsx"):
        read(folder, name, content)
    read(folder, "b.csv.gz", gzip.compress(content))


@given(text=st.text(max_size=200))
def test_any_text_under_a_header(folder, text):
    read(folder, "a.csv", f"code,baseline\n{text}".encode("utf-8", "surrogatepass"))


@settings(deadline=None)
@given(st.data())
def test_a_workbook_with_damaged_parts(folder, workbook, data):
    part = data.draw(st.sampled_from(sorted(workbook)))
    content = bytearray(workbook[part])
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for name, whole in workbook.items():
            package.writestr(name, bytes(content) if name == part else whole)
    read(folder, "a.xlsx", packed.getvalue())


@given(st.text(max_size=30))
def test_any_cell_is_a_number_or_a_reason(text):
    try:
        value = signed_amount(text)
    except NotAnAmount:
        return
    assert abs(value) <= 1e15


@given(st.floats(0, 1e15))
def test_every_number_reads_back(value):
    assert amount(repr(value)) == value


@given(st.integers(0, 10**15))
def test_thousands_separators_change_nothing(value):
    assert amount(f"£{value:,}") == value
