"""Readers of official and plain files: every cell is used, or said why not."""

from cyps.returns.authority_list import AuthorityList
from cyps.returns.by_authority import Reading
from cyps.returns.groupings import Places, read_grouping, read_neighbours
from cyps.returns.inputs import (
    GivenUse,
    InputFile,
    SettlementFiles,
    SettlementInputs,
    YearFiles,
    YearInputs,
    add_metrics,
    read_inputs,
    read_spend,
    read_use,
)
from cyps.returns.problems import Problem, Problems, ReturnsError
from cyps.returns.revenue_outturn import LINES, OutturnLine
from cyps.returns.sources import Source, source_of
from cyps.returns.spend_reading import SpendReading
from cyps.returns.split_keys import SplitKey, read_split_key
from cyps.returns.tables import Row, Table, read_table

__all__ = [
    "LINES",
    "AuthorityList",
    "GivenUse",
    "InputFile",
    "OutturnLine",
    "Places",
    "Problem",
    "Problems",
    "Reading",
    "ReturnsError",
    "Row",
    "SettlementFiles",
    "SettlementInputs",
    "Source",
    "SpendReading",
    "SplitKey",
    "Table",
    "YearFiles",
    "YearInputs",
    "add_metrics",
    "read_grouping",
    "read_inputs",
    "read_neighbours",
    "read_spend",
    "read_split_key",
    "read_table",
    "read_use",
    "source_of",
]
