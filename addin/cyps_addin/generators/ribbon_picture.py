"""A drawing of the ribbon from its declaration, for the checklist: no screenshot of Excel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from cyps_addin.declare import Action, Assumption
from cyps_addin.generators.ribbon import GROUPS
from cyps_addin.generators.xml_text import escape
from cyps_addin.registry import ACTIONS, ASSUMPTIONS

_ROWS: Final = 3
"""Small controls that stand above one another, as Excel stacks them."""
_LETTER, _LINE, _TOP, _LARGE = 6.9, 26, 74, 84
_NOTE: Final = "Drawn from the add-in's declaration. Not a screenshot of Excel: icons are left out."


@dataclass(slots=True)
class _Drawing:
    """What is drawn so far, and how far to the right it goes."""

    parts: list[str] = field(default_factory=list)
    right: float = 10

    def text(self, x: float, y: float, words: str, colour: str, **style: str) -> None:
        told = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
        self.parts.append(
            f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}"{told}>{escape(words)}</text>'
        )

    def box(self, x: float, y: float, width: float, height: float, style: str) -> None:
        self.parts.append(
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" {style}/>'
        )


def ribbon_picture(*, settlement: bool) -> str:
    """The tab as SVG, with a settlement workbook in front or with another one.

    Examples
    --------
    >>> "CYPS needs shares" in ribbon_picture(settlement=True)
    True
    """
    drawing = _Drawing()
    for group in GROUPS:
        _group(drawing, group, settlement)
    width, height = drawing.right + 4, _TOP + _ROWS * _LINE + 58
    state = "a settlement workbook" if settlement else "another workbook"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'role="img" font-family="sans-serif" font-size="12"><title>The tab CYPS needs shares, '
        f"with {state} in front. {_NOTE}</title>"
    )
    frame = _Drawing()
    frame.box(0, 0, width, height, 'fill="#ffffff"')
    frame.text(10, 18, f"{_NOTE} In front: {state}.", "#8a1c1c", font_style="italic")
    frame.text(10, 46, "CYPS needs shares", "#12304f", font_weight="bold", font_size="14")
    frame.box(2, 54, width - 4, height - 58, 'fill="#f5f5f5" stroke="#888888"')
    return "\n".join([head, *frame.parts, *drawing.parts, "</svg>", ""])


def _group(drawing: _Drawing, group: str, settlement: bool) -> None:
    left = drawing.right
    small: list[Action | Assumption] = list(ASSUMPTIONS) if group == "Assumptions" else []
    for action in (one for one in ACTIONS if one.group == group):
        if group in {"Pack", "Output"}:
            _large(drawing, action, settlement)
        else:
            small.append(action)
    for first in range(0, len(small), _ROWS):
        _column(drawing, small[first : first + _ROWS], settlement)
    middle, bottom = (left + drawing.right) / 2, _TOP + _ROWS * _LINE + 34
    drawing.text(middle, bottom, group, "#555555", text_anchor="middle")
    drawing.box(drawing.right, 62, 1, bottom - 58, 'fill="#bbbbbb"')
    drawing.right += 12


def _large(drawing: _Drawing, action: Action, settlement: bool) -> None:
    colour = _colour(settlement or not action.on_book)
    middle = drawing.right + _LARGE / 2
    drawing.box(middle - 16, _TOP - 4, 32, 32, f'fill="none" stroke="{colour}"')
    words = action.label.split()
    half = (len(words) + 1) // 2
    for i, line in enumerate((" ".join(words[:half]), " ".join(words[half:]))):
        drawing.text(middle, _TOP + 46 + 15 * i, line, colour, text_anchor="middle")
    drawing.right += _LARGE


def _column(drawing: _Drawing, controls: list[Action | Assumption], settlement: bool) -> None:
    widest = 0.0
    for i, one in enumerate(controls):
        y = _TOP + i * _LINE
        if isinstance(one, Action):
            colour = _colour(settlement or not one.on_book)
            drawing.box(drawing.right, y, 14, 14, f'fill="none" stroke="{colour}"')
            drawing.text(drawing.right + 20, y + 12, one.label, colour)
            widest = max(widest, 26 + _LETTER * len(one.label))
        else:
            colour = _colour(settlement)
            label, box = _LETTER * len(one.label), 96 if _is_wide(one) else 64
            drawing.text(drawing.right, y + 12, one.label, colour)
            drawing.box(drawing.right + label + 6, y - 3, box, 19,
                        f'fill="#ffffff" stroke="{colour}"')  # fmt: skip
            if one.is_list:
                drawing.text(drawing.right + label + box - 8, y + 12, "v", colour)
            widest = max(widest, label + box + 12)
    drawing.right += widest + 8


def _is_wide(one: Assumption) -> bool:
    return one.name in {"authority", "pot", "method"}


def _colour(enabled: bool) -> str:
    return "#1b1b1b" if enabled else "#a6a6a6"
