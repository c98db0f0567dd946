"""Large and awkward tables: rows on disk, counted out of core, then fitted.

    uv run --group bench python -m benchmarks --large

Tables are drawn anew, written as Parquet in a temporary folder (100 MB), and thrown away.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.measured import heading, run, timed
from benchmarks.rows import COLUMNS, METRICS
from cyps.cells import collapse, open_rows
from cyps.cli.machine import peak_memory_mb
from cyps.synthetic import AREA_DRIVERS, CHILD_DRIVERS, TRUTH, synthetic_england

MEMORY_LIMIT = "1GB"
ROWS_A_FILE = 4_000_000
SIZES = (1_000_000, 3_300_000, 8_000_000, 33_000_000)
# Children alike everywhere (no clustering) fill the most cells. Rows, areas, authorities and
# children of the largest authority, the others being equal.
AWKWARD = {
    "65 authorities alike, no clustering": (3_300_000, 14_000, 65, 3_300_000 // 65),
    "1,000 authorities, no clustering": (3_300_000, 14_000, 1_000, 3_300),
    "one authority of 2m children, no clustering": (3_300_000, 14_000, 65, 2_000_000),
}


def prepare_england(folder: Path, rows: int) -> dict[str, Any]:
    """Synthetic England of any size, children in the order of their areas."""
    england = synthetic_england(rows, sample_children=rows // 2)
    return _write(folder, england.children, england.areas)


def prepare_awkward(
    folder: Path, rows: int, n_areas: int, n_authorities: int, largest: int
) -> dict[str, Any]:
    """Children whose drivers have nothing to do with where they live."""
    rng = np.random.default_rng(7)
    others = (rows - largest) // (n_authorities - 1)
    share = np.array([largest, *[others] * (n_authorities - 1)]) / rows
    last_area = np.maximum(np.round(np.cumsum(share) * n_areas), np.arange(n_authorities) + 1)
    authority = np.searchsorted(last_area, np.arange(n_areas), side="right")
    areas = pd.DataFrame({"area": [f"Z{i:08d}" for i in range(n_areas)]})
    areas["authority"] = [f"L{i:04d}" for i in authority]
    return _write(folder, _children(rng, rows, areas, authority), areas)


def _children(
    rng: np.random.Generator, rows: int, areas: pd.DataFrame, authority: NDArray[np.int64]
) -> pd.DataFrame:
    for driver in AREA_DRIVERS:
        areas[driver] = rng.random(len(areas)) * (50 if driver == "density" else 0.3)
    area = rng.integers(0, len(areas), rows)
    code = {name: rng.integers(0, len(values), rows) for name, values in CHILD_DRIVERS.items()}
    columns: dict[str, Any] = {
        name: pd.Categorical.from_codes(code[name], list(values))
        for name, values in CHILD_DRIVERS.items()
    }
    columns["area"] = pd.Categorical.from_codes(area, areas["area"])
    for metric in METRICS:
        truth = TRUTH[metric]
        by_area = truth.intercept + rng.normal(0, truth.sigma, authority.max() + 1)[authority]
        for driver, slope in truth.slopes.items():
            by_area = by_area + slope * areas[driver].to_numpy()
        eta = by_area[area]
        for name, effects in truth.categories.items():
            eta += np.append(0.0, effects)[code[name]]
        columns[metric] = rng.random(rows) < 1 / (1 + np.exp(-eta))
    return pd.DataFrame(columns, copy=False)


def _write(folder: Path, children: pd.DataFrame, areas: pd.DataFrame) -> dict[str, Any]:
    folder.mkdir()
    areas.to_csv(folder / "areas.csv", index=False)
    (folder / "rows").mkdir()
    for first in range(0, len(children), ROWS_A_FILE):
        part = children.iloc[first : first + ROWS_A_FILE]
        part.to_parquet(folder / "rows" / f"{first:09d}.parquet", index=False)
    size = sum(file.stat().st_size for file in (folder / "rows").iterdir())
    return {"file_mb": round(size / 1024**2)}


def large(folder: Path, threads: int, spark: int = 0) -> dict[str, Any]:
    """Count in the engine, then fit three metrics; peak memory after each."""
    from cyps.model import fit_cells

    areas = pd.read_csv(folder / "areas.csv")
    settings: dict[str, Any] = {"memory_limit": MEMORY_LIMIT, "threads": threads}
    if spark:
        settings = {"spark": _session(threads)}
    before = peak_memory_mb()
    work = lambda: collapse(  # noqa: E731
        open_rows(folder / "rows", **settings), areas=areas, categories=CHILD_DRIVERS, **COLUMNS
    )
    cells, cpu, wall = timed(work, 1)
    counted = peak_memory_mb()
    fits, fit_cpu, fit_wall = timed(lambda: fit_cells(cells), 1)
    return {
        "rows": cells.children,
        "cells": len(cells.cell_count),
        "authorities": len(cells.groups),
        "before_mb": before,
        "count_cpu": cpu[0],
        "count_wall": wall[0],
        "count_mb": counted,
        "fit_cpu": fit_cpu[0],
        "fit_wall": fit_wall[0],
        "converged": all(fit.converged for fit in fits),
    }


def _session(threads: int) -> Any:  # noqa: ANN401
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.master(f"local[{threads}]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.shuffle.partitions", str(4 * threads))
        .getOrCreate()
    )


def tables() -> Iterator[str]:
    """The Markdown, part by part."""
    yield heading("ibis-framework", "duckdb", "pyspark")
    with tempfile.TemporaryDirectory() as where:
        lines = [_HEAD]
        for rows in SIZES:
            folder = Path(where) / str(rows)
            written = run("prepare_england", folder, rows)
            for threads in (1, 2):
                jobs = run("large", folder, threads, NUMBA_NUM_THREADS=str(threads))
                lines.append(_line(f"England, DuckDB, threads: {threads}", written | jobs))
            if rows == SIZES[1]:
                jobs = run("large", folder, 2, 1, NUMBA_NUM_THREADS="2")
                lines.append(_line("England, Spark, local[2]", written | jobs))
        for number, (name, numbers) in enumerate(AWKWARD.items()):
            folder = Path(where) / f"awkward-{number}"
            written = run("prepare_awkward", folder, *numbers)
            lines.append(_line(name, written | run("large", folder, 1)))
    yield "\n".join(lines) + "\n"
    yield (
        f"From Parquet; DuckDB's memory limit is {MEMORY_LIMIT}. Counting includes opening the "
        "files and Ibis's own start; the fit (CIN, CARE, CEASED) includes loading what was "
        "compiled. Peak memory is the whole process's, Python and libraries included; that of "
        "Spark's Java is not in it.\n"
    )


_HEAD = (
    "| | rows | authorities | cells | files, MB | count, s | CPU s | peak MB | fit, s "
    "| peak MB | converged |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)


def _line(name: str, job: dict[str, Any]) -> str:
    print(f"... {name}: {job}", file=sys.stderr)
    return (
        f"| {name} | {job['rows']:,} | {job['authorities']:,} | {job['cells']:,} "
        f"| {job['file_mb']:,} | {job['count_wall']:.1f} | {job['count_cpu']:.1f} "
        f"| {job['count_mb']:,} | {job['fit_wall']:.1f} | {job['peak_mb']:,} "
        f"| {'yes' if job['converged'] else 'NO'} |"
    )
