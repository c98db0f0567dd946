"""XML read as events: nothing is kept but what is asked for, and there is a limit to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.sax import SAXException  # the error type only: parsing is defusedxml's
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException  # type: ignore[import-untyped,unused-ignore]
from defusedxml.expatreader import (  # type: ignore[import-untyped,unused-ignore]
    DefusedExpatParser,
)

from cyps.errors import CypsError

MOST_ELEMENTS = 800_000
MOST_BYTES = 130_000_000
MOST_TEXT = 10_000_000
DEEPEST = 100
LONGEST_TEXT = 32_767
"""What a cell of Excel can hold."""

Attributes = Mapping[str, str]
Begin = Callable[[str, Attributes], None]
End = Callable[[str, str], None]


@dataclass(slots=True)
class Allowance:
    """What may still be read of a whole workbook: elements, bytes, letters in its cells.

    Bytes are more than a workbook may have, because a part can be read more than once, but
    not for each of a thousand sheets that say it is theirs.
    """

    elements: int = MOST_ELEMENTS
    bytes: int = MOST_BYTES
    text: int = MOST_TEXT

    def take_text(self, words: str) -> None:
        """Count the text of a cell, which many cells may share."""
        self.text -= len(words)
        if self.text < 0 or len(words) > LONGEST_TEXT:
            raise CypsError(
                f"its cells hold over {MOST_TEXT:,} letters, or one holds over {LONGEST_TEXT:,}. "
                "Split it into smaller workbooks."
            )


class _Texts(ContentHandler):  # type: ignore[misc,unused-ignore]
    """The text of every element that is open, the innermost last."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[list[str]] = []

    def characters(self, content: str) -> None:
        if self.open:
            self.open[-1].append(content)


class _Events(DefusedExpatParser):  # type: ignore[misc,unused-ignore]
    """Local names, attributes by local name, and text of each element."""

    def __init__(self, allowance: Allowance, begin: Begin, end: End) -> None:
        super().__init__(forbid_dtd=True)
        self.allowance, self.begin, self.end = allowance, begin, end
        self.texts = _Texts()
        self.setContentHandler(self.texts)

    def start_element(self, name: str, attrs: dict[str, str]) -> None:
        self.allowance.elements -= 1
        if self.allowance.elements < 0 or len(self.texts.open) > DEEPEST:
            raise CypsError(
                f"it holds more than {MOST_ELEMENTS:,} elements, or elements inside each other "
                f"more than {DEEPEST} deep. Split it into smaller workbooks."
            )
        self.texts.open.append([])
        for key in [key for key in attrs if ":" in key]:
            attrs[key.rpartition(":")[2]] = attrs.pop(key)
        self.begin(name.rpartition(":")[2], attrs)

    def end_element(self, name: str) -> None:
        self.end(name.rpartition(":")[2], "".join(self.texts.open.pop()))


def _nothing(*_: object) -> None:
    """For those who need only the beginning or only the end of elements."""


def read_events(
    xml: bytes, part: str, allowance: Allowance, begin: Begin = _nothing, end: End = _nothing
) -> None:
    """Call `begin(name, attributes)` and `end(name, text)` for every element of a part.

    Names are without their prefix, so that both dialects of the format read alike.

    Raises
    ------
    CypsError
        When it is no XML, declares a document type or entities, or is too large.
    """
    allowance.bytes -= len(xml)
    if allowance.bytes < 0:
        raise CypsError("several of its worksheets are the same part. It is damaged.")
    parser = _Events(allowance, begin, end)
    try:
        parser.feed(xml)  # all at once: in pieces, one long token would take for ever
        parser.close()
    except DefusedXmlException as error:
        raise CypsError(
            f"Its part {part} declares a document type, which no spreadsheet does and an attacker "
            "might. It was not read."
        ) from error
    except LookupError as error:
        if "encoding" not in str(error):
            raise
        raise CypsError(f"Its part {part} is in an encoding that nobody knows.") from error
    except SAXException as error:
        raise CypsError(
            f"Its part {part} is damaged ({error.getMessage()}). Open it in Excel and save it anew."
        ) from error


def whole(text: str, otherwise: int = 0) -> int:
    """A whole number of an attribute; `otherwise` for anything else, however long.

    Examples
    --------
    >>> whole("12"), whole("-1"), whole("9" * 5000, -1)
    (12, 0, -1)
    """
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise
