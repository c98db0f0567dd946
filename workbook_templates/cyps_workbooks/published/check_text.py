"""Rules on notes, shorthand, links, fonts, colours, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cyps_workbooks.published.check_tables import is_date, together
from cyps_workbooks.published.foreign import Cell, Font, Look, Sheet, Table, Workbook
from cyps_workbooks.published.rules import Breach

_Found = Iterator[Breach]

SMALLEST = 12.0
SERIF = (
    "times", "cambria", "georgia", "garamond", "palatino", "book antiqua", "bookman", "century",
    "baskerville", "liberation serif", "dejavu serif", "noto serif", "constantia", "didot",
    "minion", "caslon", "rockwell", "courier", "perpetua", "serif",
)  # fmt: skip
_SANS = ("century gothic", "ms sans serif", "microsoft sans serif", "sans serif", "sans-serif")

_MARK = re.compile(r"\[note (\d{1,4})\]")
_OTHER_MARKS = re.compile(
    r"\[\d{1,3}(\s*,\s*\d{1,3})*\]|\(notes? \d+\)|\[notes? ?\d+\s*(,|and|&)|\[notes \d+|\[Note\d",
    re.IGNORECASE,
)
_SYMBOL_AT_END = re.compile(r"[^\s*†‡§¶][ ]?[*†‡§¶¹²³⁰⁴-⁹]+$")
_SYMBOLS_ALONE = {
    "-", "–", "—", ".", "..", "...", "…", ":", "*", "**", "~", "#", "?", "†", "‡",
    "n/a", "na", "n.a.", "#n/a", "null",
}  # fmt: skip
_LETTERS_ALONE = {"c", "e", "f", "k", "low", "p", "r", "s", "u", "w", "x", "z"}
_SHORTHAND = re.compile(r"\[[a-z]{1,12}\]", re.IGNORECASE)
_NUMBER = re.compile(r"[-+−]?[£$€]?[-+−]?\d[\d,]*(\.\d+)?%?")
_VAGUE = {
    "click here", "here", "link", "this link", "more", "read more", "find out more", "website",
    "click", "this", "download", "see more", "go",
}  # fmt: skip


# --- notes
def note_symbols(book: Workbook) -> Iterator[Breach]:
    """Superscript, and labels and titles that end in a symbol."""
    for sheet in book.sheets:
        raised = (c for c in sheet.cells.values() if c.text and book.look(c).font.raised)
        yield from together("note-symbols", sheet, raised, "a part of the text is superscript")
        marked = (
            c
            for c in sheet.cells.values()
            if c.text and not book.look(c).font.raised and _SYMBOL_AT_END.search(c.text.strip())
        )
        fault = "the text ends in a symbol that seems to point to a note"
        yield from together("note-symbols", sheet, marked, fault)


def note_words(book: Workbook) -> Iterator[Breach]:
    """References to notes in another form than [note 1]."""
    for sheet in book.sheets:
        found = (c for c in sheet.cells.values() if c.text and _OTHER_MARKS.search(c.text))
        yield from together("note-words", sheet, found, "a note is referred to in another way")


def notes_in_cells(book: Workbook) -> Iterator[Breach]:
    """A number, or shorthand for one, with a note in the same cell."""
    for sheet in book.sheets:
        found = (
            cell
            for table in sheet.tables
            for cell in sheet.body(table)
            if cell.text
            and _MARK.search(cell.text)
            and (
                _NUMBER.fullmatch(_MARK.sub("", cell.text).strip())
                or _SHORTHAND.fullmatch(_MARK.sub("", cell.text).strip())
            )
        )
        yield from together(
            "notes-in-cells", sheet, found, "a single number has a note in its cell"
        )


def notes_sheet(book: Workbook) -> Iterator[Breach]:
    """References to notes that are not there, and notes that nothing refers to."""
    home = next((s for s in book.sheets if "note" in s.name.casefold() and s.tables), None)
    defined = _defined(home)
    places = set(defined.values())
    used: set[str] = set()
    for sheet in book.sheets:
        lost = []
        for cell in sheet.cells.values():
            if sheet is home and (cell.row, cell.column) in places:
                continue
            marks = set(_MARK.findall(cell.text or ""))
            used |= marks
            if marks - set(defined):
                lost.append(cell)
        fault = (
            "a note is referred to that is not on the worksheet of notes"
            if home
            else "a note is referred to, and there is no worksheet Notes with a table"
        )
        yield from together("notes-sheet", sheet, lost, fault)
    if home is not None:
        idle = (home.cells[place] for number, place in defined.items() if number not in used)
        yield from together("notes-sheet", home, idle, "nothing refers to this note")


def _defined(home: Sheet | None) -> dict[str, tuple[int, int]]:
    """Number of each note -> its cell in the first column of the table of notes."""
    if home is None:
        return {}
    table = home.tables[0]
    found: dict[str, tuple[int, int]] = {}
    for cell in home.body(table):
        words = cell.text if cell.text is not None else f"{cell.number:g}"
        number = re.fullmatch(r"\[?(?:note )?(\d{1,4})\]?", words.strip(), re.IGNORECASE)
        if cell.column == table.area.left and number:
            found[number[1]] = (cell.row, cell.column)
    return found


# --- shorthand
def shorthand(book: Workbook) -> Iterator[Breach]:
    """Symbols for missing numbers, and shorthand without its brackets."""
    for sheet in book.sheets:
        found = []
        for table in sheet.tables:
            numeric = _numeric_columns(sheet, table)
            for cell in sheet.body(table):
                words = (cell.text or "").strip().casefold()
                if words in _SYMBOLS_ALONE or (words in _LETTERS_ALONE and cell.column in numeric):
                    found.append(cell)
        yield from together("shorthand", sheet, found, "a symbol or letter stands for a number")


def _numeric_columns(sheet: Sheet, table: Table) -> set[int]:
    return {c.column for c in sheet.body(table) if c.number is not None}


def shorthand_explained(book: Workbook) -> Iterator[Breach]:
    """Shorthand in brackets that no text above its table explains."""
    for sheet in book.sheets:
        for table in sheet.tables:
            above = sheet.above(table).casefold()
            unsaid: dict[str, list[Cell]] = {}
            for cell in sheet.body(table):
                words = (cell.text or "").strip()
                if _SHORTHAND.fullmatch(words) and words.casefold() not in above:
                    unsaid.setdefault(words, []).append(cell)
            for words, cells in unsaid.items():
                fault = f"{words} is not explained above the table"
                yield from together("shorthand-explained", sheet, cells, fault)


# --- links
def links(book: Workbook) -> Iterator[Breach]:
    """Links with a bare address or vague words for text, and links that lead nowhere."""
    names = {sheet.name.casefold() for sheet in book.sheets}
    for sheet in book.sheets:
        shown = {c.place: c.text for c in sheet.cells.values()} if sheet.links else {}
        for link in sheet.links:
            words = (shown.get(link.place) or "").strip()
            target, sign, _ = link.inside.rpartition("!")
            target = target.strip("'").replace("''", "'")
            fault = ""
            if not words:
                fault = "a link has no text"
            elif words.casefold() in _VAGUE:
                fault = f"the link text '{words}' does not say where it goes"
            elif re.match(r"(https?://|www\.)\S+$", words) and len(words) > 20:
                fault = "the text of a link is a web address"
            elif sign and target.casefold() not in names:
                fault = f"the link goes to a worksheet '{target}', which is not there"
            if fault:
                yield Breach("links", sheet.name, link.place, fault)


# --- fonts and colours
def _looks(rule: str, fault: str, wrong: Callable[[Look], bool]) -> Callable[[Workbook], _Found]:
    """A rule on how cells look: each look is judged once, however many cells have it."""

    def check(book: Workbook) -> _Found:
        bad = {i for i, look in enumerate(book.looks) if wrong(look)}
        for sheet in book.sheets if bad else ():
            found = (cell for cell in sheet.cells.values() if cell.look in bad)
            yield from together(rule, sheet, found, fault)

    return check


def is_serif(name: str) -> bool:
    """Whether a font is known to have serifs.

    Examples
    --------
    >>> is_serif("Times New Roman"), is_serif("Arial"), is_serif("Century Gothic")
    (True, False, False)
    """
    plain = name.casefold()
    return plain not in _SANS and any(plain.startswith(serif) for serif in SERIF)


def text_effects(book: Workbook) -> Iterator[Breach]:
    """Italics, and underlined text that is no link."""
    for sheet in book.sheets:
        linked = {link.place for link in sheet.links}
        italic = (c for c in sheet.cells.values() if book.look(c).font.italic)
        yield from together("text-effects", sheet, italic, "the text is italic")
        lined = (
            c for c in sheet.cells.values() if book.look(c).font.underline and c.place not in linked
        )
        yield from together("text-effects", sheet, lined, "text that is no link is underlined")


def _too_faint(look: Look) -> bool:
    if not look.font.color or (look.filled and not look.fill_color):
        return False  # automatic, or a colour of the theme: a person has to look
    behind = look.fill_color if look.filled else "FFFFFF"
    return contrast_ratio(look.font.color, behind) < (3.0 if _is_large(look.font) else 4.5)


def _is_large(font: Font) -> bool:
    return font.size >= 18 or (font.bold and font.size >= 14)


def contrast_ratio(one: str, other: str) -> float:
    """Contrast of two colours (WCAG 2, from 1 to 21).

    Examples
    --------
    >>> contrast_ratio("000000", "FFFFFF"), round(contrast_ratio("777777", "FFFFFF"), 2)
    (21.0, 4.48)
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


