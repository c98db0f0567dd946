"""Stored rows: children in files, opened in an engine that counts them where they are."""

from __future__ import annotations

import csv
import glob
import gzip
import os
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyps.errors import CypsError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from pyspark.sql import SparkSession

Files = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
_PARQUET = (".parquet", ".pq")
_CSV = (".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows in an engine; `collapse` takes them.

    Attributes
    ----------
    table : an Ibis table
    untyped : whether it is all text, as CSV files are
    """

    table: ir.Table
    untyped: bool


def open_rows(
    files: Files,
    *,
    memory_limit: str | None = None,
    temp_directory: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    spark: SparkSession | None = None,
) -> StoredRows:
    """Open Parquet or CSV files of children for `collapse`, without reading the rows.

    DuckDB counts the rows on this machine, out of core: what does not fit into
    memory is spilled to disk. With `spark`, the cluster of that session counts.

    Parameters
    ----------
    files : a file, a folder of files, a pattern such as ``children/*.parquet``, or several;
        all Parquet (.parquet, .pq) or all CSV (.csv, .csv.gz, comma-separated, with
        a heading). With `spark`, anything that Spark can read, such as ``hdfs://...``
    memory_limit : how much memory DuckDB may take, such as "1GB"; by default 80% of it.
        The counts come on top
    temp_directory : where DuckDB spills to. It then holds child-level data: choose a disk
        fit for them. By default a folder in the system's temporary folder that nobody else
        may read; what is written there is deleted at the end
    threads : how many DuckDB may use; by default all. The counts don't depend on it
    spark : a Spark session; memory, folders and threads are then the session's

    Returns
    -------
    StoredRows

    Raises
    ------
    CypsError
        When no file is there, its name does not say what it is, or it cannot be opened.

    Notes
    -----
    CSV files have no types. An empty value, NA, N/A, #N/A, NaN, nan, NULL and null are missing.
    A driver whose values are all numbers is a number, unless one begins with a needless 0, as
    codes do, or `collapse` is given text as its categories. An event is 1 or true, 0 or false.
    Everything else, spaces included, is taken as it stands, in UTF-8.

    Examples
    --------
    >>> import pandas as pd
    >>> from cyps.cells import collapse
    >>> folder = getfixture("tmp_path")
    >>> pd.DataFrame(
    ...     {"fsm": ["no", "no", "yes", "no"], "la": ["A", "A", "A", "B"], "CIN": [0, 1, 1, 0]}
    ... ).to_parquet(folder / "children.parquet")
    >>> rows = open_rows(folder / "*.parquet", memory_limit="1GB", threads=1)
    >>> cells = collapse(rows, events="CIN", child=["fsm"], group="la")
    >>> cells.cell_count.tolist(), cells.events.tolist()
    ([2, 1, 1], [2.0])
    """
    several = [files] if isinstance(files, str | os.PathLike) else files
    paths = [os.fspath(path) for path in several]
    untyped = _all_csv(paths)
    what = ", ".join(paths)
    if spark is not None:
        _check_each_once(paths)
        if (memory_limit, temp_directory, threads) != (None, None, None):
            raise CypsError(
                "memory_limit, temp_directory and threads are DuckDB's. Set those of Spark "
                "where its session is made."
            )
        return StoredRows(_opened(what, lambda: _in_spark(spark, paths, untyped)), untyped)
    found = files_behind(paths)
    engine = _duckdb(memory_limit, temp_directory, threads)
    return StoredRows(_opened(what, lambda: _in_duckdb(engine, found, untyped)), untyped)


def _all_csv(paths: Sequence[str]) -> bool:
    """Whether the files are CSV; a mixture, or anything else, is refused."""
    kinds = {_kind(path) for path in paths}
    if len(kinds) != 1:
        raise CypsError("Give at least one file, all of them Parquet or all of them CSV.")
    return kinds == {_CSV}


def _kind(path: str) -> tuple[str, ...]:
    names = [path.rstrip("/*")]
    if not names[0].endswith((*_PARQUET, *_CSV)) and Path(path).is_dir():
        names = [file.name for file in Path(path).iterdir() if file.name[0] not in "._"]
    for kind in (_PARQUET, _CSV):
        if names and all(name.lower().endswith(kind) for name in names):
            return kind
    raise CypsError(
        f"What kind of files is {path}? Name files or a folder of files that end in .parquet, .pq, "
        ".csv or .csv.gz, and not of both kinds."
    )


def files_behind(paths: Sequence[str]) -> list[str]:
    """The files on this machine behind names, folders and patterns, in order."""
    found = []
    for path in paths:
        inside = f"{glob.escape(path)}/*" if Path(path).is_dir() else path
        files = [file for file in sorted(glob.glob(inside)) if Path(file).name[0] not in "._"]  # noqa: PTH207
        if not files:
            raise CypsError(f"There is no file {path}.")
        found += files
    _check_each_once([os.path.realpath(file) for file in found])
    return found


def _check_each_once(paths: Sequence[str]) -> None:
    """A file that is named twice, by itself and in a pattern say, would count twice."""
    twice = [path for path, times in Counter(paths).items() if times > 1]
    if twice:
        raise CypsError(
            f"{twice[0]} is named more than once, and its rows would count as often. Name each "
            "file once; a pattern or a folder names all that are behind it."
        )


def _duckdb(
    memory_limit: str | None, temp_directory: str | os.PathLike[str] | None, threads: int | None
) -> Any:  # noqa: ANN401
    import ibis

    if temp_directory and not os.access(temp_directory, os.W_OK | os.X_OK):
        raise CypsError(f"DuckDB cannot write to the folder {os.fspath(temp_directory)}.")
    own = None if temp_directory else tempfile.mkdtemp(prefix="cyps-")
    asked = {"memory_limit": memory_limit, "threads": threads}
    settings: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    try:
        engine = ibis.duckdb.connect(
            **settings,
            temp_directory=own or os.fspath(temp_directory or ""),
            preserve_insertion_order=False,
            autoinstall_known_extensions=False,
        )
    except Exception as problem:
        if own:
            shutil.rmtree(own, ignore_errors=True)
        raise CypsError(f"DuckDB does not take these settings: {problem}") from None
    if own:
        weakref.finalize(engine, shutil.rmtree, own, ignore_errors=True)
    return engine


def _in_duckdb(engine: Any, files: list[str], untyped: bool) -> ir.Table:  # noqa: ANN401
    if not untyped:
        _check_same_kinds([engine.read_parquet(file).schema() for file in files])
        return engine.read_parquet(files, union_by_name=True)
    # Left to guess, DuckDB may take a child's row for the heading.
    by_heading: dict[tuple[str, ...], list[str]] = {}
    for file in files:
        by_heading.setdefault(_heading(file), []).append(file)
    in_first = list(next(iter(by_heading)))
    for heading, alike in by_heading.items():
        if set(heading) != set(in_first):
            raise CypsError(f"{alike[0]} does not have the same columns as {files[0]}.")
    first, *others = [
        engine.read_csv(
            alike, columns=dict.fromkeys(heading, "VARCHAR"), header=True, auto_detect=False,
            delim=",", quote='"', escape='"', strict_mode=True,
        ).select(in_first)
        for heading, alike in by_heading.items()
    ]  # fmt: skip
    return first.union(*others) if others else first


def _check_same_kinds(schemas: Sequence[Any]) -> None:
    """Text in one file and numbers in another would all be taken for text."""
    for name in schemas[0]:
        if len({schema[name].is_string() for schema in schemas if name in schema}) > 1:
            raise CypsError(
                f"Column '{name}' is text in some files and not in others. Make it one kind."
            )


def _heading(file: str) -> tuple[str, ...]:
    opened: Any = gzip.open if file.endswith(".gz") else open
    try:
        with opened(file, "rt", encoding="utf-8-sig", newline="") as lines:
            heading = tuple(next(csv.reader(lines), ()))
    except (OSError, UnicodeDecodeError) as problem:
        raise CypsError(
            f"Cannot read {file}: {type(problem).__name__}. CSV files are read as UTF-8."
        ) from None
    if len({name.lower() for name in heading}) < max(len(heading), 1):
        raise CypsError(f"The first row of {file} must name every column, each name once.")
    return heading


def _in_spark(spark: SparkSession, paths: list[str], untyped: bool) -> ir.Table:
    import ibis

    settings = {
        # Without Arrow, Spark hands over the counts one by one.
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # With pruning, Spark does not see that a row has too few or too many values.
        "spark.sql.csv.parser.columnPruning.enabled": "false",
    }
    engine = ibis.pyspark.connect(spark, **settings)
    if untyped:
        # A row that is too long or too short stops the count, and headings are compared.
        return engine.read_csv(
            paths, header=True, inferSchema=False, quote='"', escape='"', mode="FAILFAST",
            enforceSchema=False,
        )  # fmt: skip
    first, *others = [engine.read_parquet(path) for path in paths]
    return first.union(*others) if others else first


def _opened(what: str, opening: Callable[[], ir.Table]) -> ir.Table:
    """The table; an engine's own message, which may show a row, is not repeated."""
    try:
        return opening()
    except CypsError:
        raise
    except Exception as problem:
        raise CypsError(
            f"Cannot open {what}: {kind_of(problem)}. Is it there, what its name says, "
            "and are all files alike in their columns?"
        ) from None


def kind_of(problem: Exception) -> str:
    """What went wrong in an engine, without its message: that may show a row."""
    condition = getattr(problem, "getCondition", lambda: None)()
    return f"{type(problem).__name__}{f' ({condition})' if condition else ''}"
