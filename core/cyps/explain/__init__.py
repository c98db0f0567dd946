"""Explain: what differs between settlements, what moved the pounds, where a number is from."""

from cyps.explain.bridge import Bridge, NoBridge, bridge
from cyps.explain.compare import Comparison, GroupChange, compare, distance_from_target, ranks

__all__ = [
    "Bridge",
    "Comparison",
    "GroupChange",
    "NoBridge",
    "bridge",
    "compare",
    "distance_from_target",
    "ranks",
]
