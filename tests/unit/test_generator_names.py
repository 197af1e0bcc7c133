"""Generators are known through their specs: nobody outside its folder knows one by name, or imports from it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from generators import registry

ROOT = Path(__file__).resolve().parents[2]
# (module, generator): what trains one generator and no other.
ALLOWED_NAMES = {("ui/commands/train.py", "diffusion")}
# (module, voice): what is common to sound that is there already.
ALLOWED_IMPORTS = {("studio/sources.py", "recording")}

SPECS = [spec for kind in registry.KINDS for spec in registry.specs(kind) if spec.factory.startswith("generators.")]


def modules_outside(spec) -> Iterator[Path]:
    own = ROOT / "generators" / spec.kind / spec.name
    for package in ("generators", "studio", "ui"):
        yield from (path for path in sorted((ROOT / package).rglob("*.py")) if own not in path.parents)


@cache
def strings(source: str) -> list[str]:
    """The text constants of a module, docstrings left out."""
    tree = ast.parse(source)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs)
    return [node.value for node in constants if isinstance(node.value, str)]


@cache
def imports(source: str) -> list[str]:
    """The modules that a module imports, anywhere in it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_rules_see_what_they_forbid():
    source = (
        '"""kokoro in a docstring"""\nfrom generators.voice import piper\n'
        'def f():\n    """piper"""\n    return "kokoro-v1"'
    )
    assert strings(source) == ["kokoro-v1"]
    assert "generators.voice.piper" in imports(source)


@pytest.mark.parametrize("spec", [spec for spec in SPECS if not spec.is_implied], ids=lambda spec: spec.name)
def test_only_its_own_folder_knows_a_generator_by_name(spec):
    word = re.compile(rf"\b{spec.name}\b", re.IGNORECASE)
    found = {
        (relative(path), spec.name)
        for path in modules_outside(spec)
        if any(word.search(text) for text in strings(path.read_text(encoding="utf-8")))
    }
    assert found <= ALLOWED_NAMES


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.kind == "voice"], ids=lambda spec: spec.name)
def test_only_its_own_folder_imports_a_voice(spec):
    place = f"generators.{spec.kind}.{spec.name}"
    found = {
        (relative(path), spec.name)
        for path in modules_outside(spec)
        if any(f"{name}.".startswith(f"{place}.") for name in imports(path.read_text(encoding="utf-8")))
    }
    assert found <= ALLOWED_IMPORTS
