"""Read a pack: check everything, and say what is wrong."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cyps.errors import CypsError
from cyps.needs import Use
from cyps.pack.contents import Pack
from cyps.pack.manifest import Manifest, parse_manifest
from cyps.pack.signatures import SIGNATURES, Signature, parse_signatures
from cyps.pack.state import PackState, state_of
from cyps.pack.tables import pack_of
from cyps.pack.trust import Trust
from cyps.pack.use_table import Neutral, PackError
from cyps.pack.write import content_hash
from cyps.returns import source_of

# A pack of 153 authorities, 4 metrics and 60 coefficients is under 2 MB, and as much for
# each combination of neutralised drivers; these
# bounds keep a hostile file from filling the memory before it is refused.
_MOST_MEMBERS = 256
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack that passed every check, with the content hash that identifies it.

    Attributes
    ----------
    pack : what the file holds
    content_hash : SHA-256 of its manifest
    state : who vouches for it, or why nobody does; follows it into every result
    signatures : as the file holds them
    """

    pack: Pack
    content_hash: str
    state: PackState
    signatures: tuple[Signature, ...] = ()

    def with_neutralised(self, wanted: Mapping[str, Neutral]) -> LoadedPack:
        """The same pack with its use predicted with drivers neutralised; see `Pack`."""
        return replace(self, pack=self.pack.with_neutralised(wanted))

    def predicted_use(self) -> Use:
        """The use table as the needs shares want it, with the pack's state in its basis."""
        return self.pack.predicted_use(self.state.sentence)


def read_pack(path: Path, *, trust: Trust | None = None, year: int | None = None) -> LoadedPack:
    """Load a pack, checking its form, its hashes, its signatures and every number.

    Parameters
    ----------
    path : the pack's file
    trust : who is trusted to sign; nobody is when it is None
    year : year that the pack is wanted for; any will do when it is None

    Returns
    -------
    LoadedPack
        Its `state` tells a pack whose signature does not match, or of another
        year, from a good one: such a pack is still readable.

    Raises
    ------
    PackError
        When the file is not a pack, has a table that its manifest does not
        know, or holds numbers that cannot be; the sentence names the table.
    """
    members = pack_members(path)
    manifest = parse_manifest(members["manifest.json"].decode("utf-8", "replace"), path.name)
    signed = members.pop(SIGNATURES, None)
    signatures = parse_signatures(signed, path.name) if signed is not None else ()
    _check_hashes(path.name, manifest, members)
    identity = content_hash(members["manifest.json"])
    return LoadedPack(
        pack_of(path.name, manifest, members),
        identity,
        state_of(identity, manifest.year, signatures, trust=trust, wanted_year=year),
        signatures,
    )


def is_pack(path: Path) -> bool:
    """Whether a file is meant as a pack: so named, or a zip with a manifest.json in it.

    Examples
    --------
    >>> is_pack(Path("use.csv")), is_pack(Path("synthetic-england.cyps.zip"))
    (False, True)
    """
    if path.name.casefold().endswith(".cyps.zip"):
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return "manifest.json" in archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def pack_members(path: Path) -> dict[str, bytes]:
    """The files in a pack's zip by name, within bounds.

    Raises
    ------
    PackError
        When it cannot be opened, is unreasonably large, or has no manifest.json.
    """
    try:
        _, content = source_of(path)
    except CypsError as error:
        raise PackError(str(error)) from None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = _unpacked(path, archive)
    except PackError:
        raise
    except (
        *(OSError, EOFError, zipfile.BadZipFile, zlib.error),
        *(RuntimeError, NotImplementedError, ValueError),
    ):
        what = "is empty" if not content else "is damaged, or no coefficient pack at all"
        raise PackError(
            f"{path.name} cannot be opened as a coefficient pack: it {what}. Ask whoever made the "
            "pack for a fresh copy."
        ) from None
    if "manifest.json" not in members:
        raise PackError(f"{path.name} is not a coefficient pack: it has no manifest.json.")
    return members


def _unpacked(path: Path, archive: zipfile.ZipFile) -> dict[str, bytes]:
    listed = archive.infolist()
    size = sum(member.file_size for member in listed)
    if len(listed) > _MOST_MEMBERS or size > _MOST_BYTES:
        raise PackError(
            f"{path.name} is not a coefficient pack: it would unpack to {size:,} bytes in "
            f"{len(listed)} files. Do not open it; ask whoever sent it."
        )
    if len({member.filename for member in listed}) < len(listed):
        raise PackError(
            f"{path.name} was changed after it was made: it holds a file twice under one name. "
            "Do not use it; ask whoever made the pack for a fresh copy."
        )
    return {member.filename: archive.read(member) for member in listed}


def _check_hashes(where: str, manifest: Manifest, members: dict[str, bytes]) -> None:
    for name in sorted(manifest.members ^ set(manifest.files)):
        state = "no table for" if name in manifest.members else "a table that no such pack has,"
        raise PackError(
            f"{where} is not a pack that can be used: its manifest.json names {state} {name}. "
            "Ask whoever made the pack for a fresh copy."
        )
    present = set(members) - {"manifest.json"}
    for name in sorted(present ^ set(manifest.files)):
        state = "is missing" if name in manifest.files else "does not belong to it"
        raise PackError(f"{where} was changed after it was made: {name} {state}.")
    for name, expected in manifest.files.items():
        if hashlib.sha256(members[name]).hexdigest() != expected:
            raise PackError(
                f"{where} was changed after it was made: {name} is not the table that its "
                "manifest names. Do not use it; ask whoever made the pack for a fresh copy."
            )
