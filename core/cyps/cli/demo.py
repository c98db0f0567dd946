"""`cyps demo`: the whole way at national scale, on a made-up England."""

from __future__ import annotations

import csv
import io
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.console import Console

from cyps.cli.folder import check_folder
from cyps.cli.machine import peak_memory_mb
from cyps.cli.outputs import SETTLED, write_outputs
from cyps.cli.report import print_report
from cyps.errors import CypsError
from cyps.pack import UNSIGNED, Pack, pack_bytes
from cyps.settlement import Settlement, settle

if TYPE_CHECKING:  # the modeller's side is loaded when the demo runs, not with the command line
    from cyps.cells import Cells
    from cyps.model import MultilevelFit
    from cyps.synthetic import SyntheticEngland

_METRICS = ("CIN", "CARE", "CEASED")
_CHILDREN = 8_000_000
_AREAS_PER_CHILD = 33_755 / 8_000_000
_SAMPLE_PER_CHILD = 3_300_000 / 8_000_000
PACK, SHARES = "synthetic-england.cyps.zip", "shares.csv"


@click.command("demo", short_help="The whole way on a made-up England.")
@click.option(
    "--children",
    type=click.IntRange(4_000_000, 20_000_000),
    default=_CHILDREN,
    show_default=True,
    help="How many children to make up.",
)
@click.option("--seed", type=click.IntRange(0), default=2019, show_default=True, help="Of chance.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Folder for the results.",
)
def demo_command(children: int, seed: int, out: Path) -> None:
    """Make a synthetic England, fit, pack, predict, settle and write a workbook.

    Everything is made up; nothing says anything about a real authority.
    Writes settlement.xlsx, shares.csv, the coefficient pack and a run record.
    """
    _need_modeller()
    check_folder(out, (*SETTLED, SHARES, PACK))
    steps = Steps(Console(stderr=True, highlight=False))
    england = _make_england(steps, children, seed)
    fits, everyone, sample_areas = _count_and_fit(steps, england)
    with steps.step("Pack coefficients and predict for all children"):
        pack = _pack(fits, everyone, sample_areas, seed)
        packed, identity = pack_bytes(pack)
    with steps.step("Weight, adjust, damp, round to pounds"):
        settlement = _settle(england, pack)
    with steps.step("Write the workbook and the rest"):
        from cyps_workbooks import PackNote

        living = dict(zip(everyone.groups, everyone.group_children.tolist(), strict=True))
        outputs = write_outputs(
            settlement,
            out,
            record=_record(fits, pack, identity, children, seed, steps),
            population=np.array([float(living[code]) for code in settlement.scenario.codes]),
            pack=PackNote(
                pack.name,
                identity,
                pack.status,
                pack.statement,
                UNSIGNED.sentence,
                pack,
                UNSIGNED.standing,
            ),
            more={SHARES: shares_csv(settlement), PACK: packed},
        )
    print_report(settlement, outputs)


def _need_modeller() -> None:
    missing = [name for name in ("numba", "pandas", "scipy") if find_spec(name) is None]
    if missing:
        raise CypsError(
            "The demo fits a model, and the modeller's part of cyps is not installed "
            f"({', '.join(missing)}). Install it in this copy of the repository with: "
            "uv sync --all-extras"
        )


@dataclass(slots=True)
class Steps:
    """Progress on standard error, and how long each step took."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show a step while it runs and a line when it is done."""
        began = time.perf_counter()
        with self.console.status(f"{name} ..."):
            yield
        self.seconds[name] = round(time.perf_counter() - began, 2)
        self.console.print(f"{self.seconds[name]:6.1f} s  {name}")


def _make_england(steps: Steps, children: int, seed: int) -> SyntheticEngland:
    with steps.step("Load the modeller's side"):
        from cyps.synthetic import synthetic_england
    with steps.step(f"Make up {children:,} children"):
        return synthetic_england(
            children,
            round(children * _AREAS_PER_CHILD),
            round(children * _SAMPLE_PER_CHILD),
            seed=seed,
        )


