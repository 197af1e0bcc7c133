"""Faces as people photograph and film them: turned, mirrored, cut off, hidden, badly lit; and good ones, which nobody
may complain of. All are made from the demo's portrait."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import checkpoints
from checkpoints.errors import BadInput
from scripts.input_cases import Trial, mien

TURNED, UNFIT = "turned, upside-down and mirrored faces", "portraits that cannot work"
SIZE = (192, 192)
_FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
_LOWER_FACE = (
    227, 117, 119, 6, 348, 346, 447, 323, 361, 288, 397, 365, 379, 400, 152, 176, 150, 136, 172, 58, 132, 93,
)  # fmt: skip
_LIPS = (61, 40, 37, 0, 267, 270, 291, 321, 405, 17, 181, 91)

Spoilt = Callable[[Image.Image], Image.Image]


@functools.cache
def astronaut() -> Image.Image:
    """The demo's portrait, 512 x 512."""
    return Image.open(checkpoints.path("portrait-astronaut") / "astronaut.png").convert("RGB")


@functools.cache
def head():
    from generators.head.mesh import MeshHead
    from generators.head.mesh.configuration import MeshHeadConfig

    return MeshHead.load(MeshHeadConfig(cache=False))


@functools.cache
def landmarks() -> np.ndarray:
    """Of the demo's portrait, (478, 2) px."""
    return faces_in(astronaut())[0].landmarks[:, :2]


def faces_in(picture: Image.Image) -> list:
    from emotion_embed.signals.face_landmarks import Landmarker

    with Landmarker() as landmarker:
        return landmarker.find(np.asarray(picture))


@functools.cache
def doing(**values: float) -> Image.Image:
    """The astronaut with another face, by the product's own head."""
    return picture_of(head().analyse(np.asarray(astronaut()), size=None), **values)


def picture_of(portrait, **values: float) -> Image.Image:
    """One frame of an analysed portrait; a value is for that channel, or for both sides of it."""
    from generators.contracts import CHANNEL_INDEX, Motion

    shapes = np.zeros((1, 52), np.float32)
    for name, value in values.items():
        for channel in (name, f"{name}Left", f"{name}Right"):
            if channel in CHANNEL_INDEX:
                shapes[0, CHANNEL_INDEX[channel]] = value
    motion = Motion(25, shapes, np.zeros((1, 3)), np.zeros((1, 3)), np.zeros(1))
    return Image.fromarray(next(head().render(portrait, [motion])))


def analysed(picture: Image.Image, folder: Path, size: tuple[int, int] | None = SIZE):
    """A portrait read from a file as users give it, and what was said of it."""
    from generators.head.portrait import read_portrait

    told: list[str] = []
    with ExitStack() as stack:
        with suppress(ImportError):
            from checkpoints.notices import gathering

            stack.enter_context(gathering(told))
        picture.save(folder / "portrait.png")
        return head().analyse(read_portrait(folder / "portrait.png"), size=size), " ".join(told)


# --- turned and mirrored portraits ------------------------------------------------------------------------------------


def _is_shown_upright(turns: int, change: Spoilt = lambda p: p, size: tuple[int, int] | None = SIZE):
    """A check that a picture turned by quarters to the left is shown like the upright one."""

    def check(folder: Path) -> None:
        upright = change(astronaut())
        lying = Image.fromarray(np.rot90(np.asarray(upright), turns))
        portrait, told = analysed(lying, folder, size)
        right, _ = analysed(upright, folder, size)
        shown, expected = (np.asarray(picture_of(p)).astype(float) for p in (portrait, right))
        assert shown.shape == expected.shape, f"shown as {shown.shape}, is {expected.shape}"
        off = np.abs(shown - expected).mean()
        assert off < 6, f"{off:.1f} levels off the upright picture"
        assert ("turned" in told) == (turns > 0), f"said: {told!r}"

    return check


