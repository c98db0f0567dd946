"""`cyps addin`: cell functions for LibreOffice, installed for one user."""

from __future__ import annotations

from pathlib import Path

import click

from cyps.cli.pack_report import say

_PROFILE = click.option(
    "--profile",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of LibreOffice's settings; yours by default.",
)
_LIBREOFFICE = click.option(
    "--libreoffice", is_flag=True, required=True, help="For LibreOffice Calc."
)


@click.group("addin", short_help="Cell functions in LibreOffice.")
def addin_group() -> None:
    """Install, remove and check the cell functions (CYPS_SHARES and others)."""


@addin_group.command("install", short_help="Install for this user.")
@_LIBREOFFICE
@_PROFILE
def install_command(libreoffice: bool, profile: Path | None) -> None:  # noqa: ARG001
    """Install the cell functions in LibreOffice Calc, for this user only.

    Close LibreOffice first. Cells are computed by the Python that runs this command, so keep
    it where it is, or install again after moving it.
    """
    from cyps_addin.libreoffice.install import install

    say(install(profile))


@addin_group.command("uninstall", short_help="Remove again.")
@_LIBREOFFICE
@_PROFILE
def uninstall_command(libreoffice: bool, profile: Path | None) -> None:  # noqa: ARG001
    """Remove the cell functions from LibreOffice Calc."""
    from cyps_addin.libreoffice.install import uninstall

    say(uninstall(profile))


@addin_group.command("status", short_help="Whether it is installed and answers.")
@_LIBREOFFICE
@_PROFILE
@click.pass_context
def status_command(ctx: click.Context, libreoffice: bool, profile: Path | None) -> None:  # noqa: ARG001
    """Say whether the cell functions are installed and whether they can compute."""
    from cyps_addin.libreoffice.install import status

    found = status(profile)
    for line in found.lines:
        say(line)
    if not found.works:
        ctx.exit(1)
