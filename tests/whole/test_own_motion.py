"""A model that follows one person, taught from videos that the product rendered itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emotion_embed.signals.audio import Audio
from generators.contracts import Speech
from generators.motion.diffusion import DiffusionMotion, DiffusionMotionConfig
from generators.motion.streaming import stream
from generators.timeline import place
from studio import Studio
from tests.films import save_film
from tests.sounds import save_wav

pytestmark = pytest.mark.whole
ROOT = Path(__file__).parents[2]
TEXTS = (
    "We walked along the river until the bridge, and then my mother came with an apple.",
    "Please bring the small blue box to Paul before the evening, he may be waiting.",
)


@pytest.fixture(scope="module")
def videos(tmp_path_factory) -> Path:
    """Two clips of a lively person, and what cannot be learned from."""
    pytest.importorskip("diffusers", reason="the extra train is not installed")
    pytest.importorskip("onnxscript", reason="the extra train is not installed")
    folder, studio = tmp_path_factory.mktemp("videos"), Studio()
    for i, text in enumerate(TEXTS):
        studio.speak(text, seed=i, size="256", motion_style="head:2,brows:2", out=folder / f"take {i}.mp4")
    for beside in folder.glob("*.json"):
        beside.unlink()
    (folder / "torn.mp4").write_bytes((folder / "take 0.mp4").read_bytes()[:5000])
    return folder


def _train(*options: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ui.cli", "train", "motion", *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)


def test_a_person_s_style_is_learned_at_once(videos, tmp_path):
    run = _train("--videos", videos, "--work", tmp_path / "work", "--out", tmp_path / "own", "--what", "style")
    assert run.returncode == 0, run.stderr[-2000:]
    assert "torn.mp4" in run.stderr and "no:" in run.stderr
    style = json.loads((tmp_path / "own" / "config.json").read_text())["conditioning"]
    assert style[0] > 0.5, "the head moved more than usual"
    speech = Speech(Audio(np.random.default_rng(0).normal(0, 0.02, 80_000).astype(np.float32), 16_000))
    speed = [
        np.abs(np.diff(next(stream(model, place([speech]))).head_rotation_deg, axis=0)).mean()
        for model in (DiffusionMotion.from_pretrained(folder, config=DiffusionMotionConfig(backend="onnx"))
                      for folder in (None, tmp_path / "own"))
    ]  # fmt: skip
    assert speed[1] > 1.1 * speed[0]


def test_all_of_it_is_learned_and_a_run_goes_on_where_it_stopped(videos, tmp_path):
    options = ("--videos", videos, "--work", tmp_path / "work", "--out", tmp_path / "own", "--minutes", 0.15)
    first = _train(*options)
    assert first.returncode == 0, first.stderr[-2000:]
    again = _train(*options)
    assert again.returncode == 0 and "goes on after" in again.stderr
    assert (tmp_path / "own" / "model.onnx").is_file()
    clip = Studio().speak(
        TEXTS[0], motion_generator=f"diffusion:{tmp_path / 'own'}", size="256", out=tmp_path / "clip.mp4"
    )
    assert clip.duration_s > 3


@pytest.mark.parametrize("kind", ["nothing", "no sound", "nobody"])
def test_what_cannot_be_learned_from_is_said(kind, tmp_path):
    pytest.importorskip("diffusers", reason="the extra train is not installed")
    folder = tmp_path / "videos"
    folder.mkdir()
    if kind == "no sound":
        save_film(folder / "silent.mp4", np.zeros((60, 128, 128, 3), np.uint8))
    elif kind == "nobody":
        save_film(folder / "grey.mp4", np.full((60, 128, 128, 3), 128, np.uint8), sound=np.full(40_000, 0.1))
    run = _train("--videos", folder, "--work", tmp_path / "work", "--out", tmp_path / "own")
    assert run.returncode == 2 and not (tmp_path / "own").exists()
    sentence = {"nothing": "There are no videos", "no sound": "has no sound", "nobody": "No face is seen"}[kind]
    assert sentence in " ".join(run.stderr.split())


def test_the_products_own_model_is_not_overwritten(tmp_path):
    pytest.importorskip("diffusers", reason="the extra train is not installed")
    pytest.importorskip("onnxscript", reason="the extra train is not installed")
    save_wav(tmp_path / "a.wav", np.zeros(100))
    own = ROOT / "checkpoints" / "weights" / "motion_diffusion"
    before = {path.name: path.stat().st_mtime_ns for path in own.iterdir()}
    run = _train("--videos", tmp_path, "--work", tmp_path, "--out", own)
    assert run.returncode == 2 and "stays as it is" in run.stderr and len(run.stderr.splitlines()) == 1
    assert {path.name: path.stat().st_mtime_ns for path in own.iterdir()} == before
