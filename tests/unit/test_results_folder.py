"""A folder of results: all or none, nothing of a person's lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cyps.cli.folder import RECORD, check_folder, hashes, put_in_place
from cyps.errors import CypsError


def run(out, **files):
    """What a run does: files and a record of them."""
    with put_in_place(out) as folder:
        for name, text in files.items():
            path = folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        told = {"tool": {"name": "cyps"}, "outputs": hashes(folder)}
        (folder / RECORD).write_text(json.dumps(told))


def seen(out):
    return {
        p.relative_to(out).as_posix(): p.read_text()
        for p in out.rglob("*")
        if p.is_file() and p.name != RECORD
    }


def test_a_second_run_takes_away_what_only_the_first_wrote(tmp_path):
    run(tmp_path, a_csv="1", y2026__b_csv="2")
    (tmp_path / "mine.txt").write_text("mine")
    run(tmp_path, c_csv="3")
    assert seen(tmp_path) == {"c.csv": "3", "mine.txt": "mine"}
    assert not (tmp_path / "y2026").exists()


def test_what_no_run_wrote_is_not_replaced(tmp_path):
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(CypsError, match=r"already holds a\.csv, which no run recorded there wrote"):
        run(tmp_path, a_csv="1")
    assert seen(tmp_path) == {"a.csv": "mine"}


@pytest.mark.parametrize("again", [{"a_csv": "2"}, {"b_csv": "2"}])
def test_what_somebody_changed_since_is_not_lost(tmp_path, again):
    run(tmp_path, a_csv="1")
    (tmp_path / "a.csv").write_text("1 and a note of mine")
    with pytest.raises(CypsError, match=r"a\.csv in .* was changed after it was written"):
        run(tmp_path, **again)
    assert seen(tmp_path) == {"a.csv": "1 and a note of mine"}


@pytest.mark.parametrize("lock", ["~$a.csv", ".~lock.a.csv#"])
def test_an_open_file_is_not_replaced(tmp_path, lock):
    run(tmp_path, a_csv="1")
    (tmp_path / lock).write_text("")
    with pytest.raises(CypsError, match="seems to be open"):
        run(tmp_path, a_csv="2")
    assert seen(tmp_path)["a.csv"] == "1"


def test_folders_and_files_in_the_way_are_named(tmp_path):
    (tmp_path / "a.csv").mkdir()
    (tmp_path / "a.csv" / "mine.txt").write_text("mine")
    (tmp_path / "y").write_text("mine")
    with pytest.raises(CypsError, match=r"a\.csv, y/b\.csv"):
        run(tmp_path, a_csv="1", y__b_csv="2")
    assert seen(tmp_path) == {"a.csv/mine.txt": "mine", "y": "mine"}


@pytest.mark.parametrize("fails_at", range(8))
def test_whatever_move_fails_everything_is_as_it_was(tmp_path, monkeypatch, fails_at):
    run(tmp_path, a_csv="1", y__b_csv="1", old_csv="1")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    replace, count = Path.replace, iter(range(100))

    def sometimes(self, target):
        if next(count) == fails_at:
            raise PermissionError(13, "it is open elsewhere")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", sometimes)
    with pytest.raises(CypsError, match="it is open elsewhere"):
        run(tmp_path, a_csv="2", y__b_csv="2", z__new_csv="2")
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert not (tmp_path / "z").exists()


def test_a_record_of_somebody_elses_takes_nothing_away(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    told = {"tool": {"name": "cyps"}, "outputs": {"../outside.txt": "", str(outside): ""}}
    (out / RECORD).write_text(json.dumps(told))
    run(out, a_csv="1")
    assert outside.read_text() == "mine"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / RECORD).write_text("[" * 100_000)
    with pytest.raises(CypsError, match=r"run\.json, which no run recorded"):
        run(tmp_path / "other", a_csv="1")


def test_what_is_in_the_way_is_said_before_the_work(tmp_path):
    check_folder(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
    run(tmp_path / "a", a_csv="1")
    check_folder(tmp_path / "a")
    (tmp_path / "a" / "a.csv").write_text("1 and a note of mine")
    with pytest.raises(CypsError, match=r"a\.csv in .* was changed after it was written"):
        check_folder(tmp_path / "a")
    with pytest.raises(CypsError, match=r"cannot be made: .*a\.csv is a file"):
        check_folder(tmp_path / "a" / "a.csv" / "b")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / RECORD).write_text("mine")
    with pytest.raises(CypsError, match=r"already holds run\.json"):
        check_folder(tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "report.md").write_text("mine")
    check_folder(tmp_path / "c", ["other.md"])
    with pytest.raises(CypsError, match=r"already holds report\.md, which no run recorded"):
        check_folder(tmp_path / "c", ["other.md", "report.md"])


def test_a_folder_that_cannot_be_written_to_is_said_before_the_work(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("os.access", lambda place, how: asked.append((place, how)))
    with pytest.raises(CypsError, match=r"Nothing can be written into .*, where .* is to be"):
        check_folder(tmp_path / "new" / "folder")
    assert asked == [(tmp_path, os.W_OK)]
