"""Questions that moderators ask again and again, in the languages in which they are asked. Pure.

The words are data, not translations of the interface: a question is asked in the language of the text that the
representative signed, whichever language the moderator's page is in. No native speaker has looked at the French,
Spanish and Arabic yet.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

# Code of a question → what a moderator sees of it in the list.
TITLES = {
    "authority": _("Who authorised the signature?"),
    "entity": _("Which legal entity or chapter signs?"),
    "spelling": _("How is the name spelt?"),
    "website": _("Where can we see that the organisation exists?"),
    "address": _("An address of the organisation's own"),
    "duplicate": _("The same as another organisation?"),
    "translation": _("The name in the letter's language"),
}


@dataclass(frozen=True)
class Subject:
    """What a question is about: the words that are put into it."""

    name: str
    email: str = ""
    other: str = ""
    """The name of the organisation that may be the same."""


QUESTIONS = {
    "en": {
        "authority": (
            "Who in {name} decided that it signs this letter, and when? A short note from the director or the board, "
            "or the minutes of the decision, is enough; you can add it as a document."
        ),
        "entity": (
            "Under the name {name} we know of more than one body. Which of them signs: the international "
            "organisation, or the association of one country or city? Please give its full legal name."
        ),
        "spelling": (
            "We received the name of your organisation as “{name}”. Should it be printed exactly so? If not, please "
            "write it as it stands in your statutes, with its capital letters, accents and acronym."
        ),
        "website": (
            "We could not find {name} on the web. Where can we see that it exists and what it does? A website, "
            "a page of a network that you belong to, or a copy of the registration is enough."
        ),
        "address": (
            "You signed with the address {email}, which could be anybody's. Could you write to us from an address of "
            "{name} itself, or tell us where your name and role in it are published?"
        ),
        "duplicate": (
            "The list has an organisation called “{other}” already. Is {name} the same body? If so, under which name "
            "should it stand? If not, what tells the two apart?"
        ),
        "translation": (
            "The list is printed in the language of the letter. Does {name} have an official name in that "
            "language, or one in Latin letters? If so, please give it exactly; we print no translation of our "
            "own."
        ),
    },
    "fr": {
        "authority": (
            "Qui, au sein de {name}, a décidé de la signature de cette lettre, et quand ? Un mot de la "
            "direction ou du conseil d’administration, ou le procès-verbal de la décision, suffit ; vous "
            "pouvez le joindre."
        ),
        "entity": (
            "Nous connaissons plusieurs entités sous le nom de {name}. Laquelle signe : l’organisation "
            "internationale, ou l’association d’un pays ou d’une ville ? Veuillez indiquer sa dénomination "
            "légale complète."
        ),
        "spelling": (
            "Nous avons reçu le nom de votre organisation sous la forme « {name} ». Doit-il être imprimé exactement "
            "ainsi ? Sinon, veuillez l’écrire tel qu’il figure dans vos statuts, avec majuscules, accents et sigle."
        ),
        "website": (
            "Nous n’avons pas trouvé {name} sur le web. Où pouvons-nous voir que l’organisation existe et ce qu’elle "
            "fait ? Un site, une page d’un réseau dont vous êtes membre ou une copie de l’enregistrement suffit."
        ),
        "address": (
            "Vous avez signé avec l’adresse {email}, qui pourrait être celle de n’importe qui. Pourriez-vous "
            "nous écrire d’une adresse de {name}, ou nous dire où votre nom et votre fonction sont publiés ?"
        ),
        "duplicate": (
            "La liste comporte déjà une organisation appelée « {other} ». {name} est-elle la même entité ? Si oui, "
            "sous quel nom doit-elle figurer ? Sinon, qu’est-ce qui distingue les deux ?"
        ),
        "translation": (
            "La liste est imprimée dans la langue de la lettre. {name} a-t-elle un nom officiel dans cette "
            "langue, ou en caractères latins ? Si oui, veuillez l’indiquer exactement ; nous ne traduisons pas "
            "nous-mêmes."
        ),
    },
    "es": {
        "authority": (
            "¿Quién decidió en {name} firmar esta carta, y cuándo? Basta una nota breve de la dirección o de "
            "la junta, o el acta de la decisión; puede adjuntarla como documento."
        ),
        "entity": (
            "Conocemos más de una entidad con el nombre {name}. ¿Cuál de ellas firma: la organización "
            "internacional, o la asociación de un país o de una ciudad? Indique, por favor, su denominación "
            "legal completa."
        ),
        "spelling": (
            "Hemos recibido el nombre de su organización como «{name}». ¿Debe imprimirse exactamente así? Si no, "
            "escríbalo tal como figura en sus estatutos, con mayúsculas, acentos y sigla."
        ),
        "website": (
            "No hemos encontrado {name} en la web. ¿Dónde podemos ver que la organización existe y qué hace? "
            "Basta un sitio web, una página de una red a la que pertenezca o una copia del registro."
        ),
        "address": (
            "Usted firmó con la dirección {email}, que podría ser de cualquiera. ¿Podría escribirnos desde una "
            "dirección de {name}, o decirnos dónde están publicados su nombre y su cargo?"
        ),
        "duplicate": (
            "En la lista ya figura una organización llamada «{other}». ¿Es {name} la misma entidad? Si lo es, "
            "¿con qué nombre debe figurar? Si no, ¿qué distingue a las dos?"
        ),
        "translation": (
            "La lista se imprime en el idioma de la carta. ¿Tiene {name} un nombre oficial en ese idioma, o en "
            "letras latinas? Si lo tiene, indíquelo exactamente; no hacemos traducciones propias."
        ),
    },
    "ar": {
        "authority": (
            "من قرّر في {name} التوقيع على هذه الرسالة، ومتى؟ تكفي مذكرة قصيرة من الإدارة أو من مجلس الإدارة، "
            "أو محضر القرار؛ ويمكنكم إرفاقها كوثيقة."
        ),
        "entity": (
            "نعرف أكثر من جهة تحمل اسم {name}. أيّها توقّع: المنظمة الدولية، أم جمعية في بلد معيّن أو مدينة "
            "معيّنة؟ نرجو ذكر اسمها القانوني الكامل."
        ),
        "spelling": (
            "وصلنا اسم منظمتكم على هذا النحو: «{name}». هل ينبغي أن يُطبع كما هو تمامًا؟ إن لم يكن كذلك، فنرجو "
            "كتابته كما ورد في نظامكم الأساسي، مع الاسم المختصر إن وُجد."
        ),
        "website": (
            "لم نعثر على {name} على الإنترنت. أين يمكننا أن نرى أنها قائمة وما تقوم به؟ يكفي موقع إلكتروني، أو "
            "صفحة شبكة تنتمون إليها، أو نسخة من شهادة التسجيل."
        ),
        "address": (
            "وقّعتم باستخدام العنوان {email}، وقد يكون لأي شخص. هل يمكنكم مراسلتنا من عنوان تابع لـ {name}، أو "
            "إخبارنا أين نُشر اسمكم وصفتكم فيها؟"
        ),
        "duplicate": (
            "توجد في القائمة منظمة باسم «{other}». هل {name} هي الجهة نفسها؟ إن كانت كذلك، فبأي اسم ينبغي أن "
            "ترد؟ وإن لم تكن، فما الذي يميّز إحداهما عن الأخرى؟"
        ),
        "translation": (
            "تُطبع القائمة بلغة الرسالة. هل لدى {name} اسم رسمي بتلك اللغة أو بالحروف اللاتينية؟ إن وُجد، فنرجو ذكره "
            "بدقة؛ فنحن لا نطبع ترجمة من عندنا."
        ),
    },
}


def language_for(tag: str) -> str:
    """Return the language of questions for readers of `tag`, a BCP 47 tag: its own, or English."""
    base = tag.lower().split("-")[0]
    return base if base in QUESTIONS else "en"


def fill(language: str, code: str, subject: Subject) -> str:
    """Return the question `code` in `language`, about `subject`, with dots in place of what is not known."""
    return QUESTIONS[language][code].format(name=subject.name, email=subject.email or "…", other=subject.other or "…")
