"""Names of organisations: which are refused, how they sort, when two are the same. Pure functions.

Whatever these rules say, a human decides: no similarity stops, merges or lists anything by itself. What the code
decides by (a twin, a name that is recorded already) is `key`, the same letters in the same script.
docs/names.md says how often the rules are right.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise, product

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 200
# One name is compared with many, as in an import, and each comparison asks for the words of both.
remembered = lru_cache(maxsize=20_000)
MAX_MARKS = 4  # in a row; Burmese and pointed Hebrew need four

# ── which names are refused ──

# They turn the text around them (UAX #9; Unicode TR36, 3.2).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d")  # zero width non-joiner and joiner
# Not to be seen, though their category does not say so: the rest of Default_Ignorable_Code_Point (UAX #44)
# but for the variation selectors, and the blank Braille pattern.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Scripts in use today that spell with joiners (RFC 5892, A.1 and A.2; Unicode 9, 12, 13 and 16).
_JOINED = frozenset(
    "ADLAM ARABIC BENGALI DEVANAGARI GUJARATI GURMUKHI HANIFI KANNADA KHMER MALAYALAM MEETEI MONGOLIAN MYANMAR"
    " NKO ORIYA SINHALA SYRIAC TAMIL TELUGU TIBETAN".split()
)
# First words of what Unicode calls Latin letters, and those that are no script's own (“ª”, “ʰ”).
_LATIN = frozenset({"", "LATIN", "FULLWIDTH", "MODIFIER", "FEMININE", "MASCULINE", "MICRO", "KELVIN", "ANGSTROM"})
_MARKUP = re.compile(r"[<>]|&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
_URL = re.compile(r"\S*://\S*|(?<![\w@])www\.\S*", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")

_HIDDEN = {
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
    """Refuse what no organisation's name contains, and what makes two names look alike or a page lie.

    Raises:
        ValidationError: with the ``code`` of the first rule broken: "too_long", "control", "bidi", "invisible",
            "marks", "markup", "url", "email" or "too_short".
    """
    if len(value) > MAX_LENGTH:
        message = _("The name has %(length)s characters. Please use at most %(limit)s.")
        raise ValidationError(message, "too_long", {"length": len(value), "limit": MAX_LENGTH})
    _validate_characters(value)
    if found := _MARKUP.search(value):
        message = _("“%(found)s” %(place)s is code, as web pages are written in. Please leave it out.")
        raise ValidationError(message, "markup", {"found": found[0], "place": _place(value, found.start())})
    if found := _URL.search(value):
        message = _("“%(found)s” is a web address. Please write the name only.")
        raise ValidationError(message, "url", {"found": found[0]})
    if found := _EMAIL.search(value):
        message = _("“%(found)s” is an e-mail address. Please write the name only.")
        raise ValidationError(message, "email", {"found": found[0]})
    # Composed, so that a syllable of Hangul is one letter however it was typed.
    if sum(_is("LN", c) for c in unicodedata.normalize("NFC", value)) < 2:
        raise ValidationError(_("A name has at least two letters or digits."), code="too_short")


def validate_own_script(value: str) -> None:
    """Refuse as a name in its own script what has Latin letters only, and what `validate_name` refuses.

    Raises:
        ValidationError: with the ``code`` "latin", or one of those of `validate_name`.
    """
    validate_name(value)
    if not any(_is("L", c) and _script(c) not in _LATIN for c in value):
        message = _("This has Latin letters only. Write the name in its own script, or leave this empty.")
        raise ValidationError(message, code="latin")


def _validate_characters(value: str) -> None:
    """Refuse hidden characters and stacks of marks, at the first one found."""
    marks = 0
    for index, c in enumerate(value):
        if code := _hidden(value, index):
            raise ValidationError(_HIDDEN[code], code, {"character": f"U+{ord(c):04X}", "place": _place(value, index)})
        # A joiner between marks does not make them two stacks.
        marks = marks + 1 if _is("M", c) else marks if c in _JOINERS else 0
        if marks > MAX_MARKS:
            message = _("There are more than %(limit)s accents in a row %(place)s. Please delete some.")
            raise ValidationError(message, "marks", {"limit": MAX_MARKS, "place": _place(value, index + 1 - marks)})


def _hidden(value: str, index: int) -> str:
    """Return the code of the error for the character at `index`, empty if it may stand there."""
    c, before = value[index], value[index - 1 : index]
    category = unicodedata.category(c)
    if category in {"Cc", "Zl", "Zp"}:
        return "control"
    if c in _BIDI:
        return "bidi"
    if c in _JOINERS:
        # Between marks too: a joiner follows the virama, or, in Bengali, goes before it.
        return "" if _script(before) == _script(value[index + 1 : index + 2]) in _JOINED else "invisible"
    if _VARIATION.match(c):
        # They choose the form of a Chinese character or of an emoji (Unicode 23.4).
        return "" if _is("S", before) or _script(before) == "CJK" else "invisible"
    return "invisible" if category[0] == "C" or c in _BLANK else ""


def _script(c: str) -> str:
    """Return the first word of the character's name, which is its script, if `c` is a letter or a mark."""
    return unicodedata.name(c, "").partition(" ")[0] if _is("LM", c) else ""


