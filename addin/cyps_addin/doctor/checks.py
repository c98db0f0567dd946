"""Every failure known to keep an Excel add-in with a server from working, one check each.

Most were reported to xlwings, whose users have had them all: numbers are of its issues.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from cyps_addin.doctor.machine import Machine
from cyps_addin.log import LOG
from cyps_addin.windows.registration import CLSID, PROGID

State = Literal["ok", "STOP", "warn", "not here"]

_OFFICE: Final = r"Software\Microsoft\Office\16.0"
_EXCEL: Final = rf"HKCU\{_OFFICE}\Excel"
_POLICY: Final = r"HKCU\Software\Policies\Microsoft\Office\16.0\Excel\Security"
_CLICK: Final = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
_SERVER: Final = rf"Software\Classes\CLSID\{CLSID}\LocalServer32"
_ADDIN: Final = "cyps.xlam"
_AGAIN: Final = "Close Excel and run the CYPS installer again."


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found: STOP keeps the add-in from working, warn may, "not here" cannot be."""

    about: str
    state: State
    found: str
    fix: str = ""

    @property
    def told(self) -> str:
        """In lines of a plain text.

        Examples
        --------
        >>> print(Result("Excel", "STOP", "It is not here.", "Install it.").told)
        STOP  Excel: It is not here.
              Install it.
        <BLANKLINE>
        """
        told = f"{self.state:4}  {self.about}: {self.found}\n"
        return f"{told}      {self.fix}\n" if self.fix else told


Check = Callable[[Machine], Result]


def examine(machine: Machine) -> tuple[Result, ...]:
    """Every check on a machine, in order.

    Examples
    --------
    >>> from cyps_addin.doctor import Machine
    >>> sorted({result.state for result in examine(Machine(data="/x", version="1"))})
    ['not here', 'ok']
    """
    here = [_folder, _log, _user_name]
    excel = (
        []
        if machine.windows
        else [Result(about, "not here", _NOT_WINDOWS) for about in EXCEL_CHECKS]
    )
    found = [_guarded(check, machine) for check in here]
    if machine.windows:
        excel = [_guarded(check, machine) for check in EXCEL_CHECKS.values()]
    return (*found, *excel)


_NOT_WINDOWS: Final = "There is no Excel add-in on this system, so there is nothing to check."


def _guarded(check: Check, machine: Machine) -> Result:
    """A check that cannot be made must not hide the others."""
    try:
        return check(machine)
    except Exception as error:  # the last net: a doctor must not fall ill
        about = check.__name__.strip("_").replace("_", " ")
        return Result(about, "warn", f"This could not be looked at ({type(error).__name__}).")


# --- on every machine


def _folder(machine: Machine) -> Result:
    about = "data folder"
    if machine.can_write(machine.data):
        return Result(about, "ok", f"{machine.data} can be written to.")
    return Result(
        about,
        "STOP",
        f"{machine.data} cannot be written to, so packs and settlements cannot be kept.",
        "Set the variable CYPS_DATA to a folder of your own.",
    )


def _log(machine: Machine) -> Result:
    place = re.split(r"[\\/]", machine.data)
    mark = "\\" if "\\" in machine.data else "/"
    path = mark.join((*place, LOG))
    if machine.is_file(path):
        return Result("log", "ok", f"Errors are told in {path}.")
    return Result("log", "ok", f"There is no {path} yet: no error was logged.")


def _user_name(machine: Machine) -> Result:
    about = "user name"
    if machine.user.isascii():
        return Result(about, "ok", "The user's name has plain letters only.")
    return Result(
        about,
        "warn",
        "The user's name, and so the path of the program, has letters that some "
        "COM libraries cannot read.",
        r"If the server does not start, install to a plain folder: "
        r"cyps-setup /S /D=C:\Users\Public\CYPS",
    )  # xlwings 1934


# --- Excel


def _excel(machine: Machine) -> Result:
    about = "Excel"
    # The user's key is also made by our installer, with a key below it and no value of its own.
    if machine.key(_EXCEL) or machine.key(rf"HKLM\{_OFFICE}\Excel") is not None:
        return Result(about, "ok", "Excel 2016 or later is here.")
    return Result(
        about,
        "STOP",
        "Excel 2016 or later was not found for this user.",
        "Start Excel once as this user. Without Excel, use the macro-free settlement workbook in "
        "another program.",
    )


def _store(machine: Machine) -> Result:
    about = "Office from the Microsoft Store"
    paths = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
    where = str((machine.key(paths) or {}).get("", ""))
    if "\\windowsapps\\" not in where.casefold():
        return Result(about, "ok", "Office was not installed from the Microsoft Store.")
    return Result(
        about,
        "STOP",
        "This Excel was installed from the Microsoft Store. It runs in a container "
        "that does not see the user's COM servers.",
        "Ask IT for the ordinary (Click-to-Run) Office and remove the one from the Store.",
    )  # xlwings 1166, 1260, 1261, 1476, 1554


