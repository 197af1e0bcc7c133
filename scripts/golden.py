"""The same requests give the same frames, samples and captions, before and after a change to the code.

    python scripts/golden.py --write /tmp/before.json            # of the tree that PYTHONPATH names, or this one
    python scripts/golden.py --against /tmp/before.json          # exit status 1 where a hash differs

Four requests: a text with marks, captions and files beside it; its recording; its video; a text by rule-based motion
with a track. Hashes are of what a player decodes from the mp4, and of the files beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TEXT = "[joy:0.7] Hello, it is *so* good to see you! [sadness:0.8] I heard about your dog. [hope] He had a good life."
TRACK = {"keys": [{"start_s": 0, "emotion": "joy:0.6"}, {"start_s": 1.2, "emotion": "anger:0.8", "transition_s": 0.6}]}


def requests(folder: Path) -> dict[str, dict[str, Any]]:
    """The requests by name; each may use what those before it made in `folder`."""
    (folder / "track.json").write_text(json.dumps(TRACK))
    beside = {"captions": True, "srt": True, "vtt": True, "motion_csv": True}
    spoken = {"text": TEXT, "seed": 3, "voice": "bf_emma", **beside}
    recorded = {"audio": str(folder / "spoken.mp4"), "emotion": "joy:0.5", "size": "256", "vtt": True}
    followed = {"video": str(folder / "spoken.mp4"), "size": "256", "fps": 30.0, "motion_csv": True}
    by_rule = {
        "text": "The rain has stopped. Bring me the map!", "track": str(folder / "track.json"), "rate": 1.1,
        "motion_generator": "procedural", "size": "9:16", "background": "#203040", "srt": True,
    }  # fmt: skip
    made = {"spoken": spoken, "recorded": recorded, "followed": followed, "by_rule": by_rule}
    return {name: {**values, "out": str(folder / f"{name}.mp4")} for name, values in made.items()}


def decoded(path: Path, stream: str, form: list[str]) -> bytes:
    """What ffmpeg decodes of one stream of a file."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-map", stream, *form, "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def hashes_of(clip: Path) -> dict[str, str]:
    """SHA-256 of the frames, of the samples and of the files beside a clip."""
    found = {
        "frames": decoded(clip, "0:v", ["-f", "rawvideo", "-pix_fmt", "yuv420p"]),
        "samples": decoded(clip, "0:a", ["-f", "s16le"]),
    }
    for suffix in (".srt", ".vtt", ".motion.csv"):
        if clip.with_suffix(suffix).exists():
            found[suffix] = clip.with_suffix(suffix).read_bytes()
    return {name: hashlib.sha256(values).hexdigest() for name, values in found.items()}


def fingerprint_of(clip: Path) -> dict[str, list[float]]:
    """What all machines find nearly the same, five a second: light of 4 by 4 fields, 0..255, and loudness in dB."""
    import numpy as np

    form = ["-vf", "fps=5,scale=4:4:flags=area,format=gray", "-f", "rawvideo"]
    light = np.frombuffer(decoded(clip, "0:v", form), np.uint8)
    samples = np.frombuffer(decoded(clip, "0:a", ["-ac", "1", "-ar", "16000", "-f", "f32le"]), np.float32)
    windows = samples[: len(samples) // 3200 * 3200].reshape(-1, 3200)
    loudness_db = 10 * np.log10(np.square(windows).mean(1) + 1e-7)
    return {"light": light.tolist(), "loudness_db": np.round(loudness_db, 1).tolist()}


def measured() -> dict[str, dict[str, str]]:
    """The hashes of every request, by name, and those of a sound file."""
    from studio import RenderRequest, Studio

    with tempfile.TemporaryDirectory() as name:
        folder, studio, found = Path(name), Studio(), {}
        for request, values in requests(folder).items():
            clip = studio.render(RenderRequest.from_dict(values))
            found[request] = hashes_of(Path(clip.path))
        sound = studio.say(TEXT, voice="af_heart", pitch=1.0, out=folder / "say.wav")
        found["said"] = {"samples": hashlib.sha256(Path(sound.path).read_bytes()).hexdigest()}
    return found


def differences(before: dict[str, dict[str, str]], now: dict[str, dict[str, str]]) -> list[str]:
    """What is not the same, one line each."""
    return [
        f"{request}: {what} differ"
        for request, hashes in before.items()
        for what, value in hashes.items()
        if now.get(request, {}).get(what) != value
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="JSON")
    parser.add_argument("--against", type=Path, metavar="JSON")
    arguments = parser.parse_args()
    found = measured()
    if arguments.write:
        arguments.write.write_text(json.dumps(found, indent=1) + "\n")
    if not arguments.against:
        print(json.dumps(found, indent=1))
        return
    lines = differences(json.loads(arguments.against.read_text()), found)
    print("\n".join(lines) or f"the same: {sum(map(len, found.values()))} hashes of {len(found)} requests")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
