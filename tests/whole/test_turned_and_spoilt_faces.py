"""Portraits and films that lie on their side or stand on their head, and portraits that cannot work, on a real face."""

import cv2
import numpy as np
import pytest

from checkpoints.errors import BadInput
from checkpoints.notices import gathering
from emotion_embed.signals.face_landmarks import Landmarker
from emotion_embed.signals.face_track import track_largest_face, track_person
from generators.contracts import CHANNEL_INDEX, Motion
from generators.head.mesh.landmarks import FaceFinder
from tests.films import save_film, shown_as

pytestmark = pytest.mark.whole
SIZE = (192, 192)


@pytest.fixture(scope="module")
def finder():
    finder = FaceFinder()
    yield finder
    finder.close()


def frame(head, portrait, **values):
    shapes = np.zeros((1, 52), np.float32)
    for name, value in values.items():
        for channel in (name, f"{name}Left", f"{name}Right"):
            if channel in CHANNEL_INDEX:
                shapes[0, CHANNEL_INDEX[channel]] = value
    return next(head.move(portrait, [Motion(25, shapes, np.zeros((1, 3)), np.zeros((1, 3)), np.zeros(1))]))


def analysed(head, image, size=SIZE):
    portrait = head.analyse(np.ascontiguousarray(image), size=size)
    return portrait, list(portrait.remarks)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_portrait_is_shown_upright_with_a_notice_each_time(head, photo, turns, mirrored):
    upright = photo[:, ::-1] if mirrored else photo
    right, told = analysed(head, upright)
    assert told == []
    for _ in ("looked at", "from the cache"):
        portrait, told = analysed(head, np.rot90(upright, turns))
        assert "turned upright" in told[0]
        assert np.abs(frame(head, portrait).astype(float) - frame(head, right)).mean() < 3


@pytest.mark.parametrize("tilt_deg", [-40, 40])
def test_a_tilted_head_in_an_upright_picture_stays(finder, photo, tilt_deg):
    turn = cv2.getRotationMatrix2D((226, 124), tilt_deg, 1.0)
    assert finder.turns(cv2.warpAffine(photo, turn, (512, 512), borderMode=cv2.BORDER_REFLECT)) == 0


def test_a_small_face_in_a_wide_picture_is_found_whichever_way_up(finder, photo):
    scene = np.full((1000, 1400, 3), 128, np.uint8)
    scene[300:812, 500:1012] = photo
    assert [finder.turns(np.ascontiguousarray(np.rot90(scene, turns))) for turns in range(4)] == [0, 3, 2, 1]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_film_is_followed_upright(head, photo, tmp_path, turns):
    portrait = head.analyse(photo, size=(384, 384))
    talking = [np.rot90(frame(head, portrait, jawOpen=opening), turns) for opening in (0, 0, 0.2, 0.4, 0.4, 0)]
    film = save_film(tmp_path / "film.mp4", talking, fps=10)
    told = []
    with gathering(told):
        seen, looked = track_largest_face(film), track_person(film)
    assert ["turned upright" in sentence for sentence in told] == [True] * (turns > 0)
    assert len(seen.times_s) == len(talking)
    assert looked.found.all()
    assert np.abs(looked.head_rotation_deg[:, 2]).max() < 12
    assert np.ptp(seen.scores[:, CHANNEL_INDEX["jawOpen"]]) > 0.15


def test_a_mirrored_film_winks_with_the_eye_that_is_seen_to_wink(head, photo, tmp_path):
    winking = frame(head, head.analyse(photo, size=(384, 384)), eyeBlinkLeft=1.0)
    film = shown_as(save_film(tmp_path / "a.mp4", [winking] * 4, fps=10), tmp_path / "b.mp4", "-display_hflip")
    scores = np.nanmean(track_largest_face(film).scores, axis=0)
    assert scores[CHANNEL_INDEX["eyeBlinkRight"]] > scores[CHANNEL_INDEX["eyeBlinkLeft"]] + 0.15


def test_closed_eyes_stay_shut(head, photo):
    closed = frame(head, head.analyse(photo, size=None), eyeBlink=1.0)
    portrait, told = analysed(head, closed, (384, 384))
    assert "closed" in told[0]
    with Landmarker() as landmarker:
        for values in ({}, {"eyeWide": 0.6}):
            marks = landmarker.find(frame(head, portrait, **values))[0].landmarks
            assert np.linalg.norm(marks[159] - marks[145]) / np.linalg.norm(marks[33] - marks[133]) < 0.2


def test_a_dark_portrait_is_brightened(head, photo):
    portrait, told = analysed(head, photo // 9)
    assert "very dark" in told[0]
    assert np.percentile(frame(head, portrait), 95) > 80


@pytest.mark.parametrize("grain", [0, 10])
def test_a_mask_is_refused(head, finder, photo, grain):
    (face,) = finder.find(photo)
    masked = photo.copy()
    lower = (227, 117, 119, 6, 348, 346, 447, 323, 361, 288, 397, 365, 379, 400, 152, 176, 150, 136, 172, 58, 132, 93)
    cv2.fillPoly(masked, [face.landmarks[list(lower), :2].astype(np.int32)], (130, 175, 210))
    cloth = (masked == (130, 175, 210)).all(2)
    masked[cloth] = np.clip(masked[cloth] + np.random.default_rng(0).normal(0, grain, (cloth.sum(), 1)), 0, 255)
    with pytest.raises(BadInput, match="mask"):
        head.analyse(masked, size=SIZE)
