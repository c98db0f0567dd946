"""A pack as the use of a settlement: recorded, and told wherever the result goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyps.pack import LoadedPack

if TYPE_CHECKING:
    from cyps_workbooks import PackNote


def pack_record(loaded: LoadedPack) -> dict[str, Any]:
    """What the run record says of a pack."""
    pack = loaded.pack
    return {
        "name": pack.name,
        "kind": pack.kind,
        "status": pack.status,
        "statement": pack.statement,
        "state": loaded.state.standing.value,
        "state_in_words": loaded.state.sentence,
        "year": pack.year,
        "created": pack.created,
        "content_hash": loaded.content_hash,
        **({"neutralised": dict(pack.neutral)} if pack.neutral else {}),
    }


def pack_note(loaded: LoadedPack) -> PackNote:
    """What the workbook says of a pack."""
    from cyps_workbooks import PackNote  # drawing is not loaded before it is needed

    pack, state = loaded.pack, loaded.state
    return PackNote(
        pack.name, loaded.content_hash, pack.status, pack.statement, state.sentence, pack,
        state.standing,
    )  # fmt: skip
