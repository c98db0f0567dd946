"""Who vouches for a pack: one state, one plain sentence, wherever the pack goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cyps.pack.signatures import Signature
from cyps.pack.trust import Trust


class Standing(StrEnum):
    """The states of a pack that can be read. A later one here is never hidden by an earlier."""

    TRUSTED = "signed and trusted"
    UNKNOWN_SIGNER = "signed by an unknown signer"
    UNSIGNED = "unsigned"
    WRONG_YEAR = "wrong year"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class PackState:
    """A pack's standing, and the sentence that says it in every output."""

    standing: Standing
    sentence: str


UNSIGNED = PackState(Standing.UNSIGNED, "Unsigned: nobody vouches for this pack.")
"""The state of a pack that was just made."""


def state_of(
    content_hash: str,
    pack_year: int,
    signatures: Sequence[Signature],
    *,
    trust: Trust | None = None,
    wanted_year: int | None = None,
) -> PackState:
    """The state of a pack: of all that is to be said, the worst first.

    One signature that does not match makes the pack a changed one, whatever
    the others say; one trusted signature is enough when all match.

    Examples
    --------
    >>> state_of("9f3a", 2025, []).sentence
    'Unsigned: nobody vouches for this pack.'
    >>> print(state_of("9f3a", 2025, [], wanted_year=2026).sentence)
    Wrong year: the pack is for 2025, not 2026. Unsigned: nobody vouches for this pack.
    """
    wrong = [s.signer for s in signatures if not s.matches(content_hash)]
    if wrong:
        return PackState(
            Standing.CHANGED,
            f"Changed: the signature of {_named(wrong)} does not match what is in the pack. "
            "Do not use it; ask the signer for a fresh copy.",
        )
    signed = _signed(signatures, pack_year, trust)
    if wanted_year is not None and wanted_year != pack_year:
        return PackState(
            Standing.WRONG_YEAR,
            f"Wrong year: the pack is for {pack_year}, not {wanted_year}. {signed.sentence}",
        )
    return signed


def _signed(signatures: Sequence[Signature], pack_year: int, trust: Trust | None) -> PackState:
    if not signatures:
        return UNSIGNED
    known = [(trust.name_of(s.public_key), s.date) for s in signatures] if trust else []
    trusted = [(name, date) for name, date in known if name is not None]
    if trust is None or not trusted:
        return PackState(Standing.UNKNOWN_SIGNER, _unknown(signatures, trust))
    for name, date in trusted:
        years = trust.signers[name].years
        if years is None or pack_year in years:
            return PackState(
                Standing.TRUSTED, f"Signed by {name} on {date}, trusted by {trust.file}."
            )
    name = trusted[0][0]
    only = ", ".join(str(year) for year in trust.signers[name].years or ()) or "no year"
    return PackState(
        Standing.WRONG_YEAR,
        f"Wrong year: the pack is for {pack_year}, and {trust.file} trusts its signer {name} "
        f"for {only} only.",
    )


def _unknown(signatures: Sequence[Signature], trust: Trust | None) -> str:
    names = _named([s.signer for s in signatures])
    if trust is None:
        return f"Signed by an unknown signer: it says {names}, and no trust file was given."
    posing = [s.signer for s in signatures if s.signer in trust.signers]
    if posing:
        return (
            f"Signed by an unknown signer: it says {names}, but with another key than "
            f"{trust.file} has for that name."
        )
    return f"Signed by an unknown signer: it says {names}, whose key is not in {trust.file}."


def _named(signers: Sequence[str]) -> str:
    return ", ".join(f"'{signer}'" for signer in signers)
