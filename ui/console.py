"""What `mien` shows: progress on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import Any

Progress = Callable[[str, float, float], None]
_LINE_EVERY_S = 10.0  # where stderr is no terminal
_FIRST_LINE_AFTER_S = 4.0  # what is over, or refused, sooner needs no line


class Console:
    """Writes results for a person, or as JSON for a machine."""

    def line(self, text: str) -> None:
        """One line of result on stdout."""
        sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
        sys.stdout.flush()

    def error(self, sentence: str) -> None:
        """One sentence on stderr."""
        sys.stderr.write(" ".join(sentence.split()) + "\n")

    def warnings(self, report: Mapping[str, Any], quiet: bool = False) -> None:
        """What a report warns of, each a line on stderr."""
        for sentence in () if quiet else report["warnings"]:
            self.error(f"warning: {sentence}")

    def voices(self, voices: Sequence[Any], as_json: bool) -> None:
        """A table of voices by language and gender."""
        if as_json:
            self.line(json.dumps([asdict(voice) for voice in voices], ensure_ascii=False))
            return
        rows: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
        notes: dict[str, list[str]] = defaultdict(list)
        for voice in voices:
            language = f"{voice.language_name} ({voice.language})"
            rows[language, voice.gender, voice.generator, voice.state].append(voice.name)
            notes[voice.note].append(voice.name)
        table = [
            (language, gender, " ".join(names), by, state) for (language, gender, by, state), names in rows.items()
        ]
        self._table(("language", "gender", "voices", "generator", "state"), table)
        for note, names in notes.items():
            if note:
                self.line(f"{names[0]}{' and others' * (len(names) > 1)}: {note}")

    def generators(self, specs: Sequence[Any], as_json: bool) -> None:
        """A table of generators and their settings."""
        facts = [_facts(spec) for spec in specs]
        if as_json:
            self.line(json.dumps(facts, ensure_ascii=False))
            return
        rows = [(f["kind"], f["name"], f["state"], f["summary"]) for f in facts]
        self._table(("kind", "name", "state", "what"), rows)
        for fact in facts:
            if fact["settings"]:
                settings = " ".join(f"{name}={value}" for name, value in fact["settings"].items())
                self.line(f"--{fact['kind']}.… of {fact['name']}: {settings}")

    def sound(self, sound: Any, as_json: bool, quiet: bool) -> None:
        """Where a sound lies, and how long and how loud it is."""
        report = sound.report
        if as_json:
            self.line(json.dumps({"path": str(sound.path), **report}, ensure_ascii=False))
        elif not quiet:
            loudness = report["loudness"]
            self.line(
                f"{sound.path} ({report['duration_s']:.1f} s made in {report['timings_s']['whole']:.1f} s; "
                f"{loudness['integrated_lufs']:.1f} LUFS, true peak {loudness['true_peak_dbtp']:.1f} dB)"
            )

    def checkpoints(self, sets: Mapping[str, Any], here: Mapping[str, bool], as_json: bool) -> None:
        """A table of weight sets."""
        facts = [
            {
                "name": s.name,
                "size_mb": round(s.size_bytes / 1e6, 1),
                "licence": s.licence,
                "here": here[s.name],
                "what": s.what,
            }
            for s in sets.values()
        ]
        if as_json:
            self.line(json.dumps(facts, ensure_ascii=False))
            return
        rows = [
            (f["name"], f"{f['size_mb']:.1f} MB", f["licence"], "yes" if f["here"] else "no", f["what"]) for f in facts
        ]
        self._table(("name", "size", "licence", "here", "what"), rows)

    def findings(self, findings: Sequence[Any], as_json: bool) -> None:
        """What the doctor found."""
        if as_json:
            self.line(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
            return
        rows = [(f.what, "good" if f.good else "MISSING", f.detail) for f in findings]
        self._table(("what", "", "detail"), rows)

    def perception(self, found: Any, as_json: bool, with_bank: bool, quiet: bool = False) -> None:
        """What somebody feels, what it rests on, and, where asked for, the nearest codes of the bank."""
        from emotion_embed.bank import load_emotion_bank

        codes = load_emotion_bank().nearest(found.embedding.mean) if with_bank else []
        if as_json:
            facts = found.to_dict()
            if with_bank:
                facts["bank"] = [{"code": i, "attention": round(a, 4), "stands_for": name} for i, a, name in codes]
            self.line(json.dumps(facts, ensure_ascii=False))
            return
        if quiet:
            return
        self.line(_feelings(found))
        valence, arousal, dominance = found.vad
        self.line(
            f"valence {valence:+.2f}, arousal {arousal:+.2f}, dominance {dominance:+.2f}; intensity "
            f"{found.intensity:.2f}, confidence {found.confidence:.2f}, conflict {found.conflict:.2f}"
        )
        for evidence in found.evidence:
            reasons = "; ".join(evidence.reasons) or "nothing stands out"
            self.line(f"{evidence.modality}: {_feelings(evidence)} ({reasons})")
        for code, attention, name in codes:
            self.line(f"code {code}: {attention:.0%} — {name}")
        for remark in found.remarks:
            self.error(remark)

    def _table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        from rich.box import SIMPLE
        from rich.console import Console as RichConsole
        from rich.table import Table

        table = Table(*header, box=SIMPLE)
        for row in rows:
            table.add_row(*row)
        RichConsole(highlight=False, markup=False).print(table)  # [piper] is no mark of Rich's


def _feelings(found: Any) -> str:
    """The likeliest feelings of a distribution in one line."""
    ordered = sorted(found.distribution.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {share:.0%}" for name, share in ordered[:4] if share >= 0.05)


@contextmanager
def show_progress(quiet: bool) -> Iterator[Progress]:
    """A progress callback that draws bars with stage and time left on stderr; plain lines where that is no terminal."""
    if quiet:
        yield lambda stage, done, total: None
    elif sys.stderr.isatty():
        with _bars() as progress:
            yield progress
    else:
        yield _Lines()


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=RichConsole(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: float, total: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


class _Lines:
    """A line every ten seconds, once something takes long enough to be told about."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[float, float]] = {}  # when a stage was first heard of, and how much was done
        self._last_s = time.monotonic() + _FIRST_LINE_AFTER_S - _LINE_EVERY_S

    def __call__(self, stage: str, done: float, total: float) -> None:
        now_s = time.monotonic()
        share = done / total if total else 0.0
        began_s, began_share = self._began.setdefault(stage, (now_s, share))
        if now_s - self._last_s < _LINE_EVERY_S or done >= total:
            return
        self._last_s = now_s
        gained = share - began_share
        left = f", about {(now_s - began_s) * (1 - share) / gained:.0f} s left" if gained > 0.01 else ""
        sys.stderr.write(f"{stage}: {share:.0%}{left}\n")
        sys.stderr.flush()


def _facts(spec: Any) -> dict[str, Any]:
    """What a list of generators says of one."""
    kind = spec.config_class()
    settings = {field.name: field.default for field in fields(kind)} if kind else {}
    absent = spec.missing()
    state = f"needs {absent[0]}: {spec.install}" if absent else "default" if spec.is_default else "ready"
    return {
        "kind": spec.kind,
        "name": spec.name,
        "state": state,
        "chosen": "by what a request holds" if spec.is_implied else "by name",
        "consumes": sorted(spec.consumes),
        "weights": list(spec.weights),
        "summary": spec.summary,
        "settings": {name: value if isinstance(value, (int, float, str)) else None for name, value in settings.items()},
    }
