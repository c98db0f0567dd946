"""The server's program: started by Windows with --com, by the installer and IT with the rest.

    --com            answer calls (Windows starts this)
    --register       let this program be Cyps.Server for this user; --unregister undoes it
    --stop           ask the running server to end
    --selftest FILE  compute known answers; writes what was found to FILE, ends with 0 or 1
    --doctor FILE    look for what keeps the add-in from working; writes it to FILE, ends with 1
                     when something stops it: for a PC without Python whose Excel finds no server
    --version FILE   write the version

It has no console window, so whatever it has to say goes to a file.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from cyps_addin.windows.patience import READY, tell_in, watch

STOP_SECONDS = 10.0
TELL = ("--selftest", "--doctor", "--version")
"""What writes to a file."""


def main(arguments: list[str]) -> int:
    """Do what the one argument says; the exit code, with a sentence in the log after a fault."""
    try:
        return _done(arguments)
    except Exception as error:  # nobody sees what a program without a window says as it ends
        from cyps_addin.log import fault, write

        why = f"cyps-server {' '.join(arguments[:1])} ended by a fault of its own: {fault(error)}."
        write(why)
        for file in arguments[1:2] if arguments[0] in TELL else []:
            with suppress(OSError):
                Path(file).write_text(why + "\n", "utf-8")
        return 1


def _done(arguments: list[str]) -> int:
    match arguments:
        case ["--com", *_]:  # Windows adds -Embedding
            watch(READY)  # before its libraries load: a virus scanner may hold one back
            from cyps_addin.log import log_place

            tell_in(log_place())
            watch(READY)
            from cyps_addin.windows.com_server import serve

            serve()
        case ["--register"]:
            from cyps_addin.windows.registration import register

            register()
        case ["--unregister"]:
            from cyps_addin.windows.registration import unregister

            unregister()
        case ["--stop"]:
            from cyps_addin.windows.processes import stop_server

            return 0 if stop_server(STOP_SECONDS) else 1
        case ["--selftest", file]:
            from cyps_addin.windows.selftest import selftest

            wrong = selftest()
            Path(file).write_text("\n".join(wrong or ["All is well."]) + "\n", "utf-8")
            return 1 if wrong else 0
        case ["--doctor", file]:
            return _doctor(Path(file))
        case ["--version", file]:
            Path(file).write_text(version("cyps") + "\n", "utf-8")
        case _:
            return 2
    return 0


def _doctor(file: Path) -> int:
    """What keeps the add-in from working, in a file; this program itself is not left over."""
    from cyps_addin import doctor

    machine = doctor.this_machine()
    running = list(machine.processes())
    if (own := Path(sys.executable).name.casefold()) in running:
        running.remove(own)
    found = doctor.examine(replace(machine, processes=lambda: tuple(running)))
    file.write_text("".join(one.told for one in found), "utf-8")
    return 1 if any(one.state == "STOP" for one in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
