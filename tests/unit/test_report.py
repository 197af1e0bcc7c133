"""What a report says of a request, before anything is rendered."""

import pytest

from studio.quality import report
from studio.request import RenderRequest
from studio.say import SayRequest


@pytest.mark.parametrize("kind", [RenderRequest, SayRequest])
def test_a_consent_is_kept_with_its_reference_alone(kind):
    assert report.consent(kind(text="hi")) is None
    given = kind(text="hi", voice_reference="her.wav", consent="Ada Lovelace", consent_date="2024-05-01")
    assert report.consent(given) == {"who": "Ada Lovelace", "date": "2024-05-01"}


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
    assert set(report.weight_hashes(SayRequest(text="hi", **fields))) == files


@pytest.mark.parametrize(("fields", "hears"), [({}, False), ({"captions": True}, True), ({"check": True}, True)])
def test_a_video_needs_eyes_and_ears_only_for_its_words(fields, hears):
    names = {name.partition("/")[0] for name in report.weight_hashes(RenderRequest(video="me.mp4", **fields))}
    assert "face-landmarker" in names and "kokoro-v1.0-int8" not in names
    assert ("whisper-base" in names) == hears
