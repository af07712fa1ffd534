"""Measurements: one command per question, `make bench Q=page`. See docs/performance.md."""
