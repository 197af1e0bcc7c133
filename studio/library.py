"""What a studio keeps warm between clips: generators and analysed portraits. Several renders may ask at once."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

from generators import registry
from generators.contracts import Portrait
from generators.spec import RuntimeConfig

Thing = TypeVar("Thing")
WeightsProgress = Callable[[str, int, int], None]
_PORTRAITS_KEPT = 2


class Shelf(Generic[Thing]):
    """Keeps the last things made, at most `size` of them (None: all), each made once however many ask for it."""

    def __init__(self, size: int | None = None) -> None:
        self._size = size
        self._things: OrderedDict[Hashable, Thing] = OrderedDict()
        self._lock = threading.Lock()
        self._making: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def get(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """The thing of that key, made now where it is not there; different things are made side by side."""
        with self._lock:
            making = self._making[key]
        with making:
            with self._lock:
                if key in self._things:
                    self._things.move_to_end(key)
                    return self._things[key]
            made = make()
            with self._lock:
                self._things[key] = made
                while self._size is not None and len(self._things) > self._size:
                    self._making.pop(self._things.popitem(last=False)[0], None)
            return made


class Library:
    """The generators and portraits of one studio, with what its machine gives them."""

    def __init__(self, runtime: RuntimeConfig | None = None) -> None:
        self.runtime = runtime or RuntimeConfig()
        self._generators: Shelf[Any] = Shelf()
        self._portraits: Shelf[Portrait] = Shelf(_PORTRAITS_KEPT)

    def generator(
        self, kind: str, name: str, options: Mapping[str, Any] | None = None, progress: WeightsProgress | None = None
    ) -> Any:
        """A loaded generator; raises as `registry.load` does."""
        key = (kind, name, registry.config(kind, name, options, self.runtime))
        load = lambda: registry.load(kind, name, options=options, runtime=self.runtime, progress=progress)  # noqa: E731
        return self._generators.get(key, load)

    def portrait(self, key: Hashable, analyse: Callable[[], Portrait]) -> Portrait:
        """An analysed portrait; `key` tells apart photo, head and settings."""
        return self._portraits.get(key, analyse)
