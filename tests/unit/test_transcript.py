"""What becomes of Whisper's pieces of words."""

import pytest

from emotion_embed.transcript import _trusted


def _pieces(*texts):
    from faster_whisper.transcribe import Word

    return [Word(0.5 * i, 0.5 * i + 0.4, text, 0.9) for i, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((" Je", " m", "'appelle"), ["Je", "m'appelle"]),
        ((" at", " 10", ".30am", ",", " 100", "%"), ["at", "10.30am,", "100%"]),
        (("你", "好"), ["你", "好"]),
    ],
)
def test_pieces_without_a_space_between_are_one_word(pieces, words):
    heard = _trusted(_pieces(*pieces), [(0.0, 9.0)])
    assert [word.text for word in heard] == words
    assert heard[-1].end_s == pytest.approx(0.5 * len(pieces) - 0.1)
