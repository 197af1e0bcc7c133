"""Finds a generator by kind and name through its `SPEC`, and imports it only when it is asked for.

Ours are the folders of `generators/{voice,motion,head}` that have a `SPEC`. An installed package adds one through an
entry point in the group `mien_studio.voice`, `mien_studio.motion` or `mien_studio.head` that names its `SPEC`.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from checkpoints.errors import BadInput, MienError, Missing
from checkpoints.notices import notice
from generators.spec import KINDS, GeneratorSpec, RuntimeConfig, resolve

__all__ = [
    "KINDS", "check", "check_installed", "config", "default", "default_voice", "implied", "load", "make", "names",
    "package_version", "spec", "specs",
]  # fmt: skip


def names(kind: str) -> list[str]:
    """Names of every generator of a kind that a request may name: ours, the default first, then those of packages."""
    own = [spec.name for spec in _own(kind).values() if not spec.is_implied]
    return [*own, *sorted(set(_installed(kind)) - set(_own(kind)))]


def specs(kind: str) -> list[GeneratorSpec]:
    """The same as specs, those that a request only implies among them. Reads the specs of installed packages; one that
    cannot be read is left out, with a notice."""
    found = list(_own(kind).values())
    for name in sorted(set(_installed(kind)) - set(_own(kind))):
        try:
            found.append(spec(kind, name))
        except MienError as error:
            notice(str(error))
    return found


def spec(kind: str, name: str) -> GeneratorSpec:
    """How the generator that a request calls `name` ("diffusion" or "diffusion:FOLDER") describes itself.

    Raises:
        BadInput: There is none; near names are listed.
        Missing: It belongs to an installed package that lacks another one.
        MienError: It belongs to an installed package that is broken.
    """
    name = name.partition(":")[0]
    if name in _own(kind):
        return _own(kind)[name]
    point = _installed(kind).get(name)
    if point is None:
        known = names(kind)
        near = difflib.get_close_matches(name, known, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there is {' and '.join(known)}."
        raise BadInput(f"There is no {kind} generator called “{name}”; {hint}")
    return _spec_of(kind, name, point)


def _spec_of(kind: str, name: str, point: Any) -> GeneratorSpec:
    """What the entry point of an installed package names."""
    whose = f"The {kind} generator {name} of the package {_package_of(point)}"
    try:
        found = point.load()
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] != point.value.partition(".")[0].partition(":")[0]:
            raise _absent(kind, name, error, f"pip install {_package_of(point)}") from error
        mend = f"pip install --force-reinstall {_package_of(point)}"
        raise Missing(f"{whose} cannot be loaded: there is no module {error.name}; mend it with {mend}.") from error
    except Exception as error:
        raise MienError(f"{whose} cannot be loaded ({type(error).__name__}: {error}).") from error
    found = found if isinstance(found, GeneratorSpec) else GeneratorSpec(kind, name, factory=point.value)
    if (found.kind, found.name) != (kind, name):
        raise MienError(f"{whose} calls itself the {found.kind} generator {found.name}; the two must agree.")
    return found


def package_version(kind: str, name: str) -> tuple[str, str] | None:
    """The installed package that a generator of others comes with, and its version; None for ours."""
    name = name.partition(":")[0]
    point = None if name in _own(kind) else _installed(kind).get(name)
    return None if point is None or point.dist is None else (point.dist.name, point.dist.version)


def default_voice(name: str) -> str | None:
    """The voice with which a voice generator speaks where none is named; None where it has none, or is unknown."""
    try:
        return spec("voice", name).default_voice
    except MienError:
        return None  # said when the request is checked


def default(kind: str) -> GeneratorSpec:
    """The generator that is taken where a request names none."""
    return next(spec for spec in _own(kind).values() if spec.is_default)


def implied(kind: str, content: str) -> GeneratorSpec:
    """The generator that a request's content chooses: the one that consumes "audio", "video", or nothing ("")."""
    wanted = frozenset({content} - {""})
    return next(spec for spec in _own(kind).values() if spec.is_implied and spec.consumes == wanted)


def check(kind: str, name: str) -> None:
    """Raise `BadInput` with near names when there is no such generator, or no such folder; imports none of ours."""
    name, has_folder, folder = name.partition(":")
    found = spec(kind, name)
    if found.is_implied:
        raise BadInput(f"The {kind} generator {name} is chosen by what a request holds; leave its name out.")
    if has_folder and not found.folders:
        raise BadInput(f"The {kind} generator {name} cannot be loaded from a folder; leave out “:{folder}”.")
    if has_folder and not (folder and Path(folder).is_dir()):
        raise BadInput(f"There is no folder “{folder}” with a {kind} model.")


def config(kind: str, name: str, options: Mapping[str, Any] | None = None, runtime: RuntimeConfig | None = None) -> Any:
    """A generator's options as its own frozen dataclass, None where it has none; see `GeneratorSpec.make_config`."""
    return spec(kind, name).make_config(options, runtime)


def load(
    kind: str,
    name: str,
    *,
    options: Mapping[str, Any] | None = None,
    runtime: RuntimeConfig | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Any:
    """Import and load one generator, fetching its weights when they are not here yet.

    Args:
        kind: "voice", "motion" or "head".
        name: as in a request; "diffusion:FOLDER" loads a model of the user's.
        options: names and values of its config class.
        runtime: threads and device.
        progress: called as (name, done_bytes, total_bytes) while weights are fetched.

    Raises:
        BadInput: An unknown name or option.
        Missing: A package or weights that it needs cannot be had.
    """
    found, made = spec(kind, name), config(kind, name, options, runtime)
    return make(found, name.partition(":")[2] or None, config=made, progress=progress)


def check_installed(found: GeneratorSpec) -> None:
    """Raise `Missing` where a module that a generator requires is absent."""
    for module in found.missing():
        raise _absent(found.kind, found.name, ModuleNotFoundError(name=module), found.install)


def make(
    found: GeneratorSpec,
    folder: str | None = None,
    *,
    config: Any = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Any:
    """The generator that a spec describes, with its options as its own dataclass; see `load`."""
    check_installed(found)
    try:
        generator = resolve(found.factory)
    except ModuleNotFoundError as error:
        raise _absent(found.kind, found.name, error, found.install) from error
    if hasattr(generator, "from_pretrained"):
        return generator.from_pretrained(folder, config=config, progress=progress)
    return generator() if config is None else generator(config)


@cache
def _own(kind: str) -> dict[str, GeneratorSpec]:
    """Ours by name, the default first, then by name."""
    package = importlib.import_module(f"generators.{kind}")
    rooms = (found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg)
    modules = (importlib.import_module(f"generators.{kind}.{room}") for room in rooms)
    found = [module.SPEC for module in modules if hasattr(module, "SPEC")]
    return {spec.name: spec for spec in sorted(found, key=lambda spec: (not spec.is_default, spec.name))}


def _installed(kind: str) -> dict[str, Any]:
    from importlib import metadata  # takes longer to import than all else here

    return {point.name: point for point in metadata.entry_points(group=f"mien_studio.{kind}")}


def _package_of(point: Any) -> str:
    """The name of the package that an entry point belongs to."""
    return point.dist.name if point.dist is not None else point.value.partition(":")[0]


def _absent(kind: str, name: str, error: ModuleNotFoundError, install: str) -> Missing:
    mend = install or f"pip install {error.name}"
    return Missing(f"The {kind} generator {name} needs the package {error.name}; mend it with {mend}.")
