"""Measure a produced clip by its own pixels and sound, beside the aims and a real talker.

    mien check out/demo.mp4            # reads out/demo.report.json where it lies beside
    mien check clip.mp4 --text "What it says." --phones phones.json --json

`phones.json` is a list of [symbol, start_s, end_s, stress, word_index]; the report holds the same under "phones".
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from checkpoints.errors import MienError
from studio.quality.metrics import ClipReport, measure_clip, read_phones

# One real talker (GRID s1, 870 clips of 3 s) by the same instruments: `scripts.evaluation.alignment`, its phones by "even".
REAL_TALKER: dict[str, str] = {
    "closed": "98 %",
    "open": "98 %",
    "teeth": "71 %",
    "gaps": "-0.002 / 0.144",
    "lag": "+15 ms",
    "r": "0.58",
    "silence": "2.3 ‰",
    "silence_open": "10 %",
    "jitter": "18 ‰, speaking 31",
    "blinks": "51",
    "blink_ms": "75–199 ms",
    "head": "7.6 / 6.2 / 4.2°",
}


def read_sidecar(clip: Path) -> dict:
    """The clip's own report, or an empty one."""
    beside = clip.with_suffix("").with_suffix(".report.json")
    return json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None, form: str = ".1f", unit: str = "") -> str:
    return "–" if value is None else f"{value:{form}}{unit}"


def rows(report: ClipReport) -> list[tuple[str, str, str, str]]:
    """Name, value, aim, key of the real talker's value."""
    lips, life = report.lips, report.life
    blink = sorted(life.blink_ms)
    yaw, pitch, roll = life.head_range_deg
    return [
        (f"p b m closed ({lips.n_closing})", _percent(lips.closed_share), "≥ 95 %", "closed"),
        (f"open vowels open ({lips.n_open_vowels})", _percent(lips.open_share), "≥ 85 %", "open"),
        (f"f v lip to teeth ({lips.n_lip_to_teeth})", _percent(lips.lip_to_teeth_share), "", "teeth"),
        ("closed / open gap", f"{lips.closed_gap:.3f} / {lips.open_gap:.3f}", "", "gaps"),
        ("lips after sound", _number(lips.lag_ms, "+.0f", " ms"), "−60…+40 ms", "lag"),
        ("lips with sound, r", _number(lips.lag_r, ".2f"), "", "r"),
        (f"lip motion in silence ({lips.silence_s:.1f} s)", _number(lips.silence_motion, ".2f", " ‰"), "", "silence"),
        ("lips open in silence", _percent(lips.silence_open_share), "", "silence_open"),
        ("lip jitter", f"{lips.jitter:.1f} ‰", "10–30", "jitter"),
        ("blinks per minute", f"{life.blinks_per_min:.1f}", "10–25", "blinks"),
        ("blink durations", f"{blink[0]}–{blink[-1]} ms" if blink else "–", "100–400 ms", "blink_ms"),
        ("gaze shifts per minute", f"{life.gaze_shifts_per_min:.0f}", "", "gaze"),
        ("head yaw / pitch / roll", f"{yaw:.1f} / {pitch:.1f} / {roll:.1f}°", "3–20°", "head"),
        ("frozen frames", f"{_percent(life.frozen_share)}, longest {life.longest_frozen_s:.2f} s", "0", "frozen"),
        ("frames without a face", _percent(life.face_lost_share), "0", ""),
        (
            "picture against sound",
            _number(report.audio_video_difference_s, ".3f", " s"),
            f"≤ {1 / report.fps:.3f} s",
            "",
        ),
        ("word error rate", _percent(report.word_error_rate), "≤ 5 %", ""),
    ]


def show(report: ClipReport) -> None:
    """Print the tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console(width=110)
    width, height = report.size
    table = Table(
        "measure",
        "this clip",
        "aim",
        "real talker",
        title=f"{report.duration_s:.2f} s, {width}×{height}, {report.fps:g} fps",
    )
    for name, value, aim, key in rows(report):
        table.add_row(name, value, aim, REAL_TALKER.get(key, ""))
    console.print(table)
    if report.heard is not None:
        console.print(f"heard: {report.heard}", markup=False)
    evidence = Table("expression", "mean", title="FaceLandmarker scores (0–1) and geometry (interocular distances)")
    for name, value in report.expression.items():
        evidence.add_row(name, f"{value:.3f}")
    console.print(evidence)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--text", help="what the clip says (else from its report)")
    parser.add_argument("--phones", type=Path, help="JSON list of phones (else from its report)")
    parser.add_argument("--language", help="of the words, for Whisper")
    parser.add_argument("--no-words", action="store_true", help="do not listen to the words")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        sidecar = read_sidecar(args.clip)
        phones = json.loads(args.phones.read_text(encoding="utf-8")) if args.phones else sidecar.get("phones", [])
        text = None if args.no_words else args.text or (sidecar.get("request") or {}).get("text")
        report = measure_clip(args.clip, phones=read_phones(phones), text=text, language=args.language)
    except MienError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    if args.json:
        sys.stdout.write(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n")
    else:
        show(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
