"""What whole tests share for all of a run: one Studio, one voice, one head and one portrait, loaded once."""

import pytest

import checkpoints
from generators.head.mesh import MeshHead
from generators.head.portrait import read_portrait
from generators.voice.kokoro import KokoroVoice
from studio import Studio


@pytest.fixture(scope="session")
def studio():
    return Studio()


@pytest.fixture(scope="session")
def kokoro():
    return KokoroVoice.from_pretrained()


@pytest.fixture(scope="session")
def head():
    return MeshHead.from_pretrained()


@pytest.fixture(scope="session")
def photo():
    """The portrait of the demo, (height, width, 3) uint8."""
    return read_portrait(checkpoints.path("portrait-astronaut") / "astronaut.png")
