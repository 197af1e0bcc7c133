"""What lies beside a clip: nothing there is overwritten that is not the clip's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from scripts.evaluation.inputs.cases import Trial, into, mien
from scripts.evaluation.inputs.cases.live_link import save, table

BESIDE = "files beside the clip"
TRIALS: list[Trial] = []
trial = into(TRIALS)


def spares(name: str, *arguments: str, make: Callable[[Path], None] | None = None, link: str = "") -> Callable:
    """The file `name`, which `make` makes, is refused as an output in one sentence and stays as it was; a `link` to it
    is named other.csv."""

    def check(folder: Path) -> None:
        path = folder / name
        (make or motion_file)(path)
        before = path.read_bytes()
        if link:
            getattr(folder / "other.csv", link)(path)
        done = mien(folder, *arguments)
        assert path.read_bytes() == before, "it was overwritten"
        assert done.returncode == 2 and "overwrite" in done.stderr, done.stderr
        assert len(done.stderr.strip().splitlines()) == 1 and not list(folder.glob("*.mp4"))

    return check


def motion_file(path: Path) -> None:
    save(path.parent, table(60)).rename(path)


def portrait_file(path: Path) -> None:
    import checkpoints

    shutil.copyfile(checkpoints.path("portrait-astronaut") / "astronaut.png", path)


def sound_file(path: Path) -> None:
    tone = (9000 * np.sin(np.arange(48_000) / 9)).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(tone)


def track_file(path: Path) -> None:
    path.write_text('{"keys": [{"start_s": 0, "emotion": "joy"}]}')


SMALL = ("--size", "128")


_FOLLOW = ("--motion-csv", "-o", "a.mp4", *SMALL)


_SPARED = {
    "the motion that is followed": spares("a.motion.csv", "reenact", "a.motion.csv", *_FOLLOW),
    "by a symbolic link": spares("a.motion.csv", "reenact", "other.csv", *_FOLLOW, link="symlink_to"),
    "by a hard link": spares("a.motion.csv", "reenact", "other.csv", *_FOLLOW, link="hardlink_to"),
    "by another spelling": spares("a.motion.csv", "reenact", "../x/./a.motion.csv", *_FOLLOW),
    "a style": spares("a.motion.csv", "render", "Hi.", "--motion-style", "a.motion.csv", *_FOLLOW),
    "a track": spares("a.report.json", "render", "Hi.", "--track", "a.report.json", "-o", "a.mp4", make=track_file),
    "a portrait that is named .srt": spares(
        "a.srt", "render", "Hi.", "-p", "a.srt", "--srt", "-o", "a.mp4", make=portrait_file
    ),
    "a background that is named .vtt": spares(
        "a.vtt", "render", "Hi.", "--background", "a.vtt", "--vtt", "-o", "a.mp4", make=portrait_file
    ),
    "a recording that is named .vtt": spares("a.vtt", "animate", "a.vtt", "--vtt", "-o", "a.mp4", make=sound_file),
}


for _name, _check in _SPARED.items():
    trial(BESIDE, _name)(_check)


def run_in_shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command line with its redirections; `mien` in it is the product."""
    import sys

    return subprocess.run(
        ["sh", "-c", command.replace("mien ", f'"{sys.executable}" -m ui.cli ')],
        cwd=folder, capture_output=True, text=True, timeout=240, env=os.environ, check=False,
    )  # fmt: skip


_REDIRECTED = {
    "a text on stdin": ("a.srt", "mien render - --srt -o a.mp4 --size 128 < a.srt"),
    "a message on stdin": ("t.json", "mien perceive - --track t.json < t.json"),
    "a report where stdout goes": ("a.report.json", "mien say Hi. --json -o a.wav >> a.report.json"),
}


for _name, (_file, _command) in _REDIRECTED.items():

    @trial(BESIDE, _name)
    def _redirected(folder: Path, file: str = _file, command: str = _command) -> None:
        (folder / file).write_text("Hello.\n")
        done = run_in_shell(folder, command)
        assert (folder / file).read_text() == "Hello.\n", "it was overwritten"
        assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1, done.stderr


@trial(BESIDE, "a folder where the subtitles go")
def _folder_in_the_way(folder: Path) -> None:
    (folder / "a.srt").mkdir()
    done = mien(folder, "render", "Hi.", "--srt", "-o", "a.mp4", *SMALL)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1 and not (folder / "a.mp4").exists()


@trial(BESIDE, "two that would be one")
def _meeting(folder: Path) -> None:
    (folder / "a.srt").symlink_to(folder / "a.vtt")
    done = mien(folder, "render", "Hi.", "--srt", "--vtt", "-o", "a.mp4", *SMALL)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1


@trial(BESIDE, "an edited file goes to a new clip")
def _edited_file_to_new_clip(folder: Path) -> None:
    save(folder, table(12)).rename(folder / "a.motion.csv")
    done = mien(folder, "reenact", "a.motion.csv", "--motion-csv", "-o", "b.mp4", *SMALL)
    assert done.returncode == 0 and (folder / "b.motion.csv").exists(), done.stderr


@trial(BESIDE, "the same clip is made again over its own files")
def _again(folder: Path) -> None:
    save(folder, table(12))
    for _ in range(2):
        done = mien(folder, "reenact", "take.csv", "--motion-csv", "--srt", "--vtt", "-o", "b.mp4", *SMALL)
        assert done.returncode == 0, done.stderr


def _linked_folder(folder: Path) -> None:
    (folder / "real").mkdir()
    motion_file(folder / "real" / "a.motion.csv")
    (folder / "link").symlink_to(folder / "real")
    before = (folder / "real" / "a.motion.csv").read_bytes()
    done = mien(folder, "reenact", "real/a.motion.csv", "--motion-csv", "-o", "link/a.mp4", *SMALL)
    assert (folder / "real" / "a.motion.csv").read_bytes() == before, "it was overwritten"
    assert done.returncode == 2 and "overwrite" in done.stderr
