"""How a spreadsheet writes what XML cannot hold, and the words that look like that.

A character that XML does not have, or reads as another, is written `_x000D_`; so an underscore
with which a text of that form begins is itself written `_x005F_`. Escapes may overlap: of
`_x005F_x000D_` the second begins with the underscore that the first ends with.
"""

from __future__ import annotations

import re

_NO_XML = "\x00-\x08\x0b-\x1f\ufffe\uffff"
_CONTROL = re.compile(f"[{_NO_XML}]")
_LOOKS_ESCAPED = re.compile(f"_(?=x[0-9A-Fa-f]{{4}}[_{_NO_XML}])")


def escaped(words: str) -> str:
    r"""A text as the XML of a cell holds it, apart from XML's own signs.

    Examples
    --------
    >>> escaped("_x000D_"), escaped("_x005F_x000D_")
    ('_x005F_x000D_', '_x005F_x005F_x005F_x000D_')
    >>> escaped("_x0041\r"), escaped("a_b")
    ('_x005F_x0041_x000D_', 'a_b')
    """
    plain = _LOOKS_ESCAPED.sub("_x005F_", words)
    return _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", plain)


def escapes_itself(words: str) -> bool:
    """Whether a text is one that a writer that looks for one escape after another spoils."""
    once = re.sub("(_x[0-9A-Fa-f]{4}_)", r"_x005F\1", words)
    return _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", once) != escaped(words)
