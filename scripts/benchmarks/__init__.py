"""Measures what the product costs, and how its code is built."""
