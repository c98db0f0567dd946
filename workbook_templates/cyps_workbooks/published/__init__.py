"""The published workbook, accessible by the Analysis Function's rules, and the rules' checker."""

from cyps_workbooks.published.checking import check_published
from cyps_workbooks.published.publication import Publication
from cyps_workbooks.published.rules import RULE_BY_KEY, RULES, Breach, Rule
from cyps_workbooks.published.workbook import is_published, write_published

__all__ = [
    "RULES",
    "RULE_BY_KEY",
    "Breach",
    "Publication",
    "Rule",
    "check_published",
    "is_published",
    "write_published",
]
