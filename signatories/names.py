"""Names of organisations: which are refused, how they sort, when two are the same. Pure functions.

Whatever these rules say, a human decides: only `Similarity.SAME` is certain enough to stop anybody.
"""

import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise, product

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 200
MAX_MARKS = 4  # in a row on one letter; Burmese and pointed Hebrew need four

# --- Which names are refused ---

# Unicode TR36, 3.2 and UAX #9: characters that turn the text around them.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d")  # zero width non-joiner and joiner
# Nothing to be seen, though their category does not say so (Default_Ignorable_Code_Point of UAX #44, and
# the blank Braille pattern).
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Scripts in living use that spell with joiners (RFC 5892, A.1 and A.2; Unicode 9 and 12).
_JOINED = frozenset(
    [
        "ADLAM",
        "ARABIC",
        "BENGALI",
        "DEVANAGARI",
        "GUJARATI",
        "GURMUKHI",
        "HANIFI",
        "KANNADA",
        "KHMER",
        "MALAYALAM",
        "MEETEI",
        "MONGOLIAN",
        "MYANMAR",
        "NKO",
        "ORIYA",
        "SINHALA",
        "SYRIAC",
        "TAMIL",
        "TELUGU",
        "TIBETAN",
    ]
)
_MARKUP = re.compile(r"[<>]|&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
_URL = re.compile(r"\S*://\S*|(?<!\w)www\.\S*", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")

_CHARACTER_ERRORS = {
    "control": _(
        "There is a line break, a tab or another control character (%(character)s) %(place)s. "
        "Please write the name on one line."
    ),
    "bidi": _(
        "There is a hidden character that changes the direction of the text (%(character)s) %(place)s. "
        "Please delete it, or type the name again."
    ),
    "invisible": _(
        "There is an invisible character (%(character)s) %(place)s. Please delete it, or type the name again."
    ),
}


def validate_name(value: str) -> None:
    """Refuse what no name of an organisation contains, and what makes two names look alike or a page lie.

    Raises:
        ValidationError: with the ``code`` of the first rule broken: "too_long", "control", "bidi", "invisible",
            "marks", "markup", "url", "email" or "too_short".
    """
    if len(value) > MAX_LENGTH:
        raise ValidationError(
            _("The name has %(length)s characters. Please use at most %(limit)s."),
            code="too_long",
            params={"length": len(value), "limit": MAX_LENGTH},
        )
    _validate_characters(value)
    if found := _MARKUP.search(value):
        raise ValidationError(
            _("“%(found)s” %(place)s belongs to web pages, not to a name. Please write the character itself."),
            code="markup",
            params={"found": found[0], "place": _place(value, found.start())},
        )
    # Before the web address: in “me@www.example.org” the reader looks for an e-mail address.
    if found := _EMAIL.search(value):
        raise ValidationError(
            _("“%(found)s” is an e-mail address. Please write the name only."),
            code="email",
            params={"found": found[0]},
        )
    if found := _URL.search(value):
        raise ValidationError(
            _("“%(found)s” is a web address. Please write the name only."),
            code="url",
            params={"found": found[0]},
        )
    # Composed, so that a syllable of Hangul is one letter however it was typed.
    if sum(_is("LN", c) for c in unicodedata.normalize("NFC", value)) < 2:
        raise ValidationError(_("A name has at least two letters or digits."), code="too_short")


def _validate_characters(value: str) -> None:
    """Refuse hidden characters and stacks of marks, at the first one found."""
    marks = 0
    for index, c in enumerate(value):
        if code := _hidden(value, index):
            raise ValidationError(
                _CHARACTER_ERRORS[code],
                code=code,
                params={"character": f"U+{ord(c):04X}", "place": _place(value, index)},
            )
        marks = marks + 1 if _is("M", c) else marks if c in _JOINERS else 0
        if marks > MAX_MARKS:
            raise ValidationError(
                _("There are more than %(limit)s accents on one letter %(place)s. Please delete some."),
                code="marks",
                params={"limit": MAX_MARKS, "place": _place(value, index + 1 - marks)},
            )


def _hidden(value: str, index: int) -> str:
    """Return the code of the error for the character at `index`, empty if it may stand there."""
    c, before = value[index], value[index - 1 : index]
    category = unicodedata.category(c)
    if category in {"Cc", "Zl", "Zp"}:
        return "control"
    if c in _BIDI:
        return "bidi"
    if c in _JOINERS:
        # Marks too: a joiner follows the virama, or in Bengali precedes it.
        return "" if _script(before) == _script(value[index + 1 : index + 2]) in _JOINED else "invisible"
    if _VARIATION.match(c):
        # They choose the form of a Chinese character or an emoji (Unicode 23.4), and elsewhere do nothing.
        return "" if _is("S", before) or _script(before) == "CJK" else "invisible"
    return "invisible" if category[0] == "C" or c in _BLANK else ""


def _script(c: str) -> str:
    """Return the first word of the character's name, which is its script, if `c` is a letter or a mark."""
    return unicodedata.name(c, "").partition(" ")[0] if _is("LM", c) else ""


def _is(categories: str, c: str) -> bool:
    """Say whether `c`, one character or none, is of one of the general categories (by first letter)."""
    return c != "" and unicodedata.category(c)[0] in categories


def _place(value: str, index: int) -> Promise | str:
    """Say where `index` is, in words that end a sentence."""
    before = value[:index].split()
    return format_lazy(_("after “{word}”"), word=before[-1]) if before else _("at the beginning")


# --- How names sort ---

_DROPPED = frozenset("\"'`´„‚.·ʹʻʼʽʾʿ׳״\u0640")  # quotes, apostrophes, full stops, the Arabic tatweel
# Letters that Unicode does not decompose, and Arabic letters that writers and keyboards interchange.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "þ": "th"} | dict(zip("øđðłħŧıŋɓɗɖƙƴɛɔəٱىیةہک", "oddlhtinbddkyeoeاييههك", strict=True))
)
_GAP = re.compile("[ -]+")


def _fold(text: str) -> str:
    """Return `text` without case, diacritics, quotes and full stops; what parts words is a space or a hyphen.

    Compatibility caseless matching (Unicode 3.13, D146), then without marks.
    """
    # Decomposed, the spacing acute that often stands for an apostrophe would part words.
    decomposed = unicodedata.normalize("NFKD", text.replace("´", "'"))
    return "".join(map(_plain, unicodedata.normalize("NFKD", decomposed.casefold()).translate(_LETTERS)))


def _plain(c: str) -> str:
    """Return what `_fold` keeps of one decomposed character."""
    category = unicodedata.category(c)
    if c in _DROPPED or category in {"Pi", "Pf", "Cf"} or _is_diacritic(c):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(c))
    if category[0] in "CZ":
        return " "
    return c if category[0] in "LMN" else "-"


