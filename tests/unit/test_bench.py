"""The table of the benchmark, and its place in docs/RESULTS.md."""

import importlib.util
from pathlib import Path

import pytest

from scripts.evaluation import results

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench", ROOT / "scripts" / "bench.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_compares_long_with_short(bench):
    one = {key: 1.0 for _, key, _ in bench.ROWS}
    text = bench.table({"10 s, 512²": one, "60 s, 512²": {**one, "factor": 1.5}})
    assert "1.50 times the cost per second, 1.00 times the memory" in text
    assert all(line.count("|") == 4 for line in text.splitlines() if line.startswith("|"))


def test_results_are_replaced_between_their_markers(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path / "RESULTS.md")
    results.write_section("bench", "Speed and memory", "first")
    results.write_section("evaluate", "Lips", "other")
    results.RESULTS.write_text(results.RESULTS.read_text() + "\nAnd more.\n")
    results.write_section("bench", "Speed and memory", "second")
    text = results.RESULTS.read_text()
    assert "second" in text and "other" in text and "And more." in text
    assert "first" not in text
    assert text.count("## Speed and memory") == 1
