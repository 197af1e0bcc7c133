"""Pictures as people have them: whatever their format, colour space and transparency, they show the same face."""

import contextlib
import struct

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from checkpoints.errors import BadInput
from checkpoints.notices import gathering
from generators.head.portrait import read_picture, read_portrait, without_frame, without_holes
from scripts.evaluation.inputs.cases import icc

SIZE = (144, 112)


@pytest.fixture(scope="module")
def photo():
    """Skin, hair, cloth and sky in soft patches: what every space can show."""
    patches = np.array(
        [[[224, 172, 141], [94, 62, 40], [60, 90, 160]], [[240, 240, 238], [190, 120, 95], [25, 22, 20]]]
    )
    return Image.fromarray(patches.astype(np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)


def shows(path, photo, within=1.5, levels=8):
    """Hold that a file shows the photo: on average within some levels of 255, and nowhere far off."""
    read = read_portrait(path).astype(int)
    expected = np.asarray(photo.convert("RGB")).astype(int)
    assert read.shape == expected.shape
    assert np.abs(read - expected).mean() < within
    assert np.percentile(np.abs(read - expected), 99) <= levels


def heif(photo, path, **options):
    pillow_heif.from_pillow(photo).save(path, quality=95, chroma=444, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "avif", "heic"])
@pytest.mark.parametrize("space", icc.SPACES)
def test_a_profile_is_followed_in_every_format(photo, tmp_path, space, suffix):
    path, profile = tmp_path / f"photo.{suffix}", icc.rgb_profile(space)
    there = icc.in_space(photo, space)
    assert np.abs(np.asarray(there).astype(int) - np.asarray(photo)).mean() > 3, "unread, the colours would be wrong"
    if suffix == "heic":
        heif(there, path, icc_profile=profile)
    else:
        exact = {"lossless": True} if suffix == "webp" else {} if suffix in ("png", "tif") else {"quality": 97}
        there.save(path, icc_profile=profile, **exact, **({"subsampling": 0} if suffix == "jpg" else {}))
    shows(path, photo, within=2.5)


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_inks_are_read_by_their_profile_and_roughly_without(photo, tmp_path, suffix):
    quality = {"quality": 97} if suffix == "jpg" else {}
    icc.in_inks(photo).save(tmp_path / f"inks.{suffix}", icc_profile=icc.cmyk_profile(), **quality)
    shows(tmp_path / f"inks.{suffix}", photo, within=3)
    photo.convert("CMYK").save(tmp_path / f"plain.{suffix}", **quality)
    notices = []
    with gathering(notices):
        shows(tmp_path / f"plain.{suffix}", photo, within=3)
    assert len(notices) == 1 and "inks" in notices[0]


