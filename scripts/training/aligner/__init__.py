"""The small acoustic model of `generators/voice/align`: its speech, its learning, its weights."""
