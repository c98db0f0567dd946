"""The ribbon: a tab with a button for each action and a box or list for each assumption."""

from __future__ import annotations

from typing import Final, Literal

from cyps_addin.declare import Action, Assumption, Need
from cyps_addin.generators.xml_text import HEAD, closed, tag
from cyps_addin.registry import ACTIONS, ASSUMPTIONS

NAMESPACES: Final = {
    "2006": "http://schemas.microsoft.com/office/2006/01/customui",
    "2009": "http://schemas.microsoft.com/office/2009/07/customui",
}
"""Of customUI.xml (Excel 2007) and customUI14.xml (2010 and later)."""

GROUPS: Final = ("Pack", "Assumptions", "Results", "Output", "Help")
ON_LOAD: Final = "CypsOnRibbon"
GREY: Final[dict[Need, str]] = {
    "settles": "Grey while the sheet Checks says that the pot cannot be settled.",
    "no_stop": "Grey while the sheet Checks says STOP.",
    "living": "Grey in a frozen copy.",
}
"""Why a button may be grey, for its tip: Excel shows the tip of a grey button, too."""


def callback(action: Action) -> str:
    """Name of the VBA procedure that a button calls.

    Examples
    --------
    >>> from cyps_addin.registry import ACTION
    >>> callback(ACTION["load"]), callback(ACTION["my_authority"])
    ('CypsOnLoadAction', 'CypsOnMyAuthorityAction')
    """
    return f"CypsOn{_camel(action.name)}Action"


def _camel(name: str) -> str:
    return name.title().replace("_", "")


def ribbon_xml(version: Literal["2006", "2009"]) -> str:
    """The ribbon's XML in one of its two namespaces; both have the same controls."""
    lines = [
        HEAD.rstrip(),
        tag("customUI", xmlns=NAMESPACES[version], onLoad=ON_LOAD),
        "  <ribbon>",
        "    <tabs>",
        "      " + tag("tab", id="cypsTab", label="CYPS needs shares", keytip="Y"),
    ]
    for group in GROUPS:
        lines.append("        " + tag("group", id=f"cypsGroup{group}", label=group))
        if group == "Assumptions":
            lines += ["          " + _input(one) for one in ASSUMPTIONS]
        lines += ["          " + _button(action) for action in ACTIONS if action.group == group]
        lines.append("        </group>")
    lines += ["      </tab>", "    </tabs>", "  </ribbon>", "</customUI>", ""]
    return "\n".join(lines)


def _button(action: Action) -> str:
    enabled = {"getEnabled": "CypsGetEnabled"} if action.on_book else {}
    if needs := (*action.needs, *(["what_if"] if action.what_if else [])):
        enabled["tag"] = " ".join(needs)
    return closed(
        "button",
        id=f"cyps{_camel(action.name)}",
        label=action.label,
        size="large" if action.group in {"Pack", "Output"} else "normal",
        onAction=callback(action),
        imageMso=action.image,
        keytip=action.keytip,
        screentip=action.screentip,
        supertip=" ".join(
            [
                action.supertip,
                *(["Takes a what-if workbook, too."] if action.what_if else []),
                *(GREY[need] for need in action.needs),
            ]
        ),
        **enabled,
    )


def _input(one: Assumption) -> str:
    """A box or a list; the tag tells the callbacks which it is."""
    asked = (
        {"getItemCount": "CypsGetItemCount", "getItemLabel": "CypsGetItemLabel",
         "getSelectedItemIndex": "CypsGetSelected", "onAction": "CypsOnChoice"}
        if one.is_list
        else {"getText": "CypsGetText", "onChange": "CypsOnChange"}
    )  # fmt: skip
    return closed(
        "dropDown" if one.is_list else "editBox",
        id=f"cypsInput{_camel(one.name)}",
        tag=one.name,
        label=one.label,
        sizeString="0000000000000" if one.name in {"authority", "pot", "method"} else "00000000",
        getEnabled="CypsGetBoxEnabled",
        keytip=one.keytip,
        screentip=one.screentip,
        supertip=one.supertip,
        **asked,
    )
