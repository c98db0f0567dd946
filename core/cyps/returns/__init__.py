"""Readers of official and plain files: every cell is used, or said why not."""

from cyps.returns.area_costs import AreaCost, ComponentWeights, read_area_cost
from cyps.returns.authority_list import AuthorityList
from cyps.returns.by_authority import METRICS, Reading
from cyps.returns.excel_files import read_sheets
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
    read_use,
    use_of,
)
from cyps.returns.line_map import LineMap, OutturnLine, line_map_csv, read_line_map
from cyps.returns.problems import Problem, Problems, ReturnsError
from cyps.returns.revenue_outturn import LINES
from cyps.returns.section_251 import section_251_lines
from cyps.returns.sources import Source, source_of
from cyps.returns.spend_files import SpendChoices, map_to_fill_in, read_spend, typed_spend
from cyps.returns.spend_reading import SpendLine, SpendReading, TotalCheck, check_weighable
from cyps.returns.split_keys import SplitKey, read_split_key
from cyps.returns.tables import Row, Table, read_table

__all__ = [
    "LINES",
    "METRICS",
    "AreaCost",
    "AuthorityList",
    "ComponentWeights",
    "GivenUse",
    "InputFile",
    "LineMap",
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
    "SpendChoices",
    "SpendLine",
    "SpendReading",
    "SplitKey",
    "Table",
    "TotalCheck",
    "YearFiles",
    "YearInputs",
    "add_metrics",
    "check_weighable",
    "line_map_csv",
    "map_to_fill_in",
    "read_area_cost",
    "read_grouping",
    "read_inputs",
    "read_line_map",
    "read_neighbours",
    "read_sheets",
    "read_spend",
    "read_split_key",
    "read_table",
    "read_use",
    "section_251_lines",
    "source_of",
    "typed_spend",
    "use_of",
]
