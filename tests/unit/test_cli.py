"""The command line as far as it goes without weights: usage, help and statuses."""

import dataclasses
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio.request import RenderRequest, SayRequest
from tests.processes import work_s
from ui.arguments import fields_of, with_settings
from ui.cli import run as mien

ROOT = Path(__file__).resolve().parents[2]


def run(capsys, *arguments):
    """Exit status, stdout and stderr of `mien` with these arguments."""
    status = mien(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "render",
        "animate",
        "reenact",
        "say",
        "join",
        "reframe",
        "caption",
        "voices",
        "checkpoints",
        "doctor",
        "studio",
    ],
)
def test_every_command_explains_itself(capsys, command):
    status, out, _ = run(capsys, command, "--help")
    assert status == 0
    assert "Usage" in out


FLAGS = {"consent": "i-have-consent", "options": "set"}


def test_render_offers_every_field_of_a_request(capsys):
    _, out, _ = run(capsys, "render", "--help")
    words = out.replace("\n", " ")
    for name in RenderRequest.__dataclass_fields__:
        if name not in ("text", "audio", "video"):
            assert "--" + FLAGS.get(name, name.replace("_", "-")) in words


def test_reenact_offers_what_a_video_leaves_open(capsys):
    _, out, _ = run(capsys, "reenact", "--help")
    for flag in ("--portrait", "--audio", "--fps", "--size", "--background", "--motion-csv", "--captions", "--check"):
        assert flag in out
    for flag in ("--emotion", "--voice", "--text", "--rate", "--seed"):
        assert flag not in out


def test_say_offers_every_field_of_its_request_and_no_more(capsys):
    _, out, _ = run(capsys, "say", "--help")
    words = out.replace("\n", " ")
    for name in dataclasses.asdict(SayRequest()):
        if name != "text":
            assert "--" + FLAGS.get(name, name.replace("_", "-")) in words
    assert "--portrait" not in words and "--seed" not in words


@pytest.mark.parametrize(
    "arguments",
    [
        ["render"],
        ["render", "hi", "--emotoin", "joy"],
        ["render", "hi", "--fps", "abc"],
        ["render", "hi", "--fps", "0"],
        ["render", "hi", "--emotion", "jox"],
        ["render", "[jox] hi"],
        ["render", ""],
        ["render", "hi", "--portrait", "nowhere.png"],
        ["render", "hi", "--out", "."],
        ["animate", "nowhere.wav"],
        ["reenact"],
        ["reenact", "nowhere.mp4"],
        ["reenact", "nowhere.mp4", "--emotion", "joy"],
        ["say"],
        ["say", ""],
        ["say", "hi", "--out", "say.mp4"],
        ["say", "hi", "--voice", "af_hart"],
        ["say", "hi", "--voice-reference", "me.wav"],
        ["render", "hi", "--voice-reference", "me.wav"],
        ["dance"],
        ["checkpoints", "pull", "no-such-set"],
    ],
)
def test_bad_usage_is_one_sentence_and_status_2(capsys, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_as_json(capsys):
    status, out, _ = run(capsys, "checkpoints", "list", "--json")
    assert status == 0
    assert {"name", "size_mb", "licence", "here", "what"} <= set(json.loads(out)[0])


def test_importing_the_product_is_quick():
    code = "import time; s = time.process_time(); import studio; studio.RenderRequest; print(time.process_time() - s)"
    assert min(float(run_python(code)) for _ in range(3)) < 0.5


def test_importing_loads_nothing_heavy():
    heavy = ("onnxruntime", "mediapipe", "numba", "moviepy", "gradio", "av", "cv2", "scipy")
    code = f"import sys, ui.cli, studio.studio, ui; print([m for m in {heavy} if m in sys.modules])"
    assert run_python(code).strip() == "[]"


def run_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout


def test_help_is_quick():
    before_s = work_s()
    subprocess.run([sys.executable, "-m", "ui.cli", "--help"], capture_output=True, check=True)
    assert work_s() - before_s < 3


def test_voices_by_language(capsys):
    status, out, _ = run(capsys, "voices", "--language", "en-gb", "--json")
    assert status == 0
    found = json.loads(out)
    assert {voice["language"] for voice in found} == {"en-gb"}
    assert {voice["gender"] for voice in found} == {"female", "male"}
    status, _, err = run(capsys, "voices", "--language", "tlh")
    assert status == 2
    assert "en-us" in err


def test_the_table_of_voices_says_what_lacks(capsys):
    _, out, _ = run(capsys, "voices")
    assert "af_heart" in out
    assert "Japanese" in " ".join(out.split())
    assert "en_US-joe-medium" in out and "coqui" in out
    if importlib.util.find_spec("TTS") is None:
        assert 'pip install "mien-studio[coqui]"' in out and "needs extra" in out


def test_voices_whose_weights_are_not_here_say_so(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    _, out, _ = run(capsys, "voices", "--json")
    voices = {voice["name"]: voice for voice in json.loads(out)}
    assert voices["af_heart"]["state"] == "needs weights" and voices["af_heart"]["ready"]
    assert "mien checkpoints pull kokoro-v1.0-int8" in voices["af_heart"]["note"]
    assert voices["jf_alpha"]["state"] == "cannot be read" and not voices["jf_alpha"]["ready"]
    assert {voice["state"] for voice in voices.values()} <= {"ready", "needs weights", "needs extra", "cannot be read"}


def test_the_doctor_looks_at_everything_and_its_status_tells(capsys):
    status, out, _ = run(capsys, "doctor", "--json")
    findings = json.loads(out)
    assert {"python", "ffmpeg", "espeak-ng", "kokoro-v1.0-int8", "disk", "cores"} <= {f["what"] for f in findings}
    assert status == (0 if all(f["good"] for f in findings) else 3)


def test_progress_without_a_terminal_is_quiet_at_first(capsys, monkeypatch):
    from ui import console

    now_s = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now_s[0])
    with console.show_progress(quiet=False) as progress:
        for second in range(30):
            now_s[0] = 100.0 + second
            progress("video", second, 40)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["video: 10%, about 36 s left", "video: 35%, about 26 s left", "video: 60%, about 16 s left"]


def test_what_was_done_before_a_stage_was_heard_of_is_not_taken_for_speed(capsys, monkeypatch):
    from ui import console

    now_s = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now_s[0])
    with console.show_progress(quiet=False) as progress:
        for now_s[0], done in ((105.0, 4), (116.0, 8)):
            progress("video", done, 40)
    assert capsys.readouterr().err.splitlines() == ["video: 10%", "video: 20%, about 88 s left"]


