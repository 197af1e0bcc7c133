"""Media files are opened for reading in one place, which lets none of them lead elsewhere."""

import ast
import socket
from pathlib import Path

import pytest

from checkpoints.errors import BadInput
from emotion_embed.signals.decoder import opened

ROOT = Path(__file__).resolve().parents[2]


def _reads(call: ast.Call) -> bool:
    """Whether a call opens a container, and not to write into it."""
    written = len(call.args) > 1 and ast.unparse(call.args[1]) == "'w'"
    return ast.unparse(call.func) == "av.open" and not written


def test_no_other_module_opens_media():
    calls = {
        f"{module.relative_to(ROOT)}:{node.lineno}"
        for package in ("checkpoints", "emotion_embed", "generators", "studio", "ui")
        for module in (ROOT / package).rglob("*.py")
        if module.name != "decoder.py"
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _reads(node)
    }
    assert calls == set()


def test_the_rule_sees_reading_and_not_writing():
    calls = [node.value for node in ast.parse("av.open(name)\nav.open(name, 'w')\nopen(name)").body]
    assert [_reads(call) for call in calls] == [True, False, False]


def test_a_playlist_leads_nowhere(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        (tmp_path / "a.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n")
        with pytest.raises(BadInput, match="cannot be read as a video"), opened(tmp_path / "a.m3u8") as container:
            next(container.decode(video=0))
        with pytest.raises(TimeoutError):  # nobody called
            server.accept()


@pytest.mark.parametrize("error", [ValueError("no"), BadInput("It is torn.")])
def test_what_goes_wrong_meanwhile_is_one_sentence(tmp_path, error):
    (tmp_path / "a.wav").write_bytes(
        b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\x08\0\0\0" + bytes(8)
    )
    said = "It is torn." if isinstance(error, BadInput) else "cannot be read as sound."
    with pytest.raises(BadInput, match=said), opened(tmp_path / "a.wav", "sound"):
        raise error
