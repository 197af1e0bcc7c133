#!/usr/bin/env bash
# espeak-ng as espeakng-loader 0.2.4 brings it: the voice "ja" spells every Latin word, in English letter names, where
# other voices of languages with a script of their own (Russian, Greek, Korean) read it as a word.
#
# Guess beforehand: a Latin word in a Japanese text is read, as in the texts of other languages.
# Seen: ja  sˌiːˌə^ʊˈɛm… (letters)      ru, el, ko  a word that begins with k
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check espeakng-loader==0.2.4
"$work/venv/bin/python" - <<'PYTHON'
import ctypes
import re

import espeakng_loader

library = ctypes.CDLL(espeakng_loader.get_library_path())
library.espeak_TextToPhonemes.restype = ctypes.c_char_p
assert library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0x8000) > 0


def ipa(word, language):
    assert library.espeak_SetVoiceByName(language.encode()) == 0
    text = ctypes.c_void_p(ctypes.addressof(buffer := ctypes.create_string_buffer(word.encode())))
    said = library.espeak_TextToPhonemes(ctypes.byref(text), 1, 2).decode()
    return re.sub(r"\([^)]*\)|[ˈˌ \n]", "", said)


said = {language: ipa("computer", language) for language in ("ja", "ru", "el", "ko")}
print(said)
assert said.pop("ja").startswith("siː")
assert all(word.startswith("k") for word in said.values())
PYTHON
