"""Real clips from the real generators, judged by what is in the file."""

import json
import signal
import subprocess
import sys
import threading
import time

import av
import numpy as np
import psutil
import pytest

import checkpoints
from checkpoints.errors import Cancelled
from generators.motion.live_link import read_motion_csv
from studio import RenderRequest
from studio.quality.report import peak_rss_mb
from tests.films import probe
from tests.processes import SECOND_OF_WORK_S, heeding_ctrl_c, work_of_s, work_s

pytestmark = pytest.mark.whole

TEXT = "[joy:0.8] Hello, my name is Ada. [sadness:0.8] I lost my favourite umbrella in May."
SPOKEN = "Hello, my name is Ada. I lost my favourite umbrella in May."


@pytest.fixture(scope="module")
def clip(studio, tmp_path_factory):
    """One clip with everything that can be asked for, in a folder with a space in its name."""
    heard = []
    out = tmp_path_factory.mktemp("a folder") / "the clip.mp4"
    made = studio.speak(
        TEXT, out=out, captions=True, srt=True, vtt=True, motion_csv=True, seed=7, progress=lambda *p: heard.append(p)
    )
    return made, heard


def frames_of(path):
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_the_file_is_what_players_expect(clip):
    info = probe(clip[0].path)
    assert (info.width, info.height, info.fps) == (512, 512, 25)
    assert (info.video_codec, info.pixel_format, info.audio_codec) == ("h264", "yuv420p", "aac")
    assert abs(info.duration_s - info.audio_duration_s) <= 1 / 25
    assert 3 < info.duration_s < 9


def test_the_report_says_what_was_made(clip):
    made, _ = clip
    report = json.loads(made.path.with_suffix(".report.json").read_text())
    assert report == made.report
    assert report["frames"] == probe(made.path).n_frames
    assert abs(report["duration_s"] - report["audio_duration_s"]) <= 1 / 25
    assert RenderRequest.from_dict(report["request"]).text == TEXT
    assert (report["seed"], report["generators"]["voice"]) == (7, "kokoro")
    assert {"portrait", "voice", "motion", "head", "encode", "whole"} == set(report["timings_s"])
    assert report["realtime_factor"] > 0
    assert 0 < report["first_second_s"] <= report["timings_s"]["whole"]
    assert 50 < report["peak_rss_mb"] <= peak_rss_mb() + 1  # of this process, which held other tests' models too
    assert all(len(sha256) == 64 for sha256 in report["weights"].values())
    assert any("model.onnx" in name for name in report["weights"])


def test_a_process_that_only_renders_stays_under_two_gigabytes(tmp_path):
    command = [sys.executable, "-m", "ui.cli", "render", SPOKEN, "--json", "--out", str(tmp_path / "clip.mp4")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert 50 < json.loads(done.stdout)["peak_rss_mb"] < 2000


def test_words_and_phones_have_rising_times_within_the_clip(clip):
    report = clip[0].report
    assert [word.strip(".,") for word, *_ in report["words"]] == SPOKEN.replace(",", "").replace(".", "").split()
    for rows in (report["words"], [p[:3] for p in report["phones"]]):
        times = np.array([row[1:3] for row in rows])
        assert (np.diff(times.ravel()) >= -0.01).all()
        assert times[-1, 1] <= report["duration_s"] + 0.04
    assert max(p[4] for p in report["phones"]) == len(report["words"]) - 1


def test_captions_hold_the_words_and_are_seen(clip):
    made, _ = clip
    srt = made.path.with_suffix(".srt").read_text()
    spoken = [line for line in srt.splitlines() if line and not line.isdigit() and "-->" not in line]
    assert " ".join(spoken) == SPOKEN
    assert made.path.with_suffix(".vtt").read_text().startswith("WEBVTT\n")
    due = made.report["words"][2][1]
    low = frames_of(made.path)[round(due * 25) + 1, 440:]
    assert (low.min(axis=-1) > 235).mean() > 0.005


def test_the_motion_is_handed_out_frame_by_frame(clip):
    made, _ = clip
    motion = read_motion_csv(made.path.with_suffix(".motion.csv"), fps=25)
    assert len(motion) == made.report["frames"]
    assert motion.channel("jawOpen").max() > 0.1


def test_the_face_moves_and_the_feeling_follows_the_marks(clip):
    made, _ = clip
    motion = read_motion_csv(made.path.with_suffix(".motion.csv"), fps=25)
    turn = round(made.report["words"][5][1] * 25)
    smile, inner_brow = motion.channel("mouthSmileLeft"), motion.channel("browInnerUp")
    assert smile[5 : turn - 5].mean() > smile[turn + 20 :].mean() + 0.1
    assert inner_brow[turn + 20 :].mean() > inner_brow[5 : turn - 5].mean() + 0.1
    frames = frames_of(made.path)[:, :400].astype(int)
    assert np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3)).max() > 0.3


