"""A package on the path of a child process as pip would have installed it, and gone with the test's folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOY = Path(__file__).resolve().parent / "mien-toy"
MIEN = [sys.executable, "-c", "from ui.cli import main; main()"]


def installed(package: Path, folder: Path) -> dict[str, str]:
    """The environment in which the package of a `pyproject.toml` is installed; its metadata lies in `folder`."""
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return with_metadata(project["name"], project["version"], project["entry-points"], package, folder)


def with_metadata(
    name: str, version: str, entry_points: Mapping[str, Mapping[str, str]], package: Path, folder: Path
) -> dict[str, str]:
    """The environment in which the modules in `package` belong to a distribution with these entry points."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = (
        "\n".join([f"[{group}]", *(f"{point} = {place}" for point, place in points.items())])
        for group, points in entry_points.items()
    )
    (info / "entry_points.txt").write_text("\n\n".join(groups) + "\n")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (folder, package, ROOT)))}


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a command says and how it ends."""
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
