"""The LibreOffice extension: cell functions of Calc, in a zip of texts.

Calc learns the functions' types from an IDL text, which LibreOffice reads as it stands where
a compiled type library may stand, so that nothing has to be compiled.
"""

from __future__ import annotations

import io
import json
import zipfile
from importlib.metadata import version
from importlib.resources import files
from pprint import pformat
from typing import Final

from cyps_addin.declare import Action, Argument, Assumption, CellFunction
from cyps_addin.generators.xml_text import HEAD, closed, escape, tag
from cyps_addin.registry import ACTIONS, ASSUMPTIONS, CELL_FUNCTIONS

IDENTIFIER: Final = "org.cyps.calc"
IMPLEMENTATION: Final = f"{IDENTIFIER}.Functions"
MENU: Final = f"{IDENTIFIER}.Menu"
ASSUME: Final = "assume."
"""Begins what an entry for an assumption asks for."""

_BEFORE: Final = {"weight": "Write the metric, too, such as CIN=0.4. "}

_TYPES, _COMPONENT, _NAMES = "XCyps.idl", "cyps_calc.py", "CalcAddIns.xcu"
_MENU = "Addons.xcu"
_REGISTRY = {"xmlns:oor": "http://openoffice.org/2001/registry",
             "xmlns:xs": "http://www.w3.org/2001/XMLSchema"}  # fmt: skip


def oxt_bytes() -> bytes:
    """The extension's file: members stored without compression and clock."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, text in members().items():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            archive.writestr(member, text.encode())
    return buffer.getvalue()


def members() -> dict[str, str]:
    """Texts of the extension by name."""
    return {
        "META-INF/manifest.xml": _manifest(),
        "description.xml": _description(),
        _TYPES: _idl(),
        _COMPONENT: _component(),
        _NAMES: _names(),
        _MENU: _menu(),
    }


def programmatic(named: CellFunction | Argument) -> str:
    """The name of a function or an argument in UNO, which has no underscores.

    Examples
    --------
    >>> from cyps_addin.registry import FUNCTION
    >>> programmatic(FUNCTION["CYPS_LAST_ERROR"])
    'cypsLastError'
    """
    first, *rest = named.name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


def _manifest() -> str:
    kinds = {
        _TYPES: "application/vnd.sun.star.uno-typelibrary;type=RDB",
        _COMPONENT: "application/vnd.sun.star.uno-component;type=Python",
        _NAMES: "application/vnd.sun.star.configuration-data",
        _MENU: "application/vnd.sun.star.configuration-data",
    }
    entries = "".join(
        "  " + closed("manifest:file-entry", **{"manifest:full-path": name,
                                                "manifest:media-type": kind}) + "\n"
        for name, kind in kinds.items()
    )  # fmt: skip
    top = tag("manifest:manifest", **{"xmlns:manifest": "http://openoffice.org/2001/manifest"})
    return f"{HEAD}{top}\n{entries}</manifest:manifest>\n"


def _description() -> str:
    namespace = "http://openoffice.org/extensions/description/2006"
    return (
        f"{HEAD}{tag('description', xmlns=namespace)}\n"
        f"  {closed('identifier', value=IDENTIFIER)}\n"
        f"  {closed('version', value=version('cyps'))}\n"
        f'  <display-name><name lang="en">cyps: children\'s services needs shares</name>'
        "</display-name>\n</description>\n"
    )


def _idl() -> str:
    methods = "".join(
        f"    sequence< sequence< any > > {programmatic(f)}("
        f"{', '.join(f'[in] any {programmatic(a)}' for a in f.arguments)});\n"
        for f in CELL_FUNCTIONS
    )
    return (
        "module org { module cyps { module calc {\n  interface XCyps {\n"
        f"{methods}  }};\n}}; }}; }};\n"
    )


def _component() -> str:
    told = {
        programmatic(f): {
            "name": f.name,
            "description": f"{f.summary}. Gives {f.result}.",
            "arguments": [[_shown(a), a.description] for a in f.arguments],
        }
        for f in CELL_FUNCTIONS
    }
    template = files("cyps_addin.libreoffice").joinpath("component.py.txt").read_text("utf-8")
    acts = {
        a.name: {
            "label": a.label,
            "asks": a.asks,
            "on_book": a.on_book,
            "what_if": a.what_if,
            "writes": a.writes,
        }
        for a in menu_actions()
    }
    inputs = {
        a.name: {
            "label": a.label,
            "tip": f"{_BEFORE.get(a.name, '')}{a.supertip}",
            "cells": a.cells,
            "choices": a.choices,
        }
        for a in menu_assumptions()
    }
    # `repr` and not JSON: it is Python that reads it.
    return (
        template.replace("{functions}", json.dumps(told, indent=4), 1)
        .replace("{actions}", pformat(acts, sort_dicts=False), 1)
        .replace("{assumptions}", pformat(inputs, sort_dicts=False), 1)
    )


def menu_actions() -> tuple[Action, ...]:
    """What LibreOffice's menu offers: every button."""
    return tuple(action for action in ACTIONS if action.shown)


