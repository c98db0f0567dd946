"""`cyps validate`: a model file and rows in, a report of how far to trust the model out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from cyps.cli.fit import need_modeller, record_of_fit
from cyps.cli.folder import RECORD, check_folder, hashes, put_in_place
from cyps.cli.options import AnyCase
from cyps.cli.progress import steps_shown
from cyps.cli.report import print_note, print_under, print_wrapped
from cyps.errors import CypsError


@click.command("validate", short_help="Judge a model on authorities it has not seen.")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("validation"),
    show_default=True,
    help="Folder for the report.",
)
@click.option("--folds", type=click.IntRange(min=2), help="Parts to leave out [default: each].")
@click.option("--seed", type=int, default=2019, show_default=True, help="Of parts and halves.")
@click.option(
    "--split",
    type=AnyCase(["either", "small areas", "children"]),
    default="either",
    show_default=True,
    help="What is split into halves.",
)
@click.option("--cross", nargs=2, multiple=True, help="Two drivers to show together.")
def validate_command(
    model: Path,
    out: Path,
    folds: int | None,
    seed: int,
    split: str,
    cross: tuple[tuple[str, str], ...],
) -> None:
    """Fit what the file MODEL (TOML) declares, as `cyps fit` does, and judge it.

    Every authority is left out of a fit once and predicted; the sample is split in two. The
    folder gets report.html, report.md with figures, and validation.json. No row, no cell and no
    count below 10 is written.
    """
    need_modeller("Validating", "matplotlib", "markdown_it")
    check_folder(out, ("report.html", "report.md", "validation.json"))
    from cyps.model.model_file import count_rows, fit_model, read_model_file
    from cyps.validating import checks, validate, write_report
    from cyps.validating.validate import CROSSED

    asked = read_model_file(model)
    _check_crossed(cross, (*asked.child, *asked.area, *asked.authority))
    with steps_shown() as step:
        step("Counting rows", 0, 0)
        cells = count_rows(asked, model.parent, events_by_cell=True)
        step("Fitting", 0, 0)
        fits = fit_model(asked, cells)
        found = validate(
            cells,
            fits,
            folds=folds,
            seed=seed,
            split_by=split,  # type: ignore[arg-type]
            crossed=cross or CROSSED,
            step=step,
        )
        step("Writing the report", 0, 0)
        with put_in_place(out) as folder:
            write_report(found, folder)
            told = {"folds": folds, "seed": seed, "split": split, "cross": cross or CROSSED}
            record = record_of_fit(asked, model, fits, "validate") | {"validation": told}
            record |= {"outputs": hashes(folder)}
            (folder / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    console = Console(highlight=False, markup=False, emoji=False)
    for each in found.metrics:
        console.print(each.metric)
        for check in checks(each):
            print_under(
                console, f"  {'met    ' if check.met else 'NOT MET'} {check.name}", check.words
            )
        console.print()
    for note in found.notes:
        print_note(note)
    print_wrapped(console, f"Written to {out}: {', '.join([*record['outputs'], RECORD])}")


def _check_crossed(cross: Sequence[tuple[str, str]], drivers: Sequence[str]) -> None:
    """A name mistyped would only leave its table out, after the hours that fits can take."""
    unknown = [name for pair in cross for name in pair if name not in drivers]
    if unknown:
        raise CypsError(
            f"--cross: the model has no driver '{unknown[0]}'. It has {', '.join(drivers)}."
        )
