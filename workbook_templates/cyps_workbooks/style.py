"""How a workbook looks: one palette, one type scale, one set of number formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

FONT = "Calibri"

# Chosen to differ in lightness as well as in hue, so that they stay apart in
# greyscale and for the three common kinds of colour blindness.
NAVY = "#12304F"
GAIN = "#1F5A8C"
LOSS = "#E08A1E"
MINE = "#12304F"
REGION = "#5B9BD5"
ENGLAND = "#C9CED4"
INPUT_FILL = "#FFF4CC"
INPUT_TEXT = "#0B3D91"
RULE = "#C9CED4"
SOFT = "#EEF2F6"
EDGE = "#5A6570"
TINT = "#DCE6F1"
UNUSED, UNUSED_TEXT = "#E3E6E9", "#6B7280"
STOP_FILL = "#9B1C1C"
WARN_FILL = "#FFC857"

TITLE, HEADING, BODY, SMALL = 16, 12, 11, 9

POUNDS = "£#,##0;-£#,##0"
POUNDS_CHANGE = "+£#,##0;-£#,##0;£0"
PERCENT_CHANGE = "+0.0%;-0.0%;0.0%"
SHARE = "0.0000%"
CHILDREN = "#,##0.0"
# An amount or factor that never comes stands as 1E+30 in the cells, and is shown in words.
NEVER = "[>=1000000000000000]"
NUMBER_FORMATS = {
    "text": "@",
    "pounds": POUNDS,
    "pence": "£#,##0.00;-£#,##0.00",
    "pence change": "+£#,##0.00;-£#,##0.00;£0.00",
    "limit pence": f'{NEVER}"no limit";[<0]-£#,##0.00;£#,##0.00',
    "never pence": f'{NEVER}"never";[<0]-£#,##0.00;£#,##0.00',
    "factor point": f'{NEVER}"never";0.0000000000',
    "limit": "+0.00%;-0.00%;0.00%",
    "part": "0.0000%",
    "level": "0.00%",
    "word": "General",
    "millionths": "£#,##0.000000;-£#,##0.000000",
    "remainder": "0.000000",
    "pounds change": POUNDS_CHANGE,
    "percent change": PERCENT_CHANGE,
    "floor": "+0.00%;-0.00%;0.00%",
    "floor fine": "+0.0000%;-0.0000%;0.0000%",
    "share": SHARE,
    "share change": "+0.0000%;-0.0000%;0.0000%",
    "places": "+0;-0;0",
    "children": CHILDREN,
    "weight": "0.000000",
    "weight change": "+0.000000;-0.000000;0.000000",
    "factor": "0.0000",
    "scaling": "0.0000000000",
    "log odds": "+0.0000;-0.0000;0.0000",
    "error": "0.0000",
    "number": "#,##0.0000;-#,##0.0000;0",
    "ratio": "0.000",
    "odds": "0.000000",
    "probability": "0.00%",
    "count": "#,##0",
    "mark": '0;"off";0',
    "general": "General",
}


@dataclass(slots=True)
class Formats:
    """The cell formats of one workbook, made once each and asked for by what they are.

    `cell("pounds")` is a locked number, `entry("pounds")` the unlocked input that
    looks like one, `total("pounds")` the bold line of a sum.
    """

    workbook: Workbook
    made: dict[tuple[tuple[str, Any], ...], Format] = field(default_factory=dict)

    def of(self, **properties: Any) -> Format:  # noqa: ANN401 - XlsxWriter's own property values
        """A format with the house's font and size unless told otherwise."""
        full = {"font_name": FONT, "font_size": BODY, "valign": "vcenter"} | properties
        key = tuple(sorted(full.items()))
        if key not in self.made:
            self.made[key] = self.workbook.add_format(full)
        return self.made[key]

    def cell(self, kind: str = "general", *, right: bool = False) -> Format:
        """A locked cell: a number by its format, or text, `right` where numbers stand."""
        side = {"align": "right"} if right else {}
        return self.of(**side, num_format=NUMBER_FORMATS[kind], bottom=1, bottom_color=RULE)

    def unruled(self, kind: str = "general", *, right: bool = False, words: bool = False) -> Format:
        """A locked cell of a row that is ruled only while it is used."""
        side = {"align": "right"} if right else {}
        wrapped = {"text_wrap": True, "indent": 1} if words else {}
        return self.of(**side, **wrapped, num_format=NUMBER_FORMATS[kind])

    def beside(self, *, right: bool = False) -> Format:
        """Locked text that stands beside a number, or `right` under one."""
        side = {"align": "right"} if right else {"indent": 1}
        return self.of(**side, bottom=1, bottom_color=RULE)

    def wrapped(self) -> Format:
        """Locked text that wraps in its column."""
        return self.of(text_wrap=True, bottom=1, bottom_color=RULE)

    def entry(self, kind: str, *, right: bool = False) -> Format:
        """An unlocked input cell; `right` for text that stands where numbers do."""
        side = {"align": "right"} if right else {}
        return self.of(
            **side,
            num_format=NUMBER_FORMATS[kind],
            bg_color=INPUT_FILL,
            font_color=INPUT_TEXT,
            border=1,
            border_color="#B8860B",
            locked=False,
        )

    def note(self) -> Format:
        """An unlocked cell for people's own words, which wraps."""
        return self.of(
            text_wrap=True, valign="top", num_format="@", bg_color=INPUT_FILL,
            font_color=INPUT_TEXT, border=1, border_color="#B8860B", locked=False,
        )  # fmt: skip

    def total(self, kind: str = "general") -> Format:
        """A locked sum."""
        return self.of(num_format=NUMBER_FORMATS[kind], bold=True, bg_color=SOFT)

    def head(self, *, number: bool = False, indent: int = 0) -> Format:
        """The header cell of a column."""
        return self.of(
            bold=True,
            font_color="#FFFFFF",
            bg_color=NAVY,
            text_wrap=True,
            align="right" if number else "left",
            indent=indent,
        )

    def title(self) -> Format:
        """The name of the sheet, in A1."""
        return self.of(bold=True, font_size=TITLE, font_color=NAVY)

    def heading(self) -> Format:
        """A heading inside a sheet."""
        return self.of(bold=True, font_size=HEADING, font_color=NAVY)

    def plain(self) -> Format:
        """Running text that may overflow to the right."""
        return self.of()

    def letter(self) -> Format:
        """The letter of a step."""
        return self.of(bold=True, font_color=NAVY, align="right")

    def words(self) -> Format:
        """A formula in words, above its column."""
        return self.of(font_size=SMALL, text_wrap=True, valign="bottom", align="right")

    def status(self) -> Format:
        """The status banner: said in words, not by colour alone."""
        return self.of(bold=True, bg_color=SOFT, font_color=NAVY)

    def link(self) -> Format:
        """A link to another place in the workbook."""
        return self.of(underline=1, font_color=INPUT_TEXT, bottom=1, bottom_color=RULE)

    def rule(self) -> Format:
        """Conditional: the line below a row that is used."""
        return self.workbook.add_format({"bottom": 1, "bottom_color": RULE})

    def stop(self) -> Format:
        """Conditional: a check that stops."""
        return self.workbook.add_format(
            {"bold": True, "bg_color": STOP_FILL, "font_color": "#FFFFFF"}
        )

    def warn(self) -> Format:
        """Conditional: a check that warns."""
        return self.workbook.add_format(
            {"bold": True, "bg_color": WARN_FILL, "font_color": "#000000"}
        )
