"""How many of the inputs that people really give are handled rightly, kind by kind, before a change and after it.

python -m scripts.evaluation.inputs                                  # this checkout
python -m scripts.evaluation.inputs --before FOLDER --write          # beside an older checkout, into docs/RESULTS.md
python -m scripts.evaluation.inputs --kinds numbers --wrong          # some kinds, and what is wrong

The inputs are in `scripts/input_cases`: readings (a text and the plain words that shall be spoken for it; right when
both have the same phones and pauses) and trials (anything else; right when the check finds nothing wrong). With
`--sound N` up to N readings of each kind are also spoken by Kokoro and written down by Whisper, each beside its plain
words; right when Whisper's words, read again, are no further in phones from what shall be said than those of the plain
words are. The sentences of `ordinary.txt` hold none of this and must sound as before, phone for phone.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from scripts import ROOT
from scripts.command_line import options_of

CASES = ROOT / "scripts" / "evaluation" / "inputs" / "cases"
ROUNDS = 7  # of each timing, before and after by turns
PACKAGES = ("checkpoints", "emotion_embed", "generators", "studio", "ui")
SOUND_MARGIN = 0.1  # of the phones: what Whisper may hear otherwise than in the plain words
_TIMED = (
    "import sys, time; from generators.voice.frontend.frontend import phonemize_sentences;"
    "lines = open(sys.argv[1]).read().split('\\n');"
    "list(phonemize_sentences('I read it.', 'en-us')); start = time.process_time();"
    "[list(phonemize_sentences(line, 'en-us')) for line in lines]; print(time.process_time() - start)"
)
_FIRST = (
    "import time; from generators.voice.frontend.frontend import phonemize_sentences; start = time.process_time();"
    "list(phonemize_sentences('I read it.', 'en-us')); print(time.process_time() - start)"
)
_IMPORT = "import time; start = time.process_time(); from studio import Studio; print(time.process_time() - start)"


# --- one product, in a process of its own ----------------------------------------------------------------------------


def judge(module: str, kinds: list[str], n_sound: int) -> dict[str, Any]:
    """What the product that is importable here does with a module's cases: kind → name → what is wrong, "" if nothing;
    how the ordinary sentences sound, and what Whisper hears."""
    readings, trials = cases([module], kinds)
    found: dict[str, dict[str, str]] = {}
    for reading in readings:
        found.setdefault(reading.kind, {})[reading.written] = fault_of(lambda reading=reading: check_reading(reading))
    for trial in trials:
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent) / "x"  # some cases name it
            folder.mkdir()
            fault = fault_of(lambda trial=trial, folder=folder: trial.check(folder))
        found.setdefault(trial.kind, {})[trial.name] = fault
    lines = (CASES / "ordinary.txt").read_text(encoding="utf-8").splitlines()
    return {
        "cases": found,
        "ordinary": [sounds(line, "en-us") for line in lines],
        "heard": heard(chosen(readings, n_sound)) if n_sound else {},
    }


def modules() -> list[str]:
    """The names of the modules with cases."""
    return sorted(module.name for module in pkgutil.iter_modules([str(CASES)]))


def cases(names: Iterable[str], kinds: list[str]) -> tuple[list[Any], list[Any]]:
    """The readings and trials of modules; with `kinds` only those whose kind holds one of these words."""
    readings: list[Any] = []
    trials: list[Any] = []
    for module in names:
        loaded = importlib.import_module(f"scripts.evaluation.inputs.cases.{module}")
        readings += getattr(loaded, "READINGS", [])
        trials += getattr(loaded, "TRIALS", [])
    wanted = lambda case: not kinds or any(kind in case.kind for kind in kinds)  # noqa: E731
    return list(filter(wanted, readings)), list(filter(wanted, trials))


def fault_of(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def check_reading(reading: Any) -> None:
    """Raise `AssertionError` unless the text is read like its plain words."""
    got, wanted = sounds(reading.written, reading.language), sounds(reading.spoken, reading.language)
    assert got == wanted, f"{got} instead of {wanted}"


def sounds(text: str, language: str) -> str:
    """The phones and pauses of a text."""
    from generators.voice.frontend.frontend import phonemize_sentences

    return " / ".join(" ".join(w.tokens + w.after for w in words) for words in phonemize_sentences(text, language))


def chosen(readings: Iterable[Any], most: int) -> list[Any]:
    """Up to `most` readings of each kind in English, the same ones every time."""
    by_kind: dict[str, list[Any]] = {}
    for reading in readings:
        if reading.language == "en-us":
            by_kind.setdefault(reading.kind, []).append(reading)
    dice = random.Random(0)
    return [reading for _, mine in sorted(by_kind.items()) for reading in dice.sample(mine, min(most, len(mine)))]


def heard(readings: Iterable[Any]) -> dict[str, dict[str, list[str]]]:
    """What Whisper hears of each text and of its plain words: kind → text → [of the text, of the plain words]."""
    from emotion_embed.signals.asr import transcribe
    from generators.contracts import join_speech
    from generators.registry import load

    voice = load("voice", "kokoro")

    def written_down(text: str) -> str:
        try:
            return transcribe(join_speech(list(voice.stream(text))).audio, language="en").text
        except Exception as error:
            return f"({type(error).__name__})"

    found: dict[str, dict[str, list[str]]] = {}
    for reading in readings:
        both = [written_down(reading.written), written_down(reading.spoken)]
        found.setdefault(reading.kind, {})[reading.written] = both
    return found


# --- beside each other -----------------------------------------------------------------------------------------------


def asked(product: Path, kinds: list[str], n_sound: int) -> dict[str, Any]:
    """`judge` of the product in a folder, each module of cases in a process of its own."""
    together: dict[str, Any] = {"cases": {}, "heard": {}, "ordinary": []}
    with tempfile.TemporaryDirectory() as folder:
        environment = beside_cases(product, Path(folder) / "product")
        for module in modules():
            out = Path(folder) / f"{module}.json"
            arguments = ["--judge", str(out), "--module", module, "--sound", str(n_sound)]
            arguments += ["--kinds", *kinds] if kinds else []
            command = [sys.executable, "-P", "-m", "scripts.evaluation.inputs", *arguments]
            run = subprocess.run(command, env=environment, cwd=product, capture_output=True, text=True)
            if run.returncode:  # else it only holds what native libraries say of themselves
                sys.exit(f"{module} of {product.name} ended with {run.returncode}: {run.stderr[-2000:]}")
            found = json.loads(out.read_text(encoding="utf-8"))
            for what in ("cases", "heard"):
                for kind, of_kind in found[what].items():
                    together[what].setdefault(kind, {}).update(of_kind)
            together["ordinary"] = found["ordinary"]
            print(f"{product.name}: {module}", file=sys.stderr, flush=True)
    return together


def beside_cases(product: Path, view: Path) -> dict[str, str]:
    """The environment in which a product's packages are found, but the cases of this checkout: `view` becomes a folder
    of links to the packages alone."""
    view.mkdir()
    for package in PACKAGES:
        if (product / package).is_dir():
            (view / package).symlink_to(product / package, target_is_directory=True)
    return os.environ | {"PYTHONPATH": os.pathsep.join((str(view), str(ROOT)))}


def of_product(product: Path) -> dict[str, str]:
    """The environment in which a product's packages are found first."""
    return os.environ | {"PYTHONPATH": str(product)}


