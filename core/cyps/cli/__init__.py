"""The command line: `cyps`."""

from cyps.cli.command_line import main
from cyps.cli.settle import settle_command

main.add_command(settle_command)

__all__ = ["main"]
