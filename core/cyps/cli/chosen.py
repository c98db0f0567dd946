"""The settlement that a command is about: results, or a scenario not yet settled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cyps.cli.settled import read_settled
from cyps.errors import CypsError
from cyps.pack import LoadedPack, read_pack, read_trust
from cyps.settlement import Settlement
from cyps.settlement.from_files import pack_of, request_from_scenario, settle_requested


@dataclass(frozen=True, slots=True)
class Chosen:
    """A settlement, and the pack that its use came from where one is known."""

    settlement: Settlement
    pack: LoadedPack | None


def chosen(path: Path, *, label: str | None, pack: Path | None, trust: Path | None) -> Chosen:
    """Settle from a folder of results or from a scenario file.

    Parameters
    ----------
    path : a folder that `cyps settle` or `cyps demo` wrote, a settlement workbook, or a scenario
    label : which year of a scenario with several
    pack : the pack that the use came from; a scenario names its own
    trust : a trust file, for the pack

    Raises
    ------
    CypsError
        When it is neither, a year has to be named, or two packs are.
    """
    if path.is_dir() or ".xlsx" in path.name.lower():
        if label is not None:
            raise CypsError(
                "--of names a year of a scenario. Of results give the year's folder, of a workbook "
                "its name and year, such as settlement.xlsx#2027-28."
            )
        loaded = read_pack(pack, trust=read_trust(trust) if trust else None) if pack else None
        return Chosen(read_settled(path).settlement, loaded)
    request = request_from_scenario(path)
    own = pack_of(request, trust)
    if pack is not None and own is not None:
        raise CypsError(f"{path.name} names its pack itself. Leave --pack out.")
    given = read_pack(pack, trust=read_trust(trust) if trust else None) if pack else own
    by_year = dict(settle_requested(request, own)[1])
    if label is None and len(by_year) == 1:
        label = next(iter(by_year))
    if label is None or label not in by_year:
        raise CypsError(f"{path.name} has the years {', '.join(by_year)}. Say which: --of YEAR.")
    return Chosen(by_year[label], given)
