"""The demo: a whole Undersigned on one machine, with its own PostgreSQL and mailbox. Never in production."""
