"""Portraits as people have them, through to the frames and the report."""

import numpy as np
import pillow_heif
import pytest
from PIL import Image

import checkpoints
from generators.contracts import Motion
from generators.head.portrait import read_picture
from scripts.evaluation.inputs.cases import icc

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def astronaut():
    return Image.open(checkpoints.path("portrait-astronaut") / "astronaut.png").convert("RGB")


def frame(head, path):
    portrait = head.analyse(read_picture(path), size=(256, 256))
    still = Motion(25, np.zeros((1, 52), np.float32), np.zeros((1, 3)), np.zeros((1, 3)), np.zeros(1))
    return next(head.move(portrait, [still])).astype(int)


@pytest.mark.parametrize("space", ["Display P3", "Adobe RGB"])
def test_skin_keeps_its_colour_in_a_clip(head, astronaut, tmp_path, space):
    astronaut.save(tmp_path / "plain.png")
    pillow_heif.from_pillow(icc.in_space(astronaut, space)).save(
        tmp_path / "phone.heic", quality=95, icc_profile=icc.rgb_profile(space)
    )
    plain, phone = frame(head, tmp_path / "plain.png"), frame(head, tmp_path / "phone.heic")
    cheek = (slice(118, 138), slice(98, 150))
    assert np.abs((plain - phone)[cheek].mean((0, 1))).max() < 2
    icc.in_space(astronaut, space).save(tmp_path / "unsaid.png")
    assert np.abs((plain - frame(head, tmp_path / "unsaid.png"))[cheek].mean((0, 1))).max() > 3, "unread, it would not"


def test_what_a_portrait_loses_stands_in_the_report(studio, astronaut, tmp_path):
    small = astronaut.crop((120, 20, 340, 260))
    small.save(tmp_path / "odd.jpg", icc_profile=b"no profile" * 20)
    small.save(tmp_path / "moving.gif", save_all=True, append_images=[small.rotate(5)])
    for name, says in (("odd.jpg", "profile"), ("moving.gif", "first picture")):
        clip = studio.speak("Hi.", portrait=tmp_path / name, size="128", out=tmp_path / "clip.mp4")
        assert [says in warning for warning in clip.report["warnings"]] == [True]


def test_the_page_takes_heic(astronaut, tmp_path):
    import gradio as gr
    from gradio.data_classes import ImageData

    from ui.web.page import _inputs

    path = tmp_path / "phone.heic"
    pillow_heif.from_pillow(astronaut).save(path)
    with gr.Blocks():
        portrait = _inputs(gr)["portrait"]
    given = portrait.preprocess(ImageData(path=str(path), orig_name="phone.heic"))
    assert read_picture(given).shape == (512, 512, 3)
