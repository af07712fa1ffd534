"""How a letter reaches its addressees, and what they answer."""
