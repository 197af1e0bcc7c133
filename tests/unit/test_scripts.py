"""The scripts that a newcomer runs first, on machines that lack something; and that every other one can be run."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "cksum", "dirname", "grep", "env")

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
OURS = ("checkpoints", "emotion_embed", "generators", "scripts", "studio", "ui")


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = sorted(_name(path) for path in (ROOT / "scripts").rglob("*.py"))
COMMANDS = [
    _name(path)
    for path in sorted((ROOT / "scripts").rglob("*.py"))
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8") and path.name != "one_run.py"
]


def imported(name: str):
    """The module; skips where it needs a package of an extra that is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in OURS:
            raise
        pytest.skip(f"{error.name} is not installed")


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported_and_says_what_it_is(name):
    assert (imported(name).__doc__ or "").strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_help(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as end:
        imported(name).main()
    assert end.value.code in (0, None)
    assert "--" in capsys.readouterr().out


def test_no_script_changes_the_import_path():
    changing = re.compile(r"^\s*sys\.path\b", re.MULTILINE)
    assert [name for name in (ROOT / "scripts").rglob("*.py") if changing.search(name.read_text("utf-8"))] == []


def test_scripts_that_are_named_anywhere_are_there():
    """In documents, weight cards and sources: `scripts.training.aligner`, `python -m scripts.evaluation.voice`."""
    named = re.compile(r"(?:`|python -m )(scripts(?:\.\w+)+)")
    old = re.compile(r"scripts/\w+\.py")
    texts = [ROOT / "README.md", ROOT / "docs" / "RESULTS.md", *(ROOT / "checkpoints").rglob("*.md")]
    texts += [path for package in OURS for path in (ROOT / package).rglob("*.py")]
    absent = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in texts
        for text in [path.read_text(encoding="utf-8")]
        for name in [*named.findall(text), *old.findall(text)]
        if name not in MODULES and not (ROOT / name).is_file() and name.removesuffix(".__main__") not in MODULES
    }
    assert absent == set()


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


@needs_bash
@pytest.mark.parametrize("script", ["demo", "test"])
def test_without_a_python_there_is_one_sentence_and_status_3(clone, script):
    done = run(clone, str(clone / "scripts" / script))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("Mien Studio needs Python 3.11") and done.stderr.count("\n") == 1
    assert not (clone / ".venv").exists()


@needs_bash
def test_a_python_that_is_too_old_is_not_taken(clone):
    old = clone.parent / "bin" / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    assert run(clone, str(clone / "scripts" / "demo")).returncode == 3


@needs_bash
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


def test_the_tier_of_extras_has_an_environment_of_its_own(clone):
    python = clone / ".venv-extras" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" >>"$0.calls"\n')
    python.chmod(0o755)
    done = run(clone, str(clone / "scripts" / "test"), "--tier", "extras", "-x", "tests/unit")
    calls = (python.parent / "python.calls").read_text().splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert any(call.endswith("--editable .[dev,coqui,docs,evaluate,piper,pyannote,train]") for call in calls)
    assert any(call.endswith("--no-deps resemblyzer==0.1.4") for call in calls)
    assert calls[-1] == "-m pytest -m extras --no-skips -x tests/unit"
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("tier", ["bas", ""])
def test_an_unknown_tier_is_one_sentence_and_status_2(clone, tier):
    done = run(clone, str(clone / "scripts" / "test"), "--tier", tier)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"There is no tier “{tier}” of tests; there is base, extras and all.\n"
