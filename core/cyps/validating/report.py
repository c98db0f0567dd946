"""Report: a validation as Markdown, as one HTML page and as JSON."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from cyps.cells import SMALLEST_COUNT
from cyps.validating.figures import authorities_figure, calibration_figure, ratio_figure
from cyps.validating.groups import GroupTable
from cyps.validating.measures import Measures
from cyps.validating.validate import MetricValidation, Validation
from cyps.validating.verdict import checks

_CALIBRATION = (
    "Actual against predicted part of the children in tenths by predicted chance, with 95% "
    "intervals; on the broken line they agree."
)
_RATIOS = (
    "Actual by predicted number with 95% intervals for each group in the tables below; at the "
    "broken line, 1, they agree."
)
_STYLE = """body{font:16px/1.5 sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}th,td{border:1px solid #888;padding:.2rem .6rem}
th{background:#eee;text-align:left}td{vertical-align:top}img{max-width:100%;height:auto}"""


def write_report(validation: Validation, folder: Path) -> None:
    """Write report.md with its figures, report.html (one file) and validation.json.

    The same validation gives the same bytes. Counts below 10 are hidden in all three.
    """
    figures = dict(_figures(validation))
    for name, svg in figures.items():
        (folder / name).write_text(svg, encoding="utf-8")
    text = markdown(validation)
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(_html(text, figures), encoding="utf-8")
    told = json.dumps(_plain(as_json(validation)), indent=2, allow_nan=False)
    (folder / "validation.json").write_text(told + "\n", encoding="utf-8")


def as_json(validation: Validation) -> dict[str, Any]:
    """Everything, verdicts included, for a machine; what is hidden or unknown is null."""
    told = asdict(validation)
    for each, found in zip(told["metrics"], validation.metrics, strict=True):
        each["checks"] = [asdict(check) for check in checks(found)]
    return told


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Numbers that JSON has; ten digits, beyond which machines differ."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    number = float(value)
    return float(f"{number:.10g}") if number - number == 0 else None


def markdown(validation: Validation) -> str:
    """The report as Markdown: plain words first, numbers under them."""
    return "\n".join([*_opening(validation), *_words(validation), *_numbers(validation)]) + "\n"


def _opening(validation: Validation) -> Iterator[str]:
    yield "# Validation of the model"
    yield ""
    yield (
        f"{validation.children:,} children in {validation.authorities} authorities. "
        f"{_model(validation)} Each authority "
        f"was predicted by a fit that had not seen it ({validation.folds} fits). Limits of what "
        "counts as met are the tool's own. Groups in which fewer than "
        f"{SMALLEST_COUNT} children have the event, or have it not, are hidden, and others with "
        "them where they would follow."
    )
    yield ""
    for note in validation.notes:
        yield f"**Note.** {_cell(note)}"
        yield ""


def _model(validation: Validation) -> str:
    """What kind of model it is, in a sentence."""
    if validation.estimator == "plain":
        return "A logistic model without authorities' effects, by maximum likelihood."
    levels = {
        "multilevel": "Two levels: children in authorities",
        "three levels": "Three levels: children in small areas in authorities",
    }[validation.estimator]
    how = "the Laplace approximation"
    if validation.nagq > 1:
        how = f"quadrature, {validation.nagq} nodes"
    return f"{levels}, by {how}."


def _words(validation: Validation) -> Iterator[str]:
    for found in validation.metrics:
        answers = checks(found)
        missed = [check.name for check in answers if not check.met]
        verdict = "all checks met" if not missed else f"NOT met: {', '.join(missed)}"
        yield f"## {_cell(found.metric)}: {verdict}"
        yield ""
        yield from _table(
            ("check", "met", "what was seen"),
            [(check.name, "met" if check.met else "NOT MET", check.words) for check in answers],
        )


def _numbers(validation: Validation) -> Iterator[str]:
    for m, found in enumerate(validation.metrics):
        yield f"## {_cell(found.metric)}: the numbers"
        yield ""
        yield from _measures(found)
        yield from _near(found)
        yield "### By predicted chance, authorities left out"
        yield ""
        yield from _picture(m, "calibration", _CALIBRATION)
        yield from _groups(found.tables[0])
        yield "### By group of children, authorities left out"
        yield ""
        yield from _picture(m, "groups", _RATIOS)
        for table in found.tables[1:-1]:
            yield f"**{_cell(table.name)}**"
            yield ""
            yield from _groups(table)
        yield "### By authority, left out"
        yield ""
        yield from _picture(m, "authorities", "Actual against predicted part of the children, one "
                            "dot an authority; on the broken line they agree.")  # fmt: skip
        yield from _groups(found.tables[-1])


def _measures(found: MetricValidation) -> Iterator[str]:
    columns: list[tuple[str, Measures]] = [
        ("fitted", found.seen),
        ("authorities left out", found.held_out),
    ]
    if found.halves.measures:
        columns.append((f"other half, by {found.halves.by}", found.halves.measures))
    rows = [
        ("children", [f"{each.children:,}" for _, each in columns]),
        ("with the event", [f"{each.events:,}" for _, each in columns]),
        ("predicted", [f"{each.predicted:,.1f}" for _, each in columns]),
        ("AUC", [f"{each.auc:.4f}" for _, each in columns]),
        ("Brier score", [f"{each.brier:.6f}" for _, each in columns]),
        ("Brier score of one rate for all", [f"{each.brier_of_rate:.6f}" for _, each in columns]),
        ("log loss", [f"{each.log_loss:.6f}" for _, each in columns]),
        ("calibration slope", [f"{e.slope:.3f} ({e.slope_error:.3f})" for _, e in columns]),
        ("calibration intercept", [f"{e.intercept:.3f} ({e.intercept_error:.3f})"
                                   for _, e in columns]),
    ]  # fmt: skip
    yield from _table(
        ("measure", *(name for name, _ in columns)), [(name, *values) for name, values in rows]
    )
    yield "In brackets: standard errors, robust to what an authority's children share."
    yield ""
    if found.halves.why:
        yield f"The sample could not be validated in halves: {_cell(found.halves.why)}"
        yield ""


def _near(found: MetricValidation) -> Iterator[str]:
    here, check = found.areas, found.convergence
    rows = [
        ("R-squared of authorities' rates; if the model were right",
         f"{here.r_squared:.4f} ({here.r_squared_error:.4f}); "
         f"{here.r_squared_if_right[0]:.2f} to {here.r_squared_if_right[1]:.2f}"),
        ("within 5% of actual use; if the model were right",
         f"{here.within[0]:.1%}; {here.within_if_right[0]:.1%}"),
        ("within 10%; if the model were right",
         f"{here.within[1]:.1%}; {here.within_if_right[1]:.1%}"),
        ("share, left out against fitted: mean, largest",
         f"{found.shares.mean_absolute:.3%}, {found.shares.largest:+.3%} "
         f"({found.shares.authority})"),
        ("gradient, standard errors to go", f"{check.gradient:.2g}"),
        ("least eigenvalue of the observed information, unit diagonal", f"{check.flattest:.4g}"),
        ("second start: standard errors away", f"{check.second_start:.2g}"),
    ]  # fmt: skip
    if moved := found.halves.shares:
        rows.insert(
            4,
            ("share, one half's fit against the other's: mean, largest",
             f"{moved.mean_absolute:.3%}, {moved.largest:+.3%} ({moved.authority})"),
        )  # fmt: skip
    yield from _table(("authorities, shares and convergence", "value"), rows)


def _groups(table: GroupTable) -> Iterator[str]:
    rows = [
        (
            group.label,
            *(("hidden",) * 4 if group.hidden else (
                f"{group.children:,}", f"{group.predicted:,.1f}", f"{group.actual:,}",
                f"{group.ratio:.3f} ({group.error:.3f})",
            )),
        )
        for group in table.groups
    ]  # fmt: skip
    heading = (table.name, "children", "predicted", "actual", "actual by predicted (error)")
    yield from _table(heading, rows)


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (heading, ("---",) * len(heading), *rows):
        yield f"| {' | '.join(each if each == '---' else _cell(each) for each in row)} |"
    yield ""


def _cell(text: str) -> str:
    """Text of others that must not become markup."""
    return re.sub(r"([\\|`*_<>\[\]#])", r"\\\1", " ".join(text.split()))


def _picture(metric: int, name: str, alt: str) -> Iterator[str]:
    yield f"![{alt}]({name}-{metric + 1}.svg)"
    yield ""


def _figures(validation: Validation) -> Iterator[tuple[str, str]]:
    for m, found in enumerate(validation.metrics, start=1):
        yield f"calibration-{m}.svg", calibration_figure(found.tables[0])
        yield f"groups-{m}.svg", ratio_figure(found.tables[1:-1])
        yield f"authorities-{m}.svg", authorities_figure(found.tables[-1])


def _html(text: str, figures: dict[str, str]) -> str:
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    body = body.replace("<th>", '<th scope="col">')
    for name, svg in figures.items():
        data = base64.b64encode(svg.encode()).decode()
        body = body.replace(f'src="{name}"', f'src="data:image/svg+xml;base64,{data}"')
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape('Validation of the model')}</title>\n<style>\n{_STYLE}\n</style>\n"
        f"</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
