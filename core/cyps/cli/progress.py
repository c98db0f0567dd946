"""Progress: which step a long command is at, shown to whoever sits at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

Step = Callable[[str, int, int], None]
"""Told what is done now, and how many of how many parts of it are; 0 of 0 where unknown."""


@contextmanager
def steps_shown() -> Iterator[Step]:
    """Show steps on standard error while something lasts; nothing where that is no terminal.

    The line vanishes at the end, so that a screen holds afterwards what a file would.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    # With FORCE_COLOR rich takes a pipe for a terminal, where a line that moves has no place.
    seen = sys.stderr.isatty() and not console.is_dumb_terminal
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=15),
        TextColumn("{task.fields[parts]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not seen,
    ) as progress:
        line = progress.add_task("", total=None, visible=False, parts="")

        def step(what: str, done: int, of: int) -> None:
            progress.update(
                line,
                description=what,
                completed=done,
                total=of or None,
                parts=f"{done}/{of}" if of else "",
                visible=True,
                refresh=True,
            )

        yield step
