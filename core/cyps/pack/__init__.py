"""Coefficient packs: the one door between the modeller's side and the officer's."""

from cyps.pack.contents import MetricModel, Pack, PackDriver, PackError, UseTable
from cyps.pack.read import LoadedPack, read_pack
from cyps.pack.write import pack_bytes, write_pack

__all__ = [
    "LoadedPack",
    "MetricModel",
    "Pack",
    "PackDriver",
    "PackError",
    "UseTable",
    "pack_bytes",
    "read_pack",
    "write_pack",
]
