"""The moderator's pages, one module for each place at the desk."""
