"""The secretariat imports a file, from the choice of it to the list of what came of it, without JavaScript."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

SAMPLE = Path(__file__).parents[1] / "data" / "imports" / "google-forms-fr.csv"


def until_done(page, stage):
    """Load the page anew until the worker has done its part, as somebody does whose browser does not by itself."""
    for _ in range(50):
        if page.locator("p.state").inner_text() == stage:
            return
        page.wait_for_timeout(200)
        page.goto(page.url.partition("?")[0])
    raise AssertionError(page.locator("p.state").inner_text())


def test_a_google_form_is_uploaded_looked_at_and_imported_without_javascript(site, new_page, session):
    page = new_page(width=360, height=740, java_script_enabled=False, storage_state=session)
    page.goto("/moderation/")
    page.get_by_role("link", name="Imports").click()
    page.get_by_role("link", name="Import a file").click()
    page.get_by_label("Letter").select_option(label="icc-2020")
    page.get_by_label("File").set_input_files(SAMPLE)
    page.get_by_role("button", name="Look at it first").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("What the columns mean")
    name = page.get_by_label("Column B: Nom complet de votre organisation")
    expect(name).to_have_value("name_as_signed")
    expect(name).to_have_accessible_description(
        "Réseau des femmes du Sahel · Centre d’études; droits & libertés · Ligue ivoirienne des droits de l’homme"
    )
    expect(page.get_by_label("Column I: J’accepte")).to_have_value("-")
    page.get_by_role("button", name="Look at the rows").click()

    until_done(page, "To be imported or discarded")
    expect(page.get_by_role("link", name="New 2")).to_be_visible()
    page.get_by_role("link", name="Error 1").click()
    expect(page.get_by_role("table")).to_contain_text("“Atlantide” is not a country")
    page.get_by_label("Those that are new or known are accepted at once").check()
    page.get_by_label("Where the evidence is").fill("Formulaire de la coalition, mai 2020")
    page.get_by_role("button", name="Import", exact=True).click()

    until_done(page, "Imported")
    summary = page.locator("dl.summary")
    expect(summary).to_contain_text("Accepted")
    expect(summary).to_contain_text("Formulaire de la coalition, mai 2020")
    page.get_by_role("link", name="Réseau des femmes du Sahel").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Réseau des femmes du Sahel")
    for sign_on in site.python(UNDO).split():
        assert sign_on == "withdrawn"


# Other tests read the letter's list as it was.
UNDO = """
from django.contrib.auth.models import User
from signatories.models import Actor, SignOn
for one in SignOn.objects.filter(batch_row__batch__file_name="google-forms-fr.csv"):
    one.withdraw(Actor.moderator(User.objects.get(username="moderator")), note="A test is over")
    print(one.state)
"""
