"""The mesh head on a real, smiling portrait, judged by FaceLandmarker and by pixels."""

import numpy as np
import pytest

import checkpoints
from emotion_embed.signals.audio import Audio
from generators.contracts import CHANNEL_INDEX, Motion, Segment, Speech
from generators.head.mesh import MeshHead, MeshHeadConfig
from generators.head.mesh.landmarks import FaceFinder
from generators.timeline import place

pytestmark = pytest.mark.whole
SIZE = (512, 512)


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
    return next(head.move(portrait, [motion]))


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
def test_a_cached_analysis_that_cannot_be_read_is_made_anew(head, photo, tmp_path, monkeypatch, damage):
    for name in ("face-landmarker", "selfie-segmenter"):
        (tmp_path / name).symlink_to(checkpoints.path(name))
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    first = head.analyse(photo, size=(128, 128))
    (cached,) = (tmp_path / "portraits").iterdir()
    whole = cached.read_bytes()
    cached.write_bytes(whole[: len(whole) // 2] if damage == "half" else damage)
    assert (head.analyse(photo, size=(128, 128)).present == first.present).all()
    assert cached.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_done_without(head, photo, tmp_path, monkeypatch):
    for name in ("face-landmarker", "selfie-segmenter"):
        (tmp_path / name).symlink_to(checkpoints.path(name))
    (tmp_path / "portraits").write_text("in the way")
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    assert head.analyse(photo, size=(128, 128)).size == (128, 128)


# Seen for the first time


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    for name in ("face-landmarker", "selfie-segmenter"):
        (tmp_path / name).symlink_to(checkpoints.path(name))
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    return tmp_path / "portraits"


@pytest.mark.parametrize("size", [(512, 512), (216, 384), None])
def test_a_portrait_looks_the_same_the_first_time_as_ever_after(head, photo, own_cache, size):
    frames = [
        [frame(head, seen, turn, jawOpen=0.3) for turn in ((0, 0, 0), (7, -5, 4))]
        for seen in (head.analyse(photo, size=size) for _ in range(3))
    ]
    assert len(list(own_cache.iterdir())) == 1
    assert np.array_equal(frames[0], frames[1])
    assert np.array_equal(frames[1], frames[2])


# The window, and what lies beyond the photo


def touching(photo):
    """The astronaut cropped so that her hair touches the upper border and her shoulders both sides."""
    return np.ascontiguousarray(photo[30:300, 120:320])


@pytest.mark.parametrize("size", [(256, 256), (216, 384)])
def test_hair_is_not_torn_from_the_upper_border(head, photo, size):
    portrait = head.analyse(touching(photo), size=size)
    still = frame(head, portrait).astype(int)
    for turn in ((8, 0, 0), (-8, 0, 0), (0, -8, 0), (0, 8, 0), (0, -5, 6)):
        moved = frame(head, portrait, turn).astype(int)
        assert np.abs(moved - still).max(-1).mean() > 2, "the head does move"
        assert np.abs(moved[0] - still[0]).mean() < 4


def test_a_breath_does_not_uncover_the_lower_border(head, photo):
    portrait = head.analyse(photo[:230], size=(256, 256))
    rest, lifted = (
        next(head.move(portrait, [Motion(25, np.zeros((1, 52), "f4"), np.zeros((1, 3)), np.zeros((1, 3)), b)]))
        for b in (np.zeros(1), np.ones(1))
    )
    change = np.abs(rest.astype(int) - lifted).mean(axis=(1, 2))
    assert change[-1] < 2
    assert change.max() > 4, "the shoulders do move"


@pytest.mark.parametrize(("size", "axis"), [((640, 240), 1), ((240, 640), 0)])
def test_there_is_no_seam_where_the_photo_ends(head, photo, size, axis):
    """No line of pixels differs from the next more than lines within the photo do."""
    picture = frame(head, head.analyse(touching(photo), size=size)).astype(float)
    steps = np.abs(np.diff(picture, axis=axis)).mean(axis=(1 - axis, 2))
    photo_end = len(steps) // 4 if axis else len(steps) // 2
    outside = steps[:photo_end] if axis else steps[photo_end:]
    assert outside.max() < max(6, 1.2 * np.sort(steps)[-3])
    assert steps.max() < 4 * np.median(steps) + 12


def test_there_is_no_second_face_beside_a_face(head, photo, finder):
    for size in ((768, 256), (256, 768)):
        assert len(finder.find(frame(head, head.analyse(touching(photo), size=size)))) == 1


def test_a_white_line_along_the_photo_s_border_is_not_shown(head, photo):
    lined = photo[:300, 100:340].copy()
    lined[:, :2] = lined[-2:] = 255
    picture = frame(head, head.analyse(lined, size=(384, 216)))
    plain = frame(head, head.analyse(np.ascontiguousarray(photo[:297, 103:340]), size=(384, 216)))
    assert np.abs(picture.astype(int) - plain).mean() < 6


# Transparent portraits


def cut_out(photo, hidden=0):
    """The astronaut cut out along an outline that takes a strip of wall with her, and another colour under the rest."""
    import cv2

    mask = np.zeros(photo.shape[:2], np.uint8)
    cv2.ellipse(mask, (225, 105), (92, 100), 0, 0, 360, 255, -1)
    cv2.ellipse(mask, (235, 480), (230, 300), 0, 180, 360, 255, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 2)
    colours = np.where(mask[..., None] == 0, np.uint8(hidden), photo)
    return np.dstack([colours, mask])


def test_a_cut_out_is_cut_out_along_its_own_outline(head, photo):
    picture = cut_out(photo)
    blue = (0, 90, 200)
    shown = frame(head, head.analyse(picture, size=None, background=blue)).astype(int)
    clear, solid = picture[..., 3] == 0, picture[..., 3] == 255
    assert np.abs(shown[clear] - blue).max() <= 2
    wall = solid & (np.indices(solid.shape)[0] < 60)
    assert np.abs(shown[wall] - photo[wall]).mean() < 12, "what the portrait shows is shown, be it hair or not"


@pytest.mark.parametrize("background", [None, (250, 250, 250), (0, 0, 0)])
def test_no_hidden_colour_shines_through_at_the_outline(head, photo, background):
    frames = [
        frame(head, head.analyse(cut_out(photo, hidden), size=(256, 256), background=background), turn).astype(int)
        for hidden in (0, 255)
        for turn in ((0, 0, 0), (6, -4, 3))
    ]
    assert np.abs(frames[0] - frames[2]).max() <= 6
    assert np.abs(frames[1] - frames[3]).max() <= 6


def test_a_cut_out_without_a_background_stands_on_white(head, photo):
    picture = cut_out(photo)
    shown = frame(head, head.analyse(picture, size=None))
    assert (shown[picture[..., 3] == 0] >= 253).all()


def test_an_oval_piece_of_a_photo_keeps_its_wall_under_another_background(head, photo):
    import cv2

    mask = np.zeros(photo.shape[:2], np.uint8)
    cv2.ellipse(mask, (256, 256), (200, 250), 0, 0, 360, 255, -1)
    shown = frame(head, head.analyse(np.dstack([photo, mask]), size=None, background=(0, 90, 200))).astype(int)
    assert np.abs(shown[5:30, 5:30] - [0, 90, 200]).max() <= 2
    assert np.abs(shown[60:110, 330:380] - photo[60:110, 330:380]).mean() < 6


def test_rounded_corners_do_not_make_a_cut_out(head, photo):
    picture = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    picture[:20, :20, 3] = 0
    blue = frame(head, head.analyse(picture, size=SIZE, background=(0, 90, 200))).astype(int)
    assert np.abs(blue[40:80, 10:60] - [0, 90, 200]).max() < 12, "the wall gives way to the background"


def test_it_renders_the_motion_of_segments(head, portrait):
    motion = Motion(25, np.full((2, 52), 0.1, np.float32), np.zeros((2, 3)), np.zeros((2, 3)), np.zeros(2))
    (speech,) = place([Speech(Audio(np.zeros(1280, np.float32), 16000))])
    by_segments = list(head.render(portrait, [Segment(speech, motion)], seed=1, fps=25.0))
    assert len(by_segments) == len(speech.frames(25)) == 2
    assert all((a == b).all() for a, b in zip(by_segments, head.move(portrait, [motion]), strict=True))
    with pytest.raises(ValueError, match="holds none"):
        next(head.render(portrait, [Segment(speech)]))


def test_threads_change_no_pixel(head, portrait):
    for threads in (1, 3):
        other = MeshHead(head.rig, MeshHeadConfig(threads=threads))
        assert (frame(head, portrait, jawOpen=0.3) == frame(other, portrait, jawOpen=0.3)).all()
