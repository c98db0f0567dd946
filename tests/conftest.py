"""What every suite shares: the public data folder, and skips that CI turns into failures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Runs only at the commit whose format it wrote down; kept as the record of how.
collect_ignore = ["golden/packs/make_version_1.py"]

# Words are told on one line where a test does not ask for a terminal's width: how long the folder
# of a test is, which stands in many of them, is no business of the test's.
os.environ["COLUMNS"] = "400"

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Where tests run on several cores, a file stays on one, and so does all that shares a Wine."""
    for item in items:
        file, _, _ = item.nodeid.partition("::")
        one_core = "wine" if item.get_closest_marker("wine") else file
        item.add_marker(pytest.mark.xdist_group(one_core))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):  # noqa: ARG001
    """With CYPS_NO_SKIPS=1 a skip is a failure: CI must have everything that tests need."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CYPS_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CYPS_NO_SKIPS forbids: {report.longrepr}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data beside the checkout, which is never committed."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real public data is not here: put it in ../shared/data beside the checkout")
    return SHARED_DATA