def _count_and_fit(
    steps: Steps, england: SyntheticEngland
) -> tuple[tuple[MultilevelFit, ...], Cells, int]:
    from cyps.cells import collapse
    from cyps.model import fit_cells
    from cyps.synthetic import AREA_DRIVERS, CHILD_DRIVERS

    columns: dict[str, Any] = {
        "events": _METRICS,
        "child": list(CHILD_DRIVERS),
        "area": list(AREA_DRIVERS),
        "group": "authority",
        "areas": england.areas,
        "area_key": "area",
    }
    sample = england.modelling_sample()
    with steps.step(f"Count the sample of {len(sample):,} children in cells"):
        cells = collapse(sample, **columns)
    with steps.step(f"Fit {', '.join(_METRICS)} on {len(cells.cell_count):,} cells"):
        fits = fit_cells(cells)
    with steps.step("Count all children in cells"):
        everyone = collapse(england.children, **columns)
    return fits, everyone, len(cells.area_design)


def _pack(fits: Sequence[MultilevelFit], everyone: Cells, sample_areas: int, seed: int) -> Pack:
    from cyps.model import make_pack
    from cyps.synthetic import STATEMENT

    return make_pack(
        fits,
        everyone,
        name="Synthetic England",
        status="illustrative",
        statement=STATEMENT,
        source=f"cyps demo {version('cyps')}, seed {seed}: a synthetic England of "
        f"{everyone.children:,} children",
        created=datetime.now(UTC).date().isoformat(),
        year=2025,
        sample_areas=sample_areas,
        neutralise=[{"ethnicity": "reference"}, {"ethnicity": "average"}],
    )


def _settle(england: SyntheticEngland, pack: Pack) -> Settlement:
    from cyps.synthetic import illustrative_scenario

    use = pack.predicted_use(UNSIGNED.sentence)
    return settle(illustrative_scenario(england, use), use)


def shares_csv(settlement: Settlement) -> bytes:
    """Predicted use and shares by authority, in full precision.

    Columns: code, name, region; `use_<METRIC>` (children) and `share_<METRIC>`
    (sums to 1) for each metric; `needs_share` before and `share` after area cost.
    """
    metrics = settlement.use.metrics
    head = ["code", "name", "region"]
    head += [f"{what}_{metric}" for what in ("use", "share") for metric in metrics]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*head, "needs_share", "share"])
    for i, authority in enumerate(settlement.scenario.authorities):
        numbers = [
            *settlement.use.children[i],
            *settlement.metric_share[i],
            settlement.needs_share[i],
            settlement.share[i],
        ]
        who = [authority.code, authority.name, authority.region]
        writer.writerow([*who, *(repr(float(number)) for number in numbers)])
    return text.getvalue().encode()


def _record(
    fits: Sequence[MultilevelFit],
    pack: Pack,
    identity: str,
    children: int,
    seed: int,
    steps: Steps,
) -> dict[str, Any]:
    return {
        "tool": {"name": "cyps", "version": version("cyps"), "command": "demo"},
        "status": pack.status,
        "statement": pack.statement,
        "options": {"children": children, "seed": seed},
        "pack": {
            "name": pack.name,
            "content_hash": identity,
            "created": pack.created,
            "state": UNSIGNED.standing.value,
        },
        "fits": [
            {
                "metric": fit.metric,
                "events": fit.events,
                "children": fit.children,
                "sigma": fit.sigma,
                "loglik": fit.loglik,
                "converged": fit.converged,
                "verdict": fit.verdict,
                "steps": [
                    {"loglik": s.loglik, "sigma": s.sigma, "decrement": s.decrement}
                    for s in fit.fit_log
                ],
            }
            for fit in fits
        ],
        # The only part that differs from run to run.
        "this_run": {
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "seconds": dict(steps.seconds),
            "peak_memory_mb": peak_memory_mb(),
        },
    }
