"""`cyps pack`: look into packs, check them, compare, sign and import them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import click

from cyps.cli.folder import written_by_a_run
from cyps.cli.one_file import check_out, check_table_out, put_table
from cyps.cli.options import AnyCase, day, exclusions, year_ending
from cyps.cli.pack_report import print_diff, print_made, print_pack, say
from cyps.errors import CypsError
from cyps.geography import LAST_YEAR
from cyps.needs import Unweighable
from cyps.pack import LoadedPack, Pack, Standing, UseTable, read_pack, read_trust, write_pack
from cyps.pack.covariance import read_covariance
from cyps.pack.diff import diff_packs, shares_csv
from cyps.pack.importing import PackWords, pack_of_parameters, pack_of_use, read_use_table
from cyps.pack.parameter_table import read_parameters
from cyps.returns import AuthorityList, Problems, read_spend

_FILE = click.Path(path_type=Path)
_STATUSES = ("published", "assumed", "illustrative")

_Command = TypeVar("_Command", bound=Callable[..., Any])

_trust = click.option("--trust", type=_FILE, help="Trust file (TOML): whose signature counts.")
_wanted_year = click.option(
    "--year", metavar="YEAR", callback=year_ending, help="Year that the pack is wanted for."
)


def _words(command: _Command) -> _Command:
    """Add the options by which a new pack says what it is."""
    for option in reversed(
        (
            click.option("--status", type=AnyCase(_STATUSES), required=True),
            click.option("--statement", required=True, help="One honest sentence for banners."),
            click.option("--source", required=True, help="Where the numbers were published."),
            click.option(
                "--year",
                metavar="YEAR",
                callback=year_ending,
                default=str(LAST_YEAR),
                show_default=True,
            ),
            click.option("--name", help="Its name; the file's when not given."),
            click.option(
                "--created", callback=day, help="Its date, as 2026-11-20; today when not given."
            ),
            click.option("--shares", is_flag=True, help="Use is in shares that add up to 1."),
            click.option(
                "--exclude",
                metavar="CODE=REASON",
                callback=exclusions,
                multiple=True,
                help="Leave an authority out, and say why. Repeat for more.",
            ),
            click.option("--out", type=_FILE, required=True, help="The pack to write."),
        )
    ):
        command = option(command)
    return command


@click.group("pack", short_help="Look into packs, check, compare, sign, import.")
def pack_group() -> None:
    """Coefficient packs: what they hold, who vouches for them, how they differ."""


@pack_group.command("show", short_help="What a pack is and holds.")
@click.argument("file", type=_FILE)
@_trust
@_wanted_year
def show_command(file: Path, trust: Path | None, year: int | None) -> None:
    """Show what a pack is, who vouches for it, and what it holds."""
    print_pack(_load(file, trust, year))


@pack_group.command("verify", short_help="Whether a pack can be relied on.")
@click.argument("file", type=_FILE)
@_trust
@_wanted_year
def verify_command(file: Path, trust: Path | None, year: int | None) -> None:
    """Say whether a pack can be relied on: exit code 0 if so, 2 if not.

    Without --trust the question is whether it is whole and any signature matches
    its own key. With --trust it must be signed by somebody whom that file trusts.
    """
    loaded = _load(file, trust, year)
    good = {Standing.TRUSTED}
    if trust is None:
        good |= {Standing.UNSIGNED, Standing.UNKNOWN_SIGNER}
    sentence = loaded.state.sentence
    if loaded.state.standing not in good:
        raise CypsError(f"{file.name} does not pass. {sentence}")
    say(
        f"{file.name} is whole: no table differs from its manifest. {sentence} "
        f"Content hash {loaded.content_hash}."
    )


def _load(file: Path, trust: Path | None, year: int | None) -> LoadedPack:
    return read_pack(file, trust=read_trust(trust) if trust else None, year=year)


@pack_group.command("diff", short_help="What changed from one pack to another.")
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--spend", type=_FILE, help="Spend by service area, for the cost weights.")
@click.option("--out", type=_FILE, help="CSV with the needs share of every authority.")
def diff_command(before: Path, after: Path, spend: Path | None, out: Path | None) -> None:
    """Say what changed from BEFORE to AFTER, and whose needs share moves.

    Without --spend every child of every metric weighs the same: a metric's
    weight is its part of the use in BEFORE.
    """
    check_table_out(out, (before, after, spend))
    old, new = read_pack(before), read_pack(after)
    reading = None
    if spend is not None:
        problems = Problems()
        reading = read_spend(spend, problems)
        problems.stop_if_any()
    try:
        changed = diff_packs(old.pack, new.pack, spend=None if reading is None else reading.spend)
    except Unweighable as problem:
        assert reading is not None  # noqa: S101 - only spend makes weights
        raise CypsError(reading.told(problem, "use")) from None
    print_diff(old, new, changed)
    if out is not None:
        if changed.shares is None:
            raise CypsError("The packs have no metric in common, so there is no share to write.")
        put_table(out, shares_csv(changed.shares))
        say(f"Shares of every authority: {out}")


@pack_group.command("sign", short_help="Vouch for a pack.")
@click.argument("file", type=_FILE)
@click.option("--key", type=_FILE, required=True, help="Private key, from cyps pack keys new.")
@click.option("--signer", required=True, help="Your name, as trust files give it.")
@click.option("--out", type=_FILE, help="Write the signed pack here, and leave FILE as it is.")
def sign_command(file: Path, key: Path, signer: str, out: Path | None) -> None:
    """Add a signature to a pack; its content hash stays as it is.

    Without --out the signature goes into FILE itself. A pack that is one of the results of
    a run stays as its record says: sign it into another file.
    """
    _need_cryptography()
    from cyps.pack.signing import sign_pack

    if out is None:
        _check_not_of_a_run(file)
    else:
        check_out(out, (file, key))
        _check_pack_out(out)
    loaded = sign_pack(file, key, signer, out)
    made = loaded.signatures[-1]
    signed = out or file
    say(f"{signed.name} is signed by {made.signer} on {made.date}, with public key")
    click.echo(made.public_key)
    say(f"Content hash {loaded.content_hash}, as before.")


@pack_group.group("keys")
def keys_group() -> None:
    """Keys for signing packs."""


@keys_group.command("new", short_help="Make a key pair.")
@click.option("--out", type=_FILE, required=True, help="File for the private key; must be new.")
def new_key_command(out: Path) -> None:
    """Make a key pair: a private file that only you may read, and a public key to give away."""
    _need_cryptography()
    from cyps.pack.signing import new_key

    made = new_key(out)
    say(f"Private key: {out}. Keep it to yourself; whoever has it can sign in your name.")
    say("Public key, as it goes into a trust file:")
    # Not wrapped at the terminal's width: it is to be copied as it stands.
    click.echo(f'[signers."Your name"]\npublic_key = "{made.public_key}"')


def _need_cryptography() -> None:
    if find_spec("cryptography") is None:
        raise CypsError(
            "Making keys and signatures needs the modeller's part of cyps, which is not "
            "installed. Install it with: pip install 'cyps[modeller]'. Checking signatures works "
            "without it."
        )


def _sigma(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, float | None]:
    """Give sigma by metric from CIN=0.3 or CIN=unknown."""
    told: dict[str, float | None] = {}
    for value in values:
        metric, _, number = value.partition("=")
        metric, number = metric.strip().upper(), number.strip()
        if metric in told:
            raise click.BadParameter(f"{metric} is given twice. Give it once.", ctx, param)
        try:
            told[metric] = None if number.casefold() == "unknown" else float(number)
        except ValueError:
            raise click.BadParameter(
                f"'{value}' is no sigma. Write it like CIN=0.3 or CIN=unknown.", ctx, param
            ) from None
    return told


@pack_group.command("import", short_help="A pack from a published parameter table.")
@click.argument("table", type=_FILE)
@click.option("--use", type=_FILE, multiple=True, required=True, help="Use by authority.")
@click.option(
    "--sigma",
    metavar="METRIC=NUMBER",
    callback=_sigma,
    multiple=True,
    help="Standard deviation of the authority effects, or METRIC=unknown.",
)
@click.option("--no-standard-errors", is_flag=True, help="None were published.")
@click.option("--covariance", type=_FILE, help="Table: metric, term, other term, value.")
@_words
def import_command(
    table: Path,
    use: tuple[Path, ...],
    sigma: dict[str, float | None],
    no_standard_errors: bool,
    covariance: Path | None,
    **words: Any,  # noqa: ANN401 - the options of _words
) -> None:
    """Make a pack from a published parameter table and the use that goes with it.

    TABLE has a row for each category of a driver and a pair of columns for each
    metric: coefficient (CIN) and standard error (CIN_se).
    """
    made = _Made(**words)
    made.check_out((table, *use, covariance))
    parameters = read_parameters(table, sigma=sigma, with_errors=not no_standard_errors)
    of_metric = None if covariance is None else read_covariance(covariance, parameters)
    made.write(pack_of_parameters(parameters, made.use_table(use), made.words(), of_metric))
    if parameters.unread:
        say(f"Columns not read: {', '.join(parameters.unread)}.")


@pack_group.command("from-use", short_help="A pack of use without a model.")
@click.argument("use", type=_FILE, nargs=-1, required=True)
@_words
def from_use_command(
    use: tuple[Path, ...],
    **words: Any,  # noqa: ANN401 - the options of _words
) -> None:
    """Make a pack from published use by authority: numbers of children, or shares."""
    made = _Made(**words)
    made.check_out(use)
    made.write(pack_of_use(made.use_table(use), made.words()))


def _check_pack_out(out: Path) -> None:
    """A new pack takes the place of an unsigned pack, and of nothing else."""
    if not out.exists():
        return
    try:
        signers = [signature.signer for signature in read_pack(out).signatures]
    except CypsError:
        raise CypsError(
            f"{out} is there already and is no coefficient pack, and would be lost. Nothing was "
            "written. Choose another name with --out, or move it away."
        ) from None
    if signers:
        raise CypsError(
            f"{out} is a pack that {' and '.join(signers)} signed, and the signature would be "
            "lost. Nothing was written. Choose another name with --out, or move it away."
        )


def _check_not_of_a_run(file: Path) -> None:
    if file.exists() and written_by_a_run(file):
        raise CypsError(
            f"{file} is one of the results of a run, which its record answers for, and a "
            "signature would change it. Nothing was written. Write the signed pack elsewhere: "
            "--out NAME.cyps.zip"
        )


@dataclass(frozen=True, slots=True)
class _Made:
    """A pack to be made, as the options of `_words` say."""

    status: str
    statement: str
    source: str
    year: int
    name: str | None
    created: date | None
    shares: bool
    exclude: tuple[tuple[str, str], ...]
    out: Path

    @property
    def listed(self) -> AuthorityList:
        """The year's authorities, and who is left out."""
        return AuthorityList(self.year, frozenset(code for code, _ in self.exclude))

    def check_out(self, read: Iterable[Path | None]) -> None:
        """Say why the pack may not be written, before anything is read."""
        check_out(self.out, read)
        _check_pack_out(self.out)

    def use_table(self, files: tuple[Path, ...]) -> UseTable:
        """The use by authority, from files."""
        return read_use_table(files, self.listed, measure="share" if self.shares else "children")

    def words(self) -> PackWords:
        """What the pack says of itself; who was left out stands in its source."""
        left_out = "; ".join(f"{self.listed.name(code)}: {reason}" for code, reason in self.exclude)
        return PackWords(
            name=self.name or self.out.name.removesuffix(".zip").removesuffix(".cyps"),
            status=self.status,
            statement=self.statement,
            source=f"{self.source}. Left out: {left_out}" if left_out else self.source,
            created=(self.created or datetime.now(UTC).date()).isoformat(),
            year=self.year,
        )

    def write(self, pack: Pack) -> None:
        """Write the pack, read it back as a proof, and say what it is."""
        write_pack(pack, self.out)
        print_made(read_pack(self.out), self.out.name)
