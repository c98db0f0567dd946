"""The command line: `cyps`."""

from cyps.cli.action import action_command, doctor_command
from cyps.cli.addin import addin_group
from cyps.cli.child import child_command
from cyps.cli.command_line import main
from cyps.cli.demo import demo_command
from cyps.cli.explain import bridge_command, compare_command, trace_command
from cyps.cli.fit import fit_command
from cyps.cli.pack import pack_group
from cyps.cli.publish import publish_command
from cyps.cli.sensitivity import sensitivity_command
from cyps.cli.settle import settle_command
from cyps.cli.uncertainty import uncertainty_command
from cyps.cli.validate import validate_command
from cyps.cli.weights import weights_command
from cyps.cli.workbook import workbook_group

main.add_command(action_command)
main.add_command(addin_group)
main.add_command(bridge_command)
main.add_command(child_command)
main.add_command(compare_command)
main.add_command(demo_command)
main.add_command(doctor_command)
main.add_command(fit_command)
main.add_command(pack_group)
main.add_command(sensitivity_command)
main.add_command(publish_command)
main.add_command(settle_command)
main.add_command(trace_command)
main.add_command(uncertainty_command)
main.add_command(validate_command)
main.add_command(weights_command)
main.add_command(workbook_group)

__all__ = ["main"]