def _bitness(machine: Machine) -> Result:
    platform = str((machine.key(_CLICK) or {}).get("Platform", ""))
    told = {"x86": "32-bit", "x64": "64-bit"}.get(platform, "of unknown bitness")
    return Result(
        "bitness", "ok", f"Excel is {told}. The server is a program of its own, so both work."
    )


def _elevated(machine: Machine) -> Result:
    about = "administrator's rights"
    if not machine.elevated:
        return Result(about, "ok", "This program runs without an administrator's rights.")
    return Result(
        about,
        "STOP",
        "This program runs as administrator. Windows then ignores the user's own COM servers.",
        "Start Excel normally, not with 'Run as administrator'.",
    )


def _registered(machine: Machine) -> Result:
    about = "COM registration"
    named = str((machine.key(rf"HKCU\Software\Classes\{PROGID}\CLSID") or {}).get("", ""))
    if named and named.upper() != CLSID:
        return Result(
            about, "STOP", f"{PROGID} is registered for another program ({named[:40]}).", _AGAIN
        )
    if not named or not _program(machine):
        return Result(about, "STOP", f"{PROGID} is not registered for this user.", _AGAIN)
    if not machine.is_file(_program(machine)):
        return Result(
            about,
            "STOP",
            f"{PROGID} is registered as {_program(machine)}, which is not there: it "
            "was moved, deleted or put in quarantine.",
            f"Look into the virus scanner's quarantine. {_AGAIN}",
        )  # xlwings 2516, 2524
    return Result(about, "ok", f"{PROGID} is {_program(machine)}.")


def _program(machine: Machine) -> str:
    command = str((machine.key(rf"HKCU\{_SERVER}") or {}).get("", ""))
    found = re.match(r'"([^"]+)"|(\S+)', command)
    return (found[1] or found[2]) if found else ""


def _two_registrations(machine: Machine) -> Result:
    about = "one registration"
    other = machine.key(rf"HKLM\{_SERVER}")
    if other is None:
        return Result(about, "ok", "There is no second registration for the whole PC.")
    return Result(
        about,
        "warn",
        f"There is also a registration for the whole PC: {other.get('', '')}.",
        "Ask IT to remove it, so that it is certain which program answers.",
    )


def _server(machine: Machine) -> Result:
    about = "server"
    program = _program(machine)
    if not program or not machine.is_file(program):
        return Result(about, "STOP", "The server's program is not there.", _AGAIN)
    told = machine.ask(program, "--version")
    if told is None:
        return Result(
            about,
            "STOP",
            "The server's program could not be started: it was blocked, or a "
            "file of it is missing.",
            "Ask IT to allow cyps-server.exe (AppLocker, App Control, "
            "attack surface rules): see the page Deployment.",
        )
    if told != machine.version:
        return Result(
            about,
            "STOP",
            f"The server is version {told[:20]} and this is {machine.version}.",
            _AGAIN,
        )
    tested = machine.ask(program, "--selftest")
    if tested != "All is well.":
        words = (tested or "it wrote nothing").splitlines()[0][:200]
        return Result(about, "STOP", f"The server does not compute: {words}", _AGAIN)
    return Result(about, "ok", f"The server answers and computes (version {told}).")


def _left_over(machine: Machine) -> Result:
    about = "left-over programs"
    running = machine.processes()
    servers = running.count("cyps-server.exe")
    if servers <= 1 and not ("cyps-server.exe" in running and "excel.exe" not in running):
        return Result(about, "ok", "No server was left over.")
    return Result(
        about,
        "warn",
        f"{servers} server(s) run, and Excel "
        f"{'runs' if 'excel.exe' in running else 'does not run'}.",
        "Close Excel, wait a minute; end cyps-server.exe in the Task Manager if it stays.",
    )  # xlwings 1502


def _addin_opened(machine: Machine) -> Result:
    about = "add-in in Excel's list"
    path = _addin_path(machine)
    if not path:
        return Result(
            about,
            "STOP",
            f"Excel is not told to open {_ADDIN}.",
            f"{_AGAIN} Or in Excel: File, Options, Add-ins, Go, Browse, and choose {_ADDIN}.",
        )
    if not machine.is_file(path):
        return Result(
            about,
            "STOP",
            f"Excel is told to open {path}, which is not there: moved, "
            "deleted or put in quarantine.",
            f"Look into the virus scanner's quarantine. {_AGAIN}",
        )
    return Result(about, "ok", f"Excel opens {path}.")


def _addin_path(machine: Machine) -> str:
    options = machine.key(rf"{_EXCEL}\Options") or {}
    for name, value in options.items():
        if re.fullmatch(r"OPEN\d*", name.upper()) and _ADDIN in str(value).casefold():
            found = re.search(r'"([^"]+)"', str(value))
            return found[1] if found else str(value)
    return ""


