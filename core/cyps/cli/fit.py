"""`cyps fit`: from rows and a model file to coefficients; the modeller's command."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cyps.cli.folder import RECORD, check_folder, hashes, put_in_place
from cyps.errors import CypsError

if TYPE_CHECKING:  # loaded when the command runs, not with the command line
    from cyps.cells import Cells
    from cyps.model import MultilevelFit
    from cyps.model.model_file import ModelFile, PackWords
    from cyps.model.quantiles import Quantiles
    from cyps.pack import Pack

PACK = "coefficients.cyps.zip"
TABLES = ("summary.txt", "coefficients.csv", "covariance.csv", "fit.json")
"""What every fit writes besides its record."""
EFFECTS = "effects.csv"


@click.command("fit", short_help="Fit a model to rows of children or cells.")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("fit"),
    show_default=True,
    help="Folder for the results.",
)
def fit_command(model: Path, out: Path) -> None:
    """Fit what the file MODEL (TOML) declares; write coefficients and how sure they are.

    The folder gets summary.txt, coefficients.csv, covariance.csv, effects.csv, fit.json, and
    with [pack] in MODEL a coefficient pack. Rows and cells are not written.
    """
    need_modeller("Fitting")
    check_folder(out)
    from cyps.model.model_file import count_rows, fit_model, read_model_file

    asked = read_model_file(model)
    check_folder(out, _names(asked))
    if asked.pack is not None:
        _check_can_be_packed(asked, model)
    cells = count_rows(asked, model.parent)
    # All that keeps the fits from being packed is told before they are made.
    everyone = None if asked.pack is None else _everyone(asked, asked.pack, model.parent, cells)
    fits = fit_model(asked, cells)
    pack = None if everyone is None else _pack(asked, cells, everyone, fits)
    with put_in_place(out) as folder:
        _write(folder, fits, asked.quantiles)
        if pack is not None:
            from cyps.pack import pack_bytes

            (folder / PACK).write_bytes(pack_bytes(pack)[0])
        record = record_of_fit(asked, model, fits) | {"outputs": hashes(folder)}
        (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    click.echo("\n\n".join(fit.summary(quantiles=asked.quantiles) for fit in fits))
    click.echo(f"\nWritten to {out}: {', '.join([*record['outputs'], RECORD])}")
    if failed := [fit.metric for fit in fits if not fit.converged]:
        raise CypsError(
            f"The fit of {', '.join(failed)} is no result: see the verdict above and in "
            f"{out / 'summary.txt'}."
        )


def need_modeller(what: str, *more: str) -> None:
    """Refuse where the modeller's part is not installed."""
    missing = [name for name in ("numba", "pandas", "scipy", *more) if find_spec(name) is None]
    if missing:
        raise CypsError(
            f"{what} needs the modeller's part of cyps, which is not installed "
            f"({', '.join(missing)}). Install it with: pip install 'cyps[modeller]'"
        )


def _names(asked: ModelFile) -> tuple[str, ...]:
    effects = () if asked.estimator == "plain" else (EFFECTS,)
    return (*TABLES, *effects, *(() if asked.pack is None else (PACK,)))


def _check_can_be_packed(asked: ModelFile, model: Path) -> None:
    """Refuse what no pack can hold while nothing is counted yet."""
    from cyps.pack.manifest import METRIC_NAME

    if asked.estimator == "dummies":
        raise CypsError(
            f'{model.name} has [pack] and estimator = "dummies", whose dummy for each group a pack '
            "cannot hold. Take one of the two out."
        )
    wrong = [name for name in asked.metrics if not re.fullmatch(METRIC_NAME, name)]
    if wrong:
        raise CypsError(
            f"{model.name} has [pack], and in a pack {', '.join(wrong)} cannot be the name of a "
            "metric: it is written in capitals, digits and _, such as CIN. Rename the column of "
            "the rows and the metric, or take [pack] out."
        )


