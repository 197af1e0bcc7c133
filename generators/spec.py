"""How a generator describes itself: all that the product may know of it before it is loaded."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from checkpoints.errors import BadInput

KINDS = ("voice", "motion", "head")
DEVICES = ("auto", "cpu", "cuda", "mps")
_USUALLY_CONSUMES = {
    "voice": frozenset({"text"}),
    "motion": frozenset({"speech", "emotion"}),
    "head": frozenset({"motion"}),
}


@dataclass(frozen=True)
class RuntimeConfig:
    """What a machine gives to one studio, so that a batch can divide it among workers.

    Attributes:
        threads: processor threads for each generator and encoder; 0 leaves it to them.
        device: one of `DEVICES`.
    """

    threads: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        """Raise `BadInput` for what no machine has."""
        if not (type(self.threads) is int and 0 <= self.threads <= 256):
            raise BadInput(f"threads is {self.threads!r}; it must be a whole number from 0 to 256.")
        if self.device not in DEVICES:
            raise BadInput(f"There is no device “{self.device}”; there is {', '.join(DEVICES)}.")


@dataclass(frozen=True)
class GeneratorSpec:
    """A generator before it is loaded. Its folder's `__init__.py`, which imports nothing heavy, holds one as `SPEC`.

    Attributes:
        kind: "voice", "motion" or "head".
        name: what a request calls it.
        factory: "module:Class"; the class has `from_pretrained(name_or_folder, *, revision, config, progress)`.
        summary: one line for help texts and lists.
        config: "module:Class" of its frozen dataclass of options, whose `__post_init__` raises `BadInput`; None: none.
        consumes: what it is made from. Voices: "text" or "audio", nothing for silence; motion: "speech" and "emotion",
            or "video"; heads: "motion", or "speech" and "emotion" where they make frames without one. Empty is the
            first of these.
        requires: modules that must be importable, beside those of the product itself.
        install: what mends an absent one, such as 'pip install "mien-studio[piper]"'.
        weights: sets of the catalogue that it reads.
        voice_weights: those of them of which it reads only the files that are named after the voice that speaks.
        own_weights: folders in `checkpoints/weights` that it reads; "name:FOLDER" takes the place of the first.
        languages: codes that it speaks; empty where it depends on the voice, or does not matter.
        voices: "module:function" that returns a list of `generators.voice.catalog.VoiceInfo` without loading or
            fetching; None for what is no voice.
        check: "module:function" that is called as check(request) before any work, and raises `BadInput` or `Missing`.
        default_voice: the voice that speaks where none is named.
        clones: whether it speaks with the voice of a recording.
        pauses: whether it keeps pauses of exact length.
        styles: "module:function" that checks a motion style in words and raises `BadInput`; None where it takes none.
            One that does has `with_style(words)` and `with_style_from(motion)`.
        folders: whether "name:FOLDER" loads a model of the user's.
        streams: whether output starts before input has ended.
        native_fps: frames per second that it makes by itself; None for any.
        window_s: how much it makes at a time.
        min_vram_gb: memory of a graphics processor that it needs; 0 for none.
        is_default: whether it is taken where none is named.
        is_implied: whether the request's content chooses it (a recording, silence, a video) and never its name.
    """

    kind: str
    name: str
    factory: str
    summary: str = ""
    config: str | None = None
    consumes: frozenset[str] = frozenset()
    requires: tuple[str, ...] = ()
    install: str = ""
    weights: tuple[str, ...] = ()
    voice_weights: tuple[str, ...] = ()
    own_weights: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    voices: str | None = None
    check: str | None = None
    default_voice: str | None = None
    clones: bool = False
    pauses: bool = False
    styles: str | None = None
    folders: bool = False
    streams: bool = True
    native_fps: float | None = None
    window_s: float | None = None
    min_vram_gb: float = 0.0
    is_default: bool = False
    is_implied: bool = False

    def __post_init__(self) -> None:
        """What a generator of its kind consumes where it does not say."""
        if self.kind not in KINDS:
            raise ValueError(f"There are no generators of the kind “{self.kind}”; there are {', '.join(KINDS)}.")
        if not self.consumes and not self.is_implied:
            object.__setattr__(self, "consumes", _USUALLY_CONSUMES[self.kind])

    def config_class(self) -> type | None:
        """The class of its options."""
        return resolve(self.config) if self.config else None

    def make_config(self, options: Mapping[str, Any] | None = None, runtime: RuntimeConfig | None = None) -> Any:
        """Its options as its own frozen dataclass; `threads` and `device` come from `runtime` where not named.

        Raises:
            BadInput: It has no such option, or its value is out of range.
        """
        kind, options = self.config_class(), dict(options or {})
        known = {field.name: field for field in dataclasses.fields(kind)} if kind else {}
        for name, value in options.items():
            if name not in known:
                raise BadInput(self._no_option(name, list(known)))
            options[name] = _as_kind(f"{self.kind}.{name}", value, kind_of(known[name]))
        if kind is None:
            return None
        given = dataclasses.asdict(runtime) if runtime is not None and runtime != RuntimeConfig() else {}
        return kind(**{name: value for name, value in given.items() if name in known and value} | options)

    def missing(self) -> tuple[str, ...]:
        """Those of the modules it requires that are not installed."""
        return tuple(name for name in self.requires if find_spec(name) is None)

    def _no_option(self, name: str, known: list[str]) -> str:
        if not known:
            return f"The {self.kind} generator {self.name} has no options."
        near = difflib.get_close_matches(name, known, n=2) or known
        return f"The {self.kind} generator {self.name} has no option “{name}”; there is {', '.join(near)}."


def resolve(place: str) -> Any:
    """What "module:name" names, imported now."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def lazily(package: str, **homes: str) -> Callable[[str], Any]:
    """A module's `__getattr__` that hands on names from modules (of `package` where no dot says otherwise), imported
    only when they are asked for, so that a generator can be described without being loaded."""

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = homes[name] if "." in homes[name] else f"{package}.{homes[name]}"
        return getattr(importlib.import_module(home), name)

    return get


def kind_of(field: dataclasses.Field) -> str:
    """What a field of options holds, such as "int" or "float | None", be its annotation a type or the name of one."""
    return field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))


def _as_kind(what: str, value: Any, kind: str) -> Any:
    """A JSON value, or the text of a command line, as a field of a dataclass takes it."""
    readers: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "str": str, "bool": _truth}
    reader = readers.get(kind.removesuffix(" | None"))
    if reader is None or (value is None and kind.endswith("| None")):
        return value
    try:
        read = None if value is None else reader(value)
    except (TypeError, ValueError, OverflowError):
        read = None
    if read is None or (not isinstance(value, str) and reader is not str and read != value):
        raise BadInput(f"{what} is {value!r}; it must be {'a number' if reader in (int, float) else kind}.")
    return read


def _truth(value: Any) -> bool | None:
    words = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}
    return value if isinstance(value, bool) else words.get(str(value).lower())
