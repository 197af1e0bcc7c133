"""The mesh head on a real, smiling portrait, judged by FaceLandmarker and by pixels."""

import numpy as np
import pytest

import checkpoints
from generators.contracts import CHANNEL_INDEX, Motion
from generators.head.mesh import MeshHead
from generators.head.mesh.landmarks import FaceFinder
from generators.head.portrait import read_portrait

pytestmark = pytest.mark.whole
SIZE = (512, 512)


@pytest.fixture(scope="module")
def photo():
    return read_portrait(checkpoints.path("portrait-astronaut") / "astronaut.png")


@pytest.fixture(scope="module")
def head():
    return MeshHead.load()


@pytest.fixture(scope="module")
def portrait(head, photo):
    return head.analyse(photo, size=SIZE)


@pytest.fixture(scope="module")
def finder():
    finder = FaceFinder()
    yield finder
    finder.close()


def frame(head, portrait, turn=(0, 0, 0), **values):
    shapes = np.zeros((1, 52), np.float32)
    for name, value in values.items():
        for channel in (name, f"{name}Left", f"{name}Right"):
            if channel in CHANNEL_INDEX:
                shapes[0, CHANNEL_INDEX[channel]] = value
    motion = Motion(25, shapes, np.array([turn], float), np.zeros((1, 3)), np.zeros(1))
    return next(head.render(portrait, [motion]))


def score(finder, picture, name):
    face = finder.find(picture)[0]
    sides = [c for c in (name, f"{name}Left", f"{name}Right") if c in CHANNEL_INDEX]
    return float(np.mean([face.scores[CHANNEL_INDEX[c]] for c in sides]))


def gap(finder, picture):
    marks = finder.find(picture)[0].landmarks
    return float((marks[14, 1] - marks[13, 1]) / np.linalg.norm(marks[33, :2] - marks[263, :2]))


def test_a_smiling_photo_comes_to_rest(head, portrait, finder, photo):
    assert score(finder, photo, "mouthSmile") > 0.7
    resting = frame(head, portrait)
    assert score(finder, resting, "mouthSmile") < 0.15
    assert gap(finder, resting) < 0.03, "its lips are closed, though the photo shows teeth"


@pytest.mark.parametrize(
    ("channels", "scored"),
    [
        ({"mouthSmile": 0.8, "cheekSquint": 0.5}, "mouthSmile"),
        ({"jawOpen": 0.45}, "jawOpen"),
        ({"browInnerUp": 0.9}, "browInnerUp"),
        ({"browDown": 0.9}, "browDown"),
        ({"browOuterUp": 0.9}, "browOuterUp"),
        ({"eyeBlink": 1.0}, "eyeBlink"),
        ({"mouthPucker": 0.8, "mouthFunnel": 0.3}, "mouthPucker"),
        ({"eyeLookOutLeft": 0.6, "eyeLookInRight": 0.6}, "eyeLookOutLeft"),
    ],
)
def test_what_is_asked_for_is_seen(head, portrait, finder, channels, scored):
    before, after = frame(head, portrait), frame(head, portrait, **channels)
    assert score(finder, after, scored) > score(finder, before, scored) + 0.08


def test_the_mouth_opens_with_the_jaw_and_shows_no_hole_when_closed(head, portrait, finder):
    gaps = [gap(finder, frame(head, portrait, jawOpen=jaw)) for jaw in (0, 0.15, 0.3, 0.5)]
    assert gaps == sorted(gaps)
    assert gaps[-1] > 0.12
    assert gap(finder, frame(head, portrait, jawOpen=0.2, mouthClose=0.2)) < 0.025


def test_the_head_turns_and_the_background_stays(head, portrait):
    still, turned = frame(head, portrait).astype(int), frame(head, portrait, (10, 0, 0)).astype(int)
    moved = np.abs(turned - still).max(-1)
    assert (moved[100:300, 150:350] > 12).mean() > 0.3, "the face moves"
    assert (moved[20:60, :60] > 2).mean() < 0.01, "the wall behind does not"


def test_nothing_is_random_and_nothing_is_left_from_the_frame_before(head, portrait):
    first = frame(head, portrait, jawOpen=0.3)
    frame(head, portrait, (12, 5, 3), eyeBlink=1.0)
    assert np.array_equal(first, frame(head, portrait, jawOpen=0.3))


def test_a_background_colour_replaces_the_wall(head, photo):
    green = frame(head, head.analyse(photo, size=SIZE, background=(0, 200, 0)))
    assert np.abs(green[5:40, 5:60].astype(int) - [0, 200, 0]).max() < 12
    assert np.abs(green[250:300, 230:280].astype(int) - [0, 200, 0]).max() > 60


def test_the_photo_keeps_its_aspect_when_asked(head, photo):
    tall = photo[:, 60:420]
    picture = frame(head, head.analyse(tall, size=None))
    assert picture.shape[0] / picture.shape[1] == pytest.approx(512 / 360, rel=0.02)
    assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0


@pytest.mark.parametrize("damage", [b"", b"no archive at all", "half"])
def test_what_was_kept_of_a_portrait_and_cannot_be_read_is_seen_anew(head, photo, tmp_path, monkeypatch, damage):
    for name in ("face-landmarker", "selfie-segmenter"):
        (tmp_path / name).symlink_to(checkpoints.path(name))
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    first = head.analyse(photo, size=(128, 128))
    (kept,) = (tmp_path / "portraits").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] if damage == "half" else damage)
    assert (head.analyse(photo, size=(128, 128)).present == first.present).all()
    assert kept.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_done_without(head, photo, tmp_path, monkeypatch):
    for name in ("face-landmarker", "selfie-segmenter"):
        (tmp_path / name).symlink_to(checkpoints.path(name))
    (tmp_path / "portraits").write_text("in the way")
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    assert head.analyse(photo, size=(128, 128)).size == (128, 128)
