"""A scenario written as text, such as in a worksheet's cells, instead of in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cyps.errors import CypsError
from cyps.settlement.mistakes import scenario_mistakes
from cyps.settlement.scenario_file import (
    ScenarioChoices,
    ScenarioFile,
    checked_base,
    combined,
    extended,
    parsed,
)
from cyps.settlement.scenario_lines import line_of

NAME: Final = "The scenario's text"


def read_scenario_text(text: str) -> ScenarioFile:
    r"""Read a scenario that is a text: TOML, or JSON where it begins with a brace.

    A text lies in no folder. So it names its files by whole paths, or it names by its whole path
    the scenario file that it extends; other files are then looked for beside that one.

    Raises
    ------
    CypsError
        When it is no TOML or JSON, or says something unknown or impossible; the sentence names
        key and line of the text.

    Examples
    --------
    >>> read_scenario_text('format = 1\npots = 5')
    Traceback (most recent call last):
    cyps.errors.CypsError: The scenario's text cannot be used as a scenario: 'title' is missing; ...
    """
    in_json = text.lstrip().startswith("{")
    own = parsed(text, NAME, in_json=in_json)
    base_name = checked_base(NAME, own)
    folder = Path()
    sources: tuple[str, ...] = (NAME,)
    if base_name is not None:
        base = Path(base_name).expanduser()
        if not base.is_absolute():
            raise CypsError(
                f"{NAME}: 'extends' names {base_name[:80]} without its folder. A text lies in no "
                "folder: give the whole path of the scenario file."
            )
        said, others = extended(base)
        own, folder, sources = combined(NAME, own, said), base.parent, (NAME, *others)
    try:
        choices = ScenarioChoices.model_validate(own)
    except ValidationError as error:
        line = line_of(text, in_json=in_json)
        raise CypsError(scenario_mistakes(sources, error, own, line)) from None
    return ScenarioFile(folder, choices, sources)
