"""Cyps.Server called as Excel would call it: by VBScript, by pywin32 and with raw VARIANTs."""

from __future__ import annotations

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import pytest

from cyps_addin import CELL_FUNCTIONS, ErrorValue
from cyps_addin.examples import run_example
from cyps_addin.generators.vba import ERROR_MARK
from cyps_workbooks import write_settlement
from made_settlements import made
from windows.clients import (
    ACTIONS,
    CRASHES,
    EXAMPLES,
    HALF_READY,
    LIFE,
    PARALLEL,
    RAW,
    REENTERED,
    VBSCRIPT,
)

pytestmark = [pytest.mark.wine, pytest.mark.slow]

SERVER = ("cyps_addin.windows", "cyps-server")
HERE = version("cyps")


def assert_vbscript_is_served(windows):
    said = windows.script(VBSCRIPT, name="client.vbs")
    assert said[:3] == [HERE, "OK 1 0 100 Double", "OK 100"]
    assert said[3].startswith("#NUM! A floor of 50")
    assert said[4] == "OK String"
    assert said[5].startswith("#VALUE! ")
    assert "row 2, column 1" in said[5]
    assert said[6:] == [
        "OK 46346.5",
        f"OK {HERE}",
        f"OK cyps {HERE}",
        "#VALUE! There is no function Exec.",
        "#VALUE! CYPS_RANK(amounts) takes 1 argument at most.",
        "CYPS_RANK: #VALUE! CYPS_RANK(amounts) takes 1 argument at most.",
        "Exec True",
        "Eval True",
    ]


def test_the_wheels_that_the_server_needs_load(windows):
    said = windows.script(
        "import numpy, pandas, pythoncom, sys\n"
        "sys.modules['xlwings.pro'] = None\nimport xlwings\n"
        "print([m for m in sys.modules if m.startswith('xlwings.pro.')])\nprint('done')"
    )
    assert said == ["[]"]


def test_vbscript_calls_functions_and_actions(registered):
    assert_vbscript_is_served(registered)


def test_every_function_gives_the_engine_s_value_over_com(registered):
    """What LibreOffice's cells are compared with, too (test_calc): to 1e-12 of the largest."""
    (said,) = registered.script(EXAMPLES)
    given = json.loads(said)
    assert set(given) == {function.name for function in CELL_FUNCTIONS}
    for function in CELL_FUNCTIONS:
        if function.name == "CYPS_LAST_ERROR":
            continue
        value = run_example(function.example)
        rows = value if isinstance(value, list) else [[value]]
        found = given[function.name]
        found = found if isinstance(found, list) else [[found]]
        numbers = [x for row in rows for x in row if isinstance(x, float)]
        near = 1e-12 * max(map(abs, numbers), default=1.0)
        for one, other in zip(found, rows, strict=True):
            expected = [
                f"{ERROR_MARK}{x}" if isinstance(x, ErrorValue)
                else x if isinstance(x, str) else pytest.approx(x, abs=near)
                for x in other
            ]  # fmt: skip
            assert one == expected, function.name


def assert_actions_are_served(windows):
    book = windows.folder / "settlement.xlsx"
    write_settlement([("2025-26", made(n=8))], book)
    try:
        said = windows.script(ACTIONS, windows.windows(book), name="actions.vbs")
    finally:
        book.unlink()
    assert said == [
        "OK 10 code Hartlepool Double",  # 8 authorities, an empty row, what it is of
        "OK Damping!B10 -0.01",
        "#VALUE! There is no file C:\\nowhere.xlsx. Check its name and folder.",
        "OK check",
    ]


def test_vbscript_runs_actions_on_a_copy_of_a_workbook(registered):
    assert_actions_are_served(registered)


def test_the_doctor_sees_the_registration_and_that_there_is_no_excel(registered):
    (said,) = registered.script(
        "import json\nfrom cyps_addin.doctor import examine, this_machine\n"
        "print(json.dumps({r.about: [r.state, r.found] for r in examine(this_machine())}))\n"
        "print('done')"
    )
    told = json.loads(said)
    assert told["COM registration"][0] == "ok"
    assert "pythonw.exe" in told["COM registration"][1]
    assert told["Excel"][0] == "STOP"
    assert told["add-in in Excel's list"] == ["STOP", "Excel is not told to open cyps.xlam."]
    assert not [r for r in told.values() if "could not be looked at" in r[1]]
    written = registered.folder / "doctor.txt"
    code, _ = registered.run(
        registered.python, "-m", "cyps_addin.windows", "--doctor", registered.windows(written)
    )
    assert code == 1
    assert "STOP  Excel: Excel 2016 or later was not found" in written.read_text("utf-8")


