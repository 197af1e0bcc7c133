"""The command line as people type it; frame sizes, rates and colours as they write them; who is told of it."""

from __future__ import annotations

import json
from pathlib import Path

from scripts import ROOT
from scripts.evaluation.inputs.cases import Trial, mien

_LINE = "the command line"
_ENCODINGS = "texts in other encodings"
_FRAMES = "frame sizes, rates and colours"
_REPORTS = "nobody is told"
_LETTER = "Déjà vu at the café, she said."
_SHORT = ("say", "-o", "a.wav")
_RATES = {"29.97": (30000, 1001), "23.976": (24000, 1001), "23.98": (24000, 1001), "59.94": (60000, 1001)}
_RATES |= {"24": (24, 1), "12.5": (25, 2)}
_SIZES = {
    "4:3": (1024, 768), "3:4": (768, 1024), "4:5": (820, 1024), "5:4": (1024, 820), "2:3": (682, 1024),
    "3:2": (1024, 682), "21:9": (1024, 438), "720X960": (720, 960), "720×960": (720, 960), "720 x 960": (720, 960),
    "720*960": (720, 960), "512px": (512, 512), "512": (512, 512), "9:16": (576, 1024), "16:9": (1024, 576),
}  # fmt: skip


def _refused(arguments: tuple[str, ...], said: str, stdin: bytes | None = b"", files: dict[str, bytes] | None = None):
    """A command line that ends in exit status 2 and one sentence that holds `said`."""

    def check(folder: Path) -> None:
        for name, data in (files or {}).items():
            (folder / name).write_bytes(data)
        run = mien(folder, *arguments, stdin=stdin)
        assert run.returncode == 2, (run.returncode, run.stderr[-300:])
        assert said.lower() in run.stderr.lower() and len(run.stderr.splitlines()) == 1, run.stderr[-300:]
        assert {file.name for file in folder.iterdir()} == set(files or {}), "something was left"

    return check


def _spoken(data: bytes, words: int, warns: bool = False):
    """A text on stdin that is spoken in so many words."""

    def check(folder: Path) -> None:
        run = mien(folder, *_SHORT, "-", stdin=data)
        assert run.returncode == 0, run.stderr[-300:]
        report = json.loads((folder / "a.report.json").read_text(encoding="utf-8"))
        assert len(report["words"]) == words, report["words"]
        assert ("warning" in run.stderr) == warns, run.stderr[-300:]

    return check


def _track_in(encoding: str):
    def check(folder: Path) -> None:
        from emotion_embed.track import read_track

        track = {"title": "café", "keys": [{"start_s": 0, "emotion": "joy:0.6"}]}
        (folder / "t.json").write_bytes(json.dumps(track, ensure_ascii=False).encode(encoding))
        assert str(read_track(folder / "t.json").keys[0].emotion) == "joy:0.6"

    return check


def _perceived_in(encoding: str):
    def check(folder: Path) -> None:
        (folder / "letter.txt").write_bytes(_LETTER.encode(encoding))
        run = mien(folder, "perceive", "letter.txt", "--json")
        assert run.returncode == 0, run.stderr[-300:]

    return check


def _sized(size: str, wanted: tuple[int, int]):
    def check(folder: Path) -> None:
        from studio.request import RenderRequest

        assert RenderRequest(text="Hi", size=size).frame_size() == wanted

    return check


def _clip(fps: float, rate: tuple[int, int] | None = None):
    """A clip whose frame rate is exact, or (without one) whose colours are tagged."""

    def check(folder: Path) -> None:
        import av

        run = mien(folder, "render", "Hi.", "--fps", str(fps), "--size", "128", "-o", "a.mp4")
        assert run.returncode == 0, run.stderr[-300:]
        with av.open(str(folder / "a.mp4")) as clip:
            stream = clip.streams.video[0]
            context = stream.codec_context
            if rate is None:
                assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
            else:
                found = stream.average_rate
                assert found is not None and (found.numerator, found.denominator) == rate, found

    return check


