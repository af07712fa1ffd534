"""What the desk says of organisations: what to look for, what is recorded, which are one, which are two."""

import json

from crispy_forms.layout import Fieldset, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from letter.models import Letter
from signatories.models import Organisation, VariantName
from signatories.models.organisation import KINDS

from .fields import WebsiteField, checked_acronym, country_choices, helper, name_field, plain_text


def recorded_under(name):
    """Return the one organisation that is recorded under a name, or under a number as in “#12”.

    Raises:
        ValidationError: if there is none or more than one; it says which are near.
    """
    number = name.removeprefix("#")
    if name.startswith("#") and number.isdecimal() and len(number) < 19:
        found = list(Organisation.objects.filter(pk=int(number)))
        found = [one.standing() for one in found]
    else:
        found = list(Organisation.objects.known_as(name)) if name else []
    if len(found) == 1:
        return found[0]
    near = found or (Organisation.objects.similar_to(name)[:5] if name else [])
    problem = _("No organisation is recorded under this name.")
    if found:
        problem = _("Several organisations are recorded under this name.")
    listed = ", ".join(f"“{one}” (#{one.pk})" for one in near)
    raise ValidationError(format_lazy("{} {}", problem, listed) if listed else problem)


class DirectoryForm(forms.Form):
    """A search of the directory; all of it is optional."""

    q = forms.CharField(label=_("Name or website"), required=False, widget=forms.SearchInput)
    country = forms.ChoiceField(label=_("Country"), required=False)
    letter = forms.ModelChoiceField(
        label=_("Letter"), queryset=Letter.objects.none(), required=False, to_field_name="slug", empty_label=_("any")
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=lambda: [("", _("any")), *((one, KINDS[one]) for one in KINDS)]
    )

    def __init__(self, *args, **kwargs):
        """Offer the countries and letters that there are."""
        super().__init__(*args, **kwargs)
        there = set(Organisation.objects.standing().order_by().values_list("country", flat=True).distinct())
        self.fields["country"].choices = [
            ("", _("any")),
            ("none", _("none: international")),
            *((code, name) for code, name in countries if code in there),
        ]
        self.fields["letter"].queryset = Letter.objects.opened()
        self.fields["letter"].label_from_instance = lambda letter: letter.slug
        self.helper = helper(*self.fields)

    def organisations(self):
        """Return what was looked for; nothing if a field is wrong."""
        if not self.is_valid():
            return Organisation.objects.none()
        asked = self.cleaned_data
        found = Organisation.objects.standing().in_country(asked["country"]).of_kind(asked["kind"])
        return found.with_sign_on_to(asked["letter"]).search(asked["q"])


class OrganisationForm(forms.Form):
    """What is recorded of an organisation."""

    name = name_field(label=_("Authorised name"))
    acronym = forms.CharField(label=_("Acronym"), max_length=30, required=False, validators=[plain_text])
    country = forms.ChoiceField(label=_("Country"), choices=country_choices, required=False)
    website = WebsiteField(label=_("Website"), required=False)

    def clean_acronym(self):
        """Hold the acronym to the rules of names."""
        return checked_acronym(self.cleaned_data["acronym"])


