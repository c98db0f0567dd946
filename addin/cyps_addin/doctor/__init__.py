"""`cyps doctor`: what keeps the add-in from computing on this machine, and what to do."""

from cyps_addin.doctor.checks import EXCEL_CHECKS, Result, examine
from cyps_addin.doctor.machine import Machine, this_machine

__all__ = ["EXCEL_CHECKS", "Machine", "Result", "examine", "this_machine"]
