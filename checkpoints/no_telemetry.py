"""Keeps the libraries below us from telling anybody anything, before the first of them is imported.

README promises no telemetry, and some dependencies report by default: onnxruntime since 1.29 (which faster-whisper
brings in too) keeps a device id and a database of events and looks for its maker's server; Gradio counts launches,
pyannote.audio counts recordings, huggingface_hub tells which libraries ask. Each reads its switch when it is imported
or before every report, so every package of ours imports this module first. MediaPipe reports from 0.10.35 on and has
no switch, which is why pyproject.toml stays below. tests/whole/test_no_telemetry.py watches the packets.
"""

from __future__ import annotations

import os
from types import MappingProxyType

SWITCHES = MappingProxyType(
    {
        "ORT_DISABLE_TELEMETRY": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "PYANNOTE_METRICS_ENABLED": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
)
os.environ.update(SWITCHES)
