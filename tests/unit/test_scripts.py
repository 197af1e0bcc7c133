"""The scripts that a newcomer runs first, on machines that lack something."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "cksum", "dirname", "grep", "env")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")


@pytest.fixture
def clone(tmp_path):
    """What the scripts need, in a folder with spaces, and a PATH on which there is no Python."""
    folder = tmp_path / "a clone"
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (tmp_path / "bin").mkdir()
    for name in TOOLS:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    return folder


def run(clone: Path, *command: str) -> subprocess.CompletedProcess:
    environment = {"PATH": str(clone.parent / "bin"), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("script", ["demo", "test"])
def test_without_a_python_there_is_one_sentence_and_status_3(clone, script):
    done = run(clone, str(clone / "scripts" / script))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("Mien Studio needs Python 3.11") and done.stderr.count("\n") == 1
    assert not (clone / ".venv").exists()


def test_a_python_that_is_too_old_is_not_taken(clone):
    old = clone.parent / "bin" / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    assert run(clone, str(clone / "scripts" / "demo")).returncode == 3


def test_an_environment_that_is_up_to_date_is_left_alone(clone):
    """The stand-in for an installed environment notes every call of its python, pip's among them."""
    python = clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" >>"$0.calls"\n')
    python.chmod(0o755)
    prepare = ["bash", "-ec", f'cd "{clone}"; . scripts/environment.sh; prepare_environment "$@"', "-"]
    calls = lambda: (python.parent / "python.calls").read_text()  # noqa: E731

    assert run(clone, *prepare, "dev").returncode == 0
    assert calls().count("--editable .[dev]") == 1
    for extra in ("dev", ""):  # what tests need includes what the demo needs
        assert run(clone, *prepare, extra).returncode == 0
    assert calls().count("--editable") == 1

    with open(clone / "pyproject.toml", "a") as project:
        project.write("# another line\n")
    assert run(clone, *prepare).returncode == 0
    assert calls().count("--editable") == 2
