"""The committed templates: workbooks of made-up numbers that anybody may open without running cyps.

    python -m cyps_workbooks.templates

renews them. A zip's bytes hang on the compressor, so that two are compared part by part.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from cyps.geography import LAST_YEAR, Authority
from cyps.settlement import Settlement, settle
from cyps.settlement.illustration import illustration
from cyps_workbooks.placing import put_in_place
from cyps_workbooks.settlement_workbook import settlement_bytes
from cyps_workbooks.what_if_workbook import what_if_bytes

FOLDER = Path(__file__).resolve().parents[1]
_FEW = 12


def templates() -> dict[str, bytes]:
    """Every template by the name of its file, drawn now."""
    label = f"{LAST_YEAR - 1}-{LAST_YEAR % 100:02d}"
    made = made_up()
    return {
        "settlement-made-up.xlsx": settlement_bytes([(label, made)]),
        "what-if-made-up.xlsx": what_if_bytes(label, made),
    }


def made_up() -> Settlement:
    """Twelve authorities that do not exist, with numbers of the illustration: to follow by eye."""
    whole = illustration()
    scenario, use = whole.scenario, whole.use
    places = tuple(
        Authority(f"E069{i:05d}", f"{i:03d}", f"Made-up authority {i}", f"Region {(i + 2) // 3}")
        for i in range(1, _FEW + 1)
    )
    codes = tuple(place.code for place in places)
    baseline = scenario.baseline[:_FEW]
    own = replace(
        scenario, title="Twelve made-up authorities", authorities=places, baseline=baseline,
        area_cost=scenario.area_cost[:_FEW], pot=round(float(baseline.sum()) * 1.02),
    )  # fmt: skip
    return settle(own, replace(use, codes=codes, children=use.children[:_FEW]))


def parts(content: bytes) -> dict[str, bytes]:
    """The parts of a workbook by name, unpacked."""
    with zipfile.ZipFile(BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def differing(folder: Path = FOLDER) -> list[str]:
    """Each part of a committed template that is not as it would be drawn now; none when all are."""
    found = []
    for name, content in templates().items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name}: not there")
            continue
        now, then = parts(content), parts(path.read_bytes())
        found += [
            f"{name}: {part}"
            for part in sorted(now.keys() | then.keys())
            if now.get(part) != then.get(part)
        ]
    return found


def renew(folder: Path = FOLDER) -> None:
    """Write every template into its place."""
    for name, content in templates().items():
        put_in_place(content, folder / name)


if __name__ == "__main__":
    renew()
