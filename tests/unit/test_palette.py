"""The palette of the workbooks: text that can be read, bars that stay apart without colour."""

from __future__ import annotations

import numpy as np
import pytest

from cyps_workbooks import style

WHITE, BLACK = "#FFFFFF", "#000000"

TEXT_ON = {
    "header": (WHITE, style.NAVY),
    "title": (style.NAVY, WHITE),
    "status": (style.NAVY, style.SOFT),
    "input": (style.INPUT_TEXT, style.INPUT_FILL),
    "link": (style.INPUT_TEXT, WHITE),
    "stop": (WHITE, style.STOP_FILL),
    "warn": (BLACK, style.WARN_FILL),
    "my authority's row": (BLACK, style.TINT),
    "total": (BLACK, style.SOFT),
}

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip


def linear(colour):
    """Linear red, green and blue of #RRGGBB (WCAG 2.2, relative luminance)."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one, other, seen=SEEN_BY["everybody"]):
    """WCAG contrast of two colours, as an eye sees them; from 1 to 21."""
    light = sorted(
        float(np.clip(seen @ linear(x), 0, 1) @ [0.2126, 0.7152, 0.0722]) for x in (one, other)
    )
    return (light[1] + 0.05) / (light[0] + 0.05)


def test_contrast_is_the_published_one():
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("where", TEXT_ON)
def test_text_can_be_read(where):
    assert contrast(*TEXT_ON[where]) >= 4.5


@pytest.mark.parametrize("eye", SEEN_BY)
@pytest.mark.parametrize(
    ("one", "other"),
    [(style.GAIN, style.LOSS), (style.MINE, style.REGION), (style.REGION, style.ENGLAND),
     (style.MINE, style.LOSS), (style.ENGLAND, style.MINE)],
)  # fmt: skip
def test_neighbours_in_a_chart_differ_in_lightness_for_every_eye(one, other, eye):
    """Lightness alone tells them apart, so greyscale does, too."""
    assert contrast(one, other, SEEN_BY[eye]) >= 1.7


def test_marks_and_bars_have_an_edge_that_stands_out():
    assert contrast(style.EDGE, WHITE) >= 3
