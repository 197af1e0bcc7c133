"""The plug-in keeps the promises of its kinds."""

from generators.testing import HeadContract, MotionContract, VoiceContract


class TestBeeps(VoiceContract):
    place = "mien_toy:VOICE"
    bad_options = {"letter_s": 0.0}


class TestJaw(MotionContract):
    place = "mien_toy:MOTION"


class TestCircle(HeadContract):
    place = "mien_toy:HEAD"
    bad_options = {"radius": 0.9}
