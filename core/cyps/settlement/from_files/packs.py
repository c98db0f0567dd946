"""A pack as the use of a settlement: found among the files, and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cyps.errors import CypsError
from cyps.pack import LoadedPack, Neutral, Standing, is_pack, read_pack, read_trust
from cyps.returns import GivenUse, InputFile, source_of


def pack_among(
    use: Sequence[Path],
    *,
    trust: Path | None,
    year: int,
    neutralise: Mapping[str, Neutral] | None = None,
) -> LoadedPack | None:
    """The pack that files of use are, with drivers neutralised; None when they are tables.

    Raises
    ------
    CypsError
        When a pack stands beside another file, cannot be read or doesn't hold use with
        these drivers neutralised, or a trust file or drivers are given without a pack.
    """
    packs = [path for path in use if is_pack(path)]
    if not packs:
        if trust is not None:
            raise CypsError(
                f"{trust.name} says whose packs are trusted, but no use comes from a pack. Leave "
                "--trust out, or give a pack with --use."
            )
        if neutralise:
            raise CypsError(
                f"The scenario neutralises {', '.join(neutralise)}, but its use comes from tables. "
                "Only a pack has drivers: name one under files.use, or take 'neutralise' out."
            )
        return None
    if len(use) > 1:
        raise CypsError(
            f"{packs[0].name} is a pack, which holds the use of every metric. Give it alone."
        )
    loaded = read_pack(packs[0], trust=read_trust(trust) if trust else None, year=year)
    return loaded.with_neutralised(neutralise) if neutralise else loaded


def given_use(loaded: LoadedPack, path: Path) -> GivenUse:
    """The use of a pack, with what must be said of it."""
    pack, state = loaded.pack, loaded.state
    bad = state.standing in (Standing.CHANGED, Standing.WRONG_YEAR)
    return GivenUse(
        loaded.predicted_use(),
        InputFile("use", source_of(path)[0], "pack"),
        (f"Pack '{pack.name}': content hash {loaded.content_hash}.", *pack.limits),
        state.sentence if bad else "",
        "With these drivers neutralised their use would tell of too few children"
        if pack.neutral
        else "",
    )
