"""What is wrong with a scenario, in the words of the person who wrote it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from cyps.mistakes import LineOf, mistakes


def scenario_mistakes(
    sources: Sequence[str], error: ValidationError, written: object, line: LineOf | None = None
) -> str:
    """Every mistake in one clause each, with its key as the file has it.

    Parameters
    ----------
    sources : the scenario, then those that it extends
    error : what its check found
    written : what was checked: the scenario with all that it extends
    line : of a place in the scenario itself; None where it is not known
    """
    name, *extended = sources
    together = f" (with {', '.join(extended)}, which it extends)" if extended else ""
    return (
        f"{name}{together} cannot be used as a scenario: {mistakes(error, written, line=line)}. "
        "docs/scenarios.md lists every key."
    )
