"""The doctor finds each fault that is planted in an otherwise sound PC, and only that."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps_addin.doctor import EXCEL_CHECKS, Machine, examine, this_machine
from cyps_addin.windows.__main__ import main as server
from cyps_addin.windows.registration import CLSID

HOME = r"C:\Users\ann\AppData\Local\Programs\CYPS"
ADDIN, SERVER = rf"{HOME}\cyps.xlam", rf"{HOME}\cyps-server.exe"
EXCEL = r"HKCU\Software\Microsoft\Office\16.0\Excel"
POLICY = r"HKCU\Software\Policies\Microsoft\Office\16.0\Excel\Security"
COM = rf"HKCU\Software\Classes\CLSID\{CLSID}\LocalServer32"
APP = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
NAMED = r"HKCU\Software\Classes\Cyps.Server\CLSID"
SOUND = {
    EXCEL: {"x": 1},
    rf"{EXCEL}\Options": {"OPEN": r'/R "C:\others.xla"', "OPEN1": f'"{ADDIN}"'},
    APP: {"": r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE"},
    r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration": {"Platform": "x64"},
    NAMED: {"": CLSID},
    COM: {"": f'"{SERVER}" --com'},
}


def pc(keys=None, *, lacking=(), files=(ADDIN, SERVER), **more):
    """A sound PC with keys changed, taken away or put in, and anything else planted."""
    held = {k: v for k, v in (SOUND | (keys or {})).items() if k not in lacking}
    told = {"--version": "1.2", "--selftest": "All is well."}
    sound = Machine(
        windows=True, version="1.2", user="ann", data=r"C:\Users\ann\AppData\Local\cyps",
        local=r"C:\Users\ann\AppData\Local", key=held.get, is_file=lambda path: path in files,
        subkeys=lambda key: tuple(
            k.removeprefix(key + "\\") for k in held
            if k.startswith(key + "\\") and "\\" not in k.removeprefix(key + "\\")
        ),
        ask=lambda _, option: told[option],
        processes=lambda: ("excel.exe", "cyps-server.exe"),
    )  # fmt: skip
    return replace(sound, **more)


def wrong(machine):
    return {r.about: r for r in examine(machine) if r.state in {"STOP", "warn"}}


def test_excel_is_not_taken_for_there_because_of_our_own_installer():
    """Which writes below the user's key; the PC's key is Office's, with or without values."""
    assert set(wrong(pc({EXCEL: {}}))) == {"Excel"}
    assert wrong(pc({EXCEL: {}, EXCEL.replace("HKCU", "HKLM"): {}})) == {}


def test_a_sound_pc_has_nothing_wrong():
    results = examine(pc())
    assert {r.state for r in results} == {"ok"}
    assert set(EXCEL_CHECKS) <= {r.about for r in results}


def options(text):
    return {rf"{EXCEL}\Options": {"OPEN": text}}


TRUSTED = {rf"{EXCEL}\Security\Trusted Locations\Location9": {"Path": HOME + "\\"}}
SIGNED_ONLY = {rf"{EXCEL}\Security": {"VBAWarnings": 3}}
FAULTS = [
    ("Office from the Microsoft Store",
     {"keys": {APP: {"": r"C:\Program Files\WindowsApps\Microsoft.Office\EXCEL.EXE"}}}, "Store"),
    ("Excel", {"lacking": (EXCEL,)}, "was not found"),
    ("administrator's rights", {"elevated": True}, "ignores the user's own"),
    ("COM registration", {"lacking": (NAMED,)}, "not registered"),
    ("COM registration", {"keys": {NAMED: {"": "{0}"}}}, "for another program"),
    ("COM registration", {"files": (ADDIN,)}, "quarantine"),
    ("one registration", {"keys": {COM.replace("HKCU", "HKLM"): {"": "x.exe"}}}, "whole PC"),
    ("server", {"files": (ADDIN,)}, "is not there"),
    ("server", {"ask": lambda *_: None}, "could not be started"),
    ("server", {"ask": lambda *_: "1.1"}, "version 1.1 and this is 1.2"),
    ("server", {"ask": lambda _, o: "1.2" if o == "--version" else "CYPS_DAMP gives 3."},
     "does not compute: CYPS_DAMP gives 3."),
    ("left-over programs", {"processes": lambda: ("cyps-server.exe",)}, "does not run"),
    ("left-over programs", {"processes": lambda: ("excel.exe", *["cyps-server.exe"] * 2)},
     "2 server"),
    ("add-in in Excel's list", {"keys": options(r'"C:\other.xlam"')}, "not told to open"),
    ("add-in in Excel's list", {"files": (SERVER,)}, "which is not there"),
    ("disabled add-ins",
     {"keys": {rf"{EXCEL}\Resiliency\DisabledItems": {"A1": f"\x01{ADDIN.upper()}\x00"}}},
     "disabled"),
    ("mark of the web", {"mark": lambda p: "ZoneId=3" if p == ADDIN else ""}, ADDIN),
    ("mark of the web", {"mark": lambda p: "ZoneId=3" if p == SERVER else ""}, SERVER),
    ("macros", {"keys": SIGNED_ONLY}, "only signed macros"),
    ("macros", {"keys": {POLICY: {"VBAWarnings": 4}}}, "Policy says that every macro is blocked"),
    ("macros", {"keys": SIGNED_ONLY | TRUSTED | {
        rf"{POLICY}\Trusted Locations": {"AllLocationsDisabled": 1}}}, "no trusted location"),
    ("add-ins allowed", {"keys": {POLICY: {"DisableAllAddins": 1}}}, "switched off"),
    ("add-ins allowed", {"keys": {POLICY: {"RequireAddinSig": 1}}}, "have to be signed"),
    ("OneDrive and network folders",
     {"keys": options(r'"C:\Users\ann\OneDrive - Council\cyps.xlam"'),
      "files": (r"C:\Users\ann\OneDrive - Council\cyps.xlam", SERVER)}, "OneDrive"),
    ("OneDrive and network folders",
     {"keys": options(r'"\\server\share\cyps.xlam"'),
      "files": (r"\\server\share\cyps.xlam", SERVER)},
     "network folder"),
    ("data folder", {"can_write": lambda _: False}, "cannot be written"),
    ("user name", {"user": "Ιωάννα"}, "letters"),
]  # fmt: skip


