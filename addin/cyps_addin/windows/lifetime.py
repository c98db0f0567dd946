"""When the server ends: soon after nobody holds it, and never because somebody is thinking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

FIRST: Final = 20.0
"""Seconds in which whoever started the server must take hold of it."""
LINGER: Final = 1.0
"""Seconds after the last holder let go."""
IDLE: Final = 1800.0
"""Seconds without a call after which a holder that told no process is forgotten."""


@dataclass(eq=False)
class Holder:
    """Somebody who holds the server: an Excel, or a script.

    `lives` says whether the process that it told (`Attach`) still runs; None where it told none.
    """

    last_call: float
    lives: Callable[[], bool] | None = None

    def counts(self, now: float) -> bool:
        """Whether the server must stay for it; a crashed Excel never lets go by itself."""
        return self.lives() if self.lives else now - self.last_call < IDLE


@dataclass
class Lifetime:
    """Who holds the server, and since when nobody does.

    Examples
    --------
    >>> life = Lifetime(started=0.0)
    >>> excel = life.held(now=1.0)
    >>> life.over(100.0)
    False
    >>> life.let_go(excel)
    >>> life.over(100.0), life.over(100.0 + LINGER)
    (False, True)
    """

    started: float
    holders: set[Holder] = field(default_factory=set)
    _ends_at: float | None = None
    _held_once: bool = False

    def held(self, now: float) -> Holder:
        """Somebody new holds the server."""
        holder = Holder(now)
        self.holders.add(holder)
        self._held_once = True
        return holder

    def let_go(self, holder: Holder) -> None:
        """Somebody let go of the server."""
        self.holders.discard(holder)

    def knocked(self) -> None:
        """Somebody is about to take hold: begin to wait anew."""
        self._ends_at = None

    def over(self, now: float) -> bool:
        """Whether to end now."""
        self.holders = {holder for holder in self.holders if holder.counts(now)}
        if self.holders:
            self._ends_at = None
            return False
        if not self._held_once:
            return now - self.started >= FIRST
        if self._ends_at is None:
            self._ends_at = now + LINGER
        return now >= self._ends_at
