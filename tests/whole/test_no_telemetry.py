"""A render, a perception and the page tell nobody anything: no look-up, no connection, no device id on the disk."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import checkpoints
from tests.isolated import CANNOT

pytestmark = pytest.mark.whole
ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_REPORT = 12  # what onnxruntime reports by itself is looked up sooner

WORK = f"""
import time, urllib.request
from studio import Studio
from ui.web.page import build_page, launch_options
from ui.web.runs import Runs

studio = Studio()
clip = studio.speak("Nobody hears this.", out="clip.mp4", check=True)
assert clip.path.exists()
assert studio.perceive("clip.mp4", voice=True, face=True).moments
app, runs = build_page(Runs(studio))
_, address, _ = app.launch(**launch_options(runs, 0), prevent_thread_lock=True, quiet=True)
assert b"Mien Studio" in urllib.request.urlopen(address).read()
time.sleep({SECONDS_TO_REPORT})
app.close(verbose=False)
runs.close()
"""
A_LOOK_UP = "import socket\ntry:\n    socket.getaddrinfo('mien.example', 80)\nexcept OSError:\n    pass"
A_CONNECTION = """
import socket
with socket.socket() as caller:
    caller.settimeout(0.2)
    try:
        caller.connect(("192.0.2.7", 443))
    except OSError:
        pass
"""


def sent_by(code: str, folder: Path, **settings: str) -> list[str]:
    """What a Python program sends to other machines."""
    command = [sys.executable, str(ROOT / "tests" / "isolated.py"), sys.executable, "-c", code]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "HF_", "ORT_"))}
    run = subprocess.run(
        command, cwd=folder, env=environment | {"PYTHONPATH": str(ROOT)} | settings, capture_output=True, text=True
    )
    if run.returncode == CANNOT:
        pytest.skip(f"no network namespace can be made here ({run.stdout.strip()})")
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_what_is_sent_is_seen(tmp_path):
    assert any("mien" in told and told.partition(" ")[0].endswith(":53") for told in sent_by(A_LOOK_UP, tmp_path))
    assert sent_by(A_CONNECTION, tmp_path) == ["192.0.2.7:443"]


def test_nothing_is_told_to_anybody(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    cache = str(checkpoints.cache_root())
    for name in ("kokoro-v1.0-int8", "kokoro-voices", "whisper-base", "face-landmarker", "selfie-segmenter"):
        checkpoints.path(name)
    checkpoints.path("portrait-astronaut")
    assert sent_by(WORK, tmp_path, HOME=str(home), MIEN_CACHE=cache, MIEN_OFFLINE="1") == []
    kept = {str(file.relative_to(home)) for file in home.rglob("*") if file.is_file()}
    assert {file for file in kept if not file.startswith((".cache/matplotlib/", ".config/matplotlib/"))} == set()


def test_the_switches_are_set_before_any_library_can_report(tmp_path):
    code = "import {0}, os, sys; print(os.environ.get('ORT_DISABLE_TELEMETRY'), 'onnxruntime' in sys.modules)"
    for package in ("emotion_embed", "generators", "studio", "ui"):
        run = subprocess.run(
            [sys.executable, "-c", code.format(package)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert run.stdout.split() == ["1", "False"], package
