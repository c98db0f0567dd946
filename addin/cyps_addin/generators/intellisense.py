"""Excel-DNA IntelliSense: what shows while a formula is typed, and the link to its help."""

from __future__ import annotations

from cyps_addin.generators.xml_text import HEAD, closed, tag
from cyps_addin.guide import anchored
from cyps_addin.registry import CELL_FUNCTIONS

NAMESPACE = "http://schemas.excel-dna.net/intellisense/1.0"


def intellisense_xml() -> str:
    """The file that stands beside the add-in as NAME.intellisense.xml."""
    lines = [HEAD.rstrip(), tag("IntelliSense", xmlns=NAMESPACE), "  <FunctionInfo>"]
    for function in CELL_FUNCTIONS:
        description = f"{function.summary}. Gives: {function.result}."
        lines.append(
            "    "
            + tag(
                "Function",
                Name=function.name,
                Description=description,
                HelpTopic=anchored(function.name),
            )
        )
        lines += [
            "      " + closed("Argument", Name=argument.name, Description=argument.description)
            for argument in function.arguments
        ]
        lines.append("    </Function>")
    return "\n".join([*lines, "  </FunctionInfo>", "</IntelliSense>", ""])