def timing_ratio(code: str, before: Path, *arguments: str) -> tuple[float, float]:
    """CPU seconds of a piece of Python in this checkout, median, and over those before, both by turns."""
    seconds: dict[Path, list[float]] = {before: [], ROOT: []}
    for _ in range(ROUNDS):
        for product, taken in seconds.items():
            command = [sys.executable, "-c", code, *arguments]
            run = subprocess.run(command, env=of_product(product), cwd=product, capture_output=True, check=True)
            taken.append(float(run.stdout))
    now_s = statistics.median(seconds[ROOT])
    return now_s, now_s / statistics.median(seconds[before])


def table(before: dict[str, Any] | None, after: dict[str, Any]) -> Iterator[str]:
    """Rows of kind, inputs tried, right before and right after."""
    yield "| kind | inputs tried | right before | right after | |\n|---|---|---|---|---|"
    totals = [0, 0, 0]
    for kind, found in sorted(after["cases"].items()):
        n_after = sum(not fault for fault in found.values())
        n_before = sum(not before["cases"].get(kind, {}).get(name, "x") for name in found) if before else 0
        totals = [total + n for total, n in zip(totals, (len(found), n_before, n_after), strict=True)]
        yield f"| {kind} | {len(found)} | {n_before if before else '–'} | {n_after} | {n_after / len(found):.1%} |"
    share = totals[2] / max(1, totals[0])
    yield f"| **all** | **{totals[0]}** | **{totals[1] if before else '–'}** | **{totals[2]}** | **{share:.1%}** |"


