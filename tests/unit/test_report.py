"""What a report says of a request, before anything is rendered."""

import pytest

from generators import registry
from studio.doctor import needed_weights
from studio.plan import SoundPlan, plan_render
from studio.quality import report
from studio.request import RenderRequest, SayRequest
from studio.sources import TextSpeech


@pytest.mark.parametrize("kind", [RenderRequest, SayRequest])
def test_a_consent_is_kept_with_its_reference_alone(kind):
    assert report.consent(kind(text="hi")) is None
    given = kind(text="hi", voice_reference="her.wav", consent="Ada Lovelace", consent_date="2024-05-01")
    assert report.consent(given) == {"who": "Ada Lovelace", "date": "2024-05-01"}


OWN = {"voice_manner", "homographs", "motion_diffusion", "emotion_bank", "face_rig", "phone_aligner"}


def fetched(plan):
    """The fetched weight files that a report names, without those that come with the product."""
    return {name for name in report.weight_hashes(plan) if name.partition("/")[0] not in OWN}


@pytest.mark.parametrize(
    ("fields", "files"),
    [
        ({}, {"kokoro-v1.0-int8/model.onnx", "kokoro-v1.0-int8/vocab.json", "kokoro-voices/af_heart.bin"}),
        (
            {"voice_generator": "piper"},
            {f"piper-en-us-joe-medium/en_US-joe-medium.onnx{suffix}" for suffix in ("", ".json")},
        ),
        ({"voice_generator": "piper", "voice": "mine.onnx"}, set()),
        ({"voice_generator": "coqui", "voice": "coqui:mine"}, set()),
    ],
)
def test_weights_are_those_of_the_voice_that_speaks(fields, files):
    request = SayRequest(text="hi", **fields)
    spec = registry.spec("voice", request.voice_generator)
    speech = TextSpeech(spec, spec.name, requests=(request,))
    assert fetched(SoundPlan(request, request.script(), request.start_track(), speech)) == files


def test_a_text_clips_report_names_the_ear_that_motion_hears_with_and_what_comes_with_the_product():
    names = {name.partition("/")[0] for name in report.weight_hashes(plan_render(RenderRequest(text="hi")))}
    assert names >= {"whisper-base", "motion_diffusion", "emotion_bank", "voice_manner", "homographs", "face_rig"}


@pytest.mark.parametrize(("fields", "hears"), [({}, False), ({"captions": True}, True), ({"check": True}, True)])
def test_a_video_needs_eyes_and_ears_only_for_its_words(fields, hears, tmp_path):
    video = tmp_path / "me.mp4"
    video.write_bytes(b"")
    plan = plan_render(RenderRequest(video=str(video), **fields))
    assert "face-landmarker" in plan.weights() and "kokoro-v1.0-int8" not in plan.weights()
    assert ("whisper-base" in plan.weights()) == hears


def test_the_weights_of_the_check_are_needed_before_any_work():
    assert set(plan_render(RenderRequest(text="hi", motion_generator="procedural")).weights()).isdisjoint(
        ["whisper-base"]
    )
    assert "whisper-base" in plan_render(RenderRequest(text="hi", motion_generator="procedural", check=True)).weights()


def test_the_code_is_named_by_its_hash_and_commit():
    code = report.code_identity()
    assert len(code["sha256"]) == 64
    assert code["commit"] is None or len(code["commit"]) == 40


def test_the_doctor_looks_for_everything_that_a_checked_render_needs():
    assert set(needed_weights()) == set(plan_render(RenderRequest(text="Hello.", check=True)).weights())
