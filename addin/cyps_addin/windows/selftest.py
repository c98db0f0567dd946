"""Whether this copy can compute: known answers through the door that Excel uses."""

from __future__ import annotations

import sys
from typing import Final

FORBIDDEN: Final = (
    "pandas", "scipy", "statsmodels", "numba", "sklearn", "matplotlib", "IPython", "tkinter",
    "xlwings.pro", "xlwings.server", "cryptography",
)  # fmt: skip
"""What the officer's copy must not hold: too heavy, or not free to pass on."""

# The published vector of floor damping: factor 8/9 at a floor of nothing.
_TARGET = ((96.0,), (215.0,), (170.0,), (49.0,), (510.0,))
_BASELINE = ((100.0,), (200.0,), (150.0,), (50.0,), (500.0,))
_DAMPED = (100.0, 200 + 15 * 8 / 9, 150 + 20 * 8 / 9, 50.0, 500 + 10 * 8 / 9)


def selftest() -> list[str]:
    """What is wrong, one sentence each; empty when all is well.

    Examples
    --------
    >>> [line for line in selftest() if "holds" not in line]
    []
    """
    from cyps_addin.windows.door import OK, call_function

    wrong = []
    state, damped = call_function("CYPS_DAMP", (_TARGET, _BASELINE, 0.0))
    if state != OK:
        wrong.append(f"CYPS_DAMP refused the known example: {damped}")
    elif max(abs(row[0] - want) for row, want in zip(damped, _DAMPED, strict=True)) > 1e-9:
        wrong.append(f"CYPS_DAMP gives {damped}, not {_DAMPED}.")
    state, pack = call_function("CYPS_PACK", ("sample",))
    state, use = call_function("CYPS_USE", (pack,)) if state == OK else (state, pack)
    if state != OK:
        wrong.append(f"The sample pack cannot be used: {use}")
    _, why = call_function("CYPS_SCENARIO", ("format = 1\npots = 5",))  # what reads files is here
    if "'pots' (line 2) is not a key" not in str(why):
        wrong.append(f"A scenario's text is not read: {why}")
    if call_function("Exec", ("1",))[0] == OK:
        wrong.append("A name that is no function was run.")
    return wrong + [f"This copy holds {name}." for name in FORBIDDEN if name in sys.modules]
