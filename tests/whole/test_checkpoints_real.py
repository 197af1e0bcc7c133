"""The product's own sets, from wherever this machine can reach."""

import pytest

import checkpoints
from checkpoints.errors import Missing

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("name", list(checkpoints.catalog()))
def test_every_set_can_be_had_and_is_whole(name):
    folder = checkpoints.path(name)
    assert checkpoints.verify([name]) == []
    assert {file.path for file in checkpoints.catalog()[name].files} <= {path.name for path in folder.iterdir()}


def test_a_set_comes_into_an_empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "an empty cache"))
    seen = []
    try:
        checkpoints.pull(["face-landmarker", "portrait-astronaut"], lambda *progress: seen.append(progress))
    except Missing as missing:
        pytest.skip(f"nothing can be fetched here: {missing}")
    assert checkpoints.verify(["face-landmarker", "portrait-astronaut"]) == []
    assert {name for name, done, total in seen if done == total} == {"face-landmarker", "portrait-astronaut"}
