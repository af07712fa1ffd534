"""Commands of the secretariat."""