def test_the_doctor_reads_lists_of_excel_as_windows_keeps_them(registered):
    """Disabled add-ins stand in bytes, trusted locations in keys of their own."""
    excel = r"HKCU\Software\Microsoft\Office\16.0\Excel"
    item = r"c:\users\ann\cyps.xlam".encode("utf-16-le").hex()
    keys = (
        (excel, "MTTT", "REG_DWORD", "1"),
        (rf"{excel}\Options", "OPEN", "REG_SZ", r'"C:\Tools\CYPS\cyps.xlam"'),
        (rf"{excel}\Resiliency\DisabledItems", "3A", "REG_BINARY", f"00000000{item}0000"),
        (rf"{excel}\Security", "VBAWarnings", "REG_DWORD", "4"),
        (rf"{excel}\Security\Trusted Locations\Location7", "Path", "REG_SZ", "C:\\Tools\\CYPS\\"),
    )
    looks = (
        "import json\nfrom cyps_addin.doctor import examine, this_machine\n"
        "print(json.dumps({r.about: r.state for r in examine(this_machine())}))\nprint('done')"
    )
    try:
        for key, name, kind, value in keys:
            written = registered.run("reg", "add", key, "/v", name, "/t", kind, "/d", value, "/f")
            assert written[0] == 0, written
        told = json.loads(registered.script(looks)[0])
        assert (told["Excel"], told["disabled add-ins"], told["macros"]) == ("ok", "STOP", "ok")
        place = rf"{excel}\Security\Trusted Locations\Location7"
        assert registered.run("reg", "delete", place, "/f")[0] == 0
        assert json.loads(registered.script(looks)[0])["macros"] == "STOP"
    finally:
        registered.run("reg", "delete", excel, "/f")


def test_values_and_errors_arrive_as_vba_sends_them(registered):
    (said,) = registered.script(RAW)
    rank, na, division, damped, missing, day, true, text, shares, told = json.loads(said)
    assert rank == ["OK", [[2.0], [1.0], [3.0]]]
    assert na[0] == "#N/A"
    assert "row 2, column 1" in na[1]
    assert division[0] == "#DIV/0!"
    assert damped == ["OK", [[100.0], [100.0]]]
    assert missing[0] == "#VALUE!"
    assert "floor is missing" in missing[1]
    assert day == ["OK", [[46346.5]]]
    assert true[0] == "#VALUE!"
    assert text[0] == "#VALUE!"
    assert shares == ["OK", [[0.6875], [0.3125]]]
    assert told == ["OK", HERE]


def test_neither_a_python_file_nor_a_configuration_beside_it_is_run(registered):
    """What redirects xlwings, planted where it would look: nothing of it happens."""
    proof = registered.folder / "redirected.txt"
    planted = f"open({registered.windows(proof)!r}, 'w').write('run')\n"
    for name in ("cyps.py", "cyps_addin.py", "udfs.py", "client.py", "sitecustomize.py"):
        (registered.folder / name).write_text(planted)
    (registered.folder / "xlwings.conf").write_text('"INTERPRETER_WIN","C:\\evil.exe"\n')
    try:
        registered.until_gone(*SERVER)
        assert_vbscript_is_served(registered)
        assert not proof.exists()
    finally:
        for name in ("cyps.py", "cyps_addin.py", "udfs.py", "client.py", "sitecustomize.py"):
            (registered.folder / name).unlink()


def test_activations_in_a_row_leave_no_process_behind(registered):
    registered.script(LIFE, "3")  # twenty of the installed server: test_installer
    assert registered.until_gone(*SERVER) == []


def test_clients_at_once_share_one_server(registered):
    assert registered.until_gone(*SERVER) == []
    path = registered.folder / "parallel.py"
    path.write_text(PARALLEL)
    with ThreadPoolExecutor(4) as pool:
        ran = [
            pool.submit(registered.run, registered.python, registered.windows(path), i)
            for i in range(4)
        ]
    assert [(one.result()[0], one.result()[1].strip()) for one in ran] == [(0, "done")] * 4
    assert registered.until_gone(*SERVER) == []


def test_a_client_that_started_a_second_server_is_answered_by_the_first(registered):
    """What happens by chance where clients come at once: here the first server waits for it."""
    assert registered.until_gone(*SERVER) == []
    ready, path = registered.folder / "half_ready.txt", registered.folder / "half_ready.py"
    ready.unlink(missing_ok=True)
    path.write_text(HALF_READY)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(
            registered.run, registered.python, registered.windows(path), registered.windows(ready)
        )
        end = time.monotonic() + 120
        while not (ready.exists() and ready.read_text() == "ready"):
            assert not first.done(), first.result()
            assert time.monotonic() < end
            time.sleep(0.1)
        assert registered.script(PARALLEL, "1") == []
        code, said = first.result()
    assert (code, said.strip()) == (0, "done"), said
    assert registered.until_gone(*SERVER) == []


def test_calls_while_another_call_is_made(registered):
    assert registered.script(REENTERED) == ["40"]


def test_the_server_ends_when_its_excel_is_killed(registered):
    ready, path = registered.folder / "ready.txt", registered.folder / "crashes.py"
    ready.unlink(missing_ok=True)
    path.write_text(CRASHES)
    excel = registered.start(
        registered.python, registered.windows(path), registered.windows(ready),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    end = time.monotonic() + 120
    while not (ready.exists() and ready.read_text() == HERE):
        assert excel.poll() is None, excel.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.1)
    assert registered.running(*SERVER)
    registered.kill(excel)
    excel.stdout.close()
    assert registered.until_gone(*SERVER) == []
    assert_vbscript_is_served(registered)  # and the next Excel finds a new one