def _tilted(angle_deg: float) -> Spoilt:
    return lambda p: p.crop((90, 0, 370, 280)).rotate(angle_deg, Image.Resampling.BICUBIC, fillcolor=(200, 195, 190))


def _toned(factor: float, offset: float = 0) -> Spoilt:
    return lambda p: p.point([min(255, max(0, round(factor * i + offset))) for i in range(256)] * 3)


def _close(p: Image.Image) -> Image.Image:
    return p.crop((140, 10, 320, 210))


def _grey(p: Image.Image) -> Image.Image:
    return p.convert("L").convert("RGB")


def _dark_skin(p: Image.Image) -> Image.Image:
    mask = Image.new("L", p.size)
    ImageDraw.Draw(mask).polygon([tuple(landmarks()[i]) for i in _FACE_OVAL], fill=255)
    tinted = np.asarray(p) * (0.42, 0.34, 0.3)
    return Image.composite(Image.fromarray(tinted.astype(np.uint8)), p, mask.filter(ImageFilter.GaussianBlur(3)))


def _bearded(p: Image.Image) -> Image.Image:
    at, mask = landmarks(), Image.new("L", p.size)
    drawing = ImageDraw.Draw(mask)
    jaw = (93, 58, 136, 150, 176, 152, 400, 379, 365, 288, 323, 425, 2, 205)
    drawing.polygon([tuple(at[i]) for i in jaw], fill=255)
    drawing.polygon([tuple(at[i]) for i in _LIPS], fill=0)
    hair = np.random.default_rng(0).normal(1, 0.35, (*p.size[::-1], 1)) * (52, 38, 30)
    return Image.composite(Image.fromarray(np.clip(hair, 0, 255).astype(np.uint8)), p, mask)


def _spectacled(p: Image.Image, fill: tuple | None = None) -> Image.Image:
    out = p.copy()
    drawing = ImageDraw.Draw(out)
    for corners in ((33, 133), (362, 263)):
        x, y = landmarks()[list(corners)].mean(0)
        drawing.ellipse((x - 16, y - 12, x + 16, y + 13), outline=(25, 20, 20), fill=fill, width=2)
    drawing.line([tuple(landmarks()[i]) for i in (133, 362)], fill=(25, 20, 20), width=2)
    return out


def _hatted(p: Image.Image) -> Image.Image:
    out, (x, y) = p.copy(), landmarks()[10]
    ImageDraw.Draw(out).rectangle((x - 75, y - 5, x + 75, y + 8), fill=(40, 45, 60))
    ImageDraw.Draw(out).rectangle((x - 50, 0, x + 50, y), fill=(40, 45, 60))
    return out


def _small(p: Image.Image) -> Image.Image:
    scene = Image.new("RGB", (900, 700), (120, 130, 140))
    scene.paste(p, (250, 188))
    return scene


def _painted(p: Image.Image) -> Image.Image:
    return p.quantize(24).convert("RGB").filter(ImageFilter.ModeFilter(5))


PORTRAITS: dict[str, Spoilt] = {
    "as it is": lambda p: p,
    "mirrored": lambda p: p.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "close": _close,
    "grey": _grey,
    "dim": _toned(0.3),
    "pale": _toned(0.4, 120),
    "dark skin": _dark_skin,
    "with a beard": _bearded,
    "with glasses": _spectacled,
    "with a hat": _hatted,
    "small in a scene": _small,
    "painted": _painted,
    "mouth open": lambda p: doing(jawOpen=0.5),
    "joy": lambda p: doing(mouthSmile=0.8, cheekSquint=0.5),
    "anger": lambda p: doing(browDown=0.9, mouthPress=0.6),
    "tilted": _tilted(20),
}

# --- films ------------------------------------------------------------------------------------------------------------