def _is(categories: str, c: str) -> bool:
    """Whether `c`, one character or none, is of one of the general categories, given by their first letters."""
    return c != "" and unicodedata.category(c)[0] in categories


def _place(value: str, index: int) -> Promise | str:
    """Return words that say where in `value` the reader finds `index`."""
    before = value[:index].split()
    return format_lazy(_("after “{word}”"), word=before[-1]) if before else _("at the beginning")


# ── how a sentence shows them ──


def isolated(name: str) -> str:
    """Return the name so that it turns none of the words around it, where a text takes no markup (UAX #9, 2.4)."""
    return f"\u2068{name}\u2069"


# ── how names sort ──

_DROPPED = frozenset("\"'`„‚.·ʹʻʼʽʾʿ׳״\u0640")  # quotes, apostrophes, full stops, the Arabic tatweel
# Letters that Unicode does not decompose, and Arabic letters that keyboards and writers interchange.
_LETTERS = str.maketrans(
    dict(zip("øđðłħŧıŋɓɗɖƙƴɛɔəٱىیةہک", "oddlhtinbddkyeoeاييههك", strict=True)) | {"æ": "ae", "œ": "oe", "þ": "th"}
)
_GAP = re.compile("[ -]+")


def _fold(text: str) -> str:
    """Return `text` without case, diacritics, quotes and full stops; what parts words is a space or a hyphen.

    Compatibility caseless matching (Unicode 3.13, D146), then without marks.
    """
    # The acute accent that often stands for an apostrophe would decompose into a space, and part words.
    decomposed = unicodedata.normalize("NFKD", text.replace("´", "'"))
    return "".join(map(_plain, unicodedata.normalize("NFKD", decomposed.casefold()).translate(_LETTERS)))


def _plain(c: str) -> str:
    """Return what `_fold` keeps of one decomposed character."""
    category = unicodedata.category(c)
    if category in {"Pi", "Pf", "Cf"} or c in _DROPPED or _VARIATION.match(c) or _is_diacritic(c):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(c))
    if category[0] in "CZ":
        return " "
    return c if category[0] in "LMN" else "-"


def _is_diacritic(c: str) -> bool:
    """Whether `c` is a mark without which the letter still reads the same.

    By canonical combining class (UAX #44, table 15): 1 overlays, 10 to 36 Hebrew, Arabic and Syriac points, from
    200 accents. Not the vowel signs of Indic and South-East Asian scripts: those are spelling.
    """
    position = unicodedata.combining(c)
    return position == 1 or 10 <= position <= 36 or position >= 200


def sort_key(name: str) -> str:
    """Return the key that puts names in the order of a printed list when keys are compared by code point.

    Word by word, ignoring case and diacritics, punctuation before letters: beside a space it sorts as an empty
    word (“Jurists – Kenya” before “Jurists for All”), within a word it parts two words (“Al-Haq”).
    Names that differ in nothing else sort by themselves, after a tab, which is lower than a space.
    """
    words = _GAP.sub(lambda run: "  " if {" ", "-"} <= set(run[0]) else " ", _fold(name)).strip()
    return f"{words}\t{name}".replace("\0", "")  # PostgreSQL stores no NUL


# ── when two names are the same ──