def sound_table(before: dict[str, Any] | None, after: dict[str, Any]) -> Iterator[str]:
    """Rows of kind, spoken, and how often Whisper hears what shall be said."""
    readings, _ = cases(modules(), [])
    spoken = {(reading.kind, reading.written): reading.spoken for reading in readings}
    yield "| kind | spoken | heard right before | heard right after |\n|---|---|---|---|"
    for kind, found in sorted(after["heard"].items()):
        counts = [
            sum(is_heard(spoken[kind, written], *product["heard"][kind][written]) for written in found)
            for product in (before, after)
            if product
        ]
        yield f"| {kind} | {len(found)} | {counts[0] if before else '–'} | {counts[-1]} |"


def is_heard(spoken: str, of_text: str, of_plain_words: str) -> bool:
    """Whether what Whisper heard of a text is as near to the plain words as what it heard of these."""
    wanted = sounds(spoken, "en-us")
    return distance(wanted, of_text) <= max(0.0, distance(wanted, of_plain_words)) + SOUND_MARGIN


def distance(wanted: str, transcript: str) -> float:
    """Edits from the phones of a transcript to those wanted, per phone wanted."""
    a, b = (bare(wanted), bare(sounds(transcript, "en-us")))
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1] / max(1, len(a))


def bare(tokens: str) -> str:
    """Phones without stress and pauses, which no transcript shows."""
    return "".join(c for c in tokens if c.isalpha())


def ordinary_line(before: dict[str, Any], after: dict[str, Any]) -> str:
    pairs = list(zip(before["ordinary"], after["ordinary"], strict=True))
    other = [f"“{new}” (was “{old}”)" for old, new in pairs if old != new]
    return f"Ordinary sentences, phone for phone as before: {len(pairs) - len(other)} of {len(pairs)}. " + "; ".join(
        other
    )


def timing_line(before: Path) -> str:
    now_s, ratio = timing_ratio(_TIMED, before, str(CASES / "ordinary.txt"))
    first_s, first_ratio = timing_ratio(_FIRST, before)
    import_s, import_ratio = timing_ratio(_IMPORT, before)
    return (
        f"The front end reads those sentences in {now_s:.3f} s of CPU time, {ratio:.2f} times that of before; a first "
        f"sentence, for which tables are loaded, takes {first_s * 1000:.0f} ms, {first_ratio:.1f} times; "
        f"`from studio import Studio` takes {import_s * 1000:.0f} ms, {import_ratio:.2f} times (medians of {ROUNDS}, "
        "by turns, fresh processes)."
    )


def main() -> None:
    parser = options_of(__doc__, write=True)
    parser.add_argument("--before", type=Path, help="an older checkout to compare with")
    parser.add_argument("--kinds", nargs="*", default=[], help="only kinds whose name holds one of these words")
    parser.add_argument("--sound", type=int, default=0, help="how many readings of each kind are also spoken and heard")
    parser.add_argument("--wrong", action="store_true", help="say what is wrong")
    parser.add_argument("--judge", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--module", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.judge:
        found = judge(options.module, options.kinds, options.sound)
        options.judge.write_text(json.dumps(found), encoding="utf-8")
        return
    started = time.time()
    with ThreadPoolExecutor() as both:  # each waits for processes
        products = [ROOT, *([options.before.resolve()] if options.before else [])]
        after, *older = both.map(lambda product: asked(product, options.kinds, options.sound), products)
    before = older[0] if older else None
    parts = ["`scripts.evaluation.inputs`.", "\n".join(table(before, after))]
    parts += ["\n".join(sound_table(before, after))] if options.sound else []
    if before:
        parts += [ordinary_line(before, after), timing_line(options.before.resolve())]
    print("\n\n".join(parts), f"\n({time.time() - started:.0f} s)")
    if options.wrong:
        for kind, found in after["cases"].items():
            print(*(f"{kind}: {name!r}: {fault}" for name, fault in found.items() if fault), sep="\n")
    if options.write:
        from scripts.evaluation.results import write_section

        write_section("inputs", "What real files and real words break", "\n\n".join(parts))


if __name__ == "__main__":
    main()
