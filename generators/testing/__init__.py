"""The promises of generators as tests that any package can run on its own: subclass one of these for pytest.

    from generators.testing import VoiceContract

    class TestBeeps(VoiceContract):
        place = "mien_toy:VOICE"  # as the entry point says

They need no pytest themselves, only the product and the generator.
"""

from generators.testing.checks import check_motion, check_speech
from generators.testing.contracts import GeneratorContract, HeadContract, MotionContract, VoiceContract
from generators.testing.samples import sample_motion, sample_speech, sample_track

__all__ = [
    "GeneratorContract",
    "HeadContract",
    "MotionContract",
    "VoiceContract",
    "check_motion",
    "check_speech",
    "sample_motion",
    "sample_speech",
    "sample_track",
]
