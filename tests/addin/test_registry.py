"""The registry is complete, its examples run, and what is committed is what it generates."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from defusedxml import ElementTree

from cyps.errors import CypsError
from cyps_addin import ACTIONS, CELL_FUNCTIONS, guide
from cyps_addin.actions.assumptions import ASSUMPTION, ASSUMPTIONS
from cyps_addin.examples import in_calc, run_example
from cyps_addin.generators import generated
from cyps_addin.generators.oxt import programmatic
from cyps_addin.generators.ribbon import GROUPS, NAMESPACES
from cyps_addin.guide import INSTALLED
from cyps_addin.registry import CATEGORIES
from cyps_addin.worker import serve
from cyps_workbooks import damping_rows

REPOSITORY = Path(__file__).resolve().parents[2]
# Words that VBA, or the IDL of LibreOffice, keeps for itself.
RESERVED = {
    "and", "any", "as", "attribute", "boolean", "byref", "byte", "bystring", "byval", "call",
    "case", "char", "const", "currency", "date", "declare", "dim", "do", "double", "each", "else",
    "empty", "end", "enum", "error", "event", "exception", "exit", "false", "float", "for",
    "function", "get", "global", "gosub", "goto", "if", "in", "inout", "integer", "interface",
    "is", "let", "like", "long", "loop", "me", "mod", "module", "needs", "new", "next", "not",
    "nothing", "null", "object", "on", "option", "optional", "or", "out", "preserve", "print",
    "private", "property", "public", "published", "raises", "readonly", "redim", "resume",
    "return", "sequence", "service", "set", "short", "single", "singleton", "static", "step",
    "stop", "string", "struct", "sub", "then", "to", "true", "type", "typedef", "union",
    "unsigned", "until", "variant", "void", "wend", "while", "with", "xor",
}  # fmt: skip
function = pytest.mark.parametrize("function", CELL_FUNCTIONS, ids=lambda f: f.name)


@function
def test_a_declaration_is_complete(function):
    assert re.fullmatch(r"CYPS(_[A-Z]+)+", function.name)
    assert f"{function.name}(" in function.example
    assert function.summary
    assert not function.summary.endswith(".")
    optional = [argument.optional for argument in function.arguments]
    assert optional == sorted(optional), "optional arguments come last"
    for argument in function.arguments:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", argument.name)
        assert argument.name not in RESERVED
        assert len(argument.description) <= 255
    for error in function.errors:
        assert error.startswith(("#N/A: ", "#VALUE!: ", "#NUM!: "))


@function
def test_the_example_runs(function):
    value = run_example(function.example)
    assert value is not None
    assert value != [] or function.name == "CYPS_LAST_ERROR"


def test_names_are_each_their_own():
    assert len({f.name for f in CELL_FUNCTIONS}) == len(CELL_FUNCTIONS)
    assert len({programmatic(f) for f in CELL_FUNCTIONS}) == len(CELL_FUNCTIONS)
    assert len({a.name for a in ACTIONS}) == len(ACTIONS)


def test_key_tips_can_all_be_reached():
    tips = [one.keytip for one in (*ACTIONS, *ASSUMPTIONS) if getattr(one, "shown", True)]
    assert len(set(tips)) == len(tips)
    assert all(re.fullmatch("[A-Z]{1,3}", tip) for tip in tips)
    for tip in tips:
        assert not [other for other in tips if other != tip and other.startswith(tip)]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.name)
def test_an_action_is_complete(action):
    assert action.screentip
    assert not action.screentip.endswith(".")
    assert action.supertip.endswith(".")
    assert len(action.supertip) <= 1024
    assert action.group in {"", *GROUPS}
    if action.shown:
        assert re.fullmatch("[A-Za-z]+", action.image)
    assert not action.writes or action.on_book


def test_the_methods_offered_are_the_workbook_s_own():
    assert ASSUMPTION["method"].choices == damping_rows.METHODS


def test_what_is_committed_is_what_the_registry_generates():
    for name, content in generated().items():
        path = REPOSITORY / name
        assert path.read_bytes() == content, f"{name}: uv run python -m cyps_addin.generators"


def test_nothing_else_is_in_the_folder_of_generated_files():
    folder = REPOSITORY / "addin" / "generated"
    assert {f"addin/generated/{p.name}" for p in folder.iterdir()} == {
        name for name in generated() if name.startswith("addin/generated/")
    }


def test_vba_is_as_the_editor_takes_it():
    files = {n: c.decode("ascii") for n, c in generated().items() if n.endswith(".bas")}
    procedures = set()
    for name, text in files.items():
        assert text.startswith(f'Attribute VB_Name = "{Path(name).stem}"\r\nOption Explicit\r\n')
        assert text.count("\n") == text.count("\r\n")
        assert max(len(line) for line in text.splitlines()) < 1000
        found = re.findall(r"^(?:Public |Private )?(?:Function|Sub) (\w+)", text, re.MULTILINE)
        assert len(re.findall(r"^End (?:Function|Sub)", text, re.MULTILINE)) == len(found)
        assert not procedures & set(found)
        procedures |= set(found)
    assert {f.name for f in CELL_FUNCTIONS} <= procedures
    ribbon = generated()["addin/generated/customUI14.xml"].decode()
    assert set(re.findall(r'onAction="(\w+)"', ribbon)) <= procedures
    for text in re.findall(r'= "((?:[^"]|"")*)"', files["addin/generated/CypsWizard.bas"]):
        assert len(text) <= 255


@pytest.mark.parametrize(("name", "version"), [("customUI", "2006"), ("customUI14", "2009")])
def test_the_ribbon_has_a_button_for_each_action(name, version):
    root = ElementTree.fromstring(generated()[f"addin/generated/{name}.xml"])
    space = {"ui": NAMESPACES[version]}
    group = "./ui:ribbon/ui:tabs/ui:tab/ui:group"
    assert [g.get("label") for g in root.findall(group, space)] == list(GROUPS)
    buttons = root.findall(f"{group}/ui:button", space)
    assert [b.get("label") for b in buttons] == [a.label for a in ACTIONS if a.shown]
    for button, action in zip(buttons, (a for a in ACTIONS if a.shown), strict=True):
        assert button.get("imageMso") == action.image
        assert (button.get("getEnabled") is not None) == action.on_book
        assert (button.get("tag") or "").split() == [
            *action.needs, *["what_if"][: action.what_if],
        ]  # fmt: skip
        assert action.on_book or not (action.needs or action.what_if)
    inputs = [e for e in root.iter() if e.tag.endswith(("}editBox", "}dropDown"))]
    assert [e.get("tag") for e in inputs] == [a.name for a in ASSUMPTIONS]
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", ["ribbon", "ribbon-grey"])
def test_the_ribbon_s_drawing_shows_every_control_and_says_what_it_is(name):
    root = ElementTree.fromstring(generated()[f"docs/pictures/{name}.svg"])
    shown = {e.text: e.get("fill") for e in root.iter() if e.tag.endswith("}text")}
    told = " ".join(e.text or "" for e in root.iter())
    assert told.count("Not a screenshot of Excel") == 2
    for one in (*(a for a in ACTIONS if a.shown), *ASSUMPTIONS):
        assert all(word in told for word in one.label.split())
        enabled = name == "ribbon" or not getattr(one, "on_book", True)
        if one.label in shown:  # a large button's is on two lines
            assert shown[one.label] == ("#1b1b1b" if enabled else "#a6a6a6")
    width = float(root.get("viewBox").split()[2])
    assert all(float(e.get("x")) < width for e in root.iter() if e.tag.endswith("}text"))


SIGNATURES = {
    "onLoad": "loaded As IRibbonUI",
    "getEnabled": "control As IRibbonControl, ByRef enabled As Variant",
    "getText": "control As IRibbonControl, ByRef text As Variant",
    "getItemCount": "control As IRibbonControl, ByRef count As Variant",
    "getItemLabel": "control As IRibbonControl, index As Integer, ByRef label As Variant",
    "getSelectedItemIndex": "control As IRibbonControl, ByRef index As Variant",
    "onChange": "control As IRibbonControl, text As String",
}
ON_ACTION = {
    "button": "control As IRibbonControl",
    "dropDown": "control As IRibbonControl, id As String, index As Integer",
}


@pytest.mark.parametrize("name", ["customUI", "customUI14"])
def test_each_callback_is_a_procedure_with_the_arguments_that_excel_gives(name):
    root = ElementTree.fromstring(generated()[f"addin/generated/{name}.xml"])
    code = generated()["addin/generated/CypsRibbon.bas"].decode("ascii")
    declared = dict(re.findall(r"^Public Sub (\w+)\((.*)\)\r?$", code, re.MULTILINE))
    seen = set()
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        for attribute, procedure in element.attrib.items():
            wanted = ON_ACTION[kind] if attribute == "onAction" else SIGNATURES.get(attribute)
            if wanted is not None:
                assert declared[procedure] == wanted, procedure
                seen.add(procedure)
    mine = {p for p in declared if p.startswith(("CypsOn", "CypsGet"))}
    assert seen == mine, "a callback that nothing calls"


# What Office's schema (MS-CUSTOMUI) lets these elements have, of what we could use. The schema's
# file itself could not be had, so this list was written by hand.
ALLOWED = {
    "customUI": {"onLoad"}, "ribbon": {"startFromScratch"}, "tabs": set(),
    "tab": {"id", "label", "keytip", "visible", "insertAfterMso", "insertBeforeMso"},
    "group": {"id", "label", "keytip", "imageMso", "screentip", "supertip", "visible"},
    "button": {"id", "label", "size", "onAction", "imageMso", "keytip", "screentip", "supertip",
               "getEnabled", "enabled", "tag", "showLabel", "showImage"},
    "editBox": {"id", "tag", "label", "sizeString", "maxLength", "getEnabled", "keytip",
                "screentip", "supertip", "getText", "onChange", "imageMso", "showLabel"},
    "dropDown": {"id", "tag", "label", "sizeString", "getEnabled", "keytip", "screentip",
                 "supertip", "getItemCount", "getItemLabel", "getSelectedItemIndex", "onAction",
                 "imageMso", "showLabel"},
}  # fmt: skip
WITHIN = {"customUI": {"ribbon"}, "ribbon": {"tabs"}, "tabs": {"tab"}, "tab": {"group"},
          "group": {"button", "editBox", "dropDown"}, "button": set(), "editBox": set(),
          "dropDown": set()}  # fmt: skip
LONGEST = {"keytip": 3, "label": 1024, "screentip": 1024, "supertip": 1024, "tag": 1024,
           "onAction": 1024, "sizeString": 1024, "imageMso": 1024}  # fmt: skip


@pytest.mark.parametrize("name", ["customUI", "customUI14"])
def test_the_ribbon_has_no_element_or_attribute_that_office_would_refuse(name):
    """One refused attribute, and Office shows none of the tab."""
    root = ElementTree.fromstring(generated()[f"addin/generated/{name}.xml"])
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        assert set(element.attrib) <= ALLOWED[kind], kind
        assert {child.tag.rpartition("}")[2] for child in element} <= WITHIN[kind]
        if "id" in ALLOWED[kind]:
            assert re.fullmatch("[A-Za-z_][\\w.-]*", element.get("id"))
        assert element.get("size", "normal") in {"normal", "large"}
        for attribute, value in element.attrib.items():
            assert 0 < len(value) <= LONGEST.get(attribute, 1024)


def test_every_action_that_the_code_asks_for_is_there():
    code = "".join(c.decode("ascii") for n, c in generated().items() if n.endswith(".bas"))
    asked = set(re.findall(r'CypsRun\("[^"]*", "(\w+)"', code))
    asked |= set(re.findall(r'CypsAct\("(\w+)"', code))
    asked |= set(re.findall(r'server.RunAction "(\w+)"', code))
    assert asked == {a.name for a in ACTIONS}


def test_each_function_has_a_help_link_and_the_page_has_its_place():
    page = generated()["addin/cyps_addin/guide/functions.html"].decode()
    code = generated()["addin/generated/CypsWizard.bas"].decode("ascii")
    root = ElementTree.fromstring(generated()["addin/generated/cyps.intellisense.xml"])
    links = {e.get("Name"): e.get("HelpTopic") for e in root.iter() if e.tag.endswith("}Function")}
    for one in CELL_FUNCTIONS:
        assert page.count(f'<h3 id="{one.anchor}">{one.name}</h3>') == 1
        assert f'Macro:="{one.name}", HelpContextID:=0, _\r\n' in code
        assert f'HelpFile:=CypsHelp("{one.anchor}")' in code
        assert links[one.name] == f"{INSTALLED}#{one.anchor}"
    assert f"/{INSTALLED}#" in code


def test_the_help_page_is_whole_and_asks_for_nothing_from_elsewhere():
    page = generated()["addin/cyps_addin/guide/functions.html"].decode()
    root = ElementTree.fromstring(
        page.removeprefix("<!DOCTYPE html>\n").replace('<meta charset="utf-8">', "")
    )
    links = [e.get("href") for e in root.iter("a")]
    assert links == [f"#{one.anchor}" for c in CATEGORIES for one in CELL_FUNCTIONS
                     if one.category == c]  # fmt: skip
    assert not {e.tag for e in root.iter()} & {"script", "link", "img", "iframe"}
    assert "http" not in page
    assert guide.page().read_bytes() == page.encode()
    spec = (REPOSITORY / "build/windows/cyps_server.spec").read_text("utf-8")
    assert 'collect_data_files("cyps_addin", includes=["guide/*.html"])' in spec


def test_intellisense_tells_every_function_and_argument():
    root = ElementTree.fromstring(generated()["addin/generated/cyps.intellisense.xml"])
    space = "{http://schemas.excel-dna.net/intellisense/1.0}"
    told = {f.get("Name"): [a.get("Name") for a in f] for f in root.iter(f"{space}Function")}
    assert told == {f.name: [a.name for a in f.arguments] for f in CELL_FUNCTIONS}


def test_the_extension_is_a_zip_without_clock_or_compression():
    with zipfile.ZipFile(io.BytesIO(generated()["addin/generated/cyps.oxt"])) as archive:
        for member in archive.infolist():
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert member.compress_type == zipfile.ZIP_STORED
        for name in ("META-INF/manifest.xml", "description.xml", "CalcAddIns.xcu", "Addons.xcu"):
            ElementTree.fromstring(archive.read(name))
        compile(archive.read("cyps_calc.py"), "cyps_calc.py", "exec")


@pytest.mark.parametrize(
    "formula",
    ["=CYPS_RANK({1;2}", "=CYPS_RANK({1;2}) 3", "=RANK(", "=CYPS_RANK(,)", "=?", "={1;CYPS_RANK}"],
)
def test_an_example_that_is_no_formula_is_refused(formula):
    with pytest.raises(CypsError):
        run_example(formula)


def test_examples_for_calc_keep_their_texts():
    assert in_calc('=A("x,y;z",{1,2;3,4})') == '=A("x,y;z";{1;2|3;4})'


def test_the_worker_answers_line_by_line():
    calls = [
        {"call": "CYPS_RATE", "arguments": [[[1], [1]], [[4], [0]], 1]},
        {"call": "CYPS_RANK", "arguments": [[[1], [{"error": "#DIV/0!"}]]]},
        {"call": "CYPS_DAMP", "arguments": [[[1]], [[9]], 0]},
        {"act": "about", "text": ""},
        {"act": "nothing"},
        {"call": 3},
        [1],
        {"act": "load", "text": "nowhere.json"},
    ]
    given = io.StringIO()
    serve(io.StringIO("".join(json.dumps(call) + "\n" for call in calls) + "x\n"), given)
    answers = [json.loads(line) for line in given.getvalue().splitlines()]
    assert answers[0] == {"value": [[0.25], [{"error": "#N/A"}]]}
    assert [a.get("error") for a in answers[1:]] == [
        "#DIV/0!", "#NUM!", None, "#VALUE!", "#VALUE!", "#VALUE!", "#N/A", "#VALUE!",
    ]  # fmt: skip
    assert "There is no action" in answers[4]["why"]
    assert "nowhere.json" in answers[7]["why"], "and the worker has not ended of it"


def test_a_host_starts_without_the_modeller_s_or_the_command_line_s_libraries():
    heavy = ("pandas", "scipy", "numba", "statsmodels", "click", "rich", "xlsxwriter", "xlwings")
    code = f"import sys, cyps_addin.worker; print([m for m in {heavy} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
