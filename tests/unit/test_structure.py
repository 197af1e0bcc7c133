"""How the code is built keeps to the bars, and the measure sees what breaks them."""

import pytest

from scripts.benchmarks import structure


@pytest.fixture(scope="module")
def measured():
    return {name: part.measured() for name, part in structure.structures().items()}


def test_the_tree_keeps_to_the_bars(measured):
    beyond = {
        f"{part}: {name}": value
        for part, bars in structure.BARS.items()
        for name, bar in bars.items()
        if not bar.holds(value := measured[part][name])
    }
    assert beyond == {}


def test_the_table_names_every_measure(measured):
    text = structure.table(measured)
    assert all(f"| {name} |" in text for name in structure.BARS["product"])
    assert len({line.count("|") for line in text.splitlines()[2:]}) == 1


@pytest.fixture
def tree(tmp_path):
    """A small product with one of everything that is not wanted."""
    files = {
        "checkpoints/__init__.py": "",
        "checkpoints/low.py": '"""Low."""\n\ndef read(path):\n    from studio import high\n    return high\n',
        "studio/__init__.py": "",
        "studio/high.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from studio.other import Other\n",
        "studio/other.py": "from studio import high\n\nclass Other:\n    pass\n",
        "generators/voice/one/__init__.py": "SPECIAL = 1\n\nSPEC = 1\n",
        "generators/voice/two/__init__.py": "\nSPEC = 2\n",
        "generators/voice/two/pipeline.py": "def run() -> int:\n    from generators.voice.one import SPEC\n",
        "scripts/long.py": "def f():\n" + "    pass\n" * 70 + "\n" * 400,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return structure.structures(tmp_path)


def test_what_is_not_wanted_is_found_and_named(tree):
    product, scripts = tree["product"], tree["scripts"]
    found, long = product.measured(), scripts.measured()
    assert product.places["import circles"] == ["studio.high ⇄ studio.other"]
    assert product.places["upward arrows"] == ["checkpoints/low.py:4 studio.high"]
    assert product.places["imports from one generator into another"] == [
        "generators/voice/two/pipeline.py:2 generators.voice.one.SPEC"
    ]
    assert found["public things with a docstring"] == 0 and found["public functions annotated in full"] == 0.5
    assert long["lines of the longest function"] == 71 and scripts.places["files over 400 lines"] == [
        "scripts/long.py 471"
    ]
    sentences = structure.missed({"product": found, "scripts": long})
    assert any(sentence.startswith("scripts: functions over 60 lines is 1") for sentence in sentences)


def test_the_command_ends_with_1_where_a_bar_is_missed(monkeypatch, capsys, tree):
    monkeypatch.setattr(structure, "structures", lambda: tree)
    monkeypatch.setattr("sys.argv", ["structure", "--where"])
    assert structure.main() == 1
    out, err = capsys.readouterr()
    assert "studio.high ⇄ studio.other" in out and "import circles is 1" in err