def _is_diacritic(c: str) -> bool:
    """Say whether `c` is a mark above, below, through or around a letter that reads the same without it.

    Canonical combining classes (UAX #44, table 15): 1 overlays, 10 to 36 Hebrew, Arabic and Syriac points, from
    200 accents. Not the vowel signs of Indic and South-East Asian scripts: those are spelling.
    """
    position = unicodedata.combining(c)
    return position == 1 or 10 <= position <= 36 or position >= 200 or c in _BLANK or bool(_VARIATION.match(c))


def sort_key(name: str) -> str:
    """Return the key that puts names in the order of a printed list, compared by code point.

    Word by word, ignoring case and diacritics, punctuation before letters: punctuation beside a space sorts as
    an empty word (“Rights – Kenya” before “Rights for All”), within a word it parts two words (“Al-Haq”).
    Names that differ in nothing else sort by themselves, after a tab, which is lower than a space.
    """
    words = _GAP.sub(lambda run: "  " if {" ", "-"} <= set(run[0]) else " ", _fold(name)).strip()
    return f"{words}\t{name}".replace("\0", "")  # PostgreSQL stores no NUL


# --- When two names are the same ---

_BRACKETED = re.compile(r"(?P<name>.*\S)\s*[(（\[](?P<acronym>[^\s()（）\[\]]{2,15})[)）\]]\s*", re.DOTALL)
_AMPERSAND = re.compile("[&＆﹠]")
_ELISION = re.compile(r"\b(d|l|dell)['’´`ʼ]\b", re.IGNORECASE)
# Bracketed capitals that say where, not who: “Amnesty International (UK)” is not “Amnesty International”.
_PLACES = frozenset(
    ["car", "drc", "eu", "gb", "ni", "nz", "prc", "rca", "rdc", "roc", "rsa", "uae", "ue", "uk", "us", "usa"]
)
_FORMS = frozenset(
    [
        "aisbl",
        "asbl",
        "cbo",
        "cic",
        "eingetragenerverein",
        "ev",
        "ggmbh",
        "gmbh",
        "inc",
        "incorporated",
        "ivzw",
        "limited",
        "llc",
        "ltd",
        "ngo",
        "npo",
        "ong",
        "onlus",
        "plc",
        "pty",
        "vzw",
    ]
)
_SPELLINGS = {
    "assn": "association", "assoc": "association", "behaviour": "behavior", "centre": "center",
    "centres": "centers", "ctr": "center", "defence": "defense", "fdn": "foundation", "govt": "government",
    "int": "international", "intl": "international", "labour": "labor", "natl": "national",
    "neighbour": "neighbor", "org": "organization", "programme": "program", "programmes": "programs",
    "univ": "university",
}  # fmt: skip
_STOP_WORDS = frozenset(
    # English, French, Spanish and Portuguese, German. Not those that a name may turn on: to, from, with, without.
    [
        "a",
        "an",
        "and",
        "at",
        "for",
        "in",
        "of",
        "on",
        "the",
        "au",
        "aux",
        "d",
        "de",
        "dell",
        "des",
        "du",
        "en",
        "et",
        "l",
        "la",
        "le",
        "les",
        "pour",
        "da",
        "das",
        "del",
        "do",
        "dos",
        "el",
        "las",
        "los",
        "para",
        "por",
        "y",
        "dem",
        "den",
        "der",
        "die",
        "fur",
        "im",
        "und",
        "von",
        "zum",
        "zur",
    ]
)
# Words spelt nearly alike that are two places, or two kinds: never a slip of the pen.
_LOOKALIKES = frozenset(
    [
        "africa",
        "african",
        "africaine",
        "africana",
        "afrique",
        "america",
        "american",
        "americaine",
        "americana",
        "amerique",
        "mexique",
        "albania",
        "alemania",
        "armenia",
        "romania",
        "romenia",
        "rumania",
        "birmania",
        "germania",
        "australia",
        "australian",
        "australie",
        "austria",
        "austrian",
        "autriche",
        "dominica",
        "dominican",
        "dominicana",
        "eastern",
        "western",
        "estland",
        "estonia",
        "estonian",
        "estonie",
        "lettland",
        "lettonia",
        "lettonie",
        "letonia",
        "latvia",
        "female",
        "females",
        "male",
        "males",
        "finland",
        "finlande",
        "finlandia",
        "iceland",
        "icelandic",
        "ireland",
        "irish",
        "irland",
        "irlanda",
        "irlande",
        "island",
        "islanda",
        "islande",
        "islandia",
        "tailandia",
        "gambia",
        "gambian",
        "gambie",
        "sambia",
        "zambia",
        "zambian",
        "zambie",
        "ghana",
        "guiana",
        "guyana",
        "laos",
        "palaos",
        "liberia",
        "liberian",
        "libia",
        "libyan",
        "malaui",
        "malawi",
        "malawian",
        "mali",
        "malian",
        "malien",
        "niger",
        "nigeria",
        "nigerian",
        "nigerien",
        "nigerienne",
        "nigeriane",
        "ruanda",
        "rwanda",
        "uganda",
        "tobago",
        "togo",
    ]
)


