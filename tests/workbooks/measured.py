"""What docs/workbook.md says was measured: run from tests/ as `python -m workbooks.measured`."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from cyps_workbooks import write_settlement
from workbooks.engines import IronCalc, LibreOffice, libreoffice_missing
from workbooks.made_up import made_up
from workbooks.test_recalculated import assert_is, type_in
from workbooks.what_ifs import named_what_ifs, random_what_ifs, rule_what_ifs


def measure(engine, base, path, folder):
    """Largest difference and the seconds of a recalculation, over every what-if."""
    worst, seconds = 0.0, []
    for what_if in named_what_ifs(base) + rule_what_ifs(base) + random_what_ifs(base, 24):
        engine.open(path)
        type_in(engine, what_if)
        began = time.perf_counter()
        engine.recalculate()
        seconds.append(time.perf_counter() - began)
        chosen = what_if.chosen or base[0][1].scenario.authorities[0].name
        worst = max(worst, assert_is(what_if.years, engine.grids(), folder, chosen))
    middle = sorted(seconds)[len(seconds) // 2]
    print(
        f"{engine.name} {engine.version}: {len(seconds)} what-ifs, largest difference {worst:.1e} "
        f"of the column's largest value, recalculation {middle:.3f} s (longest {max(seconds):.3f})"
    )


def main():
    base = [("2025-26", made_up(seed=3))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "settlement.xlsx"
        began = time.perf_counter()
        write_settlement(base, path)
        print(f"written in {time.perf_counter() - began:.2f} s, {path.stat().st_size:,} bytes")
        engines = [IronCalc()] + ([] if libreoffice_missing() else [LibreOffice()])
        for engine in engines:
            measure(engine, base, path, folder)
            engine.close()


if __name__ == "__main__":
    main()
