"""Formats of one language, where Django's own are not those of letters."""
