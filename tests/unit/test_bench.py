"""The table of the benchmark, and its place in docs/RESULTS.md."""

from scripts.benchmarks import compare, speed
from scripts.evaluation import results


def test_the_table_compares_long_with_short():
    one = {key: 1.0 for _, key, _ in speed.ROWS}
    text = speed.table({"10 s, 512²": one, "60 s, 512²": {**one, "factor": 1.5}})
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


def test_a_comparison_tells_the_ratio_of_medians():
    run = lambda cpu_s: {"cpu_s": cpu_s, "wall_s": 1.0, "peak_rss_mb": 100.0}  # noqa: E731
    runs = {"before": [run(2.0), run(4.0), run(3.0)], "after": [run(1.5), run(3.0), run(2.7)]}
    assert "| 3.00 | 2.70 | 0.900 | 0.75 – 0.90 |" in compare.row("animate", "cpu_s", runs)
    assert len({line.count("|") for line in compare.table({"animate": runs}, 3).splitlines()[2:]}) == 1
