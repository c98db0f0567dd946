"""Functions on coefficient packs: handle, what it is, predicted use."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import numpy as np

from cyps.errors import CypsError
from cyps.explain import predict_child
from cyps.needs import rate_per
from cyps.pack import LoadedPack, Neutral
from cyps_addin import library
from cyps_addin.cells import (
    given,
    how_many,
    is_blank,
    number_line,
    one_text,
    rate_base,
    rows_of,
    table,
    text_of,
)
from cyps_addin.declare import Argument, CellFunction, Cells
from cyps_addin.error_values import bad_input, not_available
from cyps_addin.functions.choosing import (
    AUTHORITY,
    PACK,
    UNKNOWN_AUTHORITY,
    UNKNOWN_HANDLE,
    loaded,
    metric_columns,
    pack_rows,
)

_METRIC = Argument("metric", "metrics, such as CIN; one or a range", "all of the pack")


def _pack(file: Cells) -> Cells:
    name = one_text(file, "File")
    if name.casefold() == library.SAMPLE:
        return str(library.add_sample("pack"))
    if name.startswith("cyps:"):
        library.pack_of(name)
        return name
    path = Path(name).expanduser()
    if not path.is_absolute():
        raise bad_input(
            f"'{name[:80]}' is not a whole path. Give folder and name, such as "
            r"C:\Packs\2025.cyps.zip, so that it means the same in every workbook."
        )
    if not path.is_file():
        raise not_available(f"There is no file {path}. Check the name and the folder.")
    return str(library.add_pack(path))


def _pack_info(pack: Cells, item: Cells = None) -> Cells:
    found = loaded(pack)
    told = found.pack
    lines: dict[str, str | int | None] = {
        "name": told.name,
        "status": told.status,
        "statement": told.statement,
        "state": found.state.standing.value,
        "state in words": found.state.sentence,
        "content hash": found.content_hash,
        "kind": told.kind,
        "year": told.year,
        "created": told.created,
        "source": told.source,
        "metrics": ", ".join(told.metrics),
        "authorities": len(told.use.codes),
        "measure of use": told.use.measure,
        "children of the sample": told.sample_children,
        "not in it": " ".join(told.limits) or "nothing is missing",
    }
    if is_blank(item):
        return table(
            ("item", "value"),
            [(k, "not given" if v is None else v) for k, v in lines.items()],
        )
    wanted = one_text(item, "Item").casefold()
    if wanted not in lines:
        raise not_available(f"A pack has no '{wanted[:40]}'. Items are {', '.join(lines)}.")
    value = lines[wanted]
    if value is None:
        raise not_available(f"Pack '{told.name}' does not tell its {wanted}.")
    return value


def _use(
    pack: Cells, authority: Cells = None, metric: Cells = None, neutral: Cells = None
) -> Cells:
    found = _neutralised(loaded(pack), neutral)
    rows, laid = pack_rows(found, authority)
    columns = metric_columns(found.pack.metrics, metric)
    children = found.predicted_use().children[np.ix_(rows, columns)]
    if laid is not None and laid.is_row:
        children = children.T
    return [[given(x) for x in row] for row in children]


def _neutralised(pack: LoadedPack, neutral: Cells) -> LoadedPack:
    """The pack with drivers neutralised as two columns of cells say: driver, how."""
    if is_blank(neutral):
        return pack
    rows = rows_of(neutral, "Neutral")
    if len(rows[0]) != 2:
        raise bad_input("Neutral must be two columns: a driver and what is done with it.")
    named = [driver.name for driver in pack.pack.own_drivers]
    wanted: dict[str, Neutral] = {}
    for driver, how in rows:
        if is_blank(driver):
            continue
        word = text_of(how).casefold()
        if word not in get_args(Neutral):
            raise bad_input(
                f"Neutral: '{text_of(how)[:40]}' is done with {text_of(driver)[:40]}. Choose one "
                f"of {', '.join(get_args(Neutral))}."
            )
        wanted[_spelt(text_of(driver), named)] = word  # type: ignore[assignment]
    try:
        return pack.with_neutralised(wanted) if wanted else pack
    except CypsError as error:
        raise not_available(str(error)) from None


def _spelt(name: str, known: Iterable[str]) -> str:
    """A name as the pack spells it, whatever its case; as it is where the pack has none such."""
    return {" ".join(k.split()).casefold(): k for k in known}.get(
        " ".join(name.split()).casefold(), name
    )


def _use_rate(
    pack: Cells, population: Cells, authority: Cells = None, metric: Cells = None, per: Cells = None
) -> Cells:
    found = loaded(pack)
    if found.pack.use.measure == "share":
        raise not_available(
            f"Pack '{found.pack.name}' holds shares of use, not numbers of children, so there "
            "is no use rate."
        )
    rows, laid = pack_rows(found, authority)
    columns = metric_columns(found.pack.metrics, metric)
    people, _ = number_line(population, "Population")
    if people.size != rows.size:
        raise bad_input(
            f"Population has {how_many(people.size, 'cell')} for "
            f"{how_many(rows.size, 'authority', 'authorities')}. Give one for each, in the same "
            "order."
        )
    counted = found.predicted_use().children[np.ix_(rows, columns)]
    rate = rate_per(counted, people[:, None], rate_base(per))
    if laid is not None and laid.is_row:
        rate = rate.T
    return [[given(x) for x in row] for row in rate]


def _child(pack: Cells, child: Cells, rest: Cells = None) -> Cells:
    found = loaded(pack).pack
    if not found.models:
        raise not_available(
            f"Pack '{found.name}' holds use without a model, so no child can be predicted from it."
        )
    rows = rows_of(child, "Child")
    if len(rows[0]) != 2:
        raise bad_input("Child must be two columns: the name of a driver and the child's level.")
    named = [driver.name for driver in found.own_drivers]
    told: dict[str, str | float] = {}
    for name, level in rows:
        if is_blank(name):
            continue
        label = _spelt(text_of(name), named)
        if is_blank(level) or label in told:
            raise bad_input(f"Driver '{label[:40]}' comes twice or has no level. Give it one.")
        told[label] = level if isinstance(level, float | int) else text_of(level)
    for driver in found.own_drivers:  # a category such as 1 is a number in a cell
        if driver.categories and driver.name in told:
            told[driver.name] = _spelt(text_of(told[driver.name]), driver.categories)
    others = one_text(rest, "Rest", "told")
    if others.casefold() not in ("told", "reference"):
        raise bad_input("Rest is 'reference', or blank when every driver is told.")
    predicted = predict_child(found, told, rest_at_reference=others.casefold() == "reference")
    none = (float("nan"), float("nan"))
    return table(
        ("metric", "probability", "from", "to", "log odds"),
        [(x.metric, x.probability, *(x.interval or none), x.log_odds) for x in predicted],
    )


FUNCTIONS: tuple[CellFunction, ...] = (
    CellFunction(
        "CYPS_PACK",
        "Packs",
        "Handle of a coefficient pack, which is taken into this machine's library",
        (Argument("file", 'whole path of a .cyps.zip file; "sample" for the made-up one'),),
        "text such as cyps:pack:sample#0123456789abcdef, the same on every machine",
        ("#N/A: no such file, or not a pack that can be used", "#VALUE!: not a whole path"),
        '=CYPS_PACK("sample")',
        _pack,
    ),
    CellFunction(
        "CYPS_PACK_INFO",
        "Packs",
        "What a pack is: status, who vouches for it, year, source, what it lacks",
        (PACK, Argument("item", 'one item, such as "state"', "a table of all")),
        "a table with a header row, or one value",
        (UNKNOWN_HANDLE, "#N/A: an item that there is none of"),
        '=CYPS_PACK_INFO(CYPS_PACK("sample"),"statement")',
        _pack_info,
    ),
    CellFunction(
        "CYPS_USE",
        "Packs",
        "Predicted use: expected number of children by authority and metric",
        (
            PACK,
            AUTHORITY,
            _METRIC,
            Argument("neutral", "two columns: a driver, and reference, average or own average",
                     "nothing neutralised"),
        ),
        "children (or shares, where the pack holds shares), authorities in rows and metrics in "
        "columns; turned if the authorities lie in a row",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY,
         "#N/A: an unknown metric, or use that the pack does not hold neutralised so"),
        '=CYPS_USE(CYPS_PACK("sample"),{"Leeds";"E06000001"})',
        _use,
    ),
    CellFunction(
        "CYPS_USE_RATE",
        "Packs",
        "Predicted use per 10,000 children, or per any other number",
        (
            PACK,
            Argument("population", "children of each authority, in the same order"),
            AUTHORITY,
            _METRIC,
            Argument("per", "how many the rate is for", "10,000"),
        ),
        "a rate for each number of CYPS_USE; #N/A in the cell where the population is 0",
        (UNKNOWN_HANDLE, UNKNOWN_AUTHORITY, "#N/A: a pack of shares has no rates",
         "#VALUE!: another number of populations than authorities"),
        '=CYPS_USE_RATE(CYPS_PACK("sample"),150000,"Leeds","CIN")',
        _use_rate,
    ),
    CellFunction(
        "CYPS_CHILD",
        "Packs",
        "One child's probability of each event, with the authority's own effect at 0",
        (
            PACK,
            Argument("child", "two columns: the name of each driver and the child's level"),
            Argument("rest", '"reference": drivers not told are at their reference or mean',
                     "every driver has to be told"),
        ),
        "a table with a header row: metric, probability, 95% interval by the coefficients alone "
        "(#N/A without errors in the pack), log odds",
        (UNKNOWN_HANDLE, "#N/A: a pack without coefficients",
         "#VALUE!: a driver that is unknown, missing or cannot have that level"),
        '=CYPS_CHILD(CYPS_PACK("sample"),{"sex","male";"idaci",0.25})',
        _child,
        private=True,
    ),
)  # fmt: skip
"""Functions on packs."""
