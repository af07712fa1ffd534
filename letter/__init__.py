"""What the world reads: the letter, its texts, its editions."""
