"""Tables as actions show them: the rows, and what stands below."""

from __future__ import annotations


def body(table):
    """The rows under the head and above the empty row, below which the status stands."""
    rows = [list(row) for row in table]
    return rows[1 : next(i for i, row in enumerate(rows) if set(row) == {""})]
