"""What an edition is handed out as: the same letter and the same list, a module for each kind of file.

Each ``render_…`` takes a `letter.content.Content` and returns bytes; equal content makes equal bytes,
whenever and wherever. Interface words come in the language that the caller has activated.
"""
