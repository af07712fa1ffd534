"""The languages of a page: links to it in the others, and a hint to whoever's browser prefers one of them."""

from django import template
from django.conf import settings
from django.urls import translate_url
from django.utils import translation
from django.utils.translation import get_language, get_supported_language_variant
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

register = template.Library()


def preferred(header: str) -> str:
    """Return the language of the interface that an Accept-Language header (RFC 9110, 12.5.4) likes best, if any."""
    for tag, _quality in parse_accept_lang_header(header):
        try:
            return get_supported_language_variant(tag)
        except LookupError:
            continue
    return ""


@register.inclusion_tag("languages.html", takes_context=True)
def languages(context):
    """Link to this page in the other languages; nothing where there is only one."""
    request = context.get("request")
    path = request.path if request else ""
    others = [(code, name, translate_url(path, code)) for code, name in settings.LANGUAGES if request]
    liked = preferred(request.headers.get("Accept-Language", "")) if request else ""
    suggested = None
    others = [(code, name, there) for code, name, there in others if code != get_language() and there != path]
    for code, _name, there in others:
        if code == liked:
            with translation.override(code):
                # Translators: in your catalogue, write the name of your own language.
                suggested = code, _("This page is available in English."), there, translation.get_language_bidi()
    return {"others": others, "suggested": suggested}


@register.inclusion_tag("signatories/languages.html", takes_context=True)
def language_buttons(context, form, path):
    """Offer the form with the id `form` in other languages, at the addresses of `path`: what was typed goes along."""
    suggested = languages(context)["suggested"] if context["request"].method == "GET" else None
    others = [(code, name, translate_url(path, code)) for code, name in settings.LANGUAGES]
    return {
        "form": form,
        "others": [one for one in others if one[2] != path],
        "suggested": suggested and (*suggested[:2], translate_url(path, suggested[0]), suggested[3]),
    }
