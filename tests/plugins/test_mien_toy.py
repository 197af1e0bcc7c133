"""A package of somebody else's adds a voice, a motion source and a head, and the product uses them as its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.films import probe
from tests.plugins.installed import MIEN, ROOT, TOY, installed, run
from tests.processes import heeding_ctrl_c

pytestmark = pytest.mark.whole
ALL = ["--voice-generator", "beeps", "--motion", "jaw", "--head-generator", "circle"]
TEXT = "[joy] Good morning, my friend! [sadness] The rain is back."


@pytest.fixture
def environment(tmp_path):
    return installed(TOY, tmp_path / "site")


def rendered(environment, out, *options):
    """The report of a clip that `mien render` made."""
    done = run([*MIEN, "render", TEXT, "--size", "192", "--json", "--out", str(out), *options], environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_keeps_its_promises(environment):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--confcutdir={TOY}",
        str(TOY / "tests"),
    ]
    done = run(command, environment)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_it_is_listed_like_ours(environment):
    voices = json.loads(run([*MIEN, "voices", "--json"], environment).stdout)
    assert {voice["name"] for voice in voices if voice["generator"] == "beeps"} == {"beep_high", "beep_low"}
    listed = run([*MIEN, "generators"], environment).stdout
    assert all(name in listed for name in ("beeps", "jaw", "circle"))
    alone = run([*MIEN, "generators"], {**environment, "PYTHONPATH": str(ROOT)}).stdout
    assert "beeps" not in alone


@pytest.mark.parametrize(("kind", "options"), [("voice", ALL[:2]), ("motion", ALL[2:4]), ("head", ALL[4:])])
def test_each_works_beside_ours(environment, tmp_path, kind, options):
    report = rendered(environment, tmp_path / "clip.mp4", *options)
    assert report["generators"][kind] == {"voice": "beeps", "motion": "jaw", "head": "circle"}[kind]
    info = probe(tmp_path / "clip.mp4")
    assert abs(info.duration_s - report["duration_s"]) < 0.05


def test_a_head_without_motion_at_its_own_rate(environment, tmp_path):
    report = rendered(environment, tmp_path / "clip.mp4", *ALL, "--fps", "29.97", "--srt", "--captions")
    assert set(report["generators"]) == {"voice", "head"}, "no motion is made for a head that consumes none"
    assert report["frames"] == round(report["audio_duration_s"] * 30000 / 1001)
    assert report["size"] == [192, 192]
    assert [word[0] for word in report["words"]][:3] == ["Good", "morning", "my"]
    assert "does not look like the portrait" in " ".join(report["warnings"])
    assert "Good morning" in (tmp_path / "clip.srt").read_text()


def test_the_same_request_gives_the_same_clip(environment, tmp_path):
    for name in ("one.mp4", "two.mp4"):
        rendered(environment, tmp_path / name, *ALL)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_its_options_are_checked_and_reported(environment, tmp_path):
    report = rendered(environment, tmp_path / "clip.mp4", *ALL, "--voice.letter-s", "0.05", "--head.radius", "0.3")
    assert report["sources"]["voice"]["config"]["letter_s"] == 0.05
    assert report["sources"]["head"]["config"]["radius"] == 0.3
    for option, said in (
        (("--head.radius", "7"), "radius is 7"), (("--head.radios", "1"), "radius"),
        (("--motion", "diffusion", "--motion-style", "head:1"), "circle"), (("--voice", "beep_hih"), "beep_high"),
    ):  # fmt: skip
        done = run([*MIEN, "render", TEXT, *ALL, "--out", str(tmp_path / "bad.mp4"), *option], environment)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "bad.mp4").exists()


def test_progress_is_told_and_a_cancel_ends_it(environment, tmp_path):
    code = (
        "import sys, threading\n"
        "from checkpoints.errors import Cancelled\n"
        "from studio import RenderRequest, Studio\n"
        "request = RenderRequest(text='Good morning, my dear friend. ' * 40, size='192', out=sys.argv[1],\n"
        "    voice_generator='beeps', motion_generator='jaw', head_generator='circle')\n"
        "cancel, told = threading.Event(), []\n"
        "def progress(stage, done, total):\n"
        "    told.append((stage, done, total))\n"
        "    if stage == 'video' and done > 2: cancel.set()\n"
        "try:\n"
        "    Studio().render(request, progress=progress, cancel=cancel)\n"
        "except Cancelled:\n"
        "    stages = {stage for stage, *_ in told}\n"
        "    print('cancelled', stages >= {'portrait', 'video'}, told[-1][1] < told[-1][2] / 2)\n"
    )
    done = run([sys.executable, "-c", code, str(tmp_path / "clip.mp4")], environment)
    assert done.stdout.strip() == "cancelled True True", done.stderr
    assert list(tmp_path.glob("*.mp4*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_it_and_leaves_nothing(environment, tmp_path):
    command = [*MIEN, "render", "Good morning, my friend. " * 400, *ALL, "--out", str(tmp_path / "clip.mp4")]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=heeding_ctrl_c
    ) as child:
        while child.poll() is None and not list(tmp_path.glob("*clip*")) and not list(tmp_path.glob(".*")):
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        said = child.communicate()[1]
    assert child.returncode == 130, said
    assert "nothing half-written" in said
    assert {path.name for path in tmp_path.iterdir()} == {"site"}
