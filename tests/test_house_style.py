"""House style for names: suggestions to a moderator, few and never applied by themselves."""

import csv

import pytest

from signatories import house_style
from tests.factories import a_moderator, a_sign_on

REAL = "demo/content/signatories.csv"


def offered(name, language="en"):
    return {one.code: one.name for one in house_style.suggestions(name, language)}


def test_of_the_113_names_of_the_real_letter_three_get_a_suggestion_all_for_an_apostrophe():
    with open(REAL, newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]

    found = {name: list(offered(name)) for name in names if offered(name)}

    assert len(names) == 113
    assert found == {
        "La Ligue Burundaise des droits de l'homme Iteka": ["quotes"],
        "Réseau Equitas Côte d'Ivoire (REQCI)": ["quotes"],
        "Women's Initiatives for Gender Justice": ["quotes"],
    }


@pytest.mark.parametrize(
    "name",
    [
        *("REDRESS", "MADRE", "ACAT-Burundi", "AL-HAQ", "Le Groupe LOTUS - RDC", "HRW", "NGO (NGO)", "USA"),
        *(
            "Amnesty International - UK",
            "International Commission of Jurists - Norway",
            "Human Rights Center – Georgia",
        ),
        *(
            "Médecins du Monde - BELGIQUE",
            "Organisation(s) of Women",
            "Acme Inc.",
            "Foo e.V.",
            "Foo S.A.",
            "ProLaw Co.",
        ),
        *("人权中心(北京)", "مركز العدالة (القدس)", "Центр «Мемориал»", "iPeace", "Human Rights Watch (HRW)"),
        *("World Federalist Movement - Institute for Global Policy (WFM-IGP)", "Women’s Link", "Étoile...", ""),
    ],
)
def test_in_doubt_nothing_is_suggested(name):
    assert offered(name) == {}


@pytest.mark.parametrize(
    ("name", "code", "better"),
    [
        ("JUSTICE SANS FRONTIÈRES", "capitals", "Justice Sans Frontières"),
        ("LIGUE DES DROITS DE L’HOMME (LDH)", "capitals", "Ligue des Droits de l’Homme (LDH)"),
        ("COMITÉ POUR LA PAIX", "capitals", "Comité pour la Paix"),
        ("LEAGUE OF WOMEN", "capitals", "League of Women"),
        ("OF WOMEN", "capitals", "Of Women"),
        ("ONG JUSTICE ET PAIX", "capitals", "ONG Justice et Paix"),
        ("L’ASSOCIATION D’ENTRAIDE", "capitals", "L’Association d’Entraide"),
        ("WOMEN’S LINK", "capitals", "Women’s Link"),
        ("AL-HAQ CENTER", "capitals", "Al-Haq Center"),
        ("ЦЕНТР ПРАВ ЧЕЛОВЕКА", "capitals", "Центр Прав Человека"),
        ("al-haq", "small_letters", "Al-Haq"),
        ("comité para la paz", "small_letters", "Comité para la Paz"),
        ("Human  Rights Watch", "spaces", "Human Rights Watch"),
        (" Human Rights Watch ", "spaces", "Human Rights Watch"),
        ("Al-Haq ( Palestine )", "spaces", "Al-Haq (Palestine)"),
        ("Human Rights Watch(HRW)", "bracket", "Human Rights Watch (HRW)"),
        ("مركز العدالة(القدس)", "bracket", "مركز العدالة (القدس)"),
        ("Fédération internationale pour les droits humains - FIDH", "acronym", None),
        ("Kenya Human Rights Commission, KHRC", "acronym", "Kenya Human Rights Commission (KHRC)"),
        ("Center for Health and Human Rights Development – CEHURD", "acronym", None),
        ("Odhikar Trust.", "full_stop", "Odhikar Trust"),
        ('Center "East"', "quotes", "Center “East”"),
        ("Women's Link", "quotes", "Women’s Link"),
    ],
)
def test_what_is_suggested(name, code, better):
    if better is None:
        start, acronym = name.rsplit(" ", 1)
        better = f"{start[:-2]} ({acronym})"

    assert offered(name) == {code: better}


@pytest.mark.parametrize(
    ("language", "better"),
    [("en", "Centre “Est”"), ("fr", "Centre «\u00a0Est\u00a0»"), ("es", "Centre «Est»"), ("de-CH", "Centre „Est“")],
)
def test_quotation_marks_are_those_of_the_language(language, better):
    assert offered('Centre "Est"', language) == {"quotes": better}


def test_several_suggestions_begin_with_one_that_does_all_of_them():
    found = house_style.suggestions("WOMEN'S  LINK FOR PEACE - WLP.")

    assert found[0].code == "all"
    assert found[0].name == "Women’s Link for Peace (WLP)"
    assert house_style.suggestions(found[0].name) == []


def test_what_is_suggested_leaves_nothing_more_to_suggest():
    for name in ("JUSTICE SANS FRONTIERES", "al-haq  (x y).", 'the "east" center', "A(BC) - ABC"):
        all_of_it = house_style.suggestions(name)[0].name

        assert house_style.suggestions(all_of_it) == [], all_of_it


# ── in the form ──


@pytest.mark.django_db
def test_a_button_of_the_form_fills_in_the_name_loses_nothing_and_decides_nothing(client):
    client.force_login(a_moderator())
    sign_on = a_sign_on(name="JUSTICE SANS FRONTIERES - JSF")
    address = f"/moderation/sign-ons/{sign_on.pk}/"
    page = client.get(address).content.decode()
    seen = sign_on.transitions.last().pk
    typed = {"seen": seen, "organisation": "other", "other_organisation": "Jus", "listed_country": "KE"}

    answer = client.post(
        f"{address}accept/", {**typed, "listed_name": "JUSTICE SANS FRONTIERES", "house_style": "capitals"}
    )

    form = answer.context["forms"]["accept"]
    sign_on.refresh_from_db()
    assert '<button class="act quiet" name="house_style" value="all">' in page
    assert (answer.status_code, sign_on.state, sign_on.transitions.count()) == (200, "pending", 2)
    assert {name: form[name].value() for name in (*typed, "listed_name")} == {
        **typed,
        "seen": str(seen),
        "listed_name": "Justice Sans Frontieres",
    }
    assert form.suggestions == []
    assert "Please look at this again" not in answer.content.decode()


@pytest.mark.django_db
def test_the_enter_key_decides_and_never_fills_in_a_suggestion(client):
    client.force_login(a_moderator())
    sign_on = a_sign_on(name="JUSTICE SANS FRONTIERES")

    page = client.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()

    # A browser takes the first submit button of a form for the Enter key.
    form = page.split(f'action="/moderation/sign-ons/{sign_on.pk}/accept/"')[1].split("</form>")[0]
    assert form.index('name="act"') < form.index('name="house_style"')
    assert form.count("<button") == 2


@pytest.mark.django_db
def test_a_suggestion_that_does_not_exist_leaves_the_name_as_it_was_typed(client):
    client.force_login(a_moderator())
    sign_on = a_sign_on(name="JUSTICE SANS FRONTIERES")

    answer = client.post(
        f"/moderation/sign-ons/{sign_on.pk}/accept/", {"listed_name": "As  Typed", "house_style": "nonsense"}
    )

    assert answer.context["forms"]["accept"]["listed_name"].value() == "As  Typed"
