"""Readers of the corpora: texts, EmoDB, GRID and LJSpeech, always with what is held out."""
