"""Interactions: which columns they add to patterns and areas.

Drivers of the child alone, or of the area alone, multiply into columns of the pattern or
the area. A child's driver with an area's needs an area for each *kind* of child (those
alike in these drivers): the area is split, and the kind's value times the area's is a
column of the part. Nothing else needs to know of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cyps.cells.areas import PlacedRows
from cyps.cells.drivers import CodedRows
from cyps.cells.terms import Term
from cyps.errors import CypsError
from cyps.pack import Interaction

Block = tuple[Term, NDArray[np.float64]]
_MOST_KINDS = 300


@dataclass(frozen=True, slots=True)
class Named:
    """Drivers by name, and which have effects of their own besides interactions."""

    own: tuple[str, ...]
    together: tuple[tuple[str, ...], ...]

    def check(self, is_category: Mapping[str, bool]) -> None:
        """Refuse an interaction whose columns would depend on what is left out."""
        there = {frozenset([name]) for name in self.own} | {frozenset(t) for t in self.together}
        for names in self.together:
            for name in names:
                rest = frozenset(names) - {name}
                if is_category[name] and rest not in there:
                    missing = ":".join(part for part in names if part != name)
                    raise CypsError(
                        f"The interaction {':'.join(names)} needs {missing} in the model too: "
                        f"it says how the categories of '{name}' differ in it. Add {missing}."
                    )


def checked_interactions(interactions: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The interactions as tuples of two or more different names, none twice."""
    found: list[tuple[str, ...]] = []
    for names in interactions:
        if isinstance(names, str) or len(set(names)) < 2 or len(set(names)) < len(names):
            raise CypsError(
                f"An interaction is two or more different drivers, such as ('fsm', 'idaci'); "
                f"{names!r} is not."
            )
        if any(set(names) == set(other) for other in found):
            raise CypsError(f"The interaction {':'.join(names)} is named twice.")
        found.append(tuple(names))
    return tuple(found)


def blocks_of(terms: Sequence[Term], design: NDArray[np.float64]) -> dict[str, Block]:
    """Each driver's columns by its name."""
    blocks, at = {}, 0
    for term in terms:
        width = len(term.labels)
        blocks[term.name] = (term, design[:, at : at + width])
        at += width
    return blocks


def lay_out(children: CodedRows, placed: PlacedRows, named: Named) -> tuple[CodedRows, PlacedRows]:
    """Children and areas with the columns of the drivers' own and joint effects."""
    of_child = blocks_of(children.drivers, children.design)
    of_area = blocks_of(placed.drivers, placed.design)
    every = of_child | of_area
    named.check({name: bool(term.categories) for name, (term, _) in every.items()})
    child = [of_child[name] for name in of_child if name in named.own]
    area = [of_area[name] for name in of_area if name in named.own]
    mixed = []
    for names in named.together:
        parts = [every[name] for name in names]
        if all(name in of_child for name in names):
            child.append(_product(parts))
        elif all(name in of_area for name in names):
            area.append(_product(parts))
        else:
            mixed.append(names)
    terms, design = _side_by_side(child, len(children.design))
    children = replace(children, drivers=terms, design=design)
    terms, design = _side_by_side(area, len(placed.design))
    placed = replace(placed, drivers=terms, design=design)
    return children, _split(children, placed, of_child, of_area, mixed) if mixed else placed


def _product(parts: Sequence[Block]) -> Block:
    """All products of the parts' columns, the last part's running fastest."""
    columns = parts[0][1]
    for _, other in parts[1:]:
        columns = (columns[:, :, None] * other[:, None, :]).reshape(len(columns), -1)
    return Interaction(tuple(term for term, _ in parts)), columns


def _side_by_side(
    blocks: Sequence[Block], rows: int
) -> tuple[tuple[Term, ...], NDArray[np.float64]]:
    design = np.hstack([np.empty((rows, 0)), *(columns for _, columns in blocks)])
    return tuple(term for term, _ in blocks), design


def _split(
    children: CodedRows,
    placed: PlacedRows,
    of_child: Mapping[str, Block],
    of_area: Mapping[str, Block],
    mixed: Sequence[tuple[str, ...]],
) -> PlacedRows:
    """Areas split by kind of child, with the columns of the interactions between the two."""
    meeting = [name for name in of_child if any(name in names for names in mixed)]
    seen = np.hstack([of_child[name][1] for name in meeting])
    kinds, kind = np.unique(seen, axis=0, return_inverse=True)
    n_kinds, n_areas = len(kinds), len(placed.design)
    if n_kinds > _MOST_KINDS:
        raise CypsError(
            f"The child's {', '.join(meeting)} have {n_kinds:,} combinations of values, too many "
            f"to let each work together with the area ({_MOST_KINDS} at most). Put the numbers "
            "into bands."
        )
    of_kind = blocks_of([of_child[name][0] for name in meeting], kinds)
    repeated = {
        name: (term, np.repeat(columns, n_kinds, axis=0))
        for name, (term, columns) in of_area.items()
    } | {name: (term, np.tile(columns, (n_areas, 1))) for name, (term, columns) in of_kind.items()}
    products = [_product([repeated[name] for name in names]) for names in mixed]
    if n_areas * n_kinds > np.iinfo(np.int32).max:
        raise CypsError(
            f"{n_areas:,} areas with {n_kinds} kinds of children each are more than can be "
            "counted. Leave out an interaction."
        )
    row_area = placed.number.astype(np.int32)[placed.row_area] * np.int32(n_kinds)
    row_area += kind.ravel().astype(np.int32)[children.pattern]
    return replace(
        placed,
        row_area=row_area,
        number=np.arange(n_areas * n_kinds),
        design=np.hstack(
            [np.repeat(placed.design, n_kinds, axis=0), *(columns for _, columns in products)]
        ),
        drivers=(*placed.drivers, *(term for term, _ in products)),
        start=placed.start * n_kinds,
        small_area=np.repeat(placed.small_area, n_kinds),
    )
