"""Everything that is wrong with the files, told together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cyps.errors import CypsError

SHOWN = 20
"""Problems that are printed in full; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one place; `codes` are the authorities it is about, if any."""

    text: str
    codes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text


class ReturnsError(CypsError):
    """The files cannot be used as they are; `problems` holds every one that was found.

    Examples
    --------
    >>> print(ReturnsError([Problem("use.csv, row 3: no number."), Problem("No spend.")]))
    2 problems in the files:
    1. use.csv, row 3: no number.
    2. No spend.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(_told(self.problems))

    @property
    def codes(self) -> tuple[str, ...]:
        """Authorities that some problem is about, in code order."""
        return tuple(sorted({code for problem in self.problems for code in problem.codes}))


def _told(problems: Sequence[Problem]) -> str:
    if len(problems) == 1:
        return str(problems[0])
    lines = [f"{len(problems)} problems in the files:"]
    lines += [f"{number}. {problem}" for number, problem in enumerate(problems[:SHOWN], 1)]
    if len(problems) > SHOWN:
        lines.append(f"... and {len(problems) - SHOWN} more. Put these right first.")
    return "\n".join(lines)


class Problems:
    """Collects problems while files are read, so that one run shows them all.

    Examples
    --------
    >>> problems = Problems()
    >>> problems.add("use.csv, row 3: no number.")
    >>> problems.stop_if_any()
    Traceback (most recent call last):
        ...
    cyps.returns.problems.ReturnsError: use.csv, row 3: no number.
    """

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, text: str, *codes: str) -> None:
        """Note a problem, and the authorities it is about; the same one only once."""
        problem = Problem(text, codes)
        if problem not in self._found:
            self._found.append(problem)

    @contextmanager
    def gathered(self, *codes: str) -> Iterator[None]:
        """Note a `CypsError` raised inside and go on, so that the rest is read too."""
        try:
            yield
        except ReturnsError as error:
            for problem in error.problems:
                self.add(problem.text, *problem.codes)
        except CypsError as error:
            self.add(str(error), *codes)

    def stop_if_any(self) -> None:
        """Raise one `ReturnsError` with everything found so far, if anything was."""
        if self._found:
            raise ReturnsError(self._found)