_BRACKETED = re.compile(r"(?P<name>.*\S)\s*[(（\[](?P<acronym>[^\s()（）\[\]]{2,15})[)）\]]\s*", re.DOTALL)
_AMPERSAND = re.compile("[&＆﹠]")
_ELISION = re.compile(r"\b(d|l|dell)['’´`ʼ](?=\w)", re.IGNORECASE)
# Capitals in brackets that say where, not who: “Amnesty International (UK)” is not “Amnesty International”.
_PLACES = frozenset("car drc eu gb ni nz prc rca rdc roc rsa uae ue uk us usa".split())
_FORMS = frozenset(
    "aisbl asbl cbo cic ev ggmbh gmbh inc incorporated ivzw limited llc ltd ngo npo ong onlus plc pty vzw".split()
)
_SPELLINGS = {
    "assn": "association", "assoc": "association", "behaviour": "behavior", "centre": "center", "centres": "centers",
    "ctr": "center", "defence": "defense", "fdn": "foundation", "govt": "government", "int": "international",
    "intl": "international", "labour": "labor", "natl": "national", "neighbour": "neighbor", "org": "organization",
    "programme": "program", "programmes": "programs", "univ": "university",
}  # fmt: skip
# English, French, Spanish and Portuguese, German. Not those that a name may turn on: to, from, with, without.
_STOP_WORDS = frozenset(
    "a an and at for in of on the"
    " au aux d de dell des du en et l la le les pour"
    " da das del do dos el las los para por y"
    " dem den der die fur im und von zum zur".split()
)
# Legal forms that are dropped only where names are compared: in `key`, short as they are, they may be a word.
_MORE_FORMS = frozenset("ac ano ao go mbo moo nko oo roo rod ровд 一般社団法人 認定npo法人 npo法人".split())
# Words of so many names that sharing them says little, and differing by them says: not one family.
_GENERIC_WORDS = """
    action africa african association center coalition commission committee council defenders democracy development
    federation forum foundation freedom global group house human initiative initiatives institute international
    journalists justice law lawyers league liberties mission movement national network now organization peace
    programme project protection refugee refugees regional right rights service society solidarity support union
    watch witness women world youth
    action alliance asociacion associacao association centre centro comision comissao comite comites commission
    conseil defensa defense democratie derechos desarrollo developpement direitos direito droit droits enfants
    familiares federacion federation femmes fondation forum fundacao fundacion homme humain humains humanos
    initiative institut instituto internationale jeunes journalistes juridico justica justice justicia juventude
    libertad liberte liga ligue mouvement movimento movimiento mujeres mulheres mundo nacional national nationale
    observatoire observatorio organisation organizacion organizacao paix paz red rede refugiados refugies reseau
    sociedad solidaridad solidarite
    deutsche deutsches flucht fluchtlinge forum frauen freiheit frieden gesellschaft hilfe initiative institut kinder
    liga menschenrechte netzwerk recht rechte stiftung verein welt zentrum
    حقوق الانسان لحقوق مركز المركز منظمه المنظمه جمعيه الجمعيه مؤسسه المراه النساء الاطفال العداله السلام الدوليه
    شبكه الشبكه لدراسات التنميه
    права прав правам человека людини центр комитет комітет союз фонд правозащитный правовой солидарность
    организация організація общество спілка женщин жінок мир мира развития развитие защиты захисту
    人 权 会 协 中 心 国 际 组 织
"""
# Words spelt nearly alike that are two places, or two kinds: never a slip of the pen.
_LOOKALIKES = frozenset(
    "africa african africaine africana afrique america american americaine americana amerique mexique"
    " albania alemania armenia romania romenia rumania birmania germania"
    " australia australian australie austria austrian autriche dominica dominican dominicana eastern western"
    " estland estonia estonian estonie lettland lettonia lettonie letonia latvia female females male males"
    " finland finlande finlandia iceland icelandic ireland irish irland irlanda irlande island islanda islande"
    " islandia tailandia gambia gambian gambie sambia zambia zambian zambie ghana guiana guyana"
    " laos palaos liberia liberian libia libyan malaui malawi malawian mali malian malien"
    " niger nigeria nigerian nigerien nigerienne nigeriane ruanda rwanda uganda tobago togo".split()
)


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
        """What a page prints, in the reader's language."""
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
    Similarity.SIBLING: _("Similar name, probably of another branch or place"),
    Similarity.DIFFERENT: _("Another name"),
}


