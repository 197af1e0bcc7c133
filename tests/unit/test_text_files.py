"""Texts in the encodings that people's files have, and files that are no text."""

import json

import pytest

from checkpoints.errors import BadInput
from checkpoints.notices import gathering
from checkpoints.text_files import decode_text, is_text, read_text_file
from emotion_embed.track import read_track

LETTER = "Naïve café: “déjà vu” — 5 € a day.\nYours, Zoë"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_letter_is_read_in_the_encodings_that_programs_write(encoding):
    data = LETTER.encode(encoding)
    assert is_text(data)
    assert decode_text(data, "letter.txt") == LETTER


def test_only_windows_1252_is_worth_a_word():
    notices = []
    with gathering(notices):
        decode_text(LETTER.encode("utf-16"), "a.txt")
        decode_text(LETTER.encode("cp1252"), "b.txt")
    assert [sentence.split()[0] for sentence in notices] == ["b.txt"]


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0"])
def test_a_big_endian_or_little_endian_mark_is_heeded(mark):
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\xff\xfe\0\0": "utf-32-le"}[mark]
    assert decode_text(mark + "Ωmega".encode(encoding), "x") == "Ωmega"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0",
        b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0",
        "Привет, мир".encode("cp1251"),
        b"\xff\xfeh",
    ],
    ids=["picture", "sound", "Cyrillic in its own code page", "half a character"],
)
def test_what_is_no_text_is_named(data):
    with pytest.raises(BadInput, match=r"^The text on stdin is .*save it as UTF-8\.$"):
        decode_text(data, "The text on stdin")


def test_the_start_of_a_long_text_may_end_within_a_character():
    data = ("ü" * 3000).encode()
    assert is_text(data[:4095], torn=True)
    assert is_text("é€".encode("utf-16")[:5], torn=True)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_track_is_read_in_any_of_them(tmp_path, encoding):
    path = tmp_path / "track.json"
    path.write_bytes(
        json.dumps({"note": "café", "keys": [{"start_s": 0, "emotion": "joy:0.6"}]}, ensure_ascii=False).encode(
            encoding
        )
    )
    assert str(read_track(path).keys[0].emotion) == "joy:0.6"
    assert "café" in read_text_file(path)
