"""Run every benchmark once and write a table: uv run --group bench python -m benchmarks.

    --out FILE   write the tables there as Markdown too
    --large      rows on disk up to 33 million, and awkward tables, instead
    --growth     time and memory against rows, for us and for peers, instead

Ends in minutes. Each job has a process of its own and one thread unless said
otherwise; peers get ready cells, we get rows.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import growth, large
from benchmarks.measured import Job, heading, run
from benchmarks.rows import METRICS

SIZES = (100_000, 330_000, 1_000_000, 3_300_000)


def tables(folder: Path) -> Iterator[str]:
    """The Markdown, part by part."""
    # In a process of its own: a child's peak memory begins at its parent's.
    run("prepare", folder)
    yield heading("glmm", "gpboost")
    with tempfile.TemporaryDirectory() as fresh_cache:
        cold = run("ours", folder, SIZES[-1], NUMBA_CACHE_DIR=fresh_cache)
    ours = run("ours", folder, SIZES[-1])
    threads = str(os.cpu_count() or 1)
    parallel = run("ours", folder, SIZES[-1], NUMBA_NUM_THREADS=threads)
    glmm = [run("glmm", folder, metric) for metric in range(len(METRICS))]
    gpboost = [run("gpboost", folder, metric) for metric in range(len(METRICS))]
    yield peers_table(ours, {"glmm": glmm, "gpboost": gpboost})
    yield accuracy_table(ours, {"glmm": glmm, "gpboost": gpboost})
    yield runs_table(cold, ours, parallel)
    # In 100,000 rows some ethnic group has nobody in care: growth is measured on CIN alone.
    by_size = {rows: run("ours", folder, rows, 1) for rows in SIZES}
    repeated = run("ours", folder, SIZES[1], 1, 10)
    yield growth_table(by_size, repeated)
    yield what_if_table(run("what_if", folder))
    yield settlements_table(run("settlements", folder))


def peers_table(ours: Job, peers: dict[str, list[Job]]) -> str:
    """Three metrics: ours from 3.3 million rows, peers' three fits on ready cells."""
    lines = [
        "| three metrics, one thread | CPU seconds | ratio to ours | peak MB | memory ratio |",
        "|---|--:|--:|--:|--:|",
        f"| ours, 3.3m rows in | {ours['cpu']:.3f} | 1 | {ours['peak_mb']:.0f} | 1 |",
    ]
    for name, fits in peers.items():
        cpu, peak = sum(fit["cpu"] for fit in fits), max(fit["peak_mb"] for fit in fits)
        lines.append(
            f"| {name}, cells in | {cpu:.1f} | {cpu / ours['cpu']:.0f} | {peak:.0f} "
            f"| {peak / ours['peak_mb']:.1f} |"
        )
    lines.append(
        "\nOurs is the median of 7 warm runs; the peers' fits, which compile nothing, run once."
    )
    return "\n".join(lines) + "\n"


def accuracy_table(ours: Job, peers: dict[str, list[Job]]) -> str:
    """How far apart the maxima are: the gate before any ratio counts."""
    lines = [
        "| peer | metric | our log-likelihood less its | sigma, ours | sigma, its "
        "| largest difference / SE | converged |",
        "|---|---|--:|--:|--:|--:|---|",
    ]
    for name, fits in peers.items():
        for m, fit in enumerate(fits):
            apart = "not compared"
            if "beta" in fit:
                off = np.abs(np.subtract(ours["beta"][m], fit["beta"])) / ours["se"][m]
                apart = f"{off.max():.1e}"
            ahead = ours["loglik"][m] - fit["loglik"]
            lines.append(
                f"| {name} | {METRICS[m]} | {ahead:+.1e} | {ours['sigma'][m]:.6f} "
                f"| {fit['sigma']:.6f} | {apart} | {fit.get('converged', 'not said')} |"
            )
    return "\n".join(lines) + "\n"


def runs_table(cold: Job, ours: Job, parallel: Job) -> str:
    """First run ever, first run of a process, warm, and with every processor."""
    return "\n".join(
        [
            "| 3.3m rows, three metrics | wall seconds |",
            "|---|--:|",
            f"| first run ever, compiling included | {cold['first_wall']:.1f} |",
            f"| first run of a process | {ours['first_wall']:.2f} |",
            f"| warm, one thread | {ours['wall']:.3f} |",
            f"| warm, all {os.cpu_count()} processors | {parallel['wall']:.3f} |",
            "",
        ]
    )


def growth_table(by_size: dict[int, Job], repeated: Job) -> str:
    """Time and memory against rows."""
    smallest = by_size[SIZES[0]]["cpu"]
    lines = ["| rows, CIN alone | CPU seconds | ratio to 100k | peak MB |", "|--:|--:|--:|--:|"]
    lines += [
        f"| {rows:,} | {job['cpu']:.3f} | {job['cpu'] / smallest:.1f} | {job['peak_mb']:.0f} |"
        for rows, job in by_size.items()
    ]
    same_cells = repeated["cpu"] / by_size[SIZES[1]]["cpu"]
    lines.append(
        f"\n330k rows, each ten times (ten times the rows, the same cells): "
        f"{repeated['cpu']:.3f} CPU seconds, {same_cells:.1f} times as long.\n"
    )
    return "\n".join(lines)


def what_if_table(job: Job) -> str:
    """Changes on all 8 million children."""
    return "\n".join(
        [
            f"| 8m children, {job['cells']:,} cells, one thread | milliseconds |",
            "|---|--:|",
            f"| count 8m rows in cells | {1000 * job['count_wall']:.0f} |",
            "| change coefficients of all three metrics, re-predict to 153 authorities, "
            f"with gradients | {1000 * job['predict_cpu']:.1f} |",
            f"| change weights, floor or pot: settle | {1000 * job['settle_cpu']:.2f} |",
            "",
        ]
    )


def settlements_table(job: Job) -> str:
    """Settling against plain pandas and scipy, and in bulk."""
    ours = job["by"]["ours"]["cpu"]
    return "\n".join(
        [
            "| 153 authorities, floor and ceiling, one thread | milliseconds | ratio to ours "
            "| most pounds apart |",
            "|---|--:|--:|--:|",
            *(
                f"| {name} | {1000 * peer['cpu']:.2f} | {peer['cpu'] / ours:.1f} "
                f"| {peer['apart']} |"
                for name, peer in job["by"].items()
            ),
            "",
            "| in bulk, floor and ceiling, one thread | seconds |",
            "|---|--:|",
            f"| 10 years under 1,000 draws of the coefficients | {job['ten_years_cpu']:.2f} |",
            f"| 10,000 authorities, 20 years | {job['twenty_years_cpu']:.2f} |",
            "",
        ]
    )


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--out", type=Path)
    asked.add_argument("--large", action="store_true")
    asked.add_argument("--growth", action="store_true")
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as where:
        parts = []
        made = tables(Path(where))
        if chosen.large or chosen.growth:
            made = large.tables() if chosen.large else growth.tables(Path(where))
        for part in made:
            print(part)
            parts.append(part)
    if chosen.out:
        chosen.out.write_text("\n".join(parts), encoding="utf-8")
