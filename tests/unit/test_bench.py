"""The table of the benchmark, and its place in docs/RESULTS.md."""

import importlib.util
from pathlib import Path

import pytest

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


def test_results_are_replaced_between_their_markers(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "RESULTS.md")
    bench.write_results("first")
    bench.RESULTS.write_text(bench.RESULTS.read_text() + "\nAnd more.\n")
    bench.write_results("second")
    text = bench.RESULTS.read_text()
    assert "first" not in text
    assert "second" in text
    assert text.endswith("And more.\n")
