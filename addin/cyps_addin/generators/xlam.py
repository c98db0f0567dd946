"""cyps.xlam: Excel's add-in with every wrapper in it, generated on any machine."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from cyps_addin.generators.ribbon import ribbon_xml
from cyps_addin.generators.vba import vba_modules
from cyps_addin.generators.vba_project import Module, vba_project
from cyps_addin.generators.xml_text import closed

PROJECT: Final = "CypsAddin"

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Excel takes no descriptions while it is still opening: they wait until it has time. The ribbon
# follows the workbook in front and the cells that change in it.
THIS_WORKBOOK: Final = """\
Option Explicit

Private WithEvents app As Application

Private Sub Workbook_Open()
    On Error Resume Next
    Set app = Application
    Application.OnTime Now, "'" & ThisWorkbook.Name & "'!CypsDescribeFunctions"
End Sub

Private Sub app_WorkbookActivate(ByVal Wb As Workbook)
    CypsRefreshRibbon
End Sub

Private Sub app_WorkbookDeactivate(ByVal Wb As Workbook)
    CypsRefreshRibbon
End Sub

Private Sub app_SheetChange(ByVal Sh As Object, ByVal Target As Range)
    If CypsIsSettlement() Then CypsRefreshRibbon
End Sub

Private Sub app_SheetCalculate(ByVal Sh As Object)
    If CypsGreyed() Then CypsRefreshRibbon
End Sub
""".replace("\n", "\r\n")


def xlam_bytes(modules: dict[str, str] | None = None) -> bytes:
    """The add-in's file: members stored without compression and clock, so always the same.

    `modules` are the texts of the VBA modules by name, those generated from the registry when
    not given.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members(modules or vba_modules()).items():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            archive.writestr(member, content)
    return buffer.getvalue()


def members(modules: dict[str, str]) -> dict[str, bytes]:
    """Every part of the package by its name."""
    project = vba_project(
        PROJECT,
        (
            Module("ThisWorkbook", THIS_WORKBOOK, "workbook"),
            Module("Sheet1", "", "sheet"),
            *(Module(name, text) for name, text in modules.items()),
        ),
    )
    texts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations(
            (f"{_OFFICE}/officeDocument", "xl/workbook.xml"),
            ("http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
             "customUI/customUI.xml"),
            ("http://schemas.microsoft.com/office/2007/relationships/ui/extensibility",
             "customUI/customUI14.xml"),
        ),
        "xl/workbook.xml": _workbook(),
        "xl/_rels/workbook.xml.rels": _relations(
            (f"{_OFFICE}/worksheet", "worksheets/sheet1.xml"),
            (f"{_OFFICE}/styles", "styles.xml"),
            ("http://schemas.microsoft.com/office/2006/relationships/vbaProject",
             "vbaProject.bin"),
        ),
        "xl/worksheets/sheet1.xml": f'{_HEAD}<worksheet xmlns="{_MAIN}">'
        '<sheetPr codeName="Sheet1"/><sheetData/></worksheet>',
        "xl/styles.xml": _styles(),
        "customUI/customUI.xml": ribbon_xml("2006"),
        "customUI/customUI14.xml": ribbon_xml("2009"),
    }  # fmt: skip
    return {name: text.encode() for name, text in texts.items()} | {"xl/vbaProject.bin": project}


def _content_types() -> str:
    kinds = [
        ("Default", "Extension", "rels",
         "application/vnd.openxmlformats-package.relationships+xml"),
        ("Default", "Extension", "xml", "application/xml"),
        ("Default", "Extension", "bin", "application/vnd.ms-office.vbaProject"),
        ("Override", "PartName", "/xl/workbook.xml",
         "application/vnd.ms-excel.addin.macroEnabled.main+xml"),
        ("Override", "PartName", "/xl/worksheets/sheet1.xml", f"{_SHEET_ML}.worksheet+xml"),
        ("Override", "PartName", "/xl/styles.xml", f"{_SHEET_ML}.styles+xml"),
    ]  # fmt: skip
    parts = "".join(closed(k, **{by: name, "ContentType": kind}) for k, by, name, kind in kinds)
    return f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">{parts}</Types>'


def _relations(*relations: tuple[str, str]) -> str:
    parts = "".join(
        closed("Relationship", Id=f"rId{i}", Type=kind, Target=target)
        for i, (kind, target) in enumerate(relations, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{parts}</Relationships>'


def _workbook() -> str:
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<workbookPr codeName="ThisWorkbook"/><bookViews><workbookView/></bookViews>'
        '<sheets><sheet name="cyps" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def _styles() -> str:
    return (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        '</cellStyleXfs><cellXfs count="1">'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>'
    )
