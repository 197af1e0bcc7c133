"""Motion judged by itself, without pictures: performers, measures and tables."""
