"""Every file in examples/ does what it says, one after another, as a reader would try them."""

import runpy
import sys
from pathlib import Path

import pytest

from tests.films import probe

pytestmark = pytest.mark.whole
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# In this order: those behind use what those before have made.
RUNS = {
    "say_stream.py": ((), "from"),
    "speak.py": ((), "speak.mp4"),
    "animate.py": (("out/say_stream.wav",), "animate.mp4"),
    "reenact.py": (("out/speak.mp4",), "again.mp4"),
    "perceive.py": (("out/speak.mp4",), "together: "),
    "session.py": ((), "one face for"),
    "batch.py": ((), "batch.mp4"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("examples")


@pytest.mark.parametrize("name", RUNS)
def test_an_example_runs(name, folder, monkeypatch, capsys):
    arguments, says = RUNS[name]
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    assert says in capsys.readouterr().out


def test_they_made_what_they_say(folder):
    if len(list((folder / "out").glob("*.mp4"))) < len(RUNS):
        pytest.skip("the examples before this have not all run")
    made = {path.name for path in (folder / "out").iterdir()}
    assert made >= {
        "speak.mp4",
        "speak.srt",
        "animate.mp4",
        "reenact.motion.csv",
        "again.mp4",
        "track.json",
        "batch.mp4",
    }
    assert "batch-2.mp4" not in made and not [name for name in made if name.startswith(".")]
    assert probe(folder / "out" / "again.mp4").n_frames == probe(folder / "out" / "speak.mp4").n_frames
    both = sum(probe(folder / "out" / f"batch-{i}.mp4").n_frames for i in (0, 1))
    assert probe(folder / "out" / "batch.mp4").n_frames == both


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_short_and_says_how_it_is_run(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 30
    assert f"python examples/{path.name}" in source.split('"""')[1]


@pytest.mark.parametrize("name", ["animate.py", "reenact.py"])
def test_an_example_without_its_input_says_what_it_needs(name, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name])
    with pytest.raises(SystemExit, match=f"python examples/{name}"):
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
