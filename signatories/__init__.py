"""How a name gets onto the list: signing, moderating, and the messages between."""
