"""The face reader on real pictures, on the product's own clips, and on files that are no such thing."""

import av
import numpy as np
import pytest
from PIL import Image

import checkpoints
from checkpoints.errors import BadInput
from emotion_embed.readers.face import read_expression, read_expression_windows, read_face, read_face_frames

pytestmark = pytest.mark.whole
TEXT = "The train leaves from the other platform, and it will be here soon."


@pytest.fixture(scope="module")
def photo_path():
    return checkpoints.path("portrait-astronaut") / "astronaut.png"


@pytest.fixture(scope="module")
def photo(photo_path):
    return np.asarray(Image.open(photo_path).convert("RGB"))


@pytest.fixture(scope="module")
def clips(studio, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    emotions = {"joy": "joy:0.9", "sadness": "sadness", "neutral": None}
    return {
        name: studio.speak(TEXT, emotion=emotion, out=folder / f"{name}.mp4").path for name, emotion in emotions.items()
    }


def top(evidence):
    return max(evidence.distribution, key=evidence.distribution.get)


def save(picture, path):
    Image.fromarray(np.ascontiguousarray(picture)).save(path)
    return path


@pytest.mark.parametrize("name", ["joy", "sadness", "neutral"])
def test_a_clip_is_read_as_it_was_asked_for(clips, name):
    frames = read_face(clips[name])
    assert frames.found.all() and 8 <= frames.fps <= 10
    with av.open(str(clips[name])) as container:
        assert frames.duration_s == pytest.approx(float(container.duration / av.time_base), abs=0.2)
    evidence = read_expression(frames)
    assert top(evidence) == name
    assert evidence.reliability > 0.4
    assert (evidence.intensity > 0.35) == (name != "neutral")
    if name != "neutral":
        assert (evidence.vad_mean[0] > 0) == (name == "joy")
    windows = read_expression_windows(frames)
    assert np.mean([top(seen) == name for _, seen in windows]) > 0.6
    assert not any(top(seen) == "anger" for _, seen in windows)


def test_the_astronaut_smiles(photo_path):
    told = []
    evidence = read_expression(read_face(photo_path, progress=told.append))
    assert top(evidence) == "joy" and evidence.distribution["joy"] > 0.6
    assert "lip corners up" in evidence.reasons
    assert 0 < evidence.reliability < 0.6, "one small picture of a stranger"
    assert all(0 <= share <= 1 for share in told)


def test_a_photo_that_a_phone_took_sideways_stands_upright(photo, tmp_path):
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(np.rot90(photo)).save(tmp_path / "sideways.jpg", exif=exif)
    frames = read_face(tmp_path / "sideways.jpg")
    assert abs(frames.head_rotation_deg[0, 2]) < 15
    assert top(read_expression(frames)) == "joy"


def test_two_faces_are_named_and_chosen_from_the_left(photo, tmp_path):
    both = save(np.hstack([photo, photo[:, ::-1]]), tmp_path / "both.png")
    with pytest.raises(BadInput, match=r"2 faces \(1: .*, 2: .*\); choose one"):
        read_face(both)
    middles = [read_face(both, face=which).landmarks[0, :, 0].mean() for which in (1, 2)]
    assert middles[0] < 512 < middles[1]
    with pytest.raises(BadInput, match="no face 3"):
        read_face(both, face=3)


def test_frames_in_memory_are_read_and_thinned(photo):
    empty = np.full_like(photo, 90)
    frames = read_face_frames([photo] * 20 + [empty] * 10, 25)
    assert len(frames) == 10 and frames.times_s == pytest.approx(np.arange(10) * 0.12)
    assert frames.found.tolist() == [True] * 7 + [False] * 3
    evidence = read_expression(frames)
    assert top(evidence) == "joy"
    assert "no face in 30 % of the frames" in evidence.reasons


def test_what_is_no_face_is_one_sentence(photo, clips, tmp_path):
    whole = clips["joy"].read_bytes()
    (tmp_path / "torn.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.mp4").write_text("Hello.\n" * 40)
    (tmp_path / "text.txt").write_text("Hello.\n" * 400)
    (tmp_path / "list.m3u8").write_text(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\nhttp://localhost:9/a.ts\n#EXT-X-ENDLIST\n"
    )
    (tmp_path / "torn.png").write_bytes(save(photo, tmp_path / "whole.png").read_bytes()[:150_000])
    save(np.full((300, 400, 3), (90, 120, 90), np.uint8), tmp_path / "nobody.png")
    save(photo[::3, ::3], tmp_path / "small.png")
    for name, said in (
        ("torn.mp4", "torn"), ("text.mp4", "cannot be read"), ("text.txt", "cannot be read"),
        ("list.m3u8", "cannot be read"),
        ("torn.png", "torn"), ("nobody.png", "No face is seen"), ("small.png", "at least 96 px"),
        ("missing.mp4", "There is no video"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=said) as caught:
            read_face(tmp_path / name)
        assert "\n" not in str(caught.value)