def test_progress_rises_to_the_end(clip):
    made, heard = clip
    shares = [done / total for stage, done, total in heard if stage == "video"]
    assert shares[-1] > 0.9
    assert all(0 <= share <= 1 for share in shares)
    assert heard[-1][1] == pytest.approx(made.duration_s, abs=0.05)


def test_nothing_but_what_was_asked_for_lies_there(clip):
    names = {path.name for path in clip[0].path.parent.iterdir()}
    assert names == {f"the clip{s}" for s in (".mp4", ".report.json", ".srt", ".vtt", ".motion.csv")}


def test_the_same_seed_gives_the_same_file_and_another_seed_does_not(studio, tmp_path):
    paths = [studio.speak("Good morning.", out=tmp_path / f"{i}.mp4", seed=s).path for i, s in enumerate((3, 3, 4))]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].read_bytes() != paths[2].read_bytes()


def test_the_stream_is_what_the_file_holds(studio, tmp_path):
    request = RenderRequest(text="Good morning.", seed=3, out=str(tmp_path / "c.mp4"))
    parts = list(studio.stream(request))
    assert list(tmp_path.iterdir()) == []
    frames = np.concatenate([part.frames for part in parts])
    sound_s = sum(part.audio.duration_s for part in parts)
    assert [round(part.start_s * 25) for part in parts] == list(range(0, len(frames), 10))
    assert abs(len(frames) / 25 - sound_s) <= 1 / 25
    written = frames_of(studio.render(request).path)
    assert written.shape == frames.shape
    assert np.abs(written.astype(int) - frames).mean() < 4


def test_a_stream_that_is_dropped_ends_its_threads(studio, tmp_path):
    parts = studio.stream(RenderRequest(text=TEXT, out=str(tmp_path / "c.mp4")))
    next(parts)
    parts.close()
    deadline = time.monotonic() + 60
    while stages_at_work() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stages_at_work() == []


def stages_at_work():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("mien-stage-")]


def test_cancelling_stops_within_a_second_of_work_and_leaves_nothing(studio, tmp_path):
    cancel, asked_s = threading.Event(), []

    def at_once(stage, done, total):
        if stage == "video" and not cancel.is_set():
            asked_s.append(time.process_time())  # of the encoder, all comes when it ends
            cancel.set()

    with pytest.raises(Cancelled):
        studio.speak(TEXT * 3, out=tmp_path / "new" / "c.mp4", cancel=cancel, progress=at_once)
    assert time.process_time() - asked_s[0] < SECOND_OF_WORK_S
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", ["1024", "9:16", "16:9", "photo"])
def test_other_sizes(studio, tmp_path, size):
    request = RenderRequest(text="Hi.", size=size, background="#204060", out=str(tmp_path / "c.mp4"))
    info = probe(studio.render(request).path)
    wanted = request.frame_size() or (512, 512)
    assert (info.width, info.height) == wanted
    corner = frames_of(tmp_path / "c.mp4")[0, 4:20, 4:20].reshape(-1, 3).mean(0)
    assert np.abs(corner - (0x20, 0x40, 0x60)).max() < 12


def test_a_recording_is_spoken_with_its_own_sound(studio, tmp_path):
    spoken = studio.speak("The old clock on the wall has stopped.", out=tmp_path / "said.mp4")
    made = studio.animate(spoken.path, out=tmp_path / "again.mp4", emotion="surprise:0.7", srt=True)
    assert made.report["generators"]["voice"] == "recording"
    assert abs(made.duration_s - spoken.duration_s) <= 2 / 25
    heard = " ".join(word for word, *_ in made.report["words"]).lower()
    assert "wall" in heard
    assert "stopped" in heard
    assert abs(np.std(sound_of(made.path)) / np.std(sound_of(spoken.path)) - 1) < 0.1


def sound_of(path):
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_stops_within_a_second_of_work_with_130_and_leaves_nothing(tmp_path):
    command = [sys.executable, "-m", "ui.cli", "render", TEXT * 6, "-o", str(tmp_path / "out" / "c.mp4")]
    root = checkpoints.__file__.rsplit("/", 2)[0]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        preexec_fn=heeding_ctrl_c,
    )
    running, deadline = psutil.Process(process.pid), time.monotonic() + 300
    while not list(tmp_path.glob("out/.mien-*/.mien-*/picture.mp4")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.5)
    before_s = work_s() + sum(work_of_s(p) for p in (running, *running.children(recursive=True)))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert work_s() - before_s < SECOND_OF_WORK_S
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert "Stopped" in err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
