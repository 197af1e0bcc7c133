"""Generators are found by name, imported late, and say what they lack."""

import sys
from importlib.metadata import EntryPoint

import pytest

from checkpoints.errors import BadInput, Missing
from generators import registry


class Still:
    """A motion generator of another package."""


@pytest.fixture
def installed(monkeypatch):
    """Stand in for installed packages that declare these generators."""

    def declare(**points):
        found = [EntryPoint(name, place, "mien_studio.motion") for name, place in points.items()]
        monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [p for p in found if p.group == group])

    return declare


def test_ours_are_known_by_kind():
    assert registry.names("voice")[0] == "kokoro"
    assert registry.names("motion")[:2] == ["diffusion", "procedural"]
    assert registry.names("head")[0] == "mesh"


def test_an_unknown_one_names_what_there_is():
    with pytest.raises(BadInput, match="mesh"):
        registry.check("head", "mash")
    with pytest.raises(BadInput, match="procedural"):
        registry.load("motion", "zzz")


def test_a_model_of_ones_own_is_a_folder(tmp_path):
    registry.check("motion", f"diffusion:{tmp_path}")
    with pytest.raises(BadInput, match="no folder"):
        registry.check("motion", f"diffusion:{tmp_path / 'nowhere'}")
    with pytest.raises(BadInput, match="cannot be loaded from a folder"):
        registry.check("motion", f"procedural:{tmp_path}")


def test_another_package_can_add_one_but_not_replace_ours(installed):
    installed(still=f"{__name__}:Still", procedural=f"{__name__}:Still")
    assert registry.names("motion") == ["diffusion", "procedural", "still"]
    assert isinstance(registry.load("motion", "still"), Still)
    assert not isinstance(registry.load("motion", "procedural"), Still)


def test_a_missing_package_is_named_with_what_mends_it(installed):
    installed(heavy="no_such_package_anywhere:Thing")
    with pytest.raises(Missing, match="no_such_package_anywhere.*pip install") as raised:
        registry.load("motion", "heavy")
    assert raised.value.exit_status == 3


def test_naming_generators_imports_none_of_them():
    before = set(sys.modules)
    for kind in registry.KINDS:
        registry.check(kind, registry.names(kind)[0])
    assert not {m for m in set(sys.modules) - before if m.startswith(("generators.voice", "generators.head"))}