@pytest.mark.parametrize("arguments", [["say", "-5 degrees"], ["render", "--captions", "-5 degrees"], ["say", "-5"]])
def test_a_text_that_begins_with_a_dash_gets_a_hint(capsys, arguments):
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert "put -- before it" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["say", "x", "--pitch", "-90"], ["say", "x", "--vad", "-9,0,0"]])
def test_numbers_below_zero_stay_values_of_options(capsys, arguments):
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert "put -- before it" not in err


@pytest.mark.parametrize(
    ("name", "use"), [("letter.txt", "say - <"), ("call.wav", "mien animate"), ("me.mp4", "mien reenact"),
                      ("a photo.png", "--portrait 'a photo.png'"), ("notes", "say - <")],
)  # fmt: skip
def test_the_name_of_a_file_in_place_of_a_text_is_asked_about(capsys, tmp_path, monkeypatch, name, use):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"Hello.")
    status, _, err = run(capsys, "say", name)
    assert status == 2
    assert f"There is a file {name}" in err and use in err


def mien_without(streams, *arguments):
    """`mien` started by a program that has closed some of its standard streams."""
    code = (
        f"import os, sys; [os.close(stream) for stream in {streams}]; "
        f"os.execv(sys.executable, [sys.executable, '-m', 'ui.cli', *{list(arguments)}])"
    )
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("command", ["say", "render", "perceive"])
def test_a_closed_stdin_is_one_sentence(command):
    done = mien_without([0], command, "-")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["There is no text on stdin: it is closed. Give the text itself in place of -."]


def test_closed_output_is_no_fault():
    assert mien_without([1, 2], "voices").returncode == 0


@pytest.mark.parametrize(
    ("stream", "path", "arguments"),
    [
        ("stdin", "clip.srt", ["render", "-", "--srt", "-o", "clip.mp4"]),
        ("stdin", "a.report.json", ["say", "-", "-o", "a.wav"]),
        ("stdin", "track.json", ["perceive", "-", "--track", "track.json"]),
        ("stdout", "track.json", ["perceive", "hello", "--json", "--track", "track.json"]),
        ("stdout", "a.report.json", ["say", "hello", "--json", "-o", "a.wav"]),
    ],
)
def test_a_file_that_the_shell_has_opened_is_not_written(tmp_path, stream, path, arguments):
    (tmp_path / path).write_text("Hello.")
    with open(tmp_path / path, "r+b") as opened:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, stream: opened}
        command = [sys.executable, "-m", "ui.cli", *arguments]
        done = subprocess.run(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, **streams)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and f"{path} is also" in done.stderr
    assert (tmp_path / path).read_text() == "Hello."


def test_settings_of_generators_are_options_with_a_dot():
    assert with_settings(["render", "hi", "--motion.n-steps", "8", "--voice.threads=1", "--", "--head.x"]) == [
        "render", "hi", "--set", "motion.n-steps=8", "--set", "voice.threads=1", "--", "--head.x",
    ]  # fmt: skip
    given = fields_of({"seed": 1, "options": ["motion.n-steps=8", "head.cache=false", "voice.x=af"]})
    assert given == {"seed": 1, "options": {"motion": {"n_steps": 8}, "head": {"cache": False}, "voice": {"x": "af"}}}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["--motion.n-steps"], "needs a value"),
        (["--set", "n_steps=8"], "motion.n_steps=8"),
        (["--motion.n-stepz", "8"], "n_steps"),
        (["--motion.n-steps", "many"], "a number"),
        (["--motion.n-steps", "0"], "from 1 to 50"),
        (["--head.n-steps", "8"], "mesh has no option"),
    ],
)
def test_a_setting_that_no_generator_takes_is_one_sentence(capsys, settings, sentence):
    status, _, err = run(capsys, "render", "hi", *settings)
    assert status == 2
    assert sentence in err and err.count("\n") == 1


def test_generators_are_listed_with_their_settings(capsys):
    status, out, _ = run(capsys, "generators", "--json")
    found = {(fact["kind"], fact["name"]): fact for fact in json.loads(out)}
    assert status == 0
    assert found["motion", "diffusion"]["settings"]["n_steps"] == 5
    assert found["head", "mesh"]["consumes"] == ["motion"]
    assert found["voice", "recording"]["chosen"] == "by what a request holds"
