"""Fields and rules that several forms share; what they explain stands next to the field."""

import re
import unicodedata
from urllib.parse import urlsplit

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.encoding import punycode
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from signatories import names


def but_for_length(validate):
    """Return `validate` without its rule of length, of which a field has its own: one fault is one error."""

    def validated(value):
        try:
            validate(value)
        except ValidationError as error:
            if error.code != "too_long":
                raise

    return validated


def country_choices():
    """Return all countries, after a choice for organisations that belong to none."""
    return [("", _("None: we are international")), *countries]


class WebsiteField(forms.URLField):
    """An http or https address; one written without it gets https."""

    default_validators = [
        URLValidator(
            schemes=["http", "https"],
            message=_("Write the website's address as in https://www.example.org; only http and https are possible."),
        )
    ]
    default_error_messages = {
        "invalid": _("Write the website's address as in https://www.example.org; only http and https are possible.")
    }

    def __init__(self, **kwargs):
        super().__init__(assume_scheme="https", max_length=300, **kwargs)

    def clean(self, value):
        """Refuse also what hides in an address: it is published."""
        address = super().clean(value)
        try:
            parts = urlsplit(address)
            is_odd = bool(parts.username or parts.password) or (parts.port or 0) > 65535
        except ValueError:
            is_odd = True
        if is_odd or any(unicodedata.category(character) in ("Cc", "Cf") for character in address):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return address


# A domain under which advertisements are common, or any with a path; not “St.John”, “Ph.D.” or “M.A.”.
LINK = re.compile(
    r"(?<![\w.@-])(?:"
    r"(?:[\w-]+\.)+(?:(?:com|org|net|info|biz|edu|gov|xyz|shop|website|online|site)(?![\w-])\S*|[a-z]{2}/\S*)"
    r"|(?:[\w-]{2,}\.)+(?:top|store|club|link|click|icu|vip|app|io|co|cc|ru|cn|tk|ly|gg)(?![\w-])\S*)",
    re.IGNORECASE,
)


class EmailField(forms.EmailField):
    """An e-mail address that is written to as it stands, in ASCII: a domain in other letters as DNS has it (RFC 5891).

    Django decodes encoded words in it (RFC 2047) on the way out: the message would go to another mailbox than the one
    that was counted, compared and asked not to be written to. And letters as “ı” become ASCII ones in capitals, so that
    two mailboxes would be compared as one (CVE-2019-19844).
    """

    default_error_messages = {"invalid": _("Write the e-mail address as in name@example.org.")}

    def __init__(self, **kwargs):
        super().__init__(**{"max_length": 254} | kwargs)

    def clean(self, value):
        """Refuse encoded words, and what is not ASCII before the @."""
        address = super().clean(value)
        local, at, domain = address.rpartition("@")
        try:
            local.encode("ascii")
            address = f"{local}{at}{punycode(domain)}"
        except UnicodeError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if "=?" in address:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return address


def name_field(**kwargs):
    """Return a field for an organisation's name, with the rules of `names.validate_name`."""
    return forms.CharField(
        max_length=names.MAX_LENGTH,
        validators=[but_for_length(names.validate_name)],
        error_messages={
            "required": _("Enter the organisation's name."),
            "max_length": _("The name can have at most %(limit_value)d characters; this one has %(show_value)d."),
        },
        **kwargs,
    )


def own_script_field(**kwargs):
    """Return a field for an organisation's name in another script than Latin, with the rules of `names`."""
    return forms.CharField(
        label=_("Name in its own script"),
        required=False,
        max_length=names.MAX_LENGTH,
        validators=[but_for_length(names.validate_own_script)],
        error_messages={
            "max_length": _("The name can have at most %(limit_value)d characters; this one has %(show_value)d."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        **kwargs,
    )


def plain_text(value):
    """Refuse in a person's name or role what `names.validate_name` refuses: it goes into e-mails."""
    try:
        names.validate_name(value)
    except ValidationError as error:
        # How long it may be says the field.
        if error.code not in ("too_short", "too_long"):
            raise


def person_text(value):
    """Refuse in a person's name or role also what a mail program makes a link of: we write it to any address."""
    plain_text(value)
    if found := LINK.search(value):
        raise ValidationError(
            _("“%(found)s” looks like a web address. Please leave it out."), code="url", params={"found": found[0]}
        )


def written_text(value):
    """Refuse control characters in a note, but for its line breaks."""
    if any(ord(character) < 32 and character not in "\n\r\t" for character in value):
        raise ValidationError(_("This has an invisible control character in it. Type it again by hand."))


class OrganisationFields(forms.Form):
    """What a sign-on says about the organisation."""

    name_as_signed = name_field(
        label=_("Name of your organisation"),
        help_text=_("Exactly as it should be printed under the letter."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    name_in_own_script = own_script_field(
        help_text=_(
            "Only if it is written in another script than Latin, such as Arabic, Russian or Chinese, and you gave a"
            " Latin form above. It is printed beside that one."
        ),
    )
    acronym = forms.CharField(
        label=_("Acronym"),
        max_length=30,
        required=False,
        validators=[plain_text],
        help_text=_("Published with the list as data. On the page it stands only if you write it in the name, too."),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=country_choices,
        required=False,
        help_text=_("Where your organisation is based."),
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    website = WebsiteField(
        label=_("Website"),
        required=False,
        help_text=_("For example https://www.example.org"),
        widget=forms.URLInput(attrs={"autocomplete": "url", "inputmode": "url"}),
    )

    def clean_acronym(self):
        """Hold the acronym to the rules of names: it is published."""
        return checked_acronym(self.cleaned_data["acronym"])


def checked_acronym(acronym):
    """Return `acronym` if a name could be so; raises ValidationError."""
    if acronym:
        names.validate_name(acronym)
    return acronym


def helper(*layout):
    """Return a crispy helper for a form that a view's template wraps in its own <form>.

    Make one for each form that is shown: a button keeps the language in which it is first shown.
    """
    made = FormHelper()
    made.form_tag = False
    made.disable_csrf = True
    made.layout = Layout(*layout)
    return made


class DecisionForm(forms.Form):
    """What every decision carries: the last transition that the moderator saw."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    submit = ""

    def __init__(self, *args, sign_on, **kwargs):
        """Make a form for a decision on `sign_on`."""
        super().__init__(*args, **kwargs)
        self.sign_on = sign_on
        if "seen" not in self.initial:
            self.initial["seen"] = sign_on.seen if hasattr(sign_on, "seen") else sign_on.transitions.last().pk
        # Several of these forms stand on one page.
        self.auto_id = f"{type(self).__name__.removesuffix('Form').lower()}_%s"
        self.helper = helper(*self.fields, Submit("act", self.submit))
