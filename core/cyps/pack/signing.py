"""Make keys and sign packs: the modeller's side, by the `cryptography` package."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from cyps.errors import CypsError
from cyps.pack.manifest import problems_of
from cyps.pack.read import LoadedPack, pack_members, read_pack
from cyps.pack.signatures import SIGNATURES, Signature, signatures_bytes, signed_message
from cyps.pack.state import Standing
from cyps.pack.write import put_in_place, zipped


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key pair that was just made: where its private half lies, and its public half in hex."""

    private_file: Path
    public_key: str


def new_key(path: Path) -> NewKey:
    """Make a key pair and write its private half to a new file that only its owner may read.

    On Windows the file has the permissions of its folder.

    Raises
    ------
    CypsError
        When the file is there already (a key is never overwritten) or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        # Owner only from the first byte: never readable by others, not even for a moment.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CypsError(
            f"{path} is there already, and a key is never overwritten: what it signed could not "
            "be signed again. Choose another name with --out."
        ) from None
    except OSError as error:
        raise CypsError(
            f"The key could not be written to {path}: {error.strerror}. Choose a folder of your "
            "own that is there."
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(private)
    return NewKey(path, key.public_key().public_bytes_raw().hex())


def sign_pack(path: Path, key_file: Path, signer: str, out: Path | None = None) -> LoadedPack:
    """Add a signature to a pack's file; its content and content hash stay as they are.

    Parameters
    ----------
    path : the pack
    key_file : private key from `new_key`, or any unencrypted Ed25519 key in PEM
    signer : name that the signature gives, as in the trust files of those who rely on it
    out : where the signed pack is written; in place of `path` when it is None

    Raises
    ------
    CypsError
        When the pack cannot be read, was changed since another signature, was
        signed with this key before, or the key cannot be used.
    """
    loaded = read_pack(path)
    if loaded.state.standing is Standing.CHANGED:
        raise CypsError(f"{path.name} is not signed: {loaded.state.sentence}")
    key = _read_key(key_file)
    made = _signature(key, loaded.content_hash, " ".join(signer.split()))
    if made.public_key in {signature.public_key for signature in loaded.signatures}:
        raise CypsError(f"{path.name} was signed with this key before. One signature is enough.")
    members = pack_members(path)
    members[SIGNATURES] = signatures_bytes((*loaded.signatures, made))
    signed = path if out is None else out
    put_in_place(signed, zipped(members))
    return read_pack(signed)


def _signature(key: Ed25519PrivateKey, content_hash: str, signer: str) -> Signature:
    today = datetime.now(UTC).date().isoformat()
    try:
        return Signature(
            signer=signer,
            public_key=key.public_key().public_bytes_raw().hex(),
            date=today,
            signature=key.sign(signed_message(content_hash, signer, today)).hex(),
        )
    except ValidationError as error:
        raise CypsError(
            f"'{signer[:40]}' cannot be a signer's name ({problems_of(error)}). Give a name of up "
            "to 200 characters with --signer."
        ) from None


def _read_key(path: Path) -> Ed25519PrivateKey:
    text = _key_text(path)
    try:
        key = load_pem_private_key(text, password=None)
    except TypeError:
        raise CypsError(
            f"The key in {path.name} is locked with a password, which this command does not ask "
            "for. Give a key without one, kept where only you can read it."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise CypsError(
            f"{path.name} holds no Ed25519 private key in PEM form. "
            "Make one with: cyps pack keys new --out KEY"
        )
    return key


def _key_text(path: Path) -> bytes:
    try:
        mode, text = path.stat().st_mode, path.read_bytes()
    except FileNotFoundError:
        raise CypsError(
            f"There is no key file {path}. Make one with: cyps pack keys new --out KEY"
        ) from None
    except OSError as error:
        raise CypsError(f"The key file {path} cannot be read: {error.strerror}.") from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CypsError(
            f"The key file {path} can be read by others on this machine, so its signature would "
            f"prove nothing. Make it yours alone (chmod 600 {path.name}), or make a new key."
        )
    return text
