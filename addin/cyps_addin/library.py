"""The library: packs and settlements on this machine, found by the hash of what is in them."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from cyps.errors import CypsError
from cyps.pack import LoadedPack, Trust, read_pack, read_trust
from cyps.settlement import Settlement, settle
from cyps.settlement.record import from_json, to_json
from cyps_addin.error_values import not_available
from cyps_addin.log import data_folder
from cyps_addin.samples import sample_pack, sample_settlement

Kind = Literal["pack", "scenario"]
DIGITS: Final = 16
"""Hex digits of the hash in a handle: 64 bits; the file found by them is checked in full."""

_SUFFIX: Final[dict[str, str]] = {"pack": ".cyps.zip", "scenario": ".json"}
_HANDLE = re.compile(rf"cyps:(pack|scenario):[^#]*#([0-9a-f]{{{DIGITS}}})")
SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Handle:
    """What a cell holds instead of a pack or a settlement: kind, a name to read, the hash."""

    kind: Kind
    name: str
    digest: str

    def __str__(self) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.casefold()).strip("-")[:40]
        return f"cyps:{self.kind}:{slug}#{self.digest[:DIGITS]}"


def add_pack(path: Path) -> Handle:
    """Take a pack into the library; the same pack has the same handle on every machine."""
    loaded = read_pack(path)
    handle = Handle("pack", loaded.pack.name, loaded.content_hash)
    _keep(handle, path.read_bytes())
    return handle


def add_settlement(settlement: Settlement) -> Handle:
    """Take a settlement's record into the library, by the SHA-256 of its text."""
    text = to_json(settlement.scenario, settlement.use).encode()
    handle = Handle("scenario", settlement.scenario.title, hashlib.sha256(text).hexdigest())
    _keep(handle, text)
    return handle


def pack_of(handle: str) -> LoadedPack:
    """The pack that a handle stands for, with its state by the library's trust file.

    Raises
    ------
    CellError
        `#N/A` when it is no handle of a pack, or the pack is not on this machine.
    """
    return _pack(_file(handle, "pack"), _trust_stamp())


def settlement_of(handle: str) -> Settlement:
    """The settlement that a handle stands for, settled anew and kept for the next call."""
    return _settlement(_file(handle, "scenario"))


@lru_cache(maxsize=16)
def _pack(path: Path, trusted: tuple[Path, int] | None) -> LoadedPack:
    trust: Trust | None = None if trusted is None else read_trust(trusted[0])
    loaded = read_pack(path, trust=trust)
    if not path.name.startswith(loaded.content_hash[:DIGITS]):
        raise not_available(f"The library's {path.name} holds another pack. Load the pack again.")
    return loaded


@lru_cache(maxsize=64)
def _settlement(path: Path) -> Settlement:
    text = path.read_bytes()
    if hashlib.sha256(text).hexdigest() + _SUFFIX["scenario"] != path.name:
        raise not_available(
            f"The library's {path.name} was changed after it was written. Load it again."
        )
    scenario, use = from_json(text.decode("utf-8"), path.name)
    return settle(scenario, use)


def forget() -> None:
    """Drop what is kept in memory; files stay."""
    _pack.cache_clear()
    _settlement.cache_clear()


def _file(handle: str, kind: Kind) -> Path:
    wanted = _HANDLE.fullmatch(handle.strip().casefold())
    maker = "CYPS_PACK" if kind == "pack" else "CYPS_SCENARIO"
    if not handle.strip():
        raise not_available(f"A {kind}'s handle is blank. Get one with {maker}(file).")
    if not wanted or wanted[1] != kind:
        other = f"the handle of a {wanted[1]}, not" if wanted else "not the handle"
        raise not_available(f"'{handle[:60]}' is {other} of a {kind}. Get one with {maker}(file).")
    found = sorted(_folder(kind).glob(f"{wanted[2]}*{_SUFFIX[kind]}"))
    if len(found) > 1:
        raise not_available(f"Two files of the library begin with {wanted[2]}. Load yours again.")
    if found:
        return found[0]
    for made in _samples(kind):  # samples need no file to begin with
        if made.digest.startswith(wanted[2]):
            return next(_folder(kind).glob(f"{wanted[2]}*"))
    raise not_available(
        f"The {kind} {handle.strip()[:80]} is not in this machine's library. Give its file to "
        f"{maker} once; the handle then stays the same."
    )


def _samples(kind: Kind) -> tuple[Handle, ...]:
    return (add_sample(kind),)


@lru_cache(maxsize=2)
def _sample_bytes(kind: Kind) -> tuple[Handle, bytes]:
    if kind == "pack":
        name, digest, content = sample_pack()
        return Handle("pack", name, digest), content
    settled = sample_settlement()
    text = to_json(settled.scenario, settled.use).encode()
    return Handle("scenario", settled.scenario.title, hashlib.sha256(text).hexdigest()), text


def add_sample(kind: Kind) -> Handle:
    """The handle of the made-up sample that comes with the add-in."""
    handle, content = _sample_bytes(kind)
    _keep(handle, content)
    return handle


def listed() -> tuple[tuple[Kind, Path], ...]:
    """Everything in the library, packs first."""
    kinds: tuple[Kind, ...] = ("pack", "scenario")
    return tuple((kind, path) for kind in kinds for path in sorted(_folder(kind).glob("*")))


def _folder(kind: Kind) -> Path:
    return data_folder() / "library" / f"{kind}s"


def _keep(handle: Handle, content: bytes) -> None:
    """Write a file beside its place, then move it there: never half a file."""
    folder = _folder(handle.kind)
    path = folder / f"{handle.digest}{_SUFFIX[handle.kind]}"
    if path.exists() and path.read_bytes() == content:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as beside:
            beside.write(content)
        Path(beside.name).replace(path)
    except OSError as error:
        raise CypsError(
            f"The library in {folder} cannot be written ({error.strerror}). Set CYPS_DATA to a "
            "folder of your own."
        ) from None
    forget()  # a pack signed since is another file of the same name


def _trust_stamp() -> tuple[Path, int] | None:
    path = data_folder() / "trust.toml"
    return (path, path.stat().st_mtime_ns) if path.is_file() else None
