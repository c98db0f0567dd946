"""What is said of files that are not the ones meant, and of a pack that is the use."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from cyps.errors import CypsError
from cyps.geography import GROUPINGS
from cyps.pack import PackState, Standing, read_pack
from cyps.returns import AuthorityList, ReturnsError, source_of
from cyps.returns.problems import Problem
from cyps.settlement import Exclusion
from cyps.settlement.example import example
from cyps.settlement.from_files.groupings import places_of, read_by
from cyps.settlement.from_files.packs import given_use, pack_among, pack_of
from cyps.settlement.from_files.request import (
    _check_hash,
    _check_hashes,
    _how_to_exclude,
    request_from_scenario,
)

CORPUS = Path(__file__).parents[1] / "golden" / "packs"
PACK = CORPUS / "v3-neutral.cyps.zip"
LISTED = AuthorityList(2025)


def refused(call, *args, **more):
    with pytest.raises(CypsError) as told:
        call(*args, **more)
    return str(told.value)


def asked(paths, hashes):
    return SimpleNamespace(paths=paths, sha256=hashes)


def test_a_file_must_be_the_one_that_was_hashed(tmp_path):
    path = tmp_path / "use.csv"
    path.write_text("code,use\n")
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    _check_hashes(asked([path], {"use.csv": right}))
    _check_hashes(asked([path], {"use.csv": right.upper()}))
    assert refused(_check_hashes, asked([path], {"use.csv": "0" * 64})) == (
        f"use.csv in {tmp_path} is not the file that the scenario was made with: its SHA-256 is "
        f"{right}, not {'0' * 64}. Get the right file, or change the scenario if the new one is "
        "meant."
    )


def test_a_hash_of_no_file_is_told_with_the_files_there_are(tmp_path):
    paths = [tmp_path / "b.csv", tmp_path / "a.csv", tmp_path / "b.csv"]
    assert refused(_check_hashes, asked(paths, {"c.csv": "0" * 64})) == (
        "The scenario gives a SHA-256 for c.csv, which is none of its files (a.csv, b.csv)."
    )


def test_a_pack_is_known_by_its_content_and_by_its_bytes():
    content = read_pack(PACK).content_hash
    _check_hash(PACK, content)
    _check_hash(PACK, hashlib.sha256(PACK.read_bytes()).hexdigest())
    assert f"made with: its content hash is {content}, not 00. Get" in refused(
        _check_hash, PACK, "00"
    )


def about(*codes):
    return ReturnsError([Problem("A gap.", tuple(codes))])


@pytest.mark.parametrize(
    ("scenario", "codes", "said"),
    [
        (None, [], ""),
        ({}, ["X99999999"], ""),
        (None, ["E06000001", "E06000002", "X99999999"],
         "\nTo leave them out, and say so on every output, add:\n"
         '  --exclude E06000001="reason"\n  --exclude E06000002="reason"'),
        ({}, ["E06000002", "E06000001"],
         "\nTo leave them out, and say so on every output, write in the scenario:\n"
         '  [exclude]\n  E06000001 = "reason"\n  E06000002 = "reason"'),
        (None, [a.code for a in LISTED.everyone[:11]],
         "\nTo leave an authority out, and say so on every output: --exclude CODE=reason"),
        ({}, [a.code for a in LISTED.everyone[:11]],
         "\nTo leave an authority out, and say so on every output: "
         'CODE = "reason" under [exclude]'),
    ],
)  # fmt: skip
def test_how_to_leave_somebody_out(scenario, codes, said):
    assert _how_to_exclude(about(*codes), LISTED, SimpleNamespace(scenario=scenario)) == said


def test_ten_are_still_listed_one_by_one():
    ten = [a.code for a in LISTED.everyone[:10]]
    told = _how_to_exclude(about(*ten), LISTED, SimpleNamespace(scenario=None))
    assert told.count("--exclude") == 10


def test_packs_stand_alone_and_tables_have_no_drivers(tmp_path):
    table = tmp_path / "use.csv"
    table.write_text("code,CIN\n")
    assert pack_among([table], trust=None, year=2025) is None
    assert refused(pack_among, [table], trust=tmp_path / "t.toml", year=2025) == (
        "t.toml says whose packs are trusted, but no use comes from a pack. Leave --trust out, or "
        "give a pack with --use."
    )
    scenario = tmp_path / "s.toml"
    scenario.write_text(
        'format = 1\ntitle = "T"\ntrust = "t.toml"\npot = 1\n[files]\nuse = "use.csv"\n'
        'spend = "s.csv"\nbaseline = "b.csv"\n[damping]\nkind = "none"\n',
        encoding="utf-8",
    )
    request = request_from_scenario(scenario)
    says = "which says whose packs are trusted, but no use comes from a pack."
    assert refused(pack_of, request) == (
        f"s.toml: 'trust' names t.toml, {says} Take 'trust' out, or name a pack under files.use."
    )
    assert refused(pack_of, request, tmp_path / "own.toml") == (
        f"s.toml: --trust names own.toml, {says} Leave --trust out, or name a pack under files.use."
    )
    assert refused(
        pack_among, [table], trust=None, year=2025, neutralise={"sex": "average", "age": "average"}
    ) == (
        "The scenario neutralises sex, age, but its use comes from tables. Only a pack has "
        "drivers: name one under files.use, or take 'neutralise' out."
    )
    assert refused(pack_among, [table, PACK], trust=None, year=2025) == (
        "v3-neutral.cyps.zip is a pack, which holds the use of every metric. Give it alone."
    )


def test_a_pack_is_read_for_its_year_and_with_drivers_neutralised():
    pack = read_pack(PACK).pack
    read = pack_among([PACK], trust=None, year=pack.year)
    assert (read.pack.neutral, read.state.standing) == ((), Standing.UNSIGNED)
    wrong = pack_among([PACK], trust=None, year=pack.year + 1)
    assert wrong.state.standing is Standing.WRONG_YEAR
    held = pack.neutralised[0]
    drivers = dict(held.drivers)
    found = pack_among([PACK], trust=None, year=pack.year, neutralise=drivers)
    assert found.pack.neutral == held.drivers
    assert found.pack.use.children.tolist() == held.use.children.tolist()
    complete = CORPUS / "v2-complete.cyps.zip"
    trusted = pack_among(
        [complete], trust=CORPUS / "trust.toml", year=read_pack(complete).pack.year
    )
    assert trusted.state.standing is Standing.TRUSTED


def test_what_a_pack_is_as_use():
    loaded = read_pack(PACK)
    use = given_use(loaded, PACK)
    assert use.use.children.tolist() == loaded.pack.use.children.tolist()
    assert use.use.basis == loaded.predicted_use().basis
    assert (use.file.role, use.file.source, use.file.form) == (
        "use", source_of(PACK)[0], "pack",
    )  # fmt: skip
    assert use.notes[0] == f"Pack '{loaded.pack.name}': content hash {loaded.content_hash}."
    assert use.notes[1:] == loaded.pack.limits
    assert (use.warning, use.lacks_because) == ("", "")


@pytest.mark.parametrize("standing", list(Standing))
def test_a_pack_that_is_changed_or_of_another_year_warns(standing):
    loaded = replace(read_pack(PACK), state=PackState(standing, "So it is."))
    bad = standing in (Standing.CHANGED, Standing.WRONG_YEAR)
    assert given_use(loaded, PACK).warning == ("So it is." if bad else "")


def test_use_with_drivers_neutralised_says_why_somebody_is_missing():
    loaded = read_pack(PACK)
    neutral = loaded.with_neutralised(dict(loaded.pack.neutralised[0].drivers))
    assert given_use(neutral, PACK).lacks_because == (
        "With these drivers neutralised their use would tell of too few children"
    )


# --- groupings by name or by file


def test_a_grouping_is_one_of_ours_or_a_file_and_else_refused(tmp_path):
    one = example()
    left_out = Exclusion("E06000017", "Rutland", "no return")
    places = places_of(replace(one.scenario, exclusions=(left_out,)))
    assert (places.year, places.settled) == (2025, one.scenario.authorities)
    assert places.excluded == {"E06000017"}

    ours, nowhere = read_by("region", places, tmp_path)
    assert ours.of_each(one.scenario.codes) == ("North East", "East Midlands")
    assert nowhere is None

    codes = one.scenario.codes
    (tmp_path / "mine.csv").write_text(
        f"code,group\n{codes[0]},Coast\n{codes[1]},Inland\nE06000017,Inland\n"
    )
    mine, source = read_by("mine.csv", places, tmp_path)
    assert mine.of_each(codes) == ("Coast", "Inland")
    assert source == source_of(tmp_path / "mine.csv")[0]

    assert refused(read_by, "areas", places, tmp_path) == (
        f"There is no grouping and no file 'areas'. Group by {', '.join(GROUPINGS)}, or by a CSV "
        "or Excel file with the columns code and group."
    )
