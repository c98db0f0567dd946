"""Time and memory against rows, for us and for peers, with a picture.

    uv run --group bench python -m benchmarks --growth

One metric (CIN), one thread, the first n rows of the sample in random order. We are given
rows; the peers ready cells. A peer that takes longer than LIMIT is ended and said to.
lme4 runs where R has it: apt-get install r-cran-lme4.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measured import heading, run, timed
from benchmarks.rows import FORMULA, peer_cells

SIZES = (100_000, 330_000, 1_000_000, 3_300_000)
LIMIT = 150
"""Seconds after which a peer is ended."""
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "growth.svg"
# Who is measured and what it is: (name in the table, job, further number).
WHO = (
    ("cyps, from rows", "ours", None),
    ("glmm (Laplace)", "glmm", None),
    ("gpboost, tightened", "gpboost", None),
    ("lme4 glmer nAGQ=0", "lme4", 0),
    ("lme4 glmer nAGQ=1", "lme4", 1),
    ("glum, LA dummies", "glum", None),
    ("cyps, LA dummies", "our_dummies", None),
)

_LME4 = """
library(lme4)
options <- commandArgs(trailingOnly = TRUE)
table <- read.csv(options[1], stringsAsFactors = TRUE)
for (name in c("idaci", "limited_activities", "low_qualifications", "overcrowded", "density"))
  table[[name]] <- as.numeric(scale(table[[name]]))
began <- proc.time()
fit <- glmer(
  cbind(CIN, trials - CIN) ~ sex + age + ethnicity + fsm + idaci + limited_activities +
    low_qualifications + overcrowded + density + (1 | authority),
  family = binomial, data = table, nAGQ = as.integer(options[2])
)
took <- proc.time() - began
cat(sprintf('{"cpu": %f, "loglik": %.9f}', took[["user.self"]] + took[["sys.self"]],
            as.numeric(logLik(fit))))
"""


def prepare_cells(folder: Path, rows: int) -> dict[str, Any]:
    """The cells of the first rows, as a person would hand them to other software."""
    from benchmarks.rows import COLUMNS, load, peer_table
    from cyps.cells import collapse

    areas = pd.read_csv(folder / "areas.csv")
    sample = load(folder / "sample.npz", areas, rows)
    cells = collapse(sample, areas=areas, **COLUMNS)
    peer_table(cells, sample, areas).to_csv(folder / "cells.csv", index=False)
    return {"cells": len(cells.cell_count)}


def lme4(folder: Path, nagq: int) -> dict[str, Any]:
    """CIN by glmer on ready cells; drivers scaled, which it asks for."""
    script = folder / "lme4.R"
    script.write_text(_LME4, encoding="utf-8")
    try:
        done = subprocess.run(
            ["Rscript", "--vanilla", script, folder / "cells.csv", str(nagq)],
            capture_output=True, text=True, check=True, timeout=LIMIT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        sys.exit(f"over {LIMIT} s")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {**json.loads(done.stdout.splitlines()[-1]), "r_mb": used.ru_maxrss / 1024}


def glum(folder: Path) -> dict[str, Any]:
    """A plain logistic model with a dummy for each authority, on ready cells."""
    from glum import GeneralizedLinearRegressor

    table = peer_cells(folder)
    table["authority"] = table["authority"].astype("category")
    trials = table["trials"].to_numpy(dtype=float)
    share = table["CIN"].to_numpy(dtype=float) / trials
    X = table[[*FORMULA.split(" + "), "authority"]]
    model = GeneralizedLinearRegressor(
        family="binomial", alpha=0, drop_first=True, gradient_tol=1e-10
    )
    _, cpu, _ = timed(lambda: model.fit(X, share, sample_weight=trials), 1)
    eta = np.asarray(model.predict(X))
    loglik = float(trials @ (share * np.log(eta) + (1 - share) * np.log1p(-eta)))
    return {"cpu": cpu[0], "loglik": loglik}


def our_dummies(folder: Path, rows: int) -> dict[str, Any]:
    """The same model by us, from rows."""
    from benchmarks.rows import COLUMNS, load
    from cyps.cells import collapse
    from cyps.model import fit_dummies

    areas = pd.read_csv(folder / "areas.csv")
    table = load(folder / "sample.npz", areas, rows)
    columns = {**COLUMNS, "events": ["CIN"]}
    fits, cpu, _ = timed(lambda: fit_dummies(collapse(table, areas=areas, **columns)), 4)
    return {"cpu": float(np.median(cpu[1:])), "loglik": fits[0].loglik}


def tables(folder: Path) -> Iterator[str]:
    """The Markdown, and the picture beside it in docs/."""
    run("prepare", folder)
    here = [one for one in WHO if one[1] != "lme4" or _has_lme4()]
    yield heading("glmm", "gpboost", "glum") + (
        "" if len(here) == len(WHO) else "\nlme4 is not on this machine.\n"
    )
    found: dict[str, dict[int, dict[str, Any] | str]] = {name: {} for name, *_ in here}
    cells = {}
    for rows in SIZES:
        cells[rows] = run("prepare_cells", folder, rows)["cells"]
        for name, job, number in here:
            told = found[name]
            if any(isinstance(before, str) and "over" in before for before in told.values()):
                told[rows] = "not tried"
                continue
            asked = {"ours": [rows, 1], "our_dummies": [rows], "glmm": [0], "gpboost": [0]}
            numbers = asked.get(job, [] if number is None else [number])
            told[rows] = run(job, folder, *numbers, limit=LIMIT + 30)
    yield _table(found, cells)
    _draw(found)
    yield f"Picture: {PICTURE.name}\n"


def _has_lme4() -> bool:
    if not shutil.which("Rscript"):
        return False
    asked = ["Rscript", "--vanilla", "-e", "library(lme4)"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _table(found: dict[str, dict[int, dict[str, Any] | str]], cells: dict[int, int]) -> str:
    lines = [
        "| CIN, one thread: CPU seconds (peak MB) | "
        + " | ".join(f"{rows:,} rows, {cells[rows]:,} cells" for rows in SIZES)
        + " |",
        "|---|" + "--:|" * len(SIZES),
    ]
    for name, told in found.items():
        shown = [
            job if isinstance(job, str) else f"{job['cpu']:.2f} ({_peak(job):.0f})"
            for job in told.values()
        ]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def _peak(job: dict[str, Any]) -> float:
    return float(job.get("r_mb", job["peak_mb"]))


def _draw(found: dict[str, dict[int, dict[str, Any] | str]]) -> None:
    """Two panels, seconds and memory against rows, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "cyps"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    # Dark to light, and a mark each: told apart in greyscale, too.
    marks = "os^vD*P"
    colours = ["#00305e", "#b0413e", "#6a5acd", "#1b7f5c", "#8a6d00", "#777777", "#3f8fd2"]
    for what, panel, of in (
        ("CPU seconds", panels[0], lambda job: job["cpu"]),
        ("Peak memory, MB", panels[1], _peak),
    ):
        for (name, told), mark, colour in zip(found.items(), marks, colours, strict=False):
            points = [(rows, of(job)) for rows, job in told.items() if not isinstance(job, str)]
            panel.loglog(
                *zip(*points, strict=True), marker=mark, color=colour, label=name,
                linewidth=2.4 if name.startswith("cyps") else 1.2,
            )  # fmt: skip
        panel.set(xlabel="Rows (children)", ylabel=what)
        panel.grid(visible=True, which="major", alpha=0.3)
    panels[0].legend(frameon=False, fontsize=8)
    figure.savefig(PICTURE, metadata={"Date": None})
    print(f"... {PICTURE}", file=sys.stderr)
