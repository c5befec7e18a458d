"""Ratios and counts, measured by one command: `python -m benchmarks`. Nothing here is a timed test."""