@pytest.mark.parametrize(("about", "planted", "says"), FAULTS)
def test_each_planted_fault_is_found_and_has_a_fix(about, planted, says):
    found = wrong(pc(**planted))
    assert says in found[about].found
    assert found[about].fix.endswith((".", "CYPS"))
    others = set(found) - {about}
    assert others <= ({"server", "COM registration"} if planted.get("files") == (ADDIN,) else set())


def test_every_check_has_a_planted_fault_but_the_one_that_only_tells():
    assert {about for about, _, _ in FAULTS} >= set(EXCEL_CHECKS) - {"bitness"}


@pytest.mark.parametrize("path", [HOME, r"%LOCALAPPDATA%\Programs\CYPS"])
def test_a_trusted_location_lets_unsigned_macros_run(path):
    trusted = {rf"{POLICY}\Trusted Locations\Location1": {"Path": path}}
    assert not wrong(pc(SIGNED_ONLY | trusted))
    parent = {rf"{POLICY}\Trusted Locations\Location1": {"Path": path.rpartition("\\")[0]}}
    assert "macros" in wrong(pc(SIGNED_ONLY | parent))
    parent[rf"{POLICY}\Trusted Locations\Location1"]["AllowSubfolders"] = 1
    assert not wrong(pc(SIGNED_ONLY | parent))


def test_a_check_that_falls_ill_does_not_hide_the_others():
    def broken(_):
        raise RuntimeError("secret place")

    found = wrong(pc(mark=broken))
    assert set(found) == {"mark"}
    assert "secret" not in found["mark"].found


def test_the_command_says_what_does_not_apply_here():
    ran = CliRunner().invoke(main, ["doctor", "--json"])
    told = {one["about"]: one for one in json.loads(ran.output)}
    assert told["server"]["state"] == "not here"
    assert told["data folder"]["state"] == "ok"
    assert ran.exit_code == 0
    assert "these do not apply: Excel" in " ".join(
        CliRunner().invoke(main, ["doctor"]).output.split()
    )


def test_the_server_s_own_program_writes_what_the_doctor_finds(tmp_path, monkeypatch):
    """Where Excel finds no server, its button cannot ask one; IT starts the program by hand."""
    said = tmp_path / "said.txt"
    monkeypatch.setattr("sys.executable", "/x/cyps-server.exe")
    for machine, code in ((pc(), 0), (pc(lacking=(NAMED,)), 1)):
        here = replace(machine, processes=lambda: ("excel.exe", *["cyps-server.exe"] * 2))
        monkeypatch.setattr("cyps_addin.doctor.this_machine", lambda found=here: found)
        assert server(["--doctor", str(said)]) == code
        told = said.read_text("utf-8")
        for result in examine(machine):  # the program itself is not left over
            assert result.told in told


def test_a_data_folder_that_cannot_be_is_seen_on_this_machine(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CYPS_DATA", str(tmp_path / "file" / "folder"))
    assert {r.about: r.state for r in examine(this_machine())}["data folder"] == "STOP"
