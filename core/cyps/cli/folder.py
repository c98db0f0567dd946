"""A folder of results: written beside, put in place as a whole, nothing of a person's lost."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from cyps.errors import CypsError

RECORD = "run.json"
_COMPLETE = "complete.json"
"""Beside the new files once all are written: what stood in their places, by SHA-256."""


@contextmanager
def put_in_place(out_dir: Path) -> Iterator[Path]:
    """A folder beside, whose files replace those of `out_dir` together when the block ends.

    All or none: on any error `out_dir` is as it was. Files of an earlier run that this one
    does not write go, because they would not belong to the results beside them. What no run
    wrote, or what somebody changed since, is never replaced or removed.

    Parameters
    ----------
    out_dir : folder; made when it isn't there

    Yields
    ------
    an empty folder to write into, one of them `run.json` with "outputs": SHA-256 by name

    Raises
    ------
    CypsError
        When the folder can't be made or written to, a file in it is open elsewhere, or
        something stands there that no run of cyps wrote.
    """
    out_dir = Path(out_dir)
    made = _make_folder(out_dir)
    beside, done = None, False
    try:
        _finish_what_was_cut_off(out_dir)
        beside = Path(tempfile.mkdtemp(prefix=".cyps-", dir=out_dir))
        new, before = beside / "new", beside / "before"
        new.mkdir()
        before.mkdir()
        yield new
        _swap(new, before, out_dir)
        done = True
    except PermissionError as error:
        raise CypsError(
            f"{out_dir} cannot be written to ({error.strerror}). Close its files in Excel, or "
            "choose another folder with --out."
        ) from None
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
        if made and not done:
            out_dir.rmdir()


def check_folder(out_dir: Path, names: Sequence[str] = ()) -> None:
    """Say why results cannot go there, before minutes are spent on them.

    Parameters
    ----------
    out_dir : folder; not made here
    names : the files that will be written, as far as they are known before

    Raises
    ------
    CypsError
        When it is a file or below one, cannot be written to, holds a file of these names that
        no run wrote, or an earlier run's results in it are open elsewhere or were changed.
    """
    for place in (out_dir, *out_dir.parents):
        if place.exists() and not place.is_dir():
            raise CypsError(
                f"The folder {out_dir} cannot be made: {place} is a file. Choose another with "
                "--out."
            )
    nearest = next(place for place in (out_dir, *out_dir.absolute().parents) if place.exists())
    if not os.access(nearest, os.W_OK):
        raise CypsError(
            f"Nothing can be written into {nearest}, where {out_dir} is to be. Choose another "
            "folder with --out."
        )
    _finish_what_was_cut_off(out_dir)
    _check_nothing_is_in_the_way(out_dir, [*names, RECORD], _earlier(out_dir))


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder and below it, by name with forward slashes."""
    return {name: _hash(folder / name) for name in _names(folder)}


def written_by_a_run(path: Path) -> bool:
    """Whether a run's record, in the file's folder or above, names a file as its own.

    Above, because the record of several years names the files in each year's folder.
    """
    place = path.resolve()
    return any(
        place.relative_to(folder).as_posix() in _earlier(folder)
        for folder in list(place.parents)[:2]
    )


def _make_folder(out_dir: Path) -> bool:
    """Make the folder; True when it wasn't there."""
    made = not out_dir.exists()
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CypsError(
            f"The folder {out_dir} cannot be made: {error.strerror}. Choose another with --out."
        ) from None
    return made


def _names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _swap(new: Path, before: Path, out_dir: Path) -> None:
    """Move the new files in; move everything back if one cannot be."""
    names = _names(new)
    earlier = _earlier(out_dir)
    _check_nothing_is_in_the_way(out_dir, names, earlier)
    standing = {n: _hash(out_dir / n) for n in names if (out_dir / n).exists()}
    (new.parent / _COMPLETE).write_text(json.dumps(standing), encoding="utf-8")
    done: list[tuple[Path, Path]] = []  # from where to where, in order
    try:
        for name in [*names, *(name for name in earlier if name not in names)]:
            for source, target in (
                (out_dir / name, before / name),
                (new / name, out_dir / name),
            ):
                if source.exists():
                    _move(source, target)
                    done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            _move(target, source)
        _drop_empty_folders(out_dir, [*names, *earlier])
        raise
    _drop_empty_folders(out_dir, [*names, *earlier])


def _finish_what_was_cut_off(out_dir: Path) -> None:
    """Put the rest in place where a run was killed while its files took theirs.

    Else the folder would hold files of two runs, and every later run would refuse it. What
    somebody changed or put there since stays.
    """
    for beside in out_dir.glob(".cyps-*"):
        try:
            standing = json.loads((beside / _COMPLETE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # still being written, or of a run that was killed before
        new = beside / "new"
        for name in _names(new):
            place = out_dir / name
            if not place.exists() or (place.is_file() and _hash(place) == standing.get(name)):
                _move(new / name, place)
        shutil.rmtree(beside, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)


def _drop_empty_folders(out_dir: Path, names: list[str]) -> None:
    for name in names:
        folder = (out_dir / name).parent
        if folder != out_dir and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _earlier(out_dir: Path) -> dict[str, str | None]:
    """Files that an earlier run wrote here, with the hash each had; none for its record.

    Only names that stay inside the folder count: the record may be anybody's.
    """
    try:
        told = json.loads((out_dir / RECORD).read_text(encoding="utf-8"))
        written = told["outputs"]
        ours = isinstance(written, Mapping) and told["tool"]["name"] == "cyps"
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    if not ours:
        return {}
    inside = out_dir.resolve()
    safe = {
        str(name): str(digest)
        for name, digest in written.items()
        if (out_dir / str(name)).resolve().is_relative_to(inside) and (out_dir / name).is_file()
    }
    return {**safe, RECORD: None}


def _locks(path: Path) -> tuple[Path, Path]:
    """Files that Excel and LibreOffice keep beside an open workbook."""
    return path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")


def _check_nothing_is_in_the_way(
    out_dir: Path, names: list[str], earlier: Mapping[str, str | None]
) -> None:
    taken = []
    for name in names:
        path = out_dir / name
        parents = [p for p in path.parents if p != out_dir and p.is_relative_to(out_dir)]
        foreign = path.exists() and name not in earlier
        if foreign or path.is_dir() or any(p.exists() and not p.is_dir() for p in parents):
            taken.append(name)
    changed = [n for n, digest in earlier.items() if digest and _hash(out_dir / n) != digest]
    opened = [n for n in {*names, *earlier} if any(lock.exists() for lock in _locks(out_dir / n))]
    if opened:
        raise CypsError(
            f"{', '.join(sorted(opened))} in {out_dir} seems to be open in Excel or LibreOffice. "
            "Nothing was replaced. Close it, or choose another folder with --out."
        )
    if taken:
        raise CypsError(
            f"{out_dir} already holds {', '.join(taken)}, which no run recorded there wrote. "
            "Nothing was replaced. Choose another folder with --out, or move it away."
        )
    if changed:
        raise CypsError(
            f"{', '.join(changed)} in {out_dir} was changed after it was written, and would be "
            "lost. Nothing was replaced. Choose another folder with --out, or move it away."
        )
