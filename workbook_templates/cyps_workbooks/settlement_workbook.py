"""The settlement workbook: drawn in memory, then put in place whole."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path

from xlsxwriter import Workbook

from cyps.errors import CypsError
from cyps.settlement import Settlement
from cyps_workbooks.about_sheet import draw_about
from cyps_workbooks.authority_sheet import draw_my_authority
from cyps_workbooks.calculation_sheet import draw_calculation
from cyps_workbooks.check_list import CHECK_FLAGS
from cyps_workbooks.checks_sheet import draw_checks
from cyps_workbooks.damping_sheet import NAMED_ROWS, draw_damping
from cyps_workbooks.inputs_sheet import draw_inputs
from cyps_workbooks.layout import DAMPING, MY_AUTHORITY, Layout, quoted
from cyps_workbooks.notes_sheet import draw_notes
from cyps_workbooks.page import Draft, PackNote
from cyps_workbooks.placing import put_in_place
from cyps_workbooks.results_sheet import draw_results
from cyps_workbooks.style import Formats
from cyps_workbooks.use_sheet import draw_use
from cyps_workbooks.weights_sheet import draw_weights

_WRITTEN_AS = datetime(2025, 1, 1)

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,  # a name that begins with = stays a name
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_settlement(
    settlement: Settlement,
    path: Path,
    *,
    pack: PackNote | None = None,
    chosen: str | None = None,
) -> None:
    """Write a settlement as a workbook whose own formulas compute it.

    Parameters
    ----------
    settlement : what the engine computed; its numbers are the cells' cached values
    path : where the workbook goes; replaced only when the new one is whole
    pack : the pack that the use came from, or None for published numbers
    chosen : the authority shown first on the sheet My authority; the first by default

    Raises
    ------
    CypsError
        When the file is open elsewhere or cannot be written; the old one stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> from cyps.settlement.example import example
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "settlement.xlsx"
    ...     write_settlement(example(), path)
    ...     path.read_bytes()[:2]
    b'PK'
    """
    put_in_place(settlement_bytes(settlement, pack=pack, chosen=chosen), Path(path))


def settlement_bytes(
    settlement: Settlement, *, pack: PackNote | None = None, chosen: str | None = None
) -> bytes:
    """Draw the workbook and give its bytes, the same for the same settlement."""
    floor = settlement.scenario.floor
    if floor is None:
        raise CypsError(
            "The settlement workbook computes a floor for all in the official form, and this "
            f"settlement has {settlement.scenario.damping_in_words}. Its results are in "
            "results.csv; leave the workbook out."
        )
    if settlement.scenario.area_cost_metrics:
        raise CypsError(
            "The settlement workbook has one area cost factor for each authority, and this "
            "settlement has one for each metric. Its results are in results.csv; leave the "
            "workbook out."
        )
    buffer = BytesIO()
    workbook = Workbook(buffer, OPTIONS)
    scenario = settlement.scenario
    workbook.set_properties(
        {"title": scenario.title, "comments": f"{scenario.status}: {scenario.statement}"[:250],
         "created": _WRITTEN_AS}
    )  # fmt: skip
    layout = Layout.of(settlement)
    draft = Draft(workbook, Formats(workbook), settlement, layout, pack, floor)
    draw_about(draft)
    draw_inputs(draft)
    draw_use(draft)
    draw_weights(draft)
    draw_damping(draft)
    draw_calculation(draft)
    draw_results(draft)
    draw_my_authority(draft, chosen or scenario.authorities[0].name)
    draw_checks(draft)
    draw_notes(draft)
    for name, place in names(layout).items():
        workbook.define_name(name, f"={place}")
    workbook.close()
    return buffer.getvalue()


def names(layout: Layout) -> dict[str, str]:
    """Every defined name of the workbook and its place: inputs, then named results."""
    results = {name: f"{DAMPING}!$B${row}" for name, row in NAMED_ROWS.items()}
    return layout.inputs() | results | CHECK_FLAGS | {"my_row": f"{quoted(MY_AUTHORITY)}!$B$6"}