@remembered
def split_acronym(name: str) -> tuple[str, str]:
    """Return the name without the acronym in brackets at its end, and that acronym, empty if there is none.

    A capital within a word tells an acronym, (FIDH) or (iPeace), from a place, (Geneva). In scripts without
    capitals the letters do: all stand in the name, in that order.
    """
    found = _BRACKETED.fullmatch(name)
    if not found or is_place_or_form(found["acronym"]):
        return name, ""
    acronym = found["acronym"].replace(".", "")
    if any(c.lower() != c.upper() for c in acronym):
        is_acronym = any(one.isalnum() and other.isupper() for one, other in pairwise(acronym))
    else:
        rest = iter(_fold(found["name"]))
        is_acronym = sum(_is("L", c) for c in acronym) > 1 and all(c in rest for c in _compact(acronym))
    return (found["name"], found["acronym"]) if is_acronym else (name, "")


def is_place_or_form(word: str) -> bool:
    """Whether a word in capitals says where, or in which legal form, and is no acronym of a name: “UK”, “Ltd”."""
    return _compact(word) in _PLACES | _FORMS


def normalise(name: str) -> str:
    """Return the words of the name in one spelling and, where letters allow, in one script, to be found by trigrams.

    Without acronym and legal form; Cyrillic and Greek in Latin letters, Chinese characters simplified.
    """
    return _latin(_spelt(_one_script(html.unescape(name))))


@remembered
def _spelt(name: str) -> str:
    """Return the words of the name in one spelling, in their own script, without acronym and legal form."""
    bare = _AMPERSAND.sub(" and ", _ELISION.sub(r"\1 ", split_acronym(name)[0]))
    spaced = re.sub(r"\be v$", "ev", _GAP.sub(" ", _fold(bare)).strip())  # “e. V.” is one form of two words
    words = [_SPELLINGS.get(word, re.sub("isation(s?)$", r"ization\1", word)) for word in spaced.split()]
    return " ".join(_without_forms(words, _FORMS))


def _without_forms(words: list[str], forms: frozenset[str]) -> list[str]:
    """Return `words` without legal forms at either end, unless nothing else is there."""
    while len(words) > 1 and words[-1] in forms:
        words = words[:-1]
    while len(words) > 1 and words[0] in forms:
        words = words[1:]
    return words


@lru_cache(4096)
def key(name: str) -> str:
    """Return what is equal for two spellings of one name: its significant words, without spaces."""
    return "".join(_significant(_spelt(name).split())) or name


def _significant(words: list[str]) -> list[str]:
    """Return the words that say something, or all if none does."""
    return [word for word in words if word not in _STOP_WORDS] or words


@remembered
def _words(name: str) -> tuple[str, ...]:
    """Return the words by which the name is compared.

    Without what follows from the others: the acronym that some write after a dash. Umlauts that are written out
    are the letters themselves. A script without spaces is cut: by character in Chinese, where it changes in Japanese.
    """
    words = _without_forms(re.sub(r"\ba c$", "ac", normalise(name)).split(), _MORE_FORMS)
    words = _significant([_DIGRAPH.sub(r"\1", word) for word in words])
    if len(words) > 3 and words[-1] == "".join(word[0] for word in words[:-1]):
        words.pop()
    return tuple(part for word in words for part in (_CUT.findall(word) if _IDEOGRAPH.search(word) else [word]))


def telling_words(name: str) -> set[str]:
    """Return the words, in their own script, that may be an organisation's whole name: “ZMINA”, not “Centre”."""
    return {word for word in _significant(_spelt(name).split()) if len(word) > 3 and _latin(word) not in _GENERIC}


# ── one script ──