# What a camera stored, given what is to be seen, and ffmpeg's options that say so.
MATRICES = {
    "a quarter to the left": (lambda f: np.rot90(f, -1), ("-display_rotation", "90")),
    "on its head": (lambda f: np.rot90(f, 2), ("-display_rotation", "180")),
    "a quarter to the right": (lambda f: np.rot90(f, 1), ("-display_rotation", "270")),
    "mirrored": (lambda f: f[:, ::-1], ("-display_hflip",)),
    "mirrored, on its head": (lambda f: f[::-1], ("-display_vflip",)),
    "a quarter to the left, then mirrored": (
        lambda f: np.rot90(f[:, ::-1], -1),
        ("-display_rotation", "90", "-display_hflip"),
    ),
    "a quarter to the left, then upside down": (
        lambda f: np.rot90(f[::-1], -1),
        ("-display_rotation", "90", "-display_vflip"),
    ),
}


def _film(folder: Path, stored: Callable[[np.ndarray], np.ndarray], options: tuple[str, ...] = ()) -> Path:
    """A second of the astronaut winking with her left eye, stored like that."""
    import av
    import imageio_ffmpeg

    frame = np.ascontiguousarray(stored(np.asarray(doing(eyeBlinkLeft=1.0, jawOpen=0.2).crop((90, 0, 370, 360)))))
    with av.open(str(folder / "stored.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = *frame.shape[:2], "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *options, "-i", "stored.mp4", "-c", "copy", "film.mp4"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "film.mp4"


def _winks_left(scores: np.ndarray, landmarks: np.ndarray) -> None:
    """`scores` (n, 52) and `landmarks` (n, 478, 3) of a film: an upright head that winks with its own left eye."""
    from emotion_embed.signals.face_landmarks import CHANNEL_INDEX

    left, right = (float(np.median(scores[:, CHANNEL_INDEX[f"eyeBlink{side}"]])) for side in ("Left", "Right"))
    assert left > right + 0.15, f"blinks left {left:.2f}, right {right:.2f}"
    eyes, mouth = landmarks[:, [33, 263], :2].mean((0, 1)), landmarks[:, 13, :2].mean(0)
    down = mouth - eyes
    assert down[1] > 2 * abs(down[0]), f"from the eyes to the mouth it goes {down.round()}"


def _is_followed(stored: Callable, options: tuple[str, ...] = (), reader: str = "reenact"):
    def check(folder: Path) -> None:
        film = _film(folder, stored, options)
        if reader == "reenact":
            from emotion_embed.signals.face_track import track_largest_face

            seen = track_largest_face(film)
            assert seen.found.sum() >= 9, f"a face in {seen.found.sum()} of 10 frames"
            _winks_left(seen.scores[seen.found], seen.landmarks[seen.found])
        else:
            from emotion_embed.signals.face_track import track_person

            frames = track_person(film)
            assert frames.found.mean() > 0.9
            assert abs(np.median(frames.head_rotation_deg[:, 2])) < 15, "the head is said to be tilted"
            _winks_left(frames.scores[frames.found], frames.landmarks[frames.found])

    return check


def _photo_is_perceived(orientation: int):
    """A check that a JPEG whose EXIF turns or mirrors it is looked at as it is to be shown."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]

    def check(folder: Path) -> None:
        from emotion_embed.signals.face_track import track_person

        photo = doing(eyeBlinkLeft=1.0, jawOpen=0.2).crop((90, 0, 370, 360)).transpose(Image.Transpose(undo))
        exif = photo.getexif()
        exif[274] = orientation
        photo.save(folder / "photo.jpg", exif=exif, quality=95)
        frames = track_person(folder / "photo.jpg")
        _winks_left(frames.scores, frames.landmarks)

    return check


def _renders_upright(folder: Path) -> None:
    """A whole run of the command line: a portrait on its head gives a clip of an upright one."""
    import av

    astronaut().rotate(180).save(folder / "photo.png")
    done = mien(folder, "render", "Hi.", "-p", "photo.png", "-o", "clip.mp4", "--size", "256")
    assert done.returncode == 0, done.stderr
    with av.open(str(folder / "clip.mp4")) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
    upright, _ = analysed(astronaut(), folder, (256, 256))
    assert np.abs(np.asarray(picture_of(upright)).astype(float) - frame).mean() < 12


def _turned_trials() -> list[Trial]:
    tall = lambda p: p.crop((80, 0, 380, 500))  # noqa: E731
    lying = lambda turns: lambda frame: np.rot90(frame, turns)  # noqa: E731
    portraits = [
        (f"portrait {name}, turned {turns} quarters", _is_shown_upright(turns, change))
        for i, (name, change) in enumerate(PORTRAITS.items())
        for turns in {0, 2, 1 + 2 * (i % 2)}
    ]
    portraits += [
        (
            f"a whole tall picture, turned {turns} quarters",
            _is_shown_upright(turns, tall, None),
        )
        for turns in range(4)
    ]
    portraits += [(f"a head tilted by {tilt}° stays", _is_shown_upright(0, _tilted(tilt))) for tilt in (-40, -25, 35)]
    films = [
        (f"{reader}: a film stored {name}", _is_followed(stored, options, reader))
        for name, (stored, options) in MATRICES.items()
        for reader in ("reenact", "perceive")
    ]
    films += [
        (
            f"{reader}: a film that lies {turns} quarters to the left",
            _is_followed(lying(turns), (), reader),
        )
        for turns in range(4)
        for reader in ("reenact", "perceive")
    ]
    photos = [(f"perceive: a photo with EXIF {number}", _photo_is_perceived(number)) for number in range(2, 9)]
    whole = [("render: a portrait on its head", _renders_upright)]
    return [Trial(TURNED, name, check) for name, check in portraits + films + photos + whole]


# --- portraits that cannot work ---------------------------------------------------------------------------------------


def _says(change: Spoilt, *words: str):
    """A check that a portrait is refused or warned of in a sentence with one of these words."""

    def check(folder: Path) -> None:
        try:
            _, told = analysed(change(astronaut()), folder)
        except BadInput as error:
            told = str(error)
        assert any(word in told.lower() for word in words), f"said: {told!r}"

    return check


def _is_fine(change: Spoilt):
    """A check that a portrait is taken without a word."""

    def check(folder: Path) -> None:
        _, told = analysed(change(astronaut()), folder)
        assert not told, f"said: {told!r}"

    return check


def _eyes_stay_shut(folder: Path) -> None:
    portrait, _ = analysed(doing(eyeBlink=1.0), folder, (384, 384))
    for values in ({}, {"eyeWide": 0.6}, {"jawOpen": 0.3, "eyeBlink": 0.5}):
        marks = faces_in(picture_of(portrait, **values))[0].landmarks
        opening = np.linalg.norm(marks[159] - marks[145]) / np.linalg.norm(marks[33] - marks[133])
        assert opening < 0.2, f"the eyes open to {opening:.2f} with {values}"


def _mouth_opens_with_a_cut_chin(folder: Path) -> None:
    portrait, _ = analysed(_cut(bottom=0.08)(astronaut()), folder, (384, 384))
    gap = lambda picture: float(np.diff(faces_in(picture)[0].landmarks[[13, 14], 1])[0])  # noqa: E731
    assert gap(picture_of(portrait, jawOpen=0.4)) > gap(picture_of(portrait)) + 8


def _dark_one_is_brightened(folder: Path) -> None:
    portrait, _ = analysed(_toned(0.12)(astronaut()), folder)
    assert np.percentile(np.asarray(picture_of(portrait)), 95) > 80


def _cut(left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> Spoilt:
    """The picture without these parts of the face's own width or height."""

    def cut(p: Image.Image) -> Image.Image:
        (x0, y0), (x1, y1) = landmarks()[list(_FACE_OVAL)].min(0), landmarks()[list(_FACE_OVAL)].max(0)
        width, height = x1 - x0, y1 - y0
        lines = (x0 + left * width, y0 + top * height, x1 - right * width, y1 - bottom * height)
        wide = (60, 0, 400, 420)
        cuts = zip((left, top, right, bottom), lines, wide, strict=True)
        return p.crop(tuple(round(line) if share else far for share, line, far in cuts))

    return cut


def _over_mouth(colour: tuple[int, int, int], grain: float = 0.0) -> Spoilt:
    """A mask of cloth from the nose to the chin."""

    def masked(p: Image.Image) -> Image.Image:
        mask = Image.new("L", p.size)
        ImageDraw.Draw(mask).polygon([tuple(landmarks()[i]) for i in _LOWER_FACE], fill=255)
        folds = 1 + grain * np.sin(np.arange(p.height) / 2.2)[:, None, None] * np.ones((1, p.width, 1))
        cloth = Image.fromarray(np.clip(folds * colour, 0, 255).astype(np.uint8))
        return Image.composite(cloth, p, mask.filter(ImageFilter.GaussianBlur(0.7)))

    return masked


def _thing_at_mouth(colour: tuple[int, int, int], size: tuple[int, int]) -> Spoilt:
    def held(p: Image.Image) -> Image.Image:
        out, (x, y) = p.copy(), landmarks()[14]
        ImageDraw.Draw(out).ellipse((x - size[0], y - size[1], x + size[0], y + size[1]), fill=colour)
        return out.filter(ImageFilter.GaussianBlur(0.5))

    return held


def _hand(p: Image.Image) -> Image.Image:
    out, (x, y) = p.copy(), landmarks()[13]
    for i in range(4):
        skin = tuple(round(v * (1 - 0.05 * i)) for v in (205, 150, 128))
        ImageDraw.Draw(out).ellipse((x - 30, y - 20 + 9 * i, x + 30, y - 6 + 9 * i), fill=skin)
    return out


def _pixelated(block_px: int) -> Spoilt:
    def pixelated(p: Image.Image) -> Image.Image:
        small = p.resize((p.width // block_px, p.height // block_px), Image.Resampling.BOX)
        return small.resize(p.size, Image.Resampling.NEAREST)

    return pixelated


def _blurred(sigma_px: float) -> Spoilt:
    return lambda p: p.filter(ImageFilter.GaussianBlur(sigma_px))


def _back_of_a_head(p: Image.Image) -> Image.Image:
    out = p.copy()
    hair = p.crop((185, 28, 265, 68)).resize((140, 160))
    out.paste(hair, (155, 30))
    return out


def _crowd(p: Image.Image) -> Image.Image:
    out = Image.new("RGB", (840, 360))
    for i in range(3):
        out.paste(p.crop((90, 0, 370, 360)), (280 * i, 0))
    return out


def _far_away(p: Image.Image) -> Image.Image:
    scene = Image.new("RGB", (640, 480), (90, 120, 150))
    scene.paste(p.resize((380, 380), Image.Resampling.LANCZOS), (130, 60))
    return scene


def _stripes(p: Image.Image) -> Image.Image:
    return Image.fromarray(np.tile((np.arange(512) // 16 % 2 * 255).astype(np.uint8)[:, None, None], (1, 512, 3)))


CUT_OFF = ("cut", "border", "no face")
HIDDEN = ("cover", "mouth", "no face")
BAD: dict[str, tuple[Spoilt, tuple[str, ...]]] = {
    "chin cut a little": (_cut(bottom=0.06), CUT_OFF),
    "chin cut": (_cut(bottom=0.12), CUT_OFF),
    "mouth cut": (_cut(bottom=0.3), CUT_OFF),
    "cheek cut on the right": (_cut(right=0.15), CUT_OFF),
    "cheek cut on the left": (_cut(left=0.15), CUT_OFF),
    "half the face cut": (_cut(right=0.5), CUT_OFF),
    "forehead cut": (_cut(top=0.15), CUT_OFF),
    "eyes cut": (_cut(top=0.45), CUT_OFF),
    "eyes closed": (lambda p: doing(eyeBlink=1.0), ("closed",)),
    "eyes closed, smiling": (lambda p: doing(eyeBlink=1.0, mouthSmile=0.5), ("closed",)),
    "eyes closed, mouth open": (lambda p: doing(eyeBlink=1.0, jawOpen=0.3), ("closed",)),
    "a blue mask": (_over_mouth((130, 175, 210)), HIDDEN),
    "a blue mask with folds": (_over_mouth((130, 175, 210), 0.1), HIDDEN),
    "a white mask": (_over_mouth((238, 238, 240)), HIDDEN),
    "a black mask": (_over_mouth((25, 25, 28)), HIDDEN),
    "a red scarf": (_over_mouth((170, 30, 40), 0.12), HIDDEN),
    "a hand on the mouth": (_hand, HIDDEN),
    "a microphone": (_thing_at_mouth((35, 35, 38), (20, 20)), HIDDEN),
    "a white cup": (_thing_at_mouth((240, 240, 238), (26, 22)), HIDDEN),
    "black glasses": (lambda p: _spectacled(p, (14, 14, 18)), ("glasses", "hidden")),
    "brown glasses": (lambda p: _spectacled(p, (48, 34, 26)), ("glasses", "hidden")),
    "dark": (_toned(0.14), ("dark",)),
    "very dark": (_toned(0.07), ("dark", "black")),
    "black": (_toned(0.008), ("black", "dark")),
    "over-exposed": (_toned(2.2, 20), ("over-exposed", "white")),
    "white": (_toned(0.02, 250), ("white", "over-exposed")),
    "blurred": (_blurred(2.6), ("blur",)),
    "much blurred": (_blurred(4), ("blur", "no face", "made out")),
    "coarsely pixelated": (_pixelated(6), ("pixel", "no face")),
    "pixelated": (_pixelated(4), ("pixel",)),
    "too small": (_far_away, ("at least 96",)),
    "three faces": (_crowd, ("--face",)),
    "the back of a head": (_back_of_a_head, ("no face", "made out", "human face")),
    "no face but stripes": (_stripes, ("no face",)),
}
GOOD: dict[str, Spoilt] = {name: change for name, change in PORTRAITS.items() if name not in ("tilted", "painted")} | {
    "warm": lambda p: Image.fromarray(np.clip(np.asarray(p) * (1.1, 1.0, 0.8), 0, 255).astype(np.uint8)),
    "bright": _toned(1.15),
    "larger": lambda p: p.resize((1024, 1024), Image.Resampling.LANCZOS),
    "a little soft": _blurred(0.8),
    "a wink": lambda p: doing(eyeBlinkLeft=1.0),
    "surprise": lambda p: doing(browInnerUp=0.9, browOuterUp=0.8, eyeWide=0.7, jawOpen=0.3),
    "sadness": lambda p: doing(browInnerUp=0.8, mouthFrown=0.8),
    "lips pursed": lambda p: doing(mouthPucker=0.8),
    "just inside the border": lambda p: p.crop((160, 20, 300, 190)),
}


def _unfit_trials() -> list[Trial]:
    bad = [(name, _says(change, *words)) for name, (change, words) in BAD.items()]
    good = [(f"fine: {name}", _is_fine(change)) for name, change in GOOD.items()]
    best = [
        ("closed eyes stay shut", _eyes_stay_shut),
        ("a mouth opens over a cut chin", _mouth_opens_with_a_cut_chin),
        ("a dark portrait is brightened", _dark_one_is_brightened),
    ]
    return [Trial(UNFIT, name, check) for name, check in bad + good + best]


TRIALS = [*_turned_trials(), *_unfit_trials()]
