#!/usr/bin/env bash
# piper-tts 1.8.0: PiperVoice.phonemize() loses the punctuation and the space behind a [[block of phonemes]]: a comma
# makes no pause, and the end of a question is no question.
#
# Guess beforehand: a block stands for a word, so what follows it stays.
# Seen: "Is it [[lˈɛd]]?"                  ends without ?
#       "Please [[jˈuːz]], then stop."     holds no comma, and the next word touches the block
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check piper-tts==1.8.0
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from piper.config import PhonemeType, PiperConfig
from piper.voice import PiperVoice

settings = {"audio": {"sample_rate": 22050}, "espeak": {"voice": "en-us"}, "num_symbols": 1, "num_speakers": 1}
config = PiperConfig.from_dict(settings | {"phoneme_id_map": {}, "phoneme_type": PhonemeType.ESPEAK.value})
voice = PiperVoice(session=None, config=config)  # the text part needs no model
texts = ("Is it led?", "Is it [[lˈɛd]]?", "Please use, then stop.", "Please [[jˈuːz]], then stop.")
read = ["".join(sum(voice.phonemize(text), [])) for text in texts]
print(version("piper-tts"), *read, sep=" | ")
assert read[0].endswith("?") and not read[1].endswith("?")
assert "," in read[2] and "," not in read[3] and "jˈuːzð" in read[3]
PYTHON
