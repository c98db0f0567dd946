"""The rules in the docs are the rules of the checker."""

from __future__ import annotations

from pathlib import Path

from cyps_workbooks.published import RULES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "published.md"
WHO = {"machine": "machine", "part": "in part", "person": "person"}


def _escaped(words):
    """`[a][b]` would be a link to a heading b, which a strict build of the docs looks for."""
    return words.replace("][", r"]\[")


def rules_table():
    """The table as the docs have it; run this file to print it."""
    rows = [
        f"| {r.section} | {_escaped(r.words)} | {'essential' if r.essential else 'advised'} | "
        f"{WHO[r.checked]} | `{r.key}` |"
        for r in RULES
    ]
    return "\n".join(
        ["| section | rule | weight | checked by | key |", "|---|---|---|---|---|", *rows]
    )


def test_the_docs_list_every_rule_as_it_is():
    assert rules_table() in PAGE.read_text(encoding="utf-8")


if __name__ == "__main__":
    print(rules_table())
