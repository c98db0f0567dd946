"""Mutation testing of needs and settlement: uv run --group mutation python build/mutation.py.

    --out FOLDER   where to work and keep what was found (default: mutation/, not committed)
    --only GLOB    part of it, such as "settlement/share_out.py"; repeat for more

mutmut changes the code in small ways and counts the changes that no test sees. It knows modules
by their path under src/, which core/ is not, so the tree is copied into that form first.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = (
    "src/cyps/needs",
    "src/cyps/settlement",
    "tests/property/test_damping_rules.py",
    "tests/property/test_reorganise.py",
    "tests/property/test_scenario_mistakes.py",
    "tests/property/test_settlement.py",
    "tests/reference/test_damping_vectors.py",
    "tests/unit/test_area_cost.py",
    "tests/unit/test_cli_groups.py",
    "tests/unit/test_cli_settle.py",
    "tests/unit/test_damping_apply.py",
    "tests/unit/test_from_files.py",
    "tests/unit/test_from_files_words.py",
    "tests/unit/test_groupings.py",
    "tests/unit/test_illustration.py",
    "tests/unit/test_levers.py",
    "tests/unit/test_needs.py",
    "tests/unit/test_refusals.py",
    "tests/unit/test_reorganise.py",
    "tests/unit/test_reorganise_words.py",
    "tests/unit/test_scenario_dated.py",
    "tests/unit/test_scenario_file.py",
    "tests/unit/test_scenario_mistakes.py",
    "tests/unit/test_scenario_needs.py",
    "tests/unit/test_scenario_text.py",
    "tests/unit/test_settle_words.py",
    "tests/unit/test_settlement_checks.py",
    "tests/unit/test_settlement_edges.py",
    "tests/unit/test_settlement_record.py",
    "tests/unit/test_share_out.py",
    "tests/unit/test_solution.py",
    "tests/unit/test_summaries.py",
)
COPIED = ("tests", "docs", "addin", "workbook_templates", "README.md", "LICENSE")


def lay_out(folder: Path, only: list[str]) -> None:
    """A copy of the tree in the form that mutmut understands, with its configuration."""
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    shutil.copytree(ROOT / "core", folder / "src", ignore=ignored)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, folder / name)
    tests = [path for path in TESTS if (folder / path).exists()]
    config = {
        "source_paths": ["src"],
        "only_mutate": [f"src/cyps/{glob}" for glob in only],
        "also_copy": ["src", *COPIED],
        "pytest_add_cli_args": ["-q", "-x", "-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": tests,
    }
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in config.items())
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(f"{project}\n[tool.mutmut]\n{lines}", encoding="utf-8")


def counted(folder: Path) -> dict[str, int]:
    """How many changes each verdict had; writes those that no test saw to survivors.diff."""
    told = _mutmut(folder, "results", "--all", "true")
    verdicts: dict[str, int] = {}
    survivors = []
    for line in told.splitlines():
        name, _, verdict = line.strip().rpartition(": ")
        if name:
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
            if verdict != "killed":
                survivors.append(f"# {verdict}: {_mutmut(folder, 'show', name)}")
    (folder / "survivors.diff").write_text("\n".join(survivors), encoding="utf-8")
    return verdicts


def _mutmut(folder: Path, *args: str) -> str:
    command = [sys.executable, "-m", "mutmut", *args]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--out", type=Path, default=ROOT / "mutation")
    asked.add_argument("--only", action="append")
    options = asked.parse_args()
    lay_out(options.out, options.only or ["needs/*", "settlement/*"])
    subprocess.run([sys.executable, "-m", "mutmut", "run"], cwd=options.out, check=True)
    found = counted(options.out)
    seen = found.get("killed", 0) + found.get("timeout", 0)
    print(
        f"{seen} of {sum(found.values())} changes seen ({seen / sum(found.values()):.1%}): {found}"
    )
    print(f"The others are in {options.out / 'survivors.diff'}")
