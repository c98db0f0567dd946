"""What a person typed after `cyps` and no command takes, in that person's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

_LONG_DASH = re.compile("[\u2010-\u2015\u2212]+-*(?=[A-Za-z])")


def misuse(error: click.UsageError) -> str:
    """What is wrong with the words of a command line, what may be meant, and where help is.

    Examples
    --------
    >>> @click.command("settle")
    ... @click.option("--floor", type=float)
    ... def settle(floor): ...
    >>> try:
    ...     settle.make_context("cyps settle", ["--flor", "0.05"])
    ... except click.UsageError as error:
    ...     print(misuse(error))
    There is no option --flor. Is --floor meant?
    For help: cyps settle --help
    """
    context = error.ctx
    told = _told(error, context).rstrip()
    if told[-1:] not in ".?!":
        told += "."
    return told if context is None else f"{told}\nFor help: {context.command_path} --help"


def check_dashes(arguments: Sequence[str]) -> None:
    """Refuse an option with a long dash, which would be taken for the name of a file.

    Raises
    ------
    click.UsageError
        That names the option, and how to type it.
    """
    for argument in arguments:
        if found := _LONG_DASH.match(argument):
            raise click.UsageError(
                f"'{argument}' begins with a long dash, which Word and mail make of two hyphens. "
                f"Type --{argument[found.end() :]}"
            )


def _told(error: click.UsageError, context: click.Context | None) -> str:
    match error:
        case click.MissingParameter():
            return _missing(error, context)
        case click.BadParameter():
            return _bad_value(error)
        case click.NoSuchOption():
            return _no_option(error, context)
        case click.BadOptionUsage():
            return _option_without_value(error)
    if (name := getattr(error, "command_name", None)) is not None:
        near = _meant(getattr(error, "possibilities", None))
        return f"There is no command {name}.{near}"
    if found := re.match(r"Got unexpected extra arguments? \((.*)\)", error.message):
        takes = " ".join(_usage(context)) or "no argument"
        return (
            f"'{found[1]}' is more than the command takes, which is {takes}. Put a name or value "
            'with blanks in it in quotes, such as "my use.csv"'
        )
    return error.message


def _missing(error: click.MissingParameter, context: click.Context | None) -> str:
    parameter = error.param
    if isinstance(parameter, click.Option):
        about = f" ({parameter.help.rstrip('.')})" if parameter.help else ""
        return f"{parameter.opts[0]} is missing{about}. Add it"
    name = "" if parameter is None else parameter.make_metavar(context or click.Context(_NONE))
    path = context.command_path if context else "cyps"
    return f"{name} is missing. Write {path} {' '.join(_usage(context))}"


def _bad_value(error: click.BadParameter) -> str:
    parameter = error.param
    if parameter is None:
        return error.message
    name = parameter.opts[0] if isinstance(parameter, click.Option) else _name_of(error)
    return f"{name}: {_in_words(error.message, parameter.type)}"


def _name_of(error: click.BadParameter) -> str:
    assert error.param is not None  # noqa: S101 - looked at before
    return error.param.make_metavar(error.ctx or click.Context(_NONE)).strip("[]")


def _in_words(message: str, kind: click.ParamType[Any]) -> str:
    """What click says of a number that is none or out of its range, for people."""
    if not isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        return message
    value = re.match(r"'?(.*?)'? is not ", message)
    if value is None:
        return message
    what = "a whole number" if isinstance(kind, click.types.IntParamType) else "a number"
    return f"'{value[1]}' is not {what}{_range(kind)}"


def _range(kind: click.ParamType[Any]) -> str:
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    if least is not None and most is not None:
        return f" from {least:_} to {most:_}".replace("_", ",")
    if least is not None:
        return f" of {least:,} or more"
    return "" if most is None else f" of {most:,} or less"


def _no_option(error: click.NoSuchOption, context: click.Context | None) -> str:
    name = error.option_name
    if not name.startswith("--"):
        known = [p.opts[0] for p in context.command.params if p.opts] if context else []
        long = next((option for option in known if option.startswith("--")), "--help")
        return (
            f"There is no option {name}. Names of more than one letter have two hyphens, such as "
            f"{long}"
        )
    return f"There is no option {name}.{_meant(error.possibilities)}"


def _meant(possibilities: Sequence[str] | None) -> str:
    return f" Is {' or '.join(possibilities[:3])} meant?" if possibilities else ""


def _option_without_value(error: click.BadOptionUsage) -> str:
    wanted = re.search(r"requires (an argument|(\d+) arguments)", error.message)
    if wanted:
        many = "a value" if wanted[2] is None else f"{wanted[2]} values"
        return f"{error.option_name} needs {many} behind it"
    if "does not take a value" in error.message:
        return f"{error.option_name} takes no value: leave out what stands behind its ="
    return error.message


def _usage(context: click.Context | None) -> list[str]:
    """The arguments of a command as its help writes them, without the options."""
    if context is None:
        return []
    written = (
        p.make_metavar(context) for p in context.command.params if p.param_type_name == "argument"
    )
    return list(written)


_NONE = click.Command("cyps")
