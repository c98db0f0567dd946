"""The rules: the Analysis Function's checklist, and who can check each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes
    ----------
    key : its short name
    section : of the checklist "Making spreadsheets accessible"
    words : the rule
    essential : whether the checklist holds it essential to the accessibility regulations
    checked : by a machine, in part (a person has to look too), or by a person only
    mend : what to do, in Excel
    """

    key: str
    section: str
    words: str
    essential: bool
    checked: Literal["machine", "part", "person"]
    mend: str


TABLES, NOTES, FORMATTING = "Tables", "Footnotes", "Formatting"
STRUCTURE, BEFORE = "Structure", "Before publishing"

RULES: tuple[Rule, ...] = (
    Rule("marked-up-tables", TABLES, "Mark up tables as tables", True, "machine",
         "Select the table, Insert, Table, tick 'My table has headers'."),
    Rule("table-names", TABLES, "Give tables meaningful names", False, "part",
         "Click in the table, Table Design, Table Name: words with underscores."),
    Rule("merged-cells", TABLES, "No merged cells", True, "machine",
         "Select them, Home, Merge & Center off, and fill each cell."),
    Rule("blank-rows-columns", TABLES, "No blank rows or columns in tables", True, "machine",
         "Delete them; make space with row height and column width."),
    Rule("header-row", TABLES, "One header row, every header there and different", True, "machine",
         "Table Design, tick Header Row; give every column its own heading."),
    Rule("wrapped-text", TABLES, "Wrap text in the cells of tables", True, "part",
         "Select the cells, Home, Wrap Text, and make the row high enough."),
    Rule("filters", TABLES, "Avoid filters", False, "machine",
         "Table Design, untick Filter Button; or say in column A above the table how to turn "
         "the filter off."),
    Rule("freeze-panes", TABLES, "Avoid freeze panes", False, "machine",
         "View, Freeze Panes, Unfreeze; or say in column A how to unfreeze them."),
    Rule("empty-cells", TABLES, "No empty cells without a reason given", True, "machine",
         "Write why there is no number, such as [z] or [x]; or, where there is only one reason, "
         "say it in column A above the table ('blank cells mean ...')."),
    Rule("hidden", TABLES, "Avoid hidden rows, columns and worksheets", False, "machine",
         "Unhide or delete them; or say in column A what is hidden and how to unhide it."),
    Rule("column-width", TABLES, "Columns of a sensible width", False, "part",
         "Make the column wide enough for its longest number and word, and not wider than 120."),
    Rule("units", TABLES, "Units in the column headings", False, "person",
         "Write them in round brackets after the heading: Allocation (pounds)."),
    Rule("note-symbols", NOTES, "No symbols or superscript for notes", True, "machine",
         "Write [note 1] instead."),
    Rule("note-words", NOTES, "Refer to notes as [note 1], several as [note 1][note 2]", False,
         "machine", "Write the word note and one number in square brackets."),
    Rule("notes-in-cells", NOTES, "No notes on single numbers", False, "machine",
         "Put the note on the heading or row label, or in a column Notes on the right."),
    Rule("notes-sheet", NOTES, "Every note in a table on a worksheet Notes", False, "machine",
         "Add the note to the table on the worksheet Notes, or take the reference away."),
    Rule("shorthand", NOTES, "Shorthand in square brackets, not symbols", True, "part",
         "Write [c] confidential, [x] not available, [z] not applicable, [low] rounds to zero, "
         "[u] low reliability, or the word in brackets."),
    Rule("shorthand-explained", NOTES, "Explain shorthand above the table", True, "machine",
         "Say in column A above the table what it means."),
    Rule("written-content", FORMATTING, "Plain, accessible words", False, "person",
         "Read it aloud; spell abbreviations out."),
    Rule("links", FORMATTING, "Links that say where they go, and go there", True, "part",
         "Give the link the name of what it leads to as its text."),
    Rule("font", FORMATTING, "A sans serif font", False, "part",
         "Choose Arial or another font without serifs."),
    Rule("text-size", FORMATTING, "Text of size 12 or more", False, "machine",
         "Home, Font Size, 12 or more."),
    Rule("text-effects", FORMATTING, "No italics; underline links only", False, "machine",
         "Take it off; use bold to highlight."),
    Rule("horizontal-text", FORMATTING, "All text horizontal", False, "machine",
         "Format Cells, Alignment, Orientation 0."),
    Rule("titles", FORMATTING, "A title in A1 of every worksheet, tagged Heading 1", True, "part",
         "Write the title in A1; Home, Cell Styles, Heading 1."),
    Rule("symbols", FORMATTING, "Avoid symbols in text", False, "person",
         "Write words; £, %, & and / are safe."),
    Rule("headers-boxes", FORMATTING, "No headers, footers or floating boxes", True, "machine",
         "Move what they say into column A; remove them."),
    Rule("visual-devices", FORMATTING, "No lines, shades or patterns to divide data", False,
         "person", "Use columns of the table instead."),
    Rule("fill", FORMATTING, "No background fill", False, "machine",
         "Home, Fill Colour, No Fill (white is a fill too)."),
    Rule("colour-only", FORMATTING, "Colour is never the only meaning", True, "person",
         "Say it in words as well."),
    Rule("contrast", FORMATTING, "Text stands out from its background, 4.5 to 1", True, "part",
         "Home, Font Colour, Automatic."),
    Rule("images", FORMATTING, "Avoid images and charts", False, "machine",
         "Remove it; or give it alternative text and a worksheet without tables."),
    Rule("macros", FORMATTING, "No macros", False, "machine", "Save as .xlsx."),
    Rule("numbers-as-text", FORMATTING, "Numbers are numbers", False, "machine",
         "Select the column, Data, Text to Columns, Finish."),
    Rule("thousands", FORMATTING, "Commas between thousands", False, "machine",
         "Format Cells, Number, tick Use 1000 separator."),
    Rule("alignment", FORMATTING, "Numbers and their headings right, labels left", False,
         "machine", "Home, Align Right or Align Left."),
    Rule("sheet-names", STRUCTURE, "Worksheets have names of their own", True, "part",
         "Double-click the tab; write what is on the sheet, with no space before or after."),
    Rule("blank-sheets", STRUCTURE, "No blank worksheets", True, "machine",
         "Right-click the tab, Delete."),
    Rule("column-a", STRUCTURE, "What a reader needs to know stands in column A", True, "machine",
         "Move the text into column A, above the table."),
    Rule("sheet-description", STRUCTURE, "Say under the title how many tables there are", False,
         "machine", "Write into A2: This worksheet contains one table."),
    Rule("table-position", STRUCTURE, "Tables begin in column A", True, "machine",
         "Delete the empty columns before the table."),
    Rule("below-table", STRUCTURE, "Nothing below a table", False, "machine",
         "Move it above the table, or to the worksheet Notes."),
    Rule("one-table", STRUCTURE, "One table on a worksheet", False, "machine",
         "Move the other tables to worksheets of their own."),
    Rule("cover", STRUCTURE, "A cover sheet comes first", False, "machine",
         "Add a first worksheet with title, contact, date and status, all in column A."),
    Rule("contents", STRUCTURE, "A table of contents that names every worksheet", False,
         "machine", "Add a worksheet Table_of_contents with a table of links."),
    Rule("spelling", BEFORE, "Spelling and grammar checked", True, "person", "Review, Spelling."),
    Rule("excel-checker", BEFORE, "Excel's own accessibility checker run", False, "person",
         "Review, Check Accessibility."),
    Rule("document-information", BEFORE, "Document title, author and language given", True,
         "machine", "File, Info, Properties: fill in Title, Author and, under Advanced "
         "Properties, Language (en-GB)."),
    Rule("cursor", BEFORE, "The file opens on A1 of the first worksheet", True, "machine",
         "Go to the first worksheet, press Ctrl+Home, save."),
)  # fmt: skip

RULE_BY_KEY = {rule.key: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Breach:
    """Where a rule is broken and how.

    Attributes
    ----------
    rule : key of the rule
    sheet, cell : where; empty when it is the whole workbook or sheet
    fault : what is there, in words
    more : how many further cells of the sheet have the same fault
    """

    rule: str
    sheet: str
    cell: str
    fault: str
    more: int = 0

    @property
    def place(self) -> str:
        """Sheet and cell in words."""
        if not self.sheet:
            return "The workbook"
        where = f"{self.sheet}!{self.cell}" if self.cell else self.sheet
        return f"{where} and {self.more:,} more" if self.more else where
