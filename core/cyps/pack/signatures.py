"""Signatures of a pack: who vouches for its content hash, beside the content, not in it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from cyps.pack.ed25519 import is_signature
from cyps.pack.manifest import Day, Strict, Words, problems_of
from cyps.pack.use_table import PackError

SIGNATURES: Final = "signatures.json"
"""The member of a pack's zip that holds them; the manifest does not list it."""

_PREFIX: Final = "cyps coefficient pack: signature, version 1"
"""Begins every signed message, so that a signature given for this can stand for nothing else."""


class Signature(Strict):
    """One signer's word for a pack: name and day are under the signature too."""

    signer: Annotated[Words, Field(max_length=200)]
    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    date: Day
    signature: str = Field(pattern=r"^[0-9a-f]{128}$")

    def matches(self, content_hash: str) -> bool:
        """Whether this key's owner signed this content, under this name and day."""
        message = signed_message(content_hash, self.signer, self.date)
        return is_signature(bytes.fromhex(self.public_key), message, bytes.fromhex(self.signature))


class SignatureFile(Strict):
    """`signatures.json` as a whole."""

    format: Literal["cyps pack signatures"]
    format_version: Literal[1]
    signatures: list[Signature] = Field(min_length=1, max_length=20)


def signed_message(content_hash: str, signer: str, date: str) -> bytes:
    r"""What is signed: a prefix of its own, the content hash, the signer and the day.

    Examples
    --------
    >>> signed_message("9f3a", "DfE", "2026-11-20")
    b'cyps coefficient pack: signature, version 1\x009f3a\x002026-11-20\x00DfE'
    """
    return "\0".join((_PREFIX, content_hash, date, signer)).encode()


def parse_signatures(content: bytes, where: str) -> tuple[Signature, ...]:
    """Read `signatures.json`, or say in words what is wrong with it."""
    try:
        return tuple(SignatureFile.model_validate_json(content).signatures)
    except ValidationError as error:
        raise PackError(
            f"{where} was changed after it was signed: its {SIGNATURES} cannot be read "
            f"({problems_of(error)}). Ask whoever signed the pack for a fresh copy."
        ) from None


def signatures_bytes(signatures: tuple[Signature, ...]) -> bytes:
    """`signatures.json` with these signatures."""
    file = SignatureFile(
        format="cyps pack signatures", format_version=1, signatures=list(signatures)
    )
    return file.model_dump_json(indent=1).encode()
