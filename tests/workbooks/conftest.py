"""The engines that every workbook is worked out by, one after the other."""

from __future__ import annotations

import pytest

from workbooks.engines import IronCalc, LibreOffice, libreoffice_missing


@pytest.fixture(scope="module", params=["libreoffice", "ironcalc"])
def engine(request):
    """LibreOffice, then IronCalc; each serves every test of a file."""
    if request.param == "libreoffice":
        if missing := libreoffice_missing():
            pytest.skip(missing)
        running = LibreOffice()
    else:
        running = IronCalc()
    yield running
    running.close()
