"""Measures what the product does, and writes its sections of docs/RESULTS.md."""