font = _looks("font", "the font has serifs", lambda look: is_serif(look.font.name))
text_size = _looks(
    "text-size", "the text is smaller than 12", lambda look: look.font.size < SMALLEST
)
horizontal_text = _looks("horizontal-text", "the text is not horizontal", lambda look: look.rotated)
fill = _looks("fill", "the cell has a background fill", lambda look: look.filled)
contrast = _looks("contrast", "the text hardly stands out from its background", _too_faint)


# --- numbers
def numbers_as_text(book: Workbook) -> Iterator[Breach]:
    """Texts that are numbers, in columns of numbers or with a comma, point or per cent in them."""
    for sheet in book.sheets:
        found = []
        for table in sheet.tables:
            numeric = _numeric_columns(sheet, table)
            found += [
                cell
                for cell in sheet.body(table)
                if cell.text
                and _NUMBER.fullmatch(cell.text.strip())
                and (cell.column in numeric or re.search(r"[.,%£$€]", cell.text))
            ]
        yield from together("numbers-as-text", sheet, found, "a number is stored as text")


def thousands(book: Workbook) -> Iterator[Breach]:
    """Numbers of four digits or more without commas; years, dates and codes keep none."""
    for sheet in book.sheets:
        found = []
        for table in sheet.tables:
            heads = {
                table.area.left + at: words.casefold() for at, words in enumerate(table.headers)
            }
            for cell in sheet.body(table):
                form = book.look(cell).number_format
                if cell.number is None or abs(cell.number) < 1000 or "," in form or is_date(form):
                    continue
                if "%" not in form and not re.search(
                    r"\b(years?|codes?|dates?|urn|id)\b", heads.get(cell.column, "")
                ):
                    found.append(cell)
        yield from together("thousands", sheet, found, "a number has no comma between thousands")


def alignment(book: Workbook) -> Iterator[Breach]:
    """Numbers and the headings of their columns not right, labels of rows not left."""
    for sheet in book.sheets:
        numbers, labels = [], []
        for table in sheet.tables:
            numeric = _numeric_columns(sheet, table)
            for at in sorted(numeric):
                head = sheet.cells.get((table.area.top, at)) if table.header_rows else None
                if head is not None and book.look(head).horizontal != "right":
                    numbers.append(head)
            for cell in sheet.body(table):
                side = book.look(cell).horizontal
                if cell.number is not None and side not in {"", "general", "right"}:
                    numbers.append(cell)
                first = cell.column == table.area.left and cell.column not in numeric
                if first and side not in {"", "general", "left"}:
                    labels.append(cell)
        yield from together(
            "alignment", sheet, numbers, "a number or its heading is not right-aligned"
        )
        yield from together("alignment", sheet, labels, "a label of a row is not left-aligned")
