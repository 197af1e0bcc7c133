"""The same requests give the same clips as when they were last looked at and listened to.

Hashes hold on one machine only (`scripts/golden.py --against`); here is what all find nearly the same, and what is
said, to the letter. `python -m tests.whole.test_golden` writes them anew, after somebody has looked.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest

from scripts.golden import fingerprint_of, requests
from studio import RenderRequest, Studio

pytestmark = pytest.mark.whole
KEPT = Path(__file__).with_name("golden.json")
MOST_LIGHT, MOST_DB = 6.0, 3.0  # rounding of another processor, of which every blink and word is far more


def made(studio: Studio, folder: Path) -> dict[str, dict]:
    """What each request comes to now."""
    found = {}
    for name, values in requests(folder).items():
        clip = studio.render(RenderRequest.from_dict(values))
        said = [word[0] for word in clip.report["words"]]
        found[name] = {"frames": clip.report["frames"], "said": said, **fingerprint_of(clip.path)}
    return found


def test_the_same_requests_give_the_same_clips(studio, tmp_path):
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    now = made(studio, tmp_path)
    assert set(now) == set(kept)
    for name, before in kept.items():
        assert now[name]["frames"] == before["frames"], name
        assert now[name]["said"] == before["said"], name
        light = np.abs(np.subtract(now[name]["light"], before["light"]))
        loudness_db = np.abs(np.subtract(now[name]["loudness_db"], before["loudness_db"]))
        assert light.mean() < MOST_LIGHT / 6 and light.max() < 10 * MOST_LIGHT, name
        assert loudness_db.mean() < MOST_DB / 6 and loudness_db.max() < 4 * MOST_DB, name


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        KEPT.write_text(json.dumps(made(Studio(), Path(name))) + "\n", encoding="utf-8")