def _everyone(asked: ModelFile, words: PackWords, folder: Path, cells: Cells) -> Cells:
    """Cells of the children to predict for, who can be told of in a pack."""
    from cyps.model.model_file import count_rows
    from cyps.model.packing import check_packable

    everyone = cells if words.children is None else count_rows(asked, folder, words.children)
    check_packable(everyone, words.year, words.neutralise)
    return everyone


def _pack(asked: ModelFile, cells: Cells, everyone: Cells, fits: Sequence[MultilevelFit]) -> Pack:
    from cyps.model import make_pack

    words = asked.pack
    assert words is not None  # noqa: S101 - else there is nobody to predict for
    return make_pack(
        fits,
        everyone,
        name=words.name,
        status=words.status,
        statement=words.statement,
        source=words.source,
        year=words.year,
        created=datetime.now(UTC).date().isoformat(),
        sample_areas=len(cells.small_areas) or len(cells.area_design),
        neutralise=words.neutralise,
    )


def _write(folder: Path, fits: Sequence[MultilevelFit], quantiles: Quantiles) -> None:
    import pandas as pd

    summaries = "\n\n".join(fit.summary(quantiles=quantiles) for fit in fits)
    (folder / "summary.txt").write_text(summaries + "\n", encoding="utf-8")
    tables, effects, covariances = [], [], []
    for fit in fits:
        table = fit.coefficient_table(quantiles=quantiles)
        table = table.rename(columns={"lower": "lower_95", "upper": "upper_95"})
        table = table.rename_axis("label").reset_index()
        table.insert(0, "metric", fit.metric)
        tables.append(table)
        effect = fit.random_effects.reset_index()
        effect.insert(0, "metric", fit.metric)
        effects.append(effect)
        covariance = fit.cov_params().rename_axis("label").reset_index()
        covariance.insert(0, "metric", fit.metric)
        covariances.append(covariance)
    pd.concat(tables).to_csv(folder / "coefficients.csv", index=False)
    pd.concat(covariances).to_csv(folder / "covariance.csv", index=False)
    if fits[0].estimator != "plain":
        pd.concat(effects).to_csv(folder / EFFECTS, index=False)
    told = json.dumps([_told(fit) for fit in fits], indent=2, allow_nan=False)
    (folder / "fit.json").write_text(told + "\n", encoding="utf-8")


def _told(fit: MultilevelFit) -> dict[str, Any]:
    """What a fit says, without authorities' effects (effects.csv)."""
    return {
        "metric": fit.metric,
        "estimator": fit.estimator,
        "nodes": fit.nagq,
        "errors": fit.cov_type,
        "children": fit.children,
        "events": fit.events,
        "groups": len(fit.groups),
        "converged": fit.converged,
        "verdict": fit.verdict,
        "loglik": fit.loglik,
        "aic": fit.aic,
        "bic": fit.bic,
        "sigma": fit.sigma if fit.sigma == fit.sigma else None,
        "area_sigma": fit.area_sigma,
        "coefficients": dict(zip(fit.labels, fit.coefficients.tolist(), strict=True)),
        "steps": [
            {"loglik": step.loglik, "sigma": step.sigma, "decrement": step.decrement}
            for step in fit.fit_log
        ],
    }


def record_of_fit(
    asked: ModelFile, model: Path, fits: Sequence[MultilevelFit], command: str = "fit"
) -> dict[str, Any]:
    """What was fitted, by which tool, from which files."""
    from cyps.model.model_file import row_files

    names = [asked.rows, asked.areas, asked.pack and asked.pack.children]
    found = [file for name in names if name for file in row_files(name, model.parent)]
    files = {_named(file, model.parent): file for file in found} | {model.name: model}
    return {
        "tool": {"name": "cyps", "version": version("cyps"), "command": command},
        "model": asked.model_dump(exclude_none=True),
        "converged": all(fit.converged for fit in fits),
        "inputs": {name: _sha256(path) for name, path in files.items()},
    }


def _named(file: Path, folder: Path) -> str:
    """A file as the model file would name it."""
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
