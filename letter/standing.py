"""What each of a letter's texts is worth: original, official or courtesy translation, and which one prevails."""

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _

# Instead of a language: the original and its official translations are equally authentic.
EQUAL = "equal"
# Languages in which names of languages have a capital within a sentence, too; Django gives all names one.
CAPITALISED = {"de", "en", "lb", "nl"}


class Standing(TextChoices):
    """What a text is among the letter's texts."""

    ORIGINAL = "original", gettext_lazy("original")
    OFFICIAL = "official", gettext_lazy("official translation")
    COURTESY = "courtesy", gettext_lazy("courtesy translation")


def standing_of(language: str, *, original: str, is_official: bool) -> Standing:
    """Return what the text in `language` is, where the letter was written in the language `original`."""
    if language == original:
        return Standing.ORIGINAL
    return Standing.OFFICIAL if is_official else Standing.COURTESY


def name_of(language: str) -> str:
    """Return what the active language calls another one within a sentence; the tag where Django does not know it."""
    for tag in (language.lower(), language.partition("-")[0]):
        try:
            name = str(get_language_info(tag)["name_translated"])
        except KeyError:
            continue
        return name if (get_language() or "en").partition("-")[0] in CAPITALISED else name.lower()
    return language


def note_on(standing: str, language: str, prevailing: str) -> str:
    """Return what a reader of a text must know, in the active language; nothing of an original that prevails.

    Args:
        standing: of the text that is read; empty where it is not known.
        language: of that text.
        prevailing: the language of the text that prevails where they differ, or `EQUAL`.
    """
    if not standing or (standing == Standing.ORIGINAL and prevailing == language):
        return ""
    if prevailing == EQUAL:
        sentences = {
            Standing.ORIGINAL: _("Original text. Its official translations are equally authentic."),
            Standing.OFFICIAL: _("Official translation. It and the original text are equally authentic."),
            Standing.COURTESY: _("Courtesy translation. The original text and its official translations prevail."),
        }
        return sentences[Standing(standing)]
    if prevailing == language:
        return _("Official translation. This text prevails.")
    sentences = {
        Standing.ORIGINAL: _("Original text. The %(language)s text prevails."),
        Standing.OFFICIAL: _("Official translation. The %(language)s text prevails."),
        Standing.COURTESY: _("Courtesy translation. The %(language)s text prevails."),
    }
    return sentences[Standing(standing)] % {"language": name_of(prevailing)}


def validate_prevails(prevailing: str, texts: dict[str, bool]) -> None:
    """Refuse that a courtesy translation prevails.

    Args:
        prevailing: a language, or `EQUAL`.
        texts: for each language of a translation, whether it is official.
    """
    if texts.get(prevailing) is False:
        raise ValidationError(
            gettext_lazy("The text in “%(language)s” is a courtesy translation: only an official one can prevail."),
            code="courtesy_prevails",
            params={"language": prevailing},
        )
