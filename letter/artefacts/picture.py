"""TEMP"""


def render_card(content):
    return b"\x89PNG"
