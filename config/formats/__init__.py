"""Formats of dates, by language: Django looks here first. A language that is missing has Django's own."""