class EditForm(OrganisationForm):
    """The desk changes what is recorded; letters go on listing what they list."""

    umbrella = forms.CharField(
        label=_("Umbrella"),
        required=False,
        help_text=_("The organisation whose chapter or member this is: its name as recorded, or its number as in #12."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    keeps_former = forms.BooleanField(
        label=_("If the name changes, keep the old one among its names, as a former name"), required=False, initial=True
    )
    is_another = forms.BooleanField(
        label=_("This is another organisation, of the same name"), required=False, widget=forms.HiddenInput
    )
    seen = forms.JSONField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, organisation, **kwargs):
        """Make the form with what is recorded of `organisation`."""
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        facts = organisation.facts()
        self.initial = facts | {"umbrella": organisation.umbrella or "", "seen": facts} | self.initial
        self.helper = helper(*self.fields, Submit("edit", _("Save")))

    def clean_umbrella(self):
        """Find the organisation of that name."""
        name = self.cleaned_data["umbrella"]
        if self.organisation.umbrella and name == self.organisation.umbrella.name:
            return self.organisation.umbrella
        return recorded_under(name) if name else None

    def clean(self):
        """Ask before a second organisation gets the name of another; it may well be another."""
        cleaned = super().clean()
        name = cleaned.get("name", "")
        if not name or name == self.organisation.name:
            return cleaned
        same = Organisation.objects.named(name).exclude(pk=self.organisation.pk).first()
        if same and not cleaned.get("is_another"):
            self.fields["is_another"].widget = forms.CheckboxInput()
            problem = _(
                "“%(name)s” (#%(number)d) has this name. If it is the same organisation, merge the two instead."
            )
            self.add_error("name", ValidationError(problem, params={"name": same.name, "number": same.pk}))
        return cleaned

    def values(self):
        """Return what `Organisation.edit` takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "is_another"}

    def show_as_it_is(self):
        """Show next time what is recorded now, beside what was typed: somebody else has changed it."""
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = json.dumps(self.organisation.facts())


class VariantForm(forms.Form):
    """The desk records another form of the name."""

    name = name_field(label=_("Another form of the name"))
    kind = forms.ChoiceField(
        label=_("Why it differs"), choices=VariantName.Kind.choices, initial=VariantName.Kind.OTHER
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.auto_id = "variant_%s"
        self.helper = helper(*self.fields, Submit("add", _("Add")))


class KindForm(forms.Form):
    """The desk says why a form of the name differs."""

    kind = forms.ChoiceField(choices=VariantName.Kind.choices)


class MergeForm(forms.Form):
    """The desk says that two organisations are one, after it has seen what that does."""

    KEPT, ABSORBED = "kept", "absorbed"

    name = forms.ChoiceField(label=_("Authorised name"), widget=forms.RadioSelect, initial=KEPT)
    kind = forms.ChoiceField(
        label=_("Why the other name differs"),
        choices=VariantName.Kind.choices,
        initial=VariantName.Kind.OTHER,
        help_text=_("It stays findable, as a variant of this kind."),
    )
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, plan, **kwargs):
        """Make the form for a plan, whose digest it carries."""
        super().__init__(*args, **kwargs)
        self.plan = plan
        self.fields["name"].choices = [(self.KEPT, plan.kept.name), (self.ABSORBED, plan.absorbed.name)]
        self.initial["seen"] = plan.digest
        self.helper = helper(*self.fields, Submit("merge", _("Merge")))

    def values(self):
        """Return what `Merge.merge` takes."""
        cleaned = dict(self.cleaned_data)
        is_kept = cleaned["name"] == self.KEPT
        return cleaned | {"name": self.plan.kept.name if is_kept else self.plan.absorbed.name}


class SplitForm(OrganisationForm):
    """The desk says which sign-ons and names are another organisation's."""

    NEW = "new"

    sign_ons = forms.ModelMultipleChoiceField(
        label=_("Sign-ons that go"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    variants = forms.ModelMultipleChoiceField(
        label=_("Names that go"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    into = forms.ChoiceField(label=_("They go to"), widget=forms.RadioSelect)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, organisation, seen, **kwargs):
        """Make the form for what `organisation` has, and for those that were merged into it."""
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.merges = {str(one.pk): one for one in organisation.merges.standing().select_related("absorbed")}
        self.fields["sign_ons"].queryset = organisation.sign_ons.select_related("letter").order_by("pk")
        self.fields["sign_ons"].label_from_instance = lambda one: (
            f"{one.name_to_print} · {one.letter.slug} · {one.get_state_display()} · #{one.pk}"
        )
        self.fields["variants"].queryset = organisation.variants.all()
        self.fields["variants"].label_from_instance = lambda one: f"{one.name} · {one.get_kind_display()}"
        self.fields["into"].choices = [
            *(
                (pk, format_lazy(_("{name}, which stands again"), name=one.absorbed.name))
                for pk, one in self.merges.items()
            ),
            (self.NEW, _("A new organisation")),
        ]
        self.fields["into"].initial = next(iter(self.merges), self.NEW)
        for last in list(self.merges.values())[:1]:
            # What came with the newest merge is what is wrong, most likely.
            self.fields["sign_ons"].initial = [pk for pk, _last in last.moved["sign_ons"]]
            self.fields["variants"].initial = last.moved["variants"] + last.moved["gained"]
        self.fields["name"].required = False
        self.fields["name"].label = _("Name")
        self.initial["seen"] = seen
        fields = ("name", "acronym", "country", "website")
        self.helper = helper(
            "sign_ons",
            "variants",
            "into",
            Fieldset(_("If it is a new one"), *fields),
            "seen",
            Submit("look", _("Look at it first")),
        )

    def clean(self):
        """Want something that goes, and a name for where it goes."""
        cleaned = super().clean()
        if not self.errors and not cleaned["sign_ons"] and not cleaned["variants"]:
            raise ValidationError(_("Choose at least one sign-on or one name."))
        if cleaned.get("into") == self.NEW and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", self.fields["name"].error_messages["required"])
        return cleaned

    @property
    def merge(self):
        """The merge whose absorbed organisation stands again; None for a new one."""
        return self.merges.get(self.cleaned_data["into"])

    def values(self):
        """Return what `split` takes."""
        cleaned = self.cleaned_data
        names = () if self.merge else ("name", "acronym", "country", "website")
        return {name: cleaned[name] for name in ("sign_ons", "variants", "seen", *names)} | {"merge": self.merge}
