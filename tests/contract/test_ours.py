"""Every generator of the product keeps the promises of its kind; see `generators.testing`."""

from __future__ import annotations

import pytest

from emotion_embed.signals.audio import Audio
from generators import registry
from generators.contracts import join_speech
from generators.testing import (
    GeneratorContract,
    HeadContract,
    MotionContract,
    VoiceContract,
    check_speech,
)

pytestmark = pytest.mark.whole


class TestKokoro(VoiceContract):
    place = "generators.voice.kokoro:SPEC"
    bad_options = {"threads": -1, "peak": 1.5, "first_chunk_tokens": 600}


@pytest.mark.extras
class TestPiper(VoiceContract):
    place = "generators.voice.piper:SPEC"
    bad_options = {"threads": -1, "peak": 0.0}


@pytest.mark.extras
class TestCoqui(GeneratorContract):
    """Its models are folders of the user's, so that nothing can be spoken here."""

    place = "generators.voice.coqui:SPEC"
    bad_options = {"peak": -1.0, "longest_chunk_tokens": 500}


class TestSilence(GeneratorContract):
    place = "generators.voice.silence:SPEC"


class TestRecording(GeneratorContract):
    place = "generators.voice.recording:SPEC"

    def test_speech_has_exact_times(self) -> None:
        voice = TestKokoro()
        spoken = join_speech(voice.speak())
        parts = list(self.generator().stream(spoken.audio, text=voice.text, language="en"))
        check_speech(parts, voice.text)
        assert join_speech(parts).audio.samples.size == spoken.audio.samples.size
        assert isinstance(parts[0].audio, Audio)


class TestProceduralMotion(MotionContract):
    place = "generators.motion.procedural:SPEC"
    bad_options = {"head_gain": 2.5, "blink_interval_s": 0.0}


class TestDiffusionMotion(MotionContract):
    place = "generators.motion.diffusion:SPEC"
    bad_options = {"n_steps": 0, "backend": "abacus", "threads": -1}


class TestTrackedMotion(GeneratorContract):
    """What it hands out is tested in tests/unit/test_motion_sources.py."""

    place = "generators.motion.tracked:SPEC"

    def test_it_is_made_like_all_others(self) -> None:
        from generators.motion.tracked import TrackedMotion

        assert callable(TrackedMotion.from_video), "a person's motion comes from a file, not from weights"


class TestMeshHead(HeadContract):
    place = "generators.head.mesh:SPEC"
    bad_options = {"texture_px": 8, "shading": -0.1, "breath_cm": 6.0, "threads": 1000}


def test_no_generator_is_left_out():
    tested = {kind.place for kind in GeneratorContract.__subclasses__() if kind.__module__ == __name__}
    for base in (VoiceContract, MotionContract, HeadContract):
        tested |= {kind.place for kind in base.__subclasses__() if kind.__module__ == __name__}
    ours = {f"generators.{kind}.{spec.name}:SPEC" for kind in registry.KINDS for spec in registry._own(kind).values()}
    assert tested == ours