_CYRILLIC = dict(
    zip(
        "а б в г ґ д е ж з и і ј к л м н о п р с т у ў ф х ц ч ш щ ъ ы ь э ю я є љ њ џ ћ ђ ѕ".split(),
        "a b v g g d e zh z i i j k l m n o p r s t u u f kh ts ch sh shch _ y _ e yu ya ye lj nj dz c dj dz".split(),
        strict=True,
    )
)
_GREEK = dict(
    zip("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(), strict=True)
)
# Traditional characters of names of organisations, and the simplified ones that `_HAN` gives for them.
_HAN = dict(
    zip(
        "國際權觀會協聯組織團體爭護衛維婦兒勞動環運華灣關係發學擁難辦盟無員總對義務與時間問題業專門師醫導長東區開據網誌獄釋無門",
        "国际权观会协联组织团体争护卫维妇儿劳动环运华湾关系发学拥难办盟无员总对义务与时间问题业专门师医导长东区开据网志狱释无门",
        strict=True,
    )
)
_TO_LATIN = str.maketrans({one: "" if other == "_" else other for one, other in (_CYRILLIC | _GREEK | _HAN).items()})
# Letters that look alike in two scripts, in capitals and small (Unicode TR39, confusables).
_LOOK_LATIN = str.maketrans("АВЕКМНОРСТХаеорсхуіѕјΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXaeopcxyisjABEZHIKMNOPTYXo")
_LOOK_CYRILLIC = str.maketrans("ABEKMHOPCTXaeopcxyi", "АВЕКМНОРСТХаеорсхуі")
_DIGRAPH = re.compile("([aou])e(?=[^aeiou]|$)")
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_CUT = re.compile("[\u3400-\u9fff]|[^\u3400-\u9fff]+")
# How differently one sound is written in Latin letters.
_SOUNDS = [(re.compile(one), other) for one, other in {
    "shch|sch|sh": "s", "tch|ch|ts|cz|c(?=[ei])": "c", "zh": "z", "kh": "h", "ph": "f", "th": "t",
    "ck|q|c(?![eic]|$)": "k", "x": "ks", "w": "v", "[yj]": "i", r"(.)\1+": r"\1",
}.items()]  # fmt: skip


def _latin(words: str) -> str:
    """Return folded words in Latin letters if they are Cyrillic or Greek, Chinese ones in simplified characters."""
    return words.translate(_TO_LATIN)


def _one_script(name: str) -> str:
    """Return the name with words in one script where a letter of another was put that looks the same."""
    return re.sub(r"\w+", lambda word: _unmixed(word[0]), name) if not name.isascii() else name


def _unmixed(word: str) -> str:
    """Return the word in Latin letters or, where those are few, in Cyrillic ones, if all that differ look alike."""
    scripts = Counter(_script(c) for c in word)
    foreign = [c for c in word if _script(c) in {"CYRILLIC", "GREEK"}]
    if not foreign or not scripts["LATIN"]:
        return word
    latin = [c for c in word if _script(c) == "LATIN"]
    can_be_latin = all(ord(c) in _LOOK_LATIN for c in foreign)
    can_be_cyrillic = not scripts["GREEK"] and all(ord(c) in _LOOK_CYRILLIC for c in latin)
    if can_be_cyrillic and (len(latin) < len(foreign) or not can_be_latin):
        return word.translate(_LOOK_CYRILLIC)
    return word.translate(_LOOK_LATIN) if can_be_latin else word


def is_mixed(name: str) -> bool:
    """Whether a word of the name has a letter of another script that looks like one of its own."""
    return _one_script(name) != name


def _sounds(word: str) -> str:
    """Return one of the ways to write the sounds of a word in Latin letters, to compare what two scripts say."""
    for written, sound in _SOUNDS:
        word = written.sub(sound, word)
    return word


@remembered
def _alphabet(name: str) -> str:
    """Return the script of the name's first letter that is Cyrillic, Greek or Latin; empty if it has none."""
    return next((one for c in name if (one := _script(c)) in {"CYRILLIC", "GREEK", "LATIN"}), "")


# ── the comparison ──

_GENERIC = frozenset(_latin(_fold(word)) for word in _GENERIC_WORDS.split())


def _compact(text: str) -> str:
    """Return `text` as acronyms are compared, “F.I.D.H.” as “FIDH”."""
    return _GAP.sub("", _fold(text))


def classify(one: str, other: str, *, acronym: str = "", other_acronym: str = "") -> Similarity:
    """Return what the two names have to do with each other; the same in either order.

    Acronyms that are not given are taken from the names. Two equal acronyms, of three letters or more, count only
    where the words say nothing, as in a translation: national sections often share one.
    """
    if key(one) == key(other):
        return Similarity.SAME
    # In a fixed order, since difflib's ratio of two words may differ between the orders.
    (left, left_acronym), (right, right_acronym) = sorted(
        (split_acronym(name)[0], _compact(given or split_acronym(name)[1]))
        for name, given in ((one, acronym), (other, other_acronym))
    )
    words, others = _words(left), _words(right)
    if "".join(words) == "".join(others) != "":
        return Similarity.SAME
    if _is_acronym_of(left_acronym, right, others) or _is_acronym_of(right_acronym, left, words):
        return Similarity.ACRONYM
    if {"", _alphabet(left), _alphabet(right)} in ({"", "CYRILLIC", "LATIN"}, {"", "GREEK", "LATIN"}):
        similarity = _compare(list(map(_sounds, words)), list(map(_sounds, others)))
        # No two people write the same sounds alike: what would be a slip in one script is none between two.
        similarity = Similarity.SAME if similarity is Similarity.TYPO else similarity
    else:
        similarity = _compare(words, others)
    if similarity is Similarity.DIFFERENT and len(left_acronym) >= 3 and left_acronym == right_acronym:
        return Similarity.ACRONYM
    if similarity is Similarity.DIFFERENT and (
        (len(left_acronym) >= 3 and left_acronym in others) or (len(right_acronym) >= 3 and right_acronym in words)
    ):
        return Similarity.SUBSET
    return similarity


def _is_acronym_of(acronym: str, name: str, words: Sequence[str]) -> bool:
    """Whether a name, given with its words, is nothing but the acronym of another."""
    return acronym != "" and acronym in {_compact(name), "".join(words)}


def _compare(left: Sequence[str], right: Sequence[str]) -> Similarity:
    """Pair equal words, then those that differ by a slip, and judge by what is left over."""
    common = Counter(left) & Counter(right)
    left_over, right_over = Counter(left) - common, Counter(right) - common
    one, other = list(common.elements()), list(common.elements())
    for a, b in [pair for pair in product(left_over, right_over) if _is_slip(*pair)]:
        times = min(left_over[a], right_over[b])
        one += [a] * times
        other += [b] * times
        left_over[a] -= times
        right_over[b] -= times
    more_left, more_right = left_over.total() > 0, right_over.total() > 0
    if not one:
        return Similarity.DIFFERENT
    if not more_left and not more_right:
        return Similarity.TYPO if _ratio(" ".join(one), " ".join(other)) >= 0.88 else Similarity.SIBLING
    if more_left != more_right:
        return Similarity.SUBSET
    # “Lawyers for …” alone makes no family, nor does “… Human Rights” in half of all names. A family shares its
    # words to the letter; words that are merely alike may be a translation. And it differs by where it is: “Doctors
    # for Peace” and “Doctors for Choice” do not.
    if _GENERIC & (left_over.keys() | right_over.keys()):
        return Similarity.DIFFERENT
    is_one_word = len(common) > 1 and left_over.total() == right_over.total() == 1
    enough = 0.5 if set(common) - _GENERIC else 0.65 if is_one_word else 0.75
    if any(map(_IDEOGRAPH.match, common)):
        enough = 0.75
    return Similarity.SIBLING if 2 * common.total() >= enough * (len(left) + len(right)) else Similarity.DIFFERENT


@lru_cache(maxsize=100_000)
def _is_slip(a: str, b: str) -> bool:
    """Whether one word may be the other, misspelt. Another number is never a slip."""
    # What `_ratio` can be at most is seen at a glance: by the letters that both have.
    if 2 * (Counter(a) & Counter(b)).total() < 0.8 * (len(a) + len(b)):
        return False
    are_two_things = {a, b} <= _LOOKALIKES or any(c.isdigit() for c in a + b)
    return not are_two_things and _ratio(a, b) >= 0.8


def _ratio(a: str, b: str) -> float:
    return SequenceMatcher(None, a, b).ratio()


@remembered
def sounds_of(name: str) -> tuple[str, ...]:
    """Return the sounds of the words by which the name is compared: what an index of many names needs."""
    return tuple(map(_sounds, _words(name)))
