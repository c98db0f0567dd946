"""The trust file: whose signature on a pack counts, and for which years."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from cyps.errors import CypsError
from cyps.mistakes import mistakes
from cyps.pack.manifest import Strict, Words
from cyps.returns.text_files import read_toml

_EXAMPLE = (
    'It should read like this:\n[signers."Name of the signer"]\npublic_key = "64 hex digits"\n'
    "years = [2025]"
)


class TrustedSigner(Strict):
    """A signer's public key, and the years for which it is trusted (None: every year)."""

    public_key: str = Field(pattern=r"^[0-9a-f]{64}$")
    years: list[int] | None = None


class _TrustFile(Strict):
    signers: dict[Words, TrustedSigner] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Trust:
    """Signers that are trusted, by name; `file` is where that was said."""

    signers: dict[str, TrustedSigner]
    file: str

    def name_of(self, public_key: str) -> str | None:
        """The trusted name of a key; None for a stranger's."""
        return next(
            (name for name, signer in self.signers.items() if signer.public_key == public_key),
            None,
        )


def read_trust(path: Path) -> Trust:
    r"""Read a trust file (TOML: a table for each signer, with its public key).

    Raises
    ------
    CypsError
        When it cannot be read, is no TOML, has unknown words, or gives one key two names.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> text = '[signers."Funding team"]\npublic_key = "' + "0a" * 32 + '"\n'
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "trust.toml"
    ...     _ = file.write_text(text)
    ...     trust = read_trust(file)
    >>> trust.name_of("0a" * 32), trust.name_of("0b" * 32)
    ('Funding team', None)
    """
    written = read_toml(path, "trust file", _EXAMPLE)
    try:
        told = _TrustFile.model_validate(written)
    except ValidationError as error:
        raise CypsError(
            f"The trust file {path.name} cannot be used ({mistakes(error, written)}). {_EXAMPLE}"
        ) from None
    _check_keys(path, told.signers)
    return Trust(dict(told.signers), path.name)


def _check_keys(path: Path, signers: dict[str, TrustedSigner]) -> None:
    name_of: dict[str, str] = {}
    for name, signer in signers.items():
        if signer.public_key in name_of:
            raise CypsError(
                f"The trust file {path.name} gives '{name_of[signer.public_key]}' and '{name}' one "
                "key. A key speaks for one signer: remove one of them."
            )
        name_of[signer.public_key] = name