def menu_assumptions() -> tuple[Assumption, ...]:
    """The ribbon's boxes and lists; a metric is typed with its weight, so it is no entry."""
    return tuple(one for one in ASSUMPTIONS if one.name != "metric")


def _entries(group: str) -> list[tuple[str, str]]:
    """What each entry of a group asks the menu's service for, and its label."""
    boxes = [(f"{ASSUME}{one.name}", f"{one.label}...") for one in menu_assumptions()]
    buttons = [(one.name, one.label) for one in menu_actions() if one.group == group]
    return [*(boxes if group == "Assumptions" else []), *buttons]


def _menu() -> str:
    """The menu CYPS in spreadsheets, with a submenu for each group."""
    groups = dict.fromkeys(action.group for action in menu_actions())
    lines = [
        HEAD.rstrip(),
        tag("oor:component-data", **_REGISTRY,
            **{"oor:name": "Addons", "oor:package": "org.openoffice.Office"}),
        '<node oor:name="AddonUI"><node oor:name="OfficeMenuBar">',
        f'<node oor:name="{MENU}" oor:op="replace">',
        _entry("Title", "CYPS"),
        '<prop oor:name="Context"><value>com.sun.star.sheet.SpreadsheetDocument</value></prop>',
        '<node oor:name="Submenu">',
    ]  # fmt: skip
    for g, group in enumerate(groups):
        lines += [f'<node oor:name="g{g}" oor:op="replace">', _entry("Title", group),
                  '<node oor:name="Submenu">']  # fmt: skip
        for a, (asked, label) in enumerate(_entries(group)):
            lines += [
                f'<node oor:name="a{a:02}" oor:op="replace">',
                f'<prop oor:name="URL"><value>service:{MENU}?{asked}</value></prop>',
                '<prop oor:name="Target"><value>_self</value></prop>',
                _entry("Title", label),
                "</node>",
            ]
        lines.append("</node></node>")
    return "\n".join([*lines, "</node></node></node></node>", "</oor:component-data>", ""])


def _entry(name: str, words: str) -> str:
    return f'<prop oor:name="{name}"><value xml:lang="en">{escape(words)}</value></prop>'


def _shown(argument: Argument) -> str:
    return f"[{argument.name}]" if argument.optional else argument.name


def _names() -> str:
    lines = [
        HEAD.rstrip(),
        tag("oor:component-data", **_REGISTRY,
            **{"oor:name": "CalcAddIns", "oor:package": "org.openoffice.Office"}),
        '<node oor:name="AddInInfo">',
        f'<node oor:name="{IMPLEMENTATION}" oor:op="replace">',
        '<node oor:name="AddInFunctions">',
    ]  # fmt: skip
    for function in CELL_FUNCTIONS:
        lines.append(f'  <node oor:name="{programmatic(function)}" oor:op="replace">')
        lines += [
            _prop("DisplayName", function.name),
            _prop("Description", f"{function.summary}. Gives {function.result}."),
            '    <prop oor:name="Category"><value>Add-In</value></prop>',
            _prop("CompatibilityName", function.name),
            '    <node oor:name="Parameters">',
        ]
        for argument in function.arguments:
            lines += [
                f'      <node oor:name="{programmatic(argument)}" oor:op="replace">',
                "  " + _prop("DisplayName", _shown(argument)),
                "  " + _prop("Description", argument.description),
                "      </node>",
            ]
        lines += ["    </node>", "  </node>"]
    return "\n".join([*lines, "</node></node></node>", "</oor:component-data>", ""])


def _prop(name: str, words: str) -> str:
    return f'    <prop oor:name="{name}"><value xml:lang="en">{escape(words)}</value></prop>'
