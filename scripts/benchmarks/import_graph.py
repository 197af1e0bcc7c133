"""Who imports whom, read from the source: circles, arrows up the layers, arrows between generators."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Module:
    """One file: its dotted `name` and its `path` from the root of the tree."""

    name: str
    path: Path
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed source."""
        return ast.parse(self.source)

    @property
    def n_lines(self) -> int:
        return len(self.source.splitlines())

    def imports(self, anywhere: bool) -> Iterator[tuple[str, int]]:
        """Dotted names and lines of what is imported: `anywhere`, or only outside functions."""
        for node in _nodes(self.tree, anywhere):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _nodes(node: ast.AST, anywhere: bool) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if anywhere or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _nodes(child, anywhere)


def read_modules(root: Path, packages: Sequence[str]) -> list[Module]:
    """Every module of some packages under `root`."""
    found = []
    for path in (p for package in packages for p in sorted((root / package).rglob("*.py"))):
        short = path.relative_to(root)
        parts = short.with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, short, path.read_text(encoding="utf-8")))
    return found


def circles(modules: Sequence[Module]) -> list[list[str]]:
    """Sets of modules that reach one another, each sorted by name; imports under `TYPE_CHECKING` count."""
    names = {module.name for module in modules}
    graph = {m.name: {_known(name, names) for name, _ in m.imports(anywhere=False)} - {None, m.name} for m in modules}
    reached = {name: _reached(graph, name) for name in graph}
    found = {tuple(sorted(o for o in reached[name] if name in reached[o])) for name in graph if name in reached[name]}
    return [list(circle) for circle in sorted(found)]


def _known(name: str, names: set[str]) -> str | None:
    """The module that an imported name is, or lies in."""
    if name in names:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in names else None


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """What can be reached from a module along one import or more."""
    found, ahead = set(), list(graph[start])
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += graph[name]
    return found


def upwards(modules: Sequence[Module], layers: Sequence[str]) -> Iterator[str]:
    """Places where a module imports from a layer above its own; what lies in no layer, as scripts do, is above all."""
    above = {package: i for i, package in enumerate(layers)} | {"scripts": len(layers), "tests": len(layers)}
    for module in modules:
        own = above.get(module.name.partition(".")[0], len(layers))
        for name, line in module.imports(anywhere=True):
            if above.get(name.partition(".")[0], -1) > own:
                yield f"{module.path}:{line} {name}"


def sideways(modules: Sequence[Module]) -> Iterator[str]:
    """Places where the folder of one generator imports from that of another; a generator has a `SPEC`."""
    folders = {m.name for m in modules if m.path.name == "__init__.py" and "\nSPEC = " in m.source}
    for module in modules:
        own = _within(module.name, folders)
        for name, line in module.imports(anywhere=True) if own else ():
            other = _within(name, folders)
            if other not in (None, own):
                yield f"{module.path}:{line} {name}"


def _within(name: str, folders: set[str]) -> str | None:
    return next((folder for folder in folders if f"{name}.".startswith(f"{folder}.")), None)
