"""The ribbon: a tab with a button for each action that works."""

from __future__ import annotations

from itertools import groupby
from typing import Final, Literal

from cyps_addin.declare import Action
from cyps_addin.generators.xml_text import HEAD, closed, tag
from cyps_addin.registry import ACTIONS

NAMESPACES: Final = {
    "2006": "http://schemas.microsoft.com/office/2006/01/customui",
    "2009": "http://schemas.microsoft.com/office/2009/07/customui",
}
"""Of customUI.xml (Excel 2007) and customUI14.xml (2010 and later)."""


def callback(action: Action) -> str:
    """Name of the VBA procedure that a button calls.

    Examples
    --------
    >>> from cyps_addin.registry import ACTION
    >>> callback(ACTION["load"])
    'CypsOnLoadAction'
    """
    return f"CypsOn{action.name.title().replace('_', '')}Action"


def ribbon_xml(version: Literal["2006", "2009"]) -> str:
    """The ribbon's XML in one of its two namespaces; both have the same buttons."""
    lines = [
        HEAD.rstrip(),
        tag("customUI", xmlns=NAMESPACES[version]),
        "  <ribbon>",
        "    <tabs>",
        "      " + tag("tab", id="cypsTab", label="CYPS needs shares", keytip="Y"),
    ]
    for group, actions in groupby(ACTIONS, key=lambda action: action.group):
        lines.append("        " + tag("group", id=f"cypsGroup{group}", label=group))
        lines += ["          " + _button(action) for action in actions]
        lines.append("        </group>")
    lines += ["      </tab>", "    </tabs>", "  </ribbon>", "</customUI>", ""]
    return "\n".join(lines)


def _button(action: Action) -> str:
    return closed(
        "button",
        id=f"cyps{action.name.title()}",
        label=action.label,
        size="large",
        onAction=callback(action),
        imageMso=action.image,
        keytip=action.keytip,
        screentip=action.screentip,
        supertip=action.supertip,
    )
