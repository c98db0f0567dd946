"""The group Pack: load and verify files, list the library, say what a workbook rests on."""

from __future__ import annotations

from typing import Final

from cyps.errors import CypsError
from cyps.pack import is_pack, read_pack, read_trust
from cyps.settlement import settle
from cyps.settlement.record import from_json
from cyps_addin import library
from cyps_addin.actions.asked import Asked
from cyps_addin.cells import table
from cyps_addin.declare import Action, Cells
from cyps_addin.log import data_folder

_FILES: Final = "a pack (.cyps.zip) or a settlement's record (settlement.json)"


def _load(asked: Asked) -> Cells:
    """Take a pack or a settlement's record into the library."""
    path = asked.file(_FILES)
    if is_pack(path):
        handle = library.add_pack(path)
        told = library.pack_of(str(handle))
        rows = [("pack", str(handle)), ("state", told.state.sentence),
                ("statement", told.pack.statement)]  # fmt: skip
    elif path.suffix.casefold() == ".json":
        settlement = settle(*from_json(path.read_text("utf-8"), path.name))
        handle = library.add_settlement(settlement)
        rows = [("scenario", str(handle)), ("title", settlement.scenario.title),
                ("statement", settlement.scenario.statement)]  # fmt: skip
    else:
        raise CypsError(f"{path.name} is neither of the two. Choose {_FILES}.")
    return table(("item", "value"), rows)


def _library(asked: Asked) -> Cells:  # noqa: ARG001 - it needs nothing
    """Every pack and settlement in the library, with its handle."""
    rows = []
    for kind, path in library.listed():
        handle = f"cyps:{kind}:#{path.name[: library.DIGITS]}"
        try:
            if kind == "pack":
                told = library.pack_of(handle).pack
                name, status = told.name, told.status
            else:
                scenario = library.settlement_of(handle).scenario
                name, status = scenario.title, scenario.status
            whole = str(library.Handle(kind, name, path.name[:64]))
            rows.append((kind, name, status, whole))
        except CypsError as error:
            rows.append((kind, path.name, "cannot be used", str(error)))
    return table(("kind", "name", "status", "handle"), rows)


def _verify(asked: Asked) -> Cells:
    """Who vouches for a pack, and its content hash, without taking it into the library."""
    path = asked.file("a pack (.cyps.zip)")
    trust = data_folder() / "trust.toml"
    told = read_pack(path, trust=read_trust(trust) if trust.is_file() else None)
    return table(
        ("item", "value"),
        [
            ("file", path.name),
            ("pack", told.pack.name),
            ("content hash", told.content_hash),
            ("state", told.state.sentence),
            *((f"signature {i}", one.signer) for i, one in enumerate(told.signatures, 1)),
            ("status", told.pack.status),
            ("statement", told.pack.statement),
            ("trust file", str(trust) if trust.is_file() else f"none at {trust}"),
            *((f"limit {i}", words) for i, words in enumerate(told.pack.limits, 1)),
        ],
    )


def _info(asked: Asked) -> Cells:
    """What the workbook in front rests on: title, status, use, pack, years."""
    label, scenario, use = asked.back.records[asked.year]
    return table(
        ("item", "value"),
        [
            ("title", scenario.title),
            ("status", scenario.status),
            ("statement", scenario.statement),
            ("years", ", ".join(asked.labels)),
            ("year shown", label),
            ("authorities", len(scenario.codes)),
            ("metrics", ", ".join(use.metrics)),
            ("use", use.basis),
            *((f"left out: {gone.name}", gone.reason) for gone in scenario.exclusions),
            *((f"note {i}", note) for i, note in enumerate(scenario.notes, 1)),
        ],
    )


ACTIONS: tuple[Action, ...] = (
    Action(
        "load", "Load file", "Pack",
        "Take a pack or a settlement into this machine's library",
        "Choose a .cyps.zip or a settlement.json. Its handle, which cell functions take, is shown "
        "on a new sheet.",
        "PL", "FileOpen", _load, asks="file",
    ),
    Action(
        "library", "Library", "Pack",
        "What is in this machine's library",
        "Lists packs and settlements with their handles on a new sheet.",
        "PI", "TableOfContentsGallery", _library,
    ),
    Action(
        "verify", "Verify pack", "Pack",
        "Who vouches for a pack, and its content hash",
        "Choose a .cyps.zip. It is checked in full; state, signatures and content hash are shown "
        "on a new sheet. The library stays as it is.",
        "PV", "AcceptInvitation", _verify, asks="file",
    ),
    Action(
        "info", "What it rests on", "Pack",
        "Use, pack, status and notes behind the workbook in front",
        "Shows on a new sheet what this settlement workbook was issued with.",
        "PN", "FileProperties", _info, on_book=True,
    ),
)  # fmt: skip
"""Actions on packs and the library."""
