"""Every test of the add-in has a data folder of its own."""

from __future__ import annotations

import pytest

from cyps_addin import library


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("CYPS_DATA", str(tmp_path / "cyps data"))
    library.forget()
    return tmp_path / "cyps data"
