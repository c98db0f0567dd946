"""Authorities, metrics and columns as an officer names them, found in a settlement or a pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.explain import authority_row
from cyps.geography import Authority
from cyps.pack import LoadedPack
from cyps.settlement import Settlement
from cyps_addin import library
from cyps_addin.cells import Line, is_blank, line, one_text, text_of
from cyps_addin.declare import Argument, Cells
from cyps_addin.error_values import bad_input, not_available

SCENARIO = Argument("scenario", "handle of a settlement, from CYPS_SCENARIO")
PACK = Argument("pack", "handle of a pack, from CYPS_PACK")
AUTHORITY = Argument("authority", "GSS codes or names, one or a range", "all, in order of code")
UNKNOWN_AUTHORITY = "#N/A: an authority that the settlement or pack does not have"
UNKNOWN_HANDLE = "#N/A: a handle that is not in this machine's library"


def settled(handle: Cells) -> Settlement:
    """The settlement of a handle in a cell."""
    return library.settlement_of(one_text(handle, "Scenario"))


def loaded(handle: Cells) -> LoadedPack:
    """The pack of a handle in a cell."""
    return library.pack_of(one_text(handle, "Pack"))


def chosen(settlement: Settlement, authority: Cells) -> tuple[NDArray[np.intp], Line | None]:
    """Rows of the authorities named in cells, and how those lie; every row for a blank."""
    if is_blank(authority):
        return np.arange(len(settlement.scenario.codes)), None
    laid = line(authority, "Authority")
    return np.array([_row(settlement, name) for name in laid.values]), laid


def one_authority(settlement: Settlement, authority: Cells) -> int:
    """The row of one authority."""
    return _row(settlement, one_text(authority, "Authority"))


def _row(settlement: Settlement, name: Cells) -> int:
    if is_blank(name):
        raise bad_input("Authority: a cell of the range is blank. Each needs a code or a name.")
    try:
        return authority_row(settlement, text_of(name))
    except CypsError as error:
        raise not_available(str(error)) from None


def pack_rows(pack: LoadedPack, authority: Cells) -> tuple[NDArray[np.intp], Line | None]:
    """Rows of a pack's use table that are named in cells; every row for a blank."""
    use = pack.pack.use
    if is_blank(authority):
        return np.arange(len(use.codes)), None
    row = {word.casefold(): i for i, code in enumerate(use.codes) for word in (code, use.names[i])}
    laid = line(authority, "Authority")
    return np.array([_known(row, text_of(name), pack.pack.name) for name in laid.values]), laid


def _known(row: Mapping[str, int], name: str, where: str) -> int:
    found = row.get(" ".join(name.split()).casefold())
    if found is None:
        raise not_available(
            f"Pack '{where}' has no authority with the code or name '{name[:40]}'. Give a GSS "
            "code such as E06000001."
        )
    return found


def metric_columns(metrics: Sequence[str], wanted: Cells) -> NDArray[np.intp]:
    """Columns of the metrics named in cells; every one for a blank."""
    if is_blank(wanted):
        return np.arange(len(metrics))
    position = {metric.casefold(): i for i, metric in enumerate(metrics)}
    found = []
    for name in line(wanted, "Metric").values:
        if text_of(name).casefold() not in position:
            raise not_available(
                f"There is no metric '{text_of(name)[:40]}'. There are {', '.join(metrics)}."
            )
        found.append(position[text_of(name).casefold()])
    return np.array(found)


def who(settlement: Settlement, row: int) -> Authority:
    """The authority of a row."""
    return settlement.scenario.authorities[row]
