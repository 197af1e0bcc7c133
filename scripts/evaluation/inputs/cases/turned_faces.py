"""Portraits and films that are turned or mirrored."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from scripts.evaluation.inputs.cases import Trial, mien
from scripts.evaluation.inputs.cases.faces import (
    FACE_OVAL,
    LIPS,
    SIZE,
    TURNED,
    Spoilt,
    analysed,
    astronaut,
    doing,
    landmarks,
    picture_of,
)


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


def toned(factor: float, offset: float = 0) -> Spoilt:
    return lambda p: p.point([min(255, max(0, round(factor * i + offset))) for i in range(256)] * 3)


def _close(p: Image.Image) -> Image.Image:
    return p.crop((140, 10, 320, 210))


def _grey(p: Image.Image) -> Image.Image:
    return p.convert("L").convert("RGB")


def _dark_skin(p: Image.Image) -> Image.Image:
    mask = Image.new("L", p.size)
    ImageDraw.Draw(mask).polygon([tuple(landmarks()[i]) for i in FACE_OVAL], fill=255)
    tinted = np.asarray(p) * (0.42, 0.34, 0.3)
    return Image.composite(Image.fromarray(tinted.astype(np.uint8)), p, mask.filter(ImageFilter.GaussianBlur(3)))


def _bearded(p: Image.Image) -> Image.Image:
    at, mask = landmarks(), Image.new("L", p.size)
    drawing = ImageDraw.Draw(mask)
    jaw = (93, 58, 136, 150, 176, 152, 400, 379, 365, 288, 323, 425, 2, 205)
    drawing.polygon([tuple(at[i]) for i in jaw], fill=255)
    drawing.polygon([tuple(at[i]) for i in LIPS], fill=0)
    hair = np.random.default_rng(0).normal(1, 0.35, (*p.size[::-1], 1)) * (52, 38, 30)
    return Image.composite(Image.fromarray(np.clip(hair, 0, 255).astype(np.uint8)), p, mask)


def spectacled(p: Image.Image, fill: tuple | None = None) -> Image.Image:
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
    "dim": toned(0.3),
    "pale": toned(0.4, 120),
    "dark skin": _dark_skin,
    "with a beard": _bearded,
    "with glasses": spectacled,
    "with a hat": _hatted,
    "small in a scene": _small,
    "painted": _painted,
    "mouth open": lambda p: doing(jawOpen=0.5),
    "joy": lambda p: doing(mouthSmile=0.8, cheekSquint=0.5),
    "anger": lambda p: doing(browDown=0.9, mouthPress=0.6),
    "tilted": _tilted(20),
}


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
            from generators.motion.tracked.face_track import watch_face

            seen = watch_face(film)
            assert len(seen.times_s) >= 9, f"a face in {len(seen.times_s)} of 10 frames"
            _winks_left(seen.scores, seen.landmarks)
        else:
            from emotion_embed.readers.face import read_face

            frames = read_face(film)
            assert frames.found.mean() > 0.9
            assert abs(np.median(frames.head_rotation_deg[:, 2])) < 15, "the head is said to be tilted"
            _winks_left(frames.scores[frames.found], frames.landmarks[frames.found])

    return check


def _photo_is_perceived(orientation: int):
    """A check that a JPEG whose EXIF turns or mirrors it is looked at as it is to be shown."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]

    def check(folder: Path) -> None:
        from emotion_embed.readers.face import read_face

        photo = doing(eyeBlinkLeft=1.0, jawOpen=0.2).crop((90, 0, 370, 360)).transpose(Image.Transpose(undo))
        exif = photo.getexif()
        exif[274] = orientation
        photo.save(folder / "photo.jpg", exif=exif, quality=95)
        frames = read_face(folder / "photo.jpg")
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


TRIALS = _turned_trials()
