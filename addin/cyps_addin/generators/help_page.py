"""The page that a function's help link opens: the reference in one file, nothing from elsewhere."""

from __future__ import annotations

from typing import Final

from cyps_addin.cells import Rows
from cyps_addin.declare import CellFunction
from cyps_addin.generators.reference import ON_ALL, example_value, shown
from cyps_addin.generators.xml_text import escape
from cyps_addin.registry import CATEGORIES, CELL_FUNCTIONS

_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:60em;margin:1em auto;padding:0 1em;color:#111}"
    "table{border-collapse:collapse;margin:.5em 0}td,th{border:1px solid #777;padding:.2em .6em;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}code{background:#eee;padding:0 .2em}"
    "h3{margin-top:2em;border-top:2px solid #333;padding-top:.5em}"
)


def help_page() -> str:
    """The page as HTML, an anchor for each function."""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en-GB"><head><meta charset="utf-8">',
        "<title>Cell functions of cyps</title>",
        f"<style>{_STYLE}</style></head><body>",
        "<h1>Cell functions of cyps</h1>",
        "<p>Written from the add-in's registry; every example was run to make this page. What "
        "comes with cyps (coefficients, settlements, samples) is illustrative.</p>",
        "<ul>",
        *(f"<li><strong>{_code(head)}</strong> {_code(rest)}</li>" for head, rest in ON_ALL),
        "</ul>",
    ]  # fmt: skip
    for category in CATEGORIES:
        parts.append(f"<h2>{escape(category)}</h2>")
        mine = [f for f in CELL_FUNCTIONS if f.category == category]
        parts += ["<ul>", *(f'<li><a href="#{f.anchor}">{f.name}</a>: {escape(f.summary)}</li>'
                            for f in mine), "</ul>"]  # fmt: skip
    for function in CELL_FUNCTIONS:
        parts += _entry(function)
    return "\n".join([*parts, "</body></html>", ""])


def _entry(function: CellFunction) -> list[str]:
    lines = [
        f'<h3 id="{function.anchor}">{function.name}</h3>',
        f"<p>{escape(function.summary)}.</p>",
        f"<p><code>{escape(function.syntax)}</code></p>",
    ]
    if function.arguments:
        told = [(a.name, a.meaning, a.blank or "needed") for a in function.arguments]
        lines += _table([["argument", "meaning", "if blank"], *map(list, told)], head=True)
    lines.append(f"<p><strong>Gives</strong> {escape(function.result)}.</p>")
    if function.errors:
        lines += ["<ul>", *(f"<li>{escape(error)}</li>" for error in function.errors), "</ul>"]
    lines.append(f"<p><code>{escape(function.example)}</code> gives</p>")
    value = example_value(function)
    return [*lines, *_table(value if isinstance(value, list) else [[value]], head=False)]


def _table(rows: Rows, *, head: bool) -> list[str]:
    lines = ["<table>"]
    for r, row in enumerate(rows):
        kind = "th" if head and r == 0 else "td"
        cells = "".join(f"<{kind}>{escape(shown(cell))}</{kind}>" for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    return [*lines, "</table>"]


def _code(words: str) -> str:
    """Words with what stands in backticks as code."""
    parts = escape(words).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
