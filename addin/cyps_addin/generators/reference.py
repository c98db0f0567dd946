"""The function reference: each function with its arguments, errors and an example that ran."""

from __future__ import annotations

from textwrap import fill
from typing import Final

from cyps_addin.cells import Rows
from cyps_addin.declare import CellFunction, Cells
from cyps_addin.examples import run_example
from cyps_addin.registry import CATEGORIES, CELL_FUNCTIONS

_HEAD: Final = """\
# Cell functions

Written from the add-in's registry by `uv run python -m cyps_addin.generators`; every example
was run to make this page. How to get the functions into cells, and what has been seen of it:
[the add-in](addin.md). The same page comes with the add-in, for its help links.

What holds for all of them:

"""

ON_ALL: Final = (
    ("Array first.", "One formula gives a whole column or table. In Excel 365 it spills; in older "
     "Excel and in LibreOffice select the cells and finish with Ctrl+Shift+Enter."),
    ("Authorities", "by GSS code or by name, in any case. Results lie as the authorities do: in a "
     "row or in a column."),
    ("Blanks.", "A missing number is never taken for 0: a blank cell in a range of figures is "
     "`#VALUE!`. An optional argument that is left out or blank takes what its line says. "
     "(LibreOffice hands a reference to one single blank cell over as 0: leave the argument out "
     "there.)"),
    ("Whole columns", "are cut after the last cell that holds something; smaller ranges are not."),
    ("Errors", "are real error values: `#N/A` for what is not known or not available, `#VALUE!` "
     "for what cannot be used, `#NUM!` for limits that cannot all be kept. `CYPS_LAST_ERROR()` "
     "gives the sentence."),
    ("Handles", "are hashes of what they stand for. They mean the same on every machine, and "
     "survive a restart: the pack or settlement is kept in the user's own data folder."),
    ("Nothing is volatile.", "A function is computed anew when its arguments change, and not "
     "before."),
    ("Tables", "with several kinds of columns have a header row; plain columns of figures have "
     "none."),
)  # fmt: skip
"""What holds for every function: a word and the rest of the sentence."""


def reference_page() -> str:
    """The page as Markdown."""
    told = "".join(
        fill(f"* **{head}** {rest}", 98, subsequent_indent="  ", break_on_hyphens=False) + "\n"
        for head, rest in ON_ALL
    )
    parts = [_HEAD, told, "\n", _contents()]
    for category in CATEGORIES:
        parts.append(f"## {category}\n\n")
        parts += [_entry(f) for f in CELL_FUNCTIONS if f.category == category]
    return "".join(parts).rstrip("\n") + "\n"


def _contents() -> str:
    rows = "".join(
        f"| [{f.name}](#{f.anchor}) | {f.category} | {f.summary} |\n" for f in CELL_FUNCTIONS
    )
    return f"| function | family | what it gives |\n|---|---|---|\n{rows}\n"


def _entry(function: CellFunction) -> str:
    lines = [f"### {function.name}", "", f"{function.summary}.", "", f"`{function.syntax}`", ""]
    if function.arguments:
        lines += ["| argument | meaning | if blank |", "|---|---|---|"]
        lines += [f"| {a.name} | {a.meaning} | {a.blank or 'needed'} |" for a in function.arguments]
        lines.append("")
    lines += [f"**Gives** {function.result}.", ""]
    # In backticks: a line that begins with # would be a heading.
    lines += ["* `{}`: {}".format(*error.split(": ", 1)) for error in function.errors]
    lines += [""] if function.errors else []
    lines += ["```text", function.example, "```", "", *_shown(function), ""]
    return "\n".join(lines) + "\n"


def _shown(function: CellFunction) -> list[str]:
    value = example_value(function)
    if not isinstance(value, list):
        return ["gives text." if value == TEXT else f"gives `{shown(value)}`"]
    return ["gives", "", *_table(value)]


TEXT: Final = "text"


def example_value(function: CellFunction) -> Cells:
    """What the example gives; "text" for what differs from machine to machine."""
    if function.name in {"CYPS_VERSION", "CYPS_LAST_ERROR"}:
        return TEXT
    return run_example(function.example)


def _table(rows: Rows) -> list[str]:
    width = len(rows[0])
    return [
        f"|{' |' * width}",
        f"|{'---|' * width}",
        *(f"| {' | '.join(shown(cell).replace('|', BAR) for cell in row)} |" for row in rows),
    ]


BAR: Final = "\\|"


def shown(value: Cells) -> str:
    """Ten digits are enough to recognise a number, and the same on every machine."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
