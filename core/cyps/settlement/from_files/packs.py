"""A pack as the use of a settlement: found among the files, and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cyps.errors import CypsError
from cyps.pack import LoadedPack, Neutral, Standing, is_pack, read_pack, read_trust
from cyps.returns import GivenUse, InputFile, source_of
from cyps.settlement.from_files.request import Request


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


def pack_of(request: Request, trust: Path | None = None) -> LoadedPack | None:
    """The pack that a request takes its use from, or None; a trust file that is given goes first.

    Raises
    ------
    CypsError
        When the pack cannot be used (see `pack_among`), or a trust file is given or named for
        use that comes from tables.
    """
    named = trust or request.trust
    if named is not None and request.scenario is not None and not _any_pack(request.files.use):
        scenario = request.scenario["files"][0]
        out = "Leave --trust out" if trust else "Take 'trust' out"
        where = "--trust" if trust else "'trust'"
        raise CypsError(
            f"{scenario}: {where} names {named.name}, which says whose packs are trusted, but no "
            f"use comes from a pack. {out}, or name a pack under files.use."
        )
    return pack_among(
        request.files.use, trust=named, year=request.year, neutralise=request.neutralise
    )


def _any_pack(use: Sequence[Path]) -> bool:
    return any(is_pack(path) for path in use)


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