def _silent(code: str):
    """A program whose packets are watched (see tests/isolated.py): it sends none and keeps no id."""

    def check(folder: Path) -> None:
        import os
        import subprocess
        import sys

        import checkpoints

        watcher = ROOT / "tests" / "isolated.py"
        settings = {"HOME": str(folder), "MIEN_OFFLINE": "1", "MIEN_CACHE": str(checkpoints.cache_root())}
        run = subprocess.run(
            [sys.executable, str(watcher), sys.executable, "-c", code],
            cwd=folder, env=os.environ | settings, capture_output=True, text=True,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr[-300:]
        assert json.loads(run.stdout.splitlines()[-1]) == [], run.stdout[-300:]
        assert not [file for file in folder.rglob("*") if "deviceid" in file.name or file.suffix == ".db"]

    return check


_WAIT = "\nimport time; time.sleep(8)"
_SAY = "from studio import Studio; Studio().say('Hi.', out='a.wav')" + _WAIT
_FACE = (
    "import checkpoints; from emotion_embed.signals.face_landmarks import Landmarker; from generators.head.portrait "
    "import read_portrait\nwith Landmarker() as eyes: eyes.read(read_portrait(checkpoints.path('portrait-astronaut') / "
    "'astronaut.png'))" + _WAIT
)
_WORDS = "from studio import Studio; Studio().perceive('What a lovely day.')" + _WAIT
_PAGE = (
    "import urllib.request\nfrom ui.web.page import build_page, launch_options\nfrom ui.web.runs import Runs\n"
    "runs = Runs()\napp, _ = build_page(runs)\n_, address, _ = app.launch(**launch_options(runs, 0), "
    "prevent_thread_lock=True, quiet=True)\nurllib.request.urlopen(address).read()" + _WAIT
)
TRIALS = [
    Trial(_LINE, "say - with stdin closed", _refused(("say", "-"), "stdin", stdin=None)),
    Trial(_LINE, "render - with stdin closed", _refused(("render", "-"), "stdin", stdin=None)),
    Trial(_LINE, "perceive - with stdin closed", _refused(("perceive", "-"), "stdin", stdin=None)),
    Trial(_LINE, "-5 degrees", _refused(("say", "-5 degrees"), "--")),
    Trial(_LINE, "-40 is where the scales meet", _refused(("render", "-40 is where the scales meet"), "--")),
    Trial(_LINE, "- a list item", _refused(("say", "- a list item"), "--")),
    Trial(_LINE, "--so they say", _refused(("say", "--so they say"), "put -- before")),
    Trial(_LINE, "-hello there", _refused(("say", "-hello there"), "--")),
    Trial(_LINE, "a flag, then -5 degrees", _refused(("say", "--quiet", "-5 degrees"), "put -- before")),
    Trial(_LINE, "say letter.txt", _refused(("say", "letter.txt"), "letter.txt", files={"letter.txt": b"Dear all,"})),
    Trial(_LINE, "render notes.md", _refused(("render", "notes.md"), "notes.md", files={"notes.md": b"# Hi"})),
    Trial(_LINE, "say call.wav", _refused(("say", "call.wav"), "animate", files={"call.wav": b"RIFF"})),
    Trial(_LINE, "render me.mp4", _refused(("render", "me.mp4"), "reenact", files={"me.mp4": b"x"})),
    Trial(_LINE, "render photo.jpg", _refused(("render", "photo.jpg"), "portrait", files={"photo.jpg": b"x"})),
    Trial(_LINE, "say on a picture from stdin", _refused(("say", "-"), "text", stdin=b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")),
    Trial(_LINE, "-- -5 degrees", lambda folder: _is_done(mien(folder, *_SHORT, "--", "-5 degrees"))),
    Trial(_LINE, "--pitch -2", lambda folder: _is_done(mien(folder, *_SHORT, "Hi.", "--pitch", "-2"))),
    Trial(_LINE, "no such file.txt is a text", lambda folder: _is_done(mien(folder, *_SHORT, "Read the file.txt."))),
    *(Trial(_ENCODINGS, f"stdin in {name}", _spoken(_LETTER.encode(name), 7)) for name in ("utf-8", "utf-8-sig")),
    *(Trial(_ENCODINGS, f"stdin in {name}", _spoken(_LETTER.encode(name), 7)) for name in ("utf-16", "utf-16-le")),
    Trial(_ENCODINGS, "stdin in utf-16-be", _spoken(_LETTER.encode("utf-16-be"), 7)),
    Trial(_ENCODINGS, "stdin in cp1252", _spoken(_LETTER.encode("cp1252"), 7, warns=True)),
    *(Trial(_ENCODINGS, f"a track in {n}", _track_in(n)) for n in ("utf-8-sig", "utf-16", "utf-16-le", "cp1252")),
    *(Trial(_ENCODINGS, f"a letter in {n}", _perceived_in(n)) for n in ("utf-8-sig", "utf-16", "utf-16-be", "cp1252")),
    *(Trial(_FRAMES, f"--size {size}", _sized(size, wanted)) for size, wanted in _SIZES.items()),
    *(Trial(_FRAMES, f"--fps {fps}", _clip(float(fps), rate)) for fps, rate in _RATES.items()),
    Trial(_FRAMES, "colours are tagged", _clip(25)),
    Trial(_REPORTS, "a sentence", _silent(_SAY)),
    Trial(_REPORTS, "a face", _silent(_FACE)),
    Trial(_REPORTS, "a message read", _silent(_WORDS)),
    Trial(_REPORTS, "the page", _silent(_PAGE)),
]


def _is_done(run) -> None:
    assert run.returncode == 0, run.stderr[-300:]
