"""A name in its own script, as pages show it beside the Latin form."""

from django import template

from letter.artefacts import html

register = template.Library()


@register.filter
def own_script(name):
    """Return the name isolated, with direction and script, so that it is read and set as what it is."""
    return html.own_script(name)
