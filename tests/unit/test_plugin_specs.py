"""What a package of somebody else's is told where it is broken; and a head that keeps the contract."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from generators.contracts import FrameSource, Portrait
from generators.spec import GeneratorSpec
from tests.plugins.installed import MIEN, run, with_metadata

SPEC = """
from generators.spec import GeneratorSpec
import {lacking}
SPEC = GeneratorSpec(kind="{kind}", name="gone", factory="broken:Gone")
"""


@pytest.fixture
def broken(tmp_path):
    """The environment in which the distribution of a generator lacks a module."""

    def install(kind, lacking="no_such_module_anywhere"):
        (tmp_path / "broken.py").write_text(SPEC.format(kind=kind, lacking=lacking))
        points = {f"mien_studio.{kind}": {"gone": "broken:SPEC"}}
        return with_metadata("somebodys-generators", "1.0", points, tmp_path, tmp_path / "site")

    return install


@pytest.mark.parametrize(("kind", "flag"), [("voice", "--voice-generator"), ("head", "--head-generator")])
def test_a_package_that_lacks_a_module_is_named_itself(broken, tmp_path, kind, flag):
    done = run([*MIEN, "render", "Hello.", flag, "gone", "--out", str(tmp_path / "clip.mp4")], broken(kind))
    assert done.returncode == 3, done.stderr
    assert "no_such_module_anywhere" in done.stderr
    assert "pip install somebodys-generators" in done.stderr
    assert "mien-studio[" not in done.stderr


def test_one_that_is_broken_hides_no_other(broken):
    done = run([*MIEN, "voices", "--json"], broken("voice"))
    assert done.returncode == 0, done.stderr
    assert {voice["generator"] for voice in json.loads(done.stdout)} >= {"kokoro", "piper"}


def test_a_spec_of_no_kind_is_refused():
    with pytest.raises(ValueError, match="hat"):
        GeneratorSpec(kind="hat", name="fez", factory="hats:Fez")


@pytest.mark.parametrize("postponed", [True, False])
def test_options_are_read_whether_annotations_are_postponed_or_not(postponed, tmp_path, monkeypatch):
    lines = ["from __future__ import annotations"] if postponed else []
    lines += ["from dataclasses import dataclass", "@dataclass(frozen=True)", "class C:"]
    lines += ["    n: int = 1", "    share: float | None = None", "    loud: bool = False", "    name: str = 'x'"]
    module = f"options_{'later' if postponed else 'now'}"
    (tmp_path / f"{module}.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = GeneratorSpec(kind="head", name="x", factory="x:X", config=f"{module}:C")
    made = spec.make_config({"n": "3", "share": "0.5", "loud": "yes", "name": "y"})
    assert (made.n, made.share, made.loud, made.name) == (3, 0.5, True, "y")
    sys.modules.pop(module)


class Card:
    """The least portrait."""

    size, remarks = (64, 48), ()


class Cards:
    """The least frame source: it satisfies the protocol by its form alone."""

    def analyse(self, image, *, size=(512, 512), face=None, background=None) -> Portrait:
        return Card()

    def render(self, portrait, segments, *, seed=0, fps=25.0):
        for segment in segments:
            for number in segment.speech.frames(fps):
                yield np.full((48, 64, 3), number % 256, np.uint8)


def test_a_head_that_keeps_the_contract_is_all_that_a_session_needs(tmp_path, monkeypatch):
    from PIL import Image

    from studio import Studio

    spec = GeneratorSpec(kind="head", name="cards", factory=f"{__name__}:Cards", consumes=frozenset({"speech"}))
    point = type("Point", (), {"name": "cards", "load": lambda self: spec, "value": "", "dist": None})()
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point] if group.endswith("head") else [])
    monkeypatch.setitem(sys.modules, "generators.head.mesh.pipeline", None)  # nothing of another head is asked for
    head: FrameSource = Cards()
    Image.new("RGB", (128, 128), "grey").save(tmp_path / "photo.png")
    session = Studio().session(portrait=tmp_path / "photo.png", head_generator="cards")
    chunks = list(session.idle(1.0))
    frames = np.concatenate([chunk.frames for chunk in chunks])
    assert frames[:, 0, 0, 0].tolist() == list(range(25))
    assert head.analyse(frames[0]).size == (64, 48)