def split_acronym(name: str) -> tuple[str, str]:
    """Return the name without the acronym that follows it in brackets, and that acronym, empty if there is none.

    Capitals inside a word tell an acronym, (FIDH) or (iPeace), from a place, (Geneva). In scripts without
    capitals its letters do: they all stand in the name, in that order.
    """
    found = _BRACKETED.fullmatch(name)
    if not found or _compact(found["acronym"]) in _PLACES | _FORMS:
        return name, ""
    acronym = found["acronym"].replace(".", "")
    letters = [c for c in acronym if c.isalpha()]
    if any(c.lower() != c.upper() for c in letters):
        is_acronym = any(one.isalnum() and other.isupper() for one, other in pairwise(acronym))
    else:
        rest = iter(_fold(found["name"]))
        is_acronym = len(letters) > 1 and all(c in rest for c in _compact(acronym))
    return (found["name"], found["acronym"]) if is_acronym else (name, "")


def normalise(name: str) -> str:
    """Return the words of the name in one spelling, without acronym and legal form, for comparison by trigrams."""
    bare = _AMPERSAND.sub(" and ", _ELISION.sub(r"\1 ", split_acronym(name)[0]))
    folded = re.sub(r"\be v$", "ev", _GAP.sub(" ", _fold(bare)).strip())
    words = [_SPELLINGS.get(word, re.sub("isation(s?)$", r"ization\1", word)) for word in folded.split()]
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    while len(words) > 1 and words[0] in _FORMS:
        words.pop(0)
    return " ".join(words)


