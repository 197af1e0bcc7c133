"""Emotional voices judged: clips, four judges, measures and tables."""
