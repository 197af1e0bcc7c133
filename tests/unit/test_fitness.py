"""What is said of portraits that cannot work well, on drawn faces: no photo, no network."""

import cv2
import numpy as np
import pytest

from checkpoints.errors import BadInput
from generators.contracts import CHANNEL_INDEX
from generators.head.mesh.fitness import (
    Closeup,
    are_eyes_hidden,
    are_eyes_shut,
    brightened,
    faults,
    why_no_face,
)
from generators.head.mesh.fitting import without_eyes
from generators.head.mesh.landmarks import Face
from generators.head.mesh.rig import load_rig
from generators.head.mesh.topology import EYES, FACE_OVAL, LIP_ROWS_LOWER, LIP_ROWS_UPPER

SIDE, SCALE = 400, 12.0
SKIN, LIP = (205, 160, 140), (150, 70, 75)


@pytest.fixture(scope="module")
def rig():
    return load_rig()


def face_at(rig, middle=(200, 200), yaw_deg=0.0, **scores):
    points = rig.canonical * [1, -1, -1] * SCALE + [*middle, 0]
    irises = [points[[eye.outer, eye.inner]].mean(0) for eye in EYES for _ in range(5)]
    points = np.concatenate([points, irises])
    values = np.zeros(52)
    for name, value in scores.items():
        values[CHANNEL_INDEX[name]] = value
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    box = tuple(int(round(v)) for v in (*low, *high))
    return Face(points, values, box, np.array([yaw_deg, -9.0, 0.0]))


def drawn(face, side=SIDE):
    """A simple face under these landmarks: skin with some grain, lips with a dark line, eyes with irises, brows."""
    picture = np.full((side, side, 3), (90, 110, 130), np.uint8)
    at = lambda marks: face.landmarks[list(marks), :2].round().astype(np.int32)  # noqa: E731
    cv2.fillPoly(picture, [at(FACE_OVAL)], SKIN)
    cv2.fillPoly(picture, [at((61, *LIP_ROWS_UPPER[0], 291, *reversed(LIP_ROWS_LOWER[0])))], LIP)
    cv2.polylines(picture, [at((78, *LIP_ROWS_UPPER[-1], 308))], False, (60, 20, 25), 2)
    for eye in EYES:
        cv2.fillPoly(picture, [at(eye.ring)], (240, 238, 235))
        cv2.circle(picture, at(eye.iris[:1])[0].tolist(), 6, (60, 40, 30), -1)
        cv2.polylines(picture, [at((eye.outer, *eye.upper, eye.inner))], False, (40, 30, 30), 2)
    grain = np.random.default_rng(0).normal(0, 6, (side, side, 1))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def test_a_good_portrait_has_no_faults(rig):
    face = face_at(rig)
    assert faults(drawn(face), face, 0.9) == []
    assert not are_eyes_hidden(drawn(face), face)


@pytest.mark.parametrize(
    ("middle", "says"),
    [((200, 310), "chin"), ((200, 88), "forehead"), ((75, 200), "left"), ((325, 200), "right")],
)
def test_what_the_border_cuts_off_is_named(rig, middle, says):
    face = face_at(rig, middle)
    (fault,) = faults(drawn(face), face, 0.9)
    assert says in fault


@pytest.mark.parametrize("middle", [(200, 385), (200, 0), (-10, 200)])
def test_eyes_or_a_mouth_outside_the_picture_are_refused(rig, middle):
    face = face_at(rig, middle)
    with pytest.raises(BadInput, match="border"):
        faults(drawn(face), face, 0.9)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda picture: picture // 7, "dark"),
        (lambda picture: np.full_like(picture, 255), "over-exposed"),
        (lambda picture: cv2.GaussianBlur(picture, (0, 0), 6), "blurred"),
        (lambda picture: np.kron(picture[5::10, 5::10], np.ones((10, 10, 1), np.uint8)), "pixelated"),
    ],
)
def test_what_light_and_sharpness_have_taken_is_named(rig, spoil, says):
    face = face_at(rig)
    assert any(says in fault for fault in faults(spoil(drawn(face)), face, 0.9))


def test_a_black_portrait_is_refused(rig):
    face = face_at(rig)
    with pytest.raises(BadInput, match="black"):
        faults(drawn(face) // 40, face, 0.9)


def test_a_dark_face_is_brightened_and_a_light_one_is_left(rig):
    face = face_at(rig)
    light = drawn(face)
    assert brightened(light, face) is light
    dark = light // 8
    assert Closeup.of(brightened(dark, face), face).brightest == pytest.approx(110, abs=12)
    assert brightened(dark, face)[dark.max(2) == 0].max(initial=0) == 0, "black stays black"


def test_heads_turned_aside_and_eyes_shut_are_named(rig):
    turned = face_at(rig, yaw_deg=-45)
    assert "45° aside" in faults(drawn(turned), turned, 0.9)[0]
    shut = face_at(rig, eyeBlinkLeft=0.6, eyeBlinkRight=0.6)
    assert are_eyes_shut(shut)
    assert not are_eyes_shut(face_at(rig, eyeBlinkLeft=0.6))  # a wink
    assert "closed" in faults(drawn(shut), shut, 0.9)[0]


def test_a_mask_is_refused_and_a_hand_before_the_mouth_named(rig):
    face = face_at(rig)
    lower = face.landmarks[[234, 93, 58, 172, 136, 149, 152, 378, 365, 397, 288, 323, 454, 346, 6, 117], :2]
    masked = drawn(face)
    cv2.fillPoly(masked, [lower.astype(np.int32)], (90, 150, 210))
    with pytest.raises(BadInput, match="mask"):
        faults(masked, face, 0.9)
    handed = drawn(face)
    cv2.ellipse(handed, face.landmarks[13, :2].astype(int).tolist(), (60, 32), 0, 0, 360, (195, 150, 130), -1)
    assert any("covered" in fault for fault in faults(handed, face, 0.9))


def test_dark_glasses_hide_the_eyes(rig):
    face = face_at(rig)
    picture = drawn(face)
    for eye in EYES:
        middle = face.landmarks[[eye.outer, eye.inner], :2].mean(0).astype(int).tolist()
        cv2.circle(picture, middle, 32, (15, 15, 18), -1)
    assert are_eyes_hidden(picture, face)
    assert any("dark glasses" in fault for fault in faults(picture, face, 0.9))


def test_what_hardly_looks_like_a_face_is_doubted_or_refused(rig):
    face = face_at(rig)
    assert "hardly shows a human face" in faults(drawn(face), face, 0.5)[0]
    with pytest.raises(BadInput, match="made out"):
        faults(drawn(face), face, 0.1)


@pytest.mark.parametrize(("level", "says"), [(5, "black"), (254, "white"), (128, "no face")])
def test_a_picture_without_a_face_is_told_why(level, says):
    assert says in why_no_face(np.full((100, 100, 3), level, np.uint8))


def test_still_eyes_lose_only_what_eyes_do():
    shapes = np.ones(52, np.float32)
    kept = without_eyes(shapes)
    assert kept[CHANNEL_INDEX["eyeBlinkLeft"]] == 0
    assert kept[CHANNEL_INDEX["jawOpen"]] == 1
    assert kept.sum() == 52 - 14