def _words(name: str) -> list[str]:
    """Return the words of the name that say something, or all if none does."""
    words = normalise(name).split()
    return [word for word in words if word not in _STOP_WORDS] or words


def key(name: str) -> str:
    """Return what is equal for two spellings of one name: its significant words, without spaces."""
    return "".join(_words(name)) or name


def _compact(text: str) -> str:
    return _GAP.sub("", _fold(text))


class Similarity(StrEnum):
    """What two names have to do with each other, the nearest first."""

    SAME = "same"
    ACRONYM = "acronym"
    TYPO = "typo"
    SUBSET = "subset"
    SIBLING = "sibling"
    DIFFERENT = "different"

    @property
    def label(self) -> str:
        """What a page prints."""
        return str(_LABELS[self])

    @property
    def rank(self) -> int:
        """Its place in a list that shows the nearest first, from 0."""
        return list(Similarity).index(self)


_LABELS = {
    Similarity.SAME: _("Same name"),
    Similarity.ACRONYM: _("Same acronym"),
    Similarity.TYPO: _("Almost the same name"),
    Similarity.SUBSET: _("Same name with more words"),
    Similarity.SIBLING: _("Similar name, probably another branch or place"),
    Similarity.DIFFERENT: _("Another name"),
}


def classify(one: str, other: str, *, acronym: str = "", other_acronym: str = "") -> Similarity:
    """Say what the two names have to do with each other; the same in either order.

    Acronyms that are not given are taken from the names. Two equal acronyms of three letters or more count only
    where the words say nothing, as in a translation: national sections often share their federation's acronym.
    """
    if key(one) == key(other):
        return Similarity.SAME
    # In a fixed order, since the ratio of two words may differ between the orders.
    (left, left_acronym), (right, right_acronym) = sorted(
        (split_acronym(name)[0], _compact(given or split_acronym(name)[1]))
        for name, given in ((one, acronym), (other, other_acronym))
    )
    if (left_acronym and left_acronym == _compact(right)) or (right_acronym and right_acronym == _compact(left)):
        return Similarity.ACRONYM
    by_words = _compare(_words(left), _words(right))
    if by_words is Similarity.DIFFERENT and left_acronym == right_acronym and len(left_acronym) >= 3:
        return Similarity.ACRONYM
    return by_words


def _compare(left: list[str], right: list[str]) -> Similarity:
    """Pair equal words, then those that differ by a slip, and judge by what is left over."""
    common = Counter(left) & Counter(right)
    left_over = list((Counter(left) - common).elements())
    right_over = list((Counter(right) - common).elements())
    one, other = list(common.elements()), list(common.elements())
    for a, b in sorted(product(left_over, right_over), key=lambda pair: -_ratio(*pair)):
        if a in left_over and b in right_over and _is_slip(a, b):
            left_over.remove(a)
            right_over.remove(b)
            one.append(a)
            other.append(b)
    if not left_over and not right_over and _ratio(" ".join(one), " ".join(other)) >= 0.88:
        return Similarity.TYPO
    if one and bool(left_over) != bool(right_over):
        return Similarity.SUBSET
    # Half of all words: “Lawyers for …” alone makes no family.
    return Similarity.SIBLING if 4 * len(one) >= len(left) + len(right) else Similarity.DIFFERENT


def _is_slip(a: str, b: str) -> bool:
    """Say whether one word may be the other, misspelt. Another number is never a slip."""
    is_other_thing = {a, b} <= _LOOKALIKES or any(c.isdigit() for c in a + b)
    return not is_other_thing and _ratio(a, b) >= 0.8


def _ratio(a: str, b: str) -> float:
    return SequenceMatcher(None, a, b, autojunk=False).ratio()
