"""Template tags of pages that anybody may read."""