def _disabled(machine: Machine) -> Result:
    about = "disabled add-ins"
    listed = [
        str(value)
        for key in (rf"{_EXCEL}\Resiliency\DisabledItems", rf"{_EXCEL}\Resiliency\StartupItems")
        for value in (machine.key(key) or {}).values()
    ]
    if not any(_ADDIN in words.casefold() for words in listed):
        return Result(about, "ok", "Excel has not disabled the add-in.")
    return Result(
        about,
        "STOP",
        "Excel has put the add-in on its list of disabled items, as it does after a crash.",
        "In Excel: File, Options, Add-ins, Manage: Disabled Items, Go, choose cyps, "
        "Enable. Then start Excel again.",
    )


def _mark(machine: Machine) -> Result:
    about = "mark of the web"
    for path in (_addin_path(machine), _program(machine)):
        found = re.search(r"ZoneId=(\d)", machine.mark(path)) if path else None
        if found and int(found[1]) >= 3:
            return Result(
                about,
                "STOP",
                f"{path} carries the mark of a file from the internet, so Windows "
                "or Excel blocks it.",
                "Right-click the file, Properties, tick Unblock, OK. Better: "
                "install with the installer, which leaves no mark.",
            )
    return Result(about, "ok", "Neither add-in nor server carries the mark of the web.")


def _macros(machine: Machine) -> Result:
    about = "macros"
    by_policy = (machine.key(_POLICY) or {}).get("VBAWarnings")
    by_user = (machine.key(rf"{_EXCEL}\Security") or {}).get("VBAWarnings")
    setting = by_policy if by_policy is not None else by_user
    trusted = _trusted(machine)
    if setting in {3, 4} and not trusted:
        words = {3: "only signed macros run", 4: "every macro is blocked"}[int(setting)]
        whose = "Policy says" if by_policy is not None else "Excel's Trust Center says"
        return Result(
            about,
            "STOP",
            f"{whose} that {words}, and the add-in's folder is no trusted location.",
            "Ask IT to make the folder of cyps.xlam a trusted location (page Deployment)."
            if by_policy is not None
            else "In Excel: File, Options, Trust Center, Trusted Locations: add the folder of "
            "cyps.xlam.",
        )  # xlwings 2567
    return Result(about, "ok", "Macros are not blocked, or the add-in's folder is trusted.")


def _signed_addins(machine: Machine) -> Result:
    about = "add-ins allowed"
    policy, own = (machine.key(k) or {} for k in (_POLICY, rf"{_EXCEL}\Security"))
    either = {**own, **policy}
    if either.get("DisableAllAddins") == 1:
        return Result(
            about,
            "STOP",
            "Every add-in is switched off.",
            "Untick 'Disable all Application Add-ins' in the Trust Center, or ask IT.",
        )
    if either.get("RequireAddinSig") == 1 and not _trusted(machine):
        return Result(
            about,
            "STOP",
            "Add-ins have to be signed as VBA, which cyps.xlam is not, and its "
            "folder is no trusted location.",
            "Ask IT to make the folder of cyps.xlam a trusted location (page Deployment).",
        )
    return Result(about, "ok", "Add-ins are allowed.")


def _trusted(machine: Machine) -> bool:
    """Whether the add-in's folder is a trusted location that counts."""
    place = _addin_path(machine).casefold()
    listed = [rf"{_EXCEL}\Security\Trusted Locations", rf"{_POLICY}\Trusted Locations"]
    if any((machine.key(key) or {}).get("AllLocationsDisabled") == 1 for key in listed):
        return False
    for key in listed:
        for name in machine.subkeys(key):
            told = machine.key(rf"{key}\{name}") or {}
            folder = str(told.get("Path", "")).casefold().rstrip("\\")
            folder = folder.replace("%localappdata%", machine.local.casefold())
            own = place.rpartition("\\")[0]
            below = bool(told.get("AllowSubfolders")) and own.startswith(folder + "\\")
            if folder and (own == folder or below):
                return True
    return False


def _onedrive(machine: Machine) -> Result:
    about = "OneDrive and network folders"
    for path in (_addin_path(machine), _program(machine)):
        plain = path.casefold()
        if "onedrive" in plain or plain.startswith(("http", "\\\\")):
            return Result(
                about,
                "STOP",
                f"{path} lies on OneDrive or a network folder: it may be missing, "
                "blocked or locked when Excel starts.",
                "Install to the folder that the installer proposes.",
            )  # xlwings 2160
    return Result(
        about, "ok", "Add-in and server lie on this PC. Where a workbook lies does not matter."
    )


EXCEL_CHECKS: Final[dict[str, Check]] = {
    "Excel": _excel,
    "Office from the Microsoft Store": _store,
    "bitness": _bitness,
    "administrator's rights": _elevated,
    "COM registration": _registered,
    "one registration": _two_registrations,
    "server": _server,
    "left-over programs": _left_over,
    "add-in in Excel's list": _addin_opened,
    "disabled add-ins": _disabled,
    "mark of the web": _mark,
    "macros": _macros,
    "add-ins allowed": _signed_addins,
    "OneDrive and network folders": _onedrive,
}
"""What is looked at where Excel can be."""
