"""How the code is built: sizes of functions and files, arrows between modules, docstrings and annotations.

    python -m scripts.benchmarks.structure             # prints the table; exit status 1 when a bar is missed
    python -m scripts.benchmarks.structure --write     # and puts it into docs/RESULTS.md
    python -m scripts.benchmarks.structure --where     # names every place that counts against a bar

Read from the source alone. A function's lines go from its `def` to its end, docstring and all; nested ones count too.
Public is what no name with a leading underscore hides. A circle is a set of modules that import one another when they
are loaded or under `TYPE_CHECKING`; an import inside a function makes none, but is an arrow all the same.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from scripts import ROOT
from scripts.benchmarks.import_graph import Module, circles, read_modules, sideways, upwards
from scripts.command_line import options_of
from scripts.evaluation.results import publish

PRODUCT = ("checkpoints", "emotion_embed", "generators", "studio", "ui")  # each may import those before it
MOST_FUNCTION_LINES, MOST_FILE_LINES = 60, 400
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Bar:
    """What a number must not exceed (`most`) or fall short of (`least`), and how it is written."""

    most: float | None = None
    least: float | None = None
    form: str = "{:g}"

    def holds(self, value: float) -> bool:
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    def __str__(self) -> str:
        if self.most is None and self.least is None:
            return ""
        return f"≤ {self.form.format(self.most)}" if self.most is not None else f"≥ {self.form.format(self.least)}"


_COUNT, _SHARE = Bar(), "{:.1%}"
_SIZES = {
    "functions": _COUNT,
    "median lines of a function": Bar(most=8),
    "lines that 90 % of functions keep to": Bar(most=20),
    "lines of the longest function": Bar(most=MOST_FUNCTION_LINES),
    f"functions over {MOST_FUNCTION_LINES} lines": Bar(most=0),
    f"files over {MOST_FILE_LINES} lines": Bar(most=0),
    "import circles": Bar(most=0),
}
BARS: dict[str, dict[str, Bar]] = {
    "product": _SIZES
    | {
        "upward arrows": Bar(most=0),
        "imports from one generator into another": Bar(most=0),
        "public things with a docstring": Bar(least=0.97, form=_SHARE),
        "public functions annotated in full": Bar(least=0.97, form=_SHARE),
    },
    "scripts": _SIZES,
}


@dataclass
class Structure:
    """The measures of one part of the tree by name, and the `places` that count against each."""

    modules: list[Module]
    places: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def functions(self) -> list[tuple[Module, Function]]:
        """Every function and method, nested ones too."""
        return [(m, node) for m in self.modules for node in ast.walk(m.tree) if isinstance(node, Function)]

    def measured(self) -> dict[str, float]:
        """Every measure; fills `places`."""
        return self._sizes() | self._arrows() | self._public()

    def _sizes(self) -> dict[str, float]:
        lines = [_n_lines(function) for _, function in self.functions]
        return {
            "functions": len(lines),
            "median lines of a function": statistics.median(lines),
            "lines that 90 % of functions keep to": sorted(lines)[int(0.9 * (len(lines) - 1))],
            "lines of the longest function": max(lines),
            f"functions over {MOST_FUNCTION_LINES} lines": self._count(
                f"functions over {MOST_FUNCTION_LINES} lines",
                (f"{m.path}:{f.lineno} {f.name}" for m, f in self.functions if _n_lines(f) > MOST_FUNCTION_LINES),
            ),
            f"files over {MOST_FILE_LINES} lines": self._count(
                f"files over {MOST_FILE_LINES} lines",
                (f"{m.path} {m.n_lines}" for m in self.modules if m.n_lines > MOST_FILE_LINES),
            ),
        }

    def _arrows(self) -> dict[str, float]:
        found = {
            "import circles": (" ⇄ ".join(circle) for circle in circles(self.modules)),
            "upward arrows": upwards(self.modules, PRODUCT),
            "imports from one generator into another": sideways(self.modules),
        }
        return {name: self._count(name, places) for name, places in found.items()}

    def _public(self) -> dict[str, float]:
        things = [(m, node) for m in self.modules for node in _public(m.tree)]
        functions = [(m, node) for m, node in things if isinstance(node, Function)]
        return {
            "public things with a docstring": self._share(
                "public things with a docstring", things, lambda node: ast.get_docstring(node) is not None
            ),
            "public functions annotated in full": self._share(
                "public functions annotated in full", functions, _is_annotated
            ),
        }

    def _count(self, name: str, places: Iterable[str]) -> int:
        self.places[name] = list(places)
        return len(self.places[name])

    def _share(self, name: str, things: list, has) -> float:
        lacking = [f"{m.path}:{node.lineno} {node.name}" for m, node in things if not has(node)]
        self.places[name] = lacking
        return 1 - len(lacking) / max(1, len(things))


def _n_lines(function: Function) -> int:
    return function.end_lineno - function.lineno + 1


def _public(scope: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    """Functions and classes of a module that others may use, and the methods of such classes."""
    for node in scope.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def _is_annotated(function: Function) -> bool:
    """Whether every argument but `self` and `cls`, and the result, has a type."""
    given = function.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    rest = [a for a in arguments if a.arg not in ("self", "cls")]
    return function.returns is not None and all(a.annotation is not None for a in rest)


def structures(root: Path = ROOT) -> dict[str, Structure]:
    """The parts of the tree at `root`, by the names in `BARS`."""
    return {
        "product": Structure(read_modules(root, PRODUCT)),
        "scripts": Structure(read_modules(root, ("scripts",))),
    }


def missed(measured: dict[str, dict[str, float]]) -> list[str]:
    """Every bar that does not hold, as a sentence."""
    return [
        f"{part}: {name} is {bar.form.format(measured[part][name])}, not {bar}"
        for part, bars in BARS.items()
        for name, bar in bars.items()
        if not bar.holds(measured[part][name])
    ]


def table(measured: dict[str, dict[str, float]]) -> str:
    """All numbers as Markdown, the bars beside them."""
    lines = [
        "`scripts.benchmarks.structure`; tests are left out.",
        "",
        "| | product | scripts | bar |",
        "|---|---|---|---|",
    ]
    for name, bar in BARS["product"].items():
        scripts = bar.form.format(measured["scripts"][name]) if name in BARS["scripts"] else ""
        lines.append(f"| {name} | {bar.form.format(measured['product'][name])} | {scripts} | {bar} |")
    return "\n".join(lines)


def main() -> int:
    parser = options_of(__doc__, write=True)
    parser.add_argument("--where", action="store_true", help="name the places")
    args = parser.parse_args()
    parts = structures()
    measured = {name: part.measured() for name, part in parts.items()}
    publish("structure", "How the code is built", table(measured), args.write)
    if args.where:
        for name, part in parts.items():
            for what in BARS[name]:
                sys.stdout.writelines(f"{name}, {what}: {place}\n" for place in part.places.get(what, ()))
    sys.stderr.writelines(f"{sentence}\n" for sentence in missed(measured))
    return 1 if missed(measured) else 0


if __name__ == "__main__":
    sys.exit(main())
