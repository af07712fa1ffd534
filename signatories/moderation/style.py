"""How everything looks: each component in every state, in both directions, by day and by night.

What is shown is made by the templates that the pages use, of samples that are not saved.
"""

import re
from datetime import timedelta
from types import SimpleNamespace

from crispy_forms.utils import render_crispy_form
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import get_language_bidi, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from letter.artefacts.html import render_faces
from letter.content import Content, Line
from signatories import diff, samples
from signatories.evidence import Mark
from signatories.forms.style import SampleForm
from signatories.models import Transition
from signatories.states import State

from .desk import moderators

# Each component is shown by day and by night, from left to right and from right to left.
SCHEMES = [("en-gb", "light"), ("ar", "light"), ("en-gb", "dark"), ("ar", "dark")]
# By what the parts of a page call each other.
NAMED = re.compile(r'\b(id|for|name|aria-labelledby|aria-describedby|aria-controls)="([^"]+)"|\bhref="#([^"]+)"')
FORM = re.compile(r"<form\b[^>]*>")
ACTION = re.compile(r' (?:method|action)="[^"]*"')
MAIN = re.compile(r"<main[^>]*>(.*)</main>", re.DOTALL)


@require_safe
@moderators()
def style(request):
    """Show the components."""
    components = []
    for title, make in COMPONENTS:
        shown = []
        for language, mode in SCHEMES:
            with translation.override(language):
                html = specimen(make(request), f"{make.__name__}-{language}-{mode}-")
                shown.append({"language": language, "mode": mode, "is_rtl": get_language_bidi(), "html": html})
        components.append((title, make.__name__, shown))
    return render(request, "moderation/style.html", {"components": components})


def specimen(html, prefix):
    """Return `html` with names of its own, since it stands on the page four times, and with forms that send nothing."""

    def renamed(found):
        if found[3]:
            return f'href="#{prefix}{found[3]}"'
        return f'{found[1]}="{" ".join(prefix + name for name in found[2].split())}"'

    def disarmed(found):
        # Outside of a dialog, such a form does nothing (HTML, 4.10.21.3).
        return ACTION.sub("", found[0]).replace("<form", '<form method="dialog"', 1)

    return mark_safe(NAMED.sub(renamed, FORM.sub(disarmed, html)))  # noqa: S308 - what templates made of samples


def inside(html):
    """Return what stands in the <main> of a page."""
    return MAIN.search(html)[1]


def type_scale(request):
    """Sizes, headings, and what stands in a sentence."""
    return render_to_string("moderation/style/type.html", {"title": samples.sign_on("long").text.title})


def colours(request):
    """Every colour that has a name."""
    return render_to_string("moderation/style/colours.html")


def buttons(request):
    """Acts: the one that is asked for, another one, one that destroys."""
    return render_to_string("moderation/style/buttons.html")


def sheet(request):
    """The letter and its list."""
    arabic, long = samples.NAMES["arabic"][0], samples.NAMES["long"][0]
    text = samples.sign_on("long").text
    content = Content(
        slug="icc-2020",
        place=_("New York"),
        dated_on=samples.AT.date(),
        addressees="H.E. Amina Diallo\nNairobi",
        language=text.language,
        is_original=True,
        title=text.title,
        salutation=_("Your Excellency,"),
        body=f"{text.title}:\n\n1. **{long}**;\n2. *{arabic}*.\n\n> {text.title}",
        closing=_("With thanks,"),
        number=7,
        published_at=samples.AT,
        sha256="5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
        lines=[Line("Al Mezan", id="1", name_in_own_script=arabic), Line(long, id="2"), Line("Odhikar", id="3")],
        address="/icc-2020/editions/7/",
        closes_at=samples.AT + timedelta(days=30),
    )
    return inside(render_faces(content, [])["index"].decode())


def empty_form(request):
    """A form as it is found."""
    return form_html(SampleForm())


def wrong_form(request):
    """A form that came back."""
    return form_html(SampleForm({"website": "ftp://example.org", "email": "amina@", "acronym": "\u202e"}, {}))


def form_html(form):
    """Return a form of the pack, in a <form> that goes nowhere."""
    return f"<form novalidate>{render_crispy_form(form)}</form>"


def ways(request):
    """The links around a page: back, to other languages, to the next page, to other states."""
    words = _("This page is available in English.")
    arrived = {"letter": samples.sign_on("long").letter, "suggested": ("fr", words, "#", False)}
    others = [("fr", "français", "#"), ("ar", "العربيّة", "#")]
    parts = [
        render_to_string("languages.html", {"others": others, **arrived}),
        render_to_string("signatories/back.html", arrived),
        render_to_string("moderation/style/ways.html"),
    ]
    return "".join(parts)


