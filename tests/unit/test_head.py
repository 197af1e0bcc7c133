"""The rig, the framing and the geometry of the mesh head: no photo, no network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.optimize import lsq_linear

from checkpoints.errors import BadInput
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.head.mesh.eyes import gaze_deg
from generators.head.mesh.fitting import minimise_in_box
from generators.head.mesh.landmarks import Face, choose_face
from generators.head.mesh.lids import build_lids
from generators.head.mesh.openings import coverage
from generators.head.mesh.pipeline import head_turn
from generators.head.mesh.raster import combine, transform
from generators.head.mesh.rig import load_rig, seal_lips
from generators.head.mesh.surroundings import boundary_loop
from generators.head.mesh.topology import EYES, FACE_OVAL, LIP_ROWS_LOWER, LIP_ROWS_UPPER, refine
from generators.head.portrait import frame_face, read_portrait


@pytest.fixture(scope="module")
def rig():
    return load_rig()


@pytest.fixture(scope="module")
def resting(rig):
    fine = rig.refined(rig.canonical)
    return fine + rig.refined(seal_lips(rig.canonical, close=True))


def expressed(rig, resting, **values):
    face = resting.copy()
    for name, value in values.items():
        face += value * rig.expression_deltas[CHANNEL_INDEX[name]]
    return face


def inner_gaps(face):
    return face[list(LIP_ROWS_UPPER[-1]), 1] - face[list(LIP_ROWS_LOWER[-1]), 1]


def test_the_rig_is_symmetric(rig):
    left, right = (rig.expression_deltas[CHANNEL_INDEX[f"mouthSmile{side}"]] for side in ("Left", "Right"))
    assert np.allclose(left[291] * [-1, 1, 1], right[61], atol=0.05)
    assert left[291, 1] > 0.5, "a smile raises the corner"
    assert abs(left[61]).max() < 0.1, "and only on its own side"


def test_lips_that_rest_are_closed_and_an_open_jaw_opens_them(rig, resting):
    assert np.abs(inner_gaps(resting)).max() < 1e-5
    assert inner_gaps(expressed(rig, resting, jawOpen=0.3)).max() > 0.6


@pytest.mark.parametrize("jaw", [0.05, 0.2, 0.4])
def test_mouth_close_undoes_the_jaw_for_the_lips(rig, resting, jaw):
    face = expressed(rig, resting, jawOpen=jaw, mouthClose=jaw)
    face += rig.refined(seal_lips(face[:468], close=False))
    assert inner_gaps(face).max() < 0.12 * jaw / 0.2


@given(st.dictionaries(st.sampled_from(ARKIT_CHANNELS), st.floats(0, 1), max_size=6))
def test_lips_never_pass_through_each_other(values):
    rig = load_rig()
    face = rig.refined(rig.canonical + seal_lips(rig.canonical, close=True))
    for name, value in values.items():
        face = face + value * rig.expression_deltas[CHANNEL_INDEX[name]]
    face = face + rig.refined(seal_lips(face[:468], close=False))
    assert inner_gaps(face).min() > -1e-4


@pytest.mark.parametrize("eye", [0, 1])
def test_lids_meet_when_closed_and_pass_each_other_never(rig, resting, eye):
    lids = build_lids(rig, resting, eye)
    ring, before = EYES[eye], None
    for closed in (0.0, 0.3, 0.6, 1.0):
        face = resting.copy()
        face[lids.index] += lids.offsets(face, closed)
        opening = (face[list(ring.upper), 1] - face[list(ring.lower), 1]).mean()
        assert before is None or opening < before
        before = opening
    assert abs(before) < 1e-3


def test_refining_keeps_the_mesh_whole():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    fine, triangles, parents, weights = refine(vertices, np.array([[0, 1, 2]]), 2)
    assert len(fine) == 15
    assert len(triangles) == 16
    assert np.allclose(weights.sum(1), 1)
    assert np.allclose((vertices[parents] * weights[..., None]).sum(1), fine)
    a, b, c = (fine[triangles[:, i]] for i in range(3))
    assert np.isclose(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2, 0.5)


def test_the_border_of_the_mesh_is_the_face_oval(rig):
    loop = boundary_loop(rig.triangles)
    assert len(loop) == 4 * len(FACE_OVAL)
    assert set(FACE_OVAL) <= set(loop.tolist())


@given(*(st.floats(-40, 40) for _ in range(3)))
def test_a_turn_is_a_rotation(yaw, pitch, roll):
    turn = head_turn(np.array([yaw, pitch, roll]))
    assert np.allclose(turn @ turn.T, np.eye(3))
    assert np.isclose(np.linalg.det(turn), 1)


def test_turns_have_the_directions_that_the_contract_names():
    nose, crown = np.array([0.0, 0, 1]), np.array([0.0, 1, 0])
    assert (head_turn(np.array([10.0, 0, 0])) @ nose)[0] > 0.1, "yaw + turns to the viewer's right"
    assert (head_turn(np.array([0, 10.0, 0])) @ nose)[1] > 0.1, "pitch + looks up"
    assert (head_turn(np.array([0, 0, 10.0])) @ crown)[0] > 0.1, "roll + tilts clockwise"


def test_both_eyes_turn_the_same_way():
    shapes = np.zeros(len(ARKIT_CHANNELS))
    shapes[[CHANNEL_INDEX["eyeLookOutLeft"], CHANNEL_INDEX["eyeLookInRight"]]] = 0.5
    assert gaze_deg(shapes, 0) == gaze_deg(shapes, 1)
    assert gaze_deg(shapes, 0)[0] > 0


def test_combine_and_transform_are_plain_linear_algebra():
    generator = np.random.default_rng(0)
    neutral, deltas = generator.normal(size=(5, 3)).astype("f4"), generator.normal(size=(4, 5, 3)).astype("f4")
    weights = np.array([0.5, 0, 1, 0.2], "f4")
    assert np.allclose(combine(neutral, deltas, weights), neutral + np.tensordot(weights, deltas, 1), atol=1e-5)
    matrix, offset = generator.normal(size=(3, 3)), generator.normal(size=3)
    assert np.allclose(transform(neutral, matrix, offset), neutral @ matrix.T + offset, atol=1e-5)


def test_the_fit_finds_the_bounded_minimum():
    generator = np.random.default_rng(1)
    rows, wanted = generator.normal(size=(60, 12)), generator.normal(size=60)
    low, high = np.full(12, -0.05), np.full(12, 0.1)
    found = minimise_in_box(rows.T @ rows, rows.T @ wanted, low, high, np.zeros(12))
    assert np.allclose(found, lsq_linear(rows, wanted, (low, high)).x, atol=1e-4)


def test_an_opening_covers_its_own_area_and_a_shut_one_nothing():
    x = np.linspace(10, 50, 9)
    bow = np.sqrt(np.maximum(0, 1 - ((x - 30) / 20) ** 2))
    upper, lower = np.stack([x, 30 - 6 * bow], 1), np.stack([x, 30 + 6 * bow], 1)
    mask, left, top = coverage(upper, lower, (64, 64))
    assert mask.sum() == pytest.approx(np.pi * 20 * 6, rel=0.06)
    assert 0 <= left < 10 and 20 < top < 25
    assert coverage(lower, upper, (64, 64)) is None


@given(
    st.integers(200, 3000), st.integers(200, 3000), st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.floats(0.1, 0.8),
    st.sampled_from([1.0, 9 / 16, 16 / 9]),
)  # fmt: skip
def test_every_frame_holds_the_face(width, height, x, y, part, aspect):
    face = int(part * min(width, height))
    box = (int(x * (width - face)), int(y * (height - face)), int(x * (width - face)) + face, 0)
    box = (*box[:3], box[1] + face)
    x0, y0, x1, y1 = frame_face((width, height), box, aspect)
    assert (x1 - x0) / (y1 - y0) == pytest.approx(aspect, rel=0.05)
    assert x0 <= box[0] + 2 and y0 <= box[1] + 2 and x1 >= box[2] - 2 and y1 >= box[3] - 2
    if 1.25 * face * max(1, aspect) <= width * min(1, aspect * height / width) and 1.25 * face / aspect <= height:
        assert x0 >= -0.01 and y0 >= -0.01 and x1 <= width + 0.01 and y1 <= height + 0.01, "inside where it can be"
    assert y0 >= -0.01, "hair is never invented above the photo"


@pytest.mark.parametrize("aspect", [1.0, 9 / 16, 16 / 9, 4 / 3, 3 / 4])
@pytest.mark.parametrize("photo_size", [(512, 512), (510, 504), (504, 510), (600, 800), (1920, 1080)])
def test_a_usual_portrait_is_shown_from_inside_the_photo(photo_size, aspect):
    width, height = photo_size
    face_width = 0.3 * min(photo_size)
    box = (0.4 * width, 0.3 * height, 0.4 * width + face_width, 0.3 * height + 1.25 * face_width)
    x0, y0, x1, y1 = frame_face(photo_size, box, aspect)
    assert 0 <= x0 < x1 <= width + 1e-9 and 0 <= y0 < y1 <= height + 1e-9
    assert (x1 - x0) / (y1 - y0) == pytest.approx(aspect), "so that no row is left over"


def test_a_photo_too_small_for_the_shape_is_continued_below_and_never_above():
    x0, y0, x1, y1 = frame_face((400, 300), (60, 20, 320, 280), 9 / 16)
    assert y0 == 0 and y1 > 300
    assert x0 >= 0 and x1 <= 400
    x0, y0, x1, y1 = frame_face((300, 400), (20, 60, 280, 380), 21 / 9)
    assert y0 >= 0 and y1 <= 400
    assert -x0 == pytest.approx(x1 - 300), "as much on either side"


def test_a_face_that_fills_its_photo_is_shown_as_far_as_the_photo_goes():
    assert frame_face((512, 512), (110, 113, 392, 439), 1.0) == (0, 0, 512, 512)


def faces(*boxes):
    return [Face(np.zeros((478, 3)), np.zeros(52), box) for box in boxes]


def test_the_face_to_use_is_chosen_in_words():
    one, two = (0, 0, 200, 220), (300, 0, 500, 220)
    assert choose_face(faces(one), None).box == one
    assert choose_face(faces(one, two), 2).box == two
    for found, which, said in (
        ([], None, "no face"), (faces(one, two), None, "2 faces"), (faces(one), 3, "no face 3"),
        (faces((0, 0, 60, 70)), None, "70 px"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=said):
            choose_face(found, which)


def test_a_portrait_is_read_upright_and_opaque(tmp_path):
    picture = Image.new("RGBA", (120, 100), (0, 0, 0, 0))
    picture.save(tmp_path / "clear.png")
    image = read_portrait(tmp_path / "clear.png")
    assert image.shape == (100, 120, 3)
    assert (image == 255).all()
    turned = Image.new("RGB", (120, 100))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif)
    assert read_portrait(tmp_path / "turned.jpg").shape == (120, 100, 3)


def test_greys_of_sixteen_bits_keep_their_brightness(tmp_path):
    greys = np.linspace(0, 65535, 120 * 100).reshape(100, 120).astype(np.uint16)
    Image.fromarray(greys).save(tmp_path / "deep.png")
    image = read_portrait(tmp_path / "deep.png")
    assert np.abs(image[..., 0].astype(int) - greys / 257).max() <= 1


def test_a_torn_portrait_is_refused(tmp_path):
    generator = np.random.default_rng(0)
    Image.fromarray(generator.integers(0, 255, (200, 200, 3), np.uint8)).save(tmp_path / "whole.png")
    data = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "torn.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadInput, match="torn"):
        read_portrait(tmp_path / "torn.png")
