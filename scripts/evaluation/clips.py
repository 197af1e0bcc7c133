"""Render standard clips through the whole product and grade each by its own pixels and sound.

    python -m scripts.evaluation.clips                                   # the demo's portrait, which smiles
    python -m scripts.evaluation.clips --portrait a.jpg --portrait b.jpg --recording speech.wav --write

Prints one table; `--write` puts it into docs/RESULTS.md. The anchors are a real talker's (GRID s1) by the same eyes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from scripts.command_line import options_of
from scripts.evaluation.results import write_section
from studio.quality.metrics import ClipReport, grade_clip
from studio.quality.table import table_rows
from studio.request import RenderRequest
from studio.studio import Studio

TEXT = (
    "My brother Paul bought a small farm above the bay. Every morning he feeds five sheep, a pony and an old blue "
    "parrot. People from the village often stop by for coffee, and some of them help him mend the fences. In "
    "September, when the evenings grow cool, we all meet on the beach, make a fire and bake potatoes in the embers. "
    "Nobody hurries home before midnight."
)
CASES = {
    "neutral, af_heart": {"text": TEXT, "voice": "af_heart"},
    "joy, am_michael": {"text": TEXT, "voice": "am_michael", "emotion": "joy"},
    "sadness, bf_emma": {"text": TEXT, "voice": "bf_emma", "emotion": "sadness"},
    "anger, bm_george": {"text": TEXT, "voice": "bm_george", "emotion": "anger"},
}


def table(reports: dict[str, ClipReport]) -> str:
    """All clips beside each other, as Markdown."""
    columns = {name: table_rows(report) for name, report in reports.items()}
    lines = ["| | " + " | ".join(columns) + " | aim | real talker |", "|---|" + "---|" * (len(columns) + 2)]
    for rows in zip(*columns.values(), strict=True):
        values = " | ".join(row.value + _count(row.name) for row in rows)
        lines.append(f"| {rows[0].name.split(' (')[0]} | {values} | {rows[0].aim} | {rows[0].real_talker} |")
    return "\n".join(lines)


def _count(name: str) -> str:
    return f" ({name.split(' (')[1]}" if " (" in name else ""


def main() -> None:
    parser = options_of(__doc__, write=True)
    parser.add_argument("--portrait", type=Path, action="append", help="without: the demo's")
    parser.add_argument("--recording", type=Path, action="append", default=[])
    args = parser.parse_args()
    cases = CASES | {f"recording {path.stem}": {"audio": str(path)} for path in args.recording}
    portraits = [str(path) for path in args.portrait or []] or [None]
    studio, parts = Studio(), []
    with tempfile.TemporaryDirectory() as folder:
        for portrait in portraits:
            reports = {}
            for name, case in cases.items():
                own = {"portrait": portrait, "out": f"{folder}/clip.mp4"}
                clip = studio.render(RenderRequest.from_dict(case | own))
                reports[name] = grade_clip(clip.path, clip.report)
            parts.append(f"Portrait: {Path(portrait).stem if portrait else 'the demo’s'}.\n\n{table(reports)}")
            print(parts[-1], flush=True)
    if args.write:
        text = "`scripts.evaluation.clips`, 512², 25 fps; the counts in brackets are phones.\n\n" + "\n\n".join(parts)
        write_section("evaluate", "Lips, life and words", text)


if __name__ == "__main__":
    main()
