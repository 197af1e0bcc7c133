"""Imports run one way, and `import studio` stays cheap."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UPWARDS = ("checkpoints", "emotion_embed", "generators", "studio", "ui")
HEAVY = (
    "cv2",
    "faster_whisper",
    "gradio",
    "mediapipe",
    "moviepy",
    "numba",
    "onnxruntime",
    "scipy",
    "torch",
    "transformers",
)


def imported_packages(source: str) -> set[str]:
    """The top packages of ours that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names & set(UPWARDS)


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def level(module: Path) -> int:
    """How far up a module stands."""
    return UPWARDS.index(module.relative_to(ROOT).parts[0])


@pytest.mark.parametrize("package", UPWARDS)
def test_a_package_imports_nothing_above_it(package):
    assert modules(package)
    above = {
        str(module.relative_to(ROOT)): names
        for module in modules(package)
        if (names := imported_packages(module.read_text(encoding="utf-8")) - set(UPWARDS[: level(module) + 1]))
    }
    assert above == {}


GENERATORS = sorted(
    folder.parent.relative_to(ROOT)
    for folder in (ROOT / "generators").glob("*/*/__init__.py")
    if "SPEC = " in folder.read_text(encoding="utf-8")
)


def imported_modules(source: str) -> set[str]:
    """Every module that a module imports from, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("folder", GENERATORS, ids=str)
def test_a_generator_can_be_deleted_without_its_siblings(folder):
    """What several share lies beside them: `motion/rig`, `voice/frontend` and the like."""
    others = tuple(".".join(other.parts) for other in GENERATORS if other != folder)
    siblings = {
        f"{module.relative_to(ROOT)}: {name}"
        for module in modules(str(folder))
        for name in imported_modules(module.read_text(encoding="utf-8"))
        if any(name == other or name.startswith(other + ".") for other in others)
    }
    assert len(GENERATORS) >= 9 and siblings == set()


def test_the_rule_sees_imports_inside_functions():
    source = "def load():\n    from studio.media.video import write\n    import generators.head.mesh as mesh\n"
    assert imported_packages(source) == {"studio", "generators"}


def test_no_module_of_the_product_prints_or_unpickles():
    calls = {
        f"{module.relative_to(ROOT)}:{node.lineno}"
        for package in UPWARDS
        for module in modules(package)
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("print", "pickle.load", "pickle.loads", "os.system")
    }
    assert calls == set()


def test_importing_the_studio_is_quick_and_light():
    """Counted in the time of the processor, so that a busy machine does not fail it."""
    code = (
        "import sys, time; start = time.process_time(); import studio; print(time.process_time() - start);"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    runs = [subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True) for _ in range(3)]
    assert [run.stderr for run in runs] == ["", "", ""]
    outputs = [run.stdout.splitlines() for run in runs]
    assert {lines[1] for lines in outputs} == {""}
    assert min(float(lines[0]) for lines in outputs) < 0.5