def test_lab_is_read(photo, tmp_path):
    lab = ImageCms.profileToProfile(
        photo, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    del lab.info["icc_profile"]
    lab.save(tmp_path / "lab.tif")
    shows(tmp_path / "lab.tif", photo)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_adobe_rgb_is_known_by_exif_alone(photo, tmp_path, suffix):
    exact = {"jpg": {"quality": 97}, "webp": {"lossless": True}}.get(suffix, {})
    icc.in_space(photo, "Adobe RGB").save(tmp_path / f"x.{suffix}", exif=icc.adobe_exif(), **exact)
    shows(tmp_path / f"x.{suffix}", photo, within=2.5)


def test_a_profile_goes_before_what_exif_says(photo, tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo.save(tmp_path / "x.png", exif=icc.adobe_exif(), icc_profile=srgb)
    shows(tmp_path / "x.png", photo)


def chromaticities(*numbers):
    return struct.pack(">8I", *(round(100_000 * n) for n in numbers))


P3 = chromaticities(0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
SRGB = chromaticities(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)


def test_a_png_says_its_space_by_gamma_and_chromaticities(photo, tmp_path):
    icc.in_space(photo, "Display P3").save(tmp_path / "p3.png")
    icc.add_png_chunk(icc.add_png_chunk(tmp_path / "p3.png", b"cHRM", P3), b"gAMA", struct.pack(">I", 45455))
    shows(tmp_path / "p3.png", photo)
    light = ((np.asarray(photo) / 255) ** 2.2 * 255 + 0.5).astype(np.uint8)
    Image.fromarray(light).save(tmp_path / "linear.png")
    icc.add_png_chunk(tmp_path / "linear.png", b"gAMA", struct.pack(">I", 100_000))
    shows(tmp_path / "linear.png", photo, within=4, levels=25)


def test_the_usual_gamma_of_a_png_changes_nothing(photo, tmp_path):
    photo.save(tmp_path / "x.png")
    icc.add_png_chunk(icc.add_png_chunk(tmp_path / "x.png", b"cHRM", SRGB), b"gAMA", struct.pack(">I", 45455))
    assert np.array_equal(read_portrait(tmp_path / "x.png"), np.asarray(photo))


@pytest.mark.parametrize("gamma", [0, 1, 9_000_000])
def test_a_gamma_that_cannot_be_is_passed_over(photo, tmp_path, gamma):
    photo.save(tmp_path / "x.png")
    icc.add_png_chunk(tmp_path / "x.png", b"gAMA", struct.pack(">I", gamma))
    assert np.array_equal(read_portrait(tmp_path / "x.png"), np.asarray(photo))


def test_chromaticities_that_cannot_be_are_passed_over(photo, tmp_path):
    for i, numbers in enumerate(([0] * 8, [0.3127, 0.329] * 4)):
        photo.save(tmp_path / f"{i}.png")
        icc.add_png_chunk(tmp_path / f"{i}.png", b"cHRM", chromaticities(*numbers))
        assert np.array_equal(read_portrait(tmp_path / f"{i}.png"), np.asarray(photo))


def test_code_points_go_before_a_profile_in_png(photo, tmp_path):
    icc.in_space(photo, "Display P3").save(tmp_path / "x.png", icc_profile=icc.rgb_profile("ProPhoto RGB"))
    icc.add_png_chunk(tmp_path / "x.png", b"cICP", bytes([12, 4, 0, 1]))
    shows(tmp_path / "x.png", photo)


@pytest.mark.parametrize("curve", [16, 18])
def test_paper_white_of_high_dynamic_range_is_white(photo, tmp_path, curve):
    signal = {16: 0.58, 18: 0.75}[curve]  # of reference white, by ITU-R BT.2408
    Image.new("RGB", SIZE, (round(255 * signal),) * 3).save(tmp_path / "x.png")
    icc.add_png_chunk(tmp_path / "x.png", b"cICP", bytes([9, curve, 0, 1]))
    assert read_portrait(tmp_path / "x.png").min() > 248


def test_code_points_of_heic_are_followed(photo, tmp_path):
    there = icc.in_space(photo, "Display P3")
    heif(there, tmp_path / "x.heic", color_primaries=12, transfer_characteristics=4, save_nclx_profile=True)
    assert b"colrnclx\0\x0c" in (tmp_path / "x.heic").read_bytes(), "the file says so"
    shows(tmp_path / "x.heic", photo, within=2.5)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
def test_a_turned_photo_with_a_profile_stands_upright(photo, tmp_path, orientation, suffix):
    undo = [None, 0, 3, 1, 5, 2, 6, 4][orientation - 1]  # Image.Transpose
    stored = icc.in_space(photo, "Display P3")
    stored = stored if undo is None else stored.transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exact = {"lossless": True} if suffix == "webp" else {} if suffix in ("png", "tif") else {"quality": 97}
    stored.save(tmp_path / f"x.{suffix}", exif=exif, icc_profile=icc.rgb_profile("Display P3"), **exact)
    shows(tmp_path / f"x.{suffix}", photo, within=3)


@pytest.mark.parametrize("profile", [b"no profile" * 20, icc.rgb_profile("Display P3")[:150], icc.cmyk_profile()])
def test_a_profile_that_is_broken_or_for_other_pictures_is_told_and_left_out(photo, tmp_path, profile):
    photo.save(tmp_path / "x.png", icc_profile=profile)
    notices = []
    with gathering(notices):
        assert np.array_equal(read_portrait(tmp_path / "x.png"), np.asarray(photo))
    assert len(notices) == 1 and "profile" in notices[0] and "x.png" in notices[0]


def test_greys_keep_their_brightness_by_their_own_profile_and_by_one_for_colours(photo, tmp_path):
    grey = photo.convert("L")
    there = Image.fromarray(((np.asarray(grey) / 255) ** (2.2 / 1.8) * 255 + 0.5).astype(np.uint8))
    there.save(tmp_path / "grey.png", icc_profile=icc.grey_profile(1.8))
    shows(tmp_path / "grey.png", grey, within=3, levels=12)
    grey.save(tmp_path / "odd.jpg", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    shows(tmp_path / "odd.jpg", grey, within=2)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_not_cut_off(photo, tmp_path, suffix):
    deep = np.asarray(photo).astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / f"rgb.{suffix}"), deep[..., ::-1])
    shows(tmp_path / f"rgb.{suffix}", photo)
    cv2.imwrite(str(tmp_path / f"grey.{suffix}"), np.asarray(photo.convert("L")).astype(np.uint16) * 257)
    shows(tmp_path / f"grey.{suffix}", photo.convert("L"))


def test_greys_as_fractions_are_read(photo, tmp_path):
    grey = photo.convert("L")
    Image.fromarray((np.asarray(grey) / 255).astype(np.float32)).save(tmp_path / "f.tif")
    shows(tmp_path / "f.tif", grey)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "PA"])
def test_every_mode_of_png_is_read(photo, tmp_path, mode):
    picture = photo.convert(mode) if mode != "PA" else photo.quantize(64)
    picture.save(tmp_path / "x.png")
    shows(tmp_path / "x.png", picture, levels=60)


