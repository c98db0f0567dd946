"""The `cyps` command, and what a person sees when something is wrong."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import IO, Any, NoReturn

import click

from cyps.cli.report import print_error
from cyps.cli.usage import check_dashes, misuse
from cyps.errors import CypsError


class Mistake(click.ClickException):
    """Something that the person can put right: its message, exit code 2, no traceback."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's signature
        """Print the message to standard error, wrapped to the terminal's width."""
        print_error(self.message)


class Fault(Mistake):
    """A fault of the tool: says so, exit code 1."""

    exit_code = 1


class OfficerGroup(click.Group):
    """A group of commands that never shows a traceback, unless CYPS_DEBUG=1 asks for it."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's signature
    ) -> click.Context:
        """Read the command line; turn what is wrong with it into words."""
        try:
            check_dashes(args)
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise Mistake(misuse(error)) from error

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command; turn errors into messages and exit codes."""
        try:
            return super().invoke(ctx)
        except CypsError as error:
            raise Mistake(str(error)) from error
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise Mistake(misuse(error)) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except OSError as error:
            raise Mistake(_about_file(error)) from error
        except Exception as error:  # the last net under the command line
            _tell_fault(error)


def _about_file(error: OSError) -> str:
    name = error.filename or "A file"
    return (
        f"{name} cannot be read or written: {error.strerror or error}. Close it in other programs, "
        "and check that the folder is there, has room and may be written to."
    )


def _tell_fault(error: Exception) -> NoReturn:
    if os.environ.get("CYPS_DEBUG") == "1":
        raise error
    raise Fault(
        f"This is a fault in cyps, not in your files ({type(error).__name__}). Nothing was "
        "changed. Run the same command with CYPS_DEBUG=1 set to see the details, and send them "
        "to the maintainers."
    ) from error


@click.group(cls=OfficerGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("cyps"), prog_name="cyps")
def main() -> None:
    """Share a pot for children's services by the relative needs formula."""