def standing(request):
    """What a page says of itself, and of where a sign-on stands."""
    states = [(value, label) for value, label in State.choices]
    return render_to_string("moderation/style/notices.html", {"states": states})


def sign_on(request):
    """What a sign-on says, what was asked and answered about it, what is printed of it."""
    asked = samples.transition("query", "queried", samples.NOTE)
    ended = samples.transition("answer", "pending", who="representative")
    answered = SimpleNamespace(
        asked=asked,
        ended=ended,
        question=asked.note,
        language="en",
        direction="ltr",
        answer=samples.NAMES["arabic"][0],
        documents=SimpleNamespace(all=[SimpleNamespace(name="minutes.pdf", size=48_000, erased_at=None)]),
    )
    one = samples.sign_on("long", declaration=_("I am authorised to sign for the organisation."))
    parts = [
        render_to_string("moderation/style/printed.html", {"names": [names[0] for names in samples.NAMES.values()]}),
        render_to_string("signatories/summary.html", {"sign_on": one}),
        render_to_string("signatories/exchange.html", {"exchange": [answered]}),
        render_to_string("signatories/privacy.html"),
    ]
    return "".join(parts)


def evidence(request):
    """Marks, what changed, what happened."""
    marks = [
        Mark(True, "a", _("mailbox confirmed")),
        Mark(False, "b", _("the answer is overdue")),
        Mark(None, "c", _("free-mail address")),
    ]
    before, now = "Danube Steamship Society", samples.NAMES["long"][0]
    texts = [
        (_("Name as listed"), diff.words(before, now)),
        (_("Website"), diff.whole("http://a.example", "https://b.example")),
    ]
    happened = [
        samples.transition("sign", "unconfirmed", who="representative"),
        samples.transition("query", "queried", samples.NOTE, user=User(username="amina")),
    ]
    parts = [
        render_to_string("moderation/panel/evidence.html", {"evidence": marks}),
        render_to_string("moderation/differences.html", {"differences": texts}),
        render_to_string("moderation/panel/history.html", {"transitions": happened}, request),
        render_to_string("moderation/style/states.html", {"states": State.choices}),
    ]
    return "".join(parts)


def workbench(request):
    """The list of the desk, with a row in each state, and what was just done."""
    rows = []
    for number, (name, state) in enumerate([("long", "pending"), ("arabic", "pending"), ("long", "queried")], 1):
        one = samples.sign_on(name, pk=number, state=state, state_since=samples.AT)
        one.seen, one.answered_at, one.has_overdue_query = number, None, state == "queried"
        rows.append((one, [Mark(True, "a", _("mailbox confirmed"))], User(username="amina") if number == 2 else None))
    asked = SimpleNamespace(state="pending", q="", letter=None, is_narrow=False, page_size=50, mine=False)
    done = Transition(pk=1, verb="accept", to_state="accepted", sign_on=rows[0][0])
    done.count = 1
    context = {
        "sign_on": rows[0][0],
        "rows": rows,
        "asked": asked,
        "tabs": [(value, label, number, "") for number, (value, label) in enumerate(State.choices)],
        "figures": {"oldest": _("3 days"), "median": ""},
        "page": Paginator(range(120), 50).page(2),
        "pages": {"previous": "", "next": "", "longer": ""},
        "letters": [],
        "undoable": done,
    }
    return render_to_string("moderation/panel/list.html", context, request)


def tables(request):
    """A table, and what opens on demand."""
    return render_to_string("moderation/style/tables.html", {"at": samples.AT, "name": samples.NAMES["long"][0]})


COMPONENTS = [
    (gettext_lazy("Type"), type_scale),
    (gettext_lazy("Colours"), colours),
    (gettext_lazy("The letter"), sheet),
    (gettext_lazy("Acts"), buttons),
    (gettext_lazy("Ways"), ways),
    (gettext_lazy("Notices and states"), standing),
    (gettext_lazy("A form"), empty_form),
    (gettext_lazy("A form that came back"), wrong_form),
    (gettext_lazy("A sign-on, to its representative"), sign_on),
    (gettext_lazy("A sign-on, at the desk"), evidence),
    (gettext_lazy("The workbench's list"), workbench),
    (gettext_lazy("Tables"), tables),
]