def test_what_is_transparent_in_a_palette_is_white(photo, tmp_path):
    picture = Image.new("P", SIZE, 1)
    picture.putpalette([0, 0, 0, 200, 150, 120])
    picture.paste(0, (0, 0, 40, 112))
    for name, clear in (("one.png", 0), ("table.png", bytes([0, 255])), ("x.gif", 0)):
        picture.save(tmp_path / name, transparency=clear)
        image = read_portrait(tmp_path / name)
        assert (image[:, :40] == 255).all()
        assert (image[:, 40:] == [200, 150, 120]).all()
        assert read_picture(tmp_path / name).shape[2] == 4


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "avif", "heic"])
def test_transparency_is_straight_and_upright(photo, tmp_path, suffix):
    clear = photo.copy()
    clear.putalpha(Image.linear_gradient("L").resize(SIZE))
    path = tmp_path / f"x.{suffix}"
    if suffix == "heic":
        heif(clear, path)
    else:
        clear.save(path, **({"lossless": True, "exact": True} if suffix == "webp" else {}))
    image = read_picture(path).astype(int)
    expected = np.asarray(clear).astype(int)
    assert np.abs(image[..., 3] - expected[..., 3]).mean() < 2
    assert np.abs(image[80:, :, :3] - expected[80:, :, :3]).mean() < 3
    assert read_portrait(path)[0].min() > 250, "on white"


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_the_first_picture_of_an_animation_is_used_and_told(photo, tmp_path, suffix):
    exact = {"lossless": True} if suffix == "webp" else {}
    photo.save(tmp_path / f"x.{suffix}", save_all=True, append_images=[photo.rotate(180)], **exact)
    notices = []
    with gathering(notices):
        shows(tmp_path / f"x.{suffix}", photo, within=4, levels=30)
    assert len(notices) == 1 and "animated" in notices[0]


@pytest.mark.parametrize("suffix", ["mpo", "jpg", "tif", "heic"])
def test_of_several_pictures_that_are_no_animation_the_first_is_used_in_silence(photo, tmp_path, suffix):
    other, path = photo.rotate(180), tmp_path / f"x.{suffix}"
    if suffix == "heic":
        both = pillow_heif.from_pillow(photo)
        both.add_from_pillow(other)
        both.save(path, quality=95, chroma=444)
    else:
        photo.save(tmp_path / "x.mpo", "TIFF" if suffix == "tif" else "MPO", save_all=True, append_images=[other])
        (tmp_path / "x.mpo").rename(path)
    notices = []
    with gathering(notices):
        shows(path, photo, within=4, levels=20)
    assert notices == []


@pytest.mark.parametrize("suffix", ["jpg", "png", "txt"])
def test_the_content_counts_and_not_the_name(photo, tmp_path, suffix):
    heif(photo, tmp_path / "x.heic").rename(tmp_path / f"x.{suffix}")
    shows(tmp_path / f"x.{suffix}", photo, within=2.5)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.dng", b"II*\0", "raw file"),
        ("x.CR2", b"II*\0", "raw file"),
        ("x.heic", b"\0\0\0\x18ftypheic" + bytes(100), "torn"),
        ("x.avif", b"\0\0\0\x18ftypavif" + bytes(100), "torn"),
        ("x.svg", b"<svg/>", "HEIC"),
        ("x.jpg", b"", "torn"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=says):
        read_portrait(tmp_path / name)


@pytest.mark.parametrize("suffix", ["heic", "avif", "jpg", "png", "webp", "tif"])
def test_a_damaged_picture_is_refused_or_read_and_nothing_else(photo, tmp_path, suffix):
    path, generator = tmp_path / f"x.{suffix}", np.random.default_rng(3)
    heif(photo, path) if suffix == "heic" else photo.save(path, icc_profile=icc.rgb_profile("Display P3"))
    whole = path.read_bytes()
    for length in (len(whole) // 3, *[len(whole)] * 12):
        data = bytearray(whole[:length])
        for at in generator.integers(0, min(length, 700), 4):
            data[at] = generator.integers(0, 256)
        path.write_bytes(data)
        with contextlib.suppress(BadInput):
            assert read_portrait(path).shape[2] == 3


def test_holes_take_the_colours_around_them():
    picture = np.zeros((101, 77, 4), np.uint8)
    picture[:, 20:50] = [200, 100, 50, 255]
    picture[:, 50:] = [20, 60, 200, 255]
    filled = without_holes(picture)
    assert (filled[:, :20] == [200, 100, 50]).all(), "not the black that was hidden"
    assert np.array_equal(filled[:, 20:], picture[:, 20:, :3])
    assert without_holes(np.zeros((9, 7, 4), np.uint8)).shape == (9, 7, 3)


def test_lines_along_the_border_are_left_out_and_nothing_else(photo):
    plain = np.asarray(photo.resize((600, 480)))
    assert np.array_equal(without_frame(plain), plain)
    lined = plain.copy()
    lined[:3], lined[:, -2:] = 255, 0
    inner = without_frame(lined)
    assert 470 <= inner.shape[0] <= 477 and 590 <= inner.shape[1] <= 598
    assert np.array_equal(inner[-1, :100], plain[-1, :100])
