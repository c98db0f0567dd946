"""Coefficient packs: the one door between the modeller's side and the officer's."""

from cyps.pack.contents import MetricModel, Pack
from cyps.pack.driver import Driver, Interaction
from cyps.pack.read import LoadedPack, is_pack, read_pack
from cyps.pack.signatures import Signature
from cyps.pack.state import UNSIGNED, PackState, Standing
from cyps.pack.trust import Trust, TrustedSigner, read_trust
from cyps.pack.use_table import Neutral, NeutralisedUse, PackError, UseTable
from cyps.pack.write import pack_bytes, write_pack

__all__ = [
    "UNSIGNED",
    "Driver",
    "Interaction",
    "LoadedPack",
    "MetricModel",
    "Neutral",
    "NeutralisedUse",
    "Pack",
    "PackError",
    "PackState",
    "Signature",
    "Standing",
    "Trust",
    "TrustedSigner",
    "UseTable",
    "is_pack",
    "pack_bytes",
    "read_pack",
    "read_trust",
    "write_pack",
]
