"""What the desk fills in about limits, the allow-list, and the switch of a letter."""

from ipaddress import ip_network

from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from signatories import evidence
from signatories.models import Allowance, LimitRule, Switch
from signatories.models.limit import Hours

from .fields import helper, written_text

# The widest range that the allow-list takes, by version of IP: wider ones are no one's network.
WIDEST = {4: 8, 6: 16}


class RuleForm(forms.Form):
    """How many are let through, in which time."""

    limit = forms.IntegerField(
        label=_("Let through"),
        min_value=1,
        max_value=1_000_000,
        error_messages={
            "required": _("Enter how many are let through."),
            "invalid": _("Enter a whole number."),
            "min_value": _("Let at least one through. To hold everything, use the switch of the letter."),
            "max_value": _("At most 1,000,000 can be let through."),
        },
    )
    hours = forms.TypedChoiceField(label=_("In"), choices=Hours.choices, coerce=int)

    def __init__(self, data=None, *, rule: LimitRule):
        super().__init__(data, initial={"limit": rule.limit, "hours": rule.hours}, auto_id=f"{rule.scope}_%s")
        self.helper = helper("limit", "hours", Submit("change", _("Change the limit")))


class AllowForm(forms.Form):
    """A network or an e-mail domain whose sign-ons are not held."""

    value = forms.CharField(
        label=_("Network or e-mail domain"),
        max_length=253,
        help_text=_("A range as 192.0.2.0/24 or 2001:db8::/48, one address, or a domain as example.org."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Enter a network or a domain.")},
    )
    note = forms.CharField(
        label=_("Whose it is"),
        max_length=200,
        help_text=_("For colleagues and for the record: “annual conference, wifi of the hotel”. No names of persons."),
        validators=[written_text],
        error_messages={"required": _("Note whose it is, so that somebody knows when it can go.")},
    )
    until = forms.DateField(
        label=_("Last day (UTC)"),
        required=False,
        help_text=_("Empty: until somebody removes it."),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Write the day as 2026-12-31.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs, auto_id="allow_%s")
        self.helper = helper("value", "note", "until", Submit("allow", _("Add to the allow-list")))

    def clean_value(self):
        """Tell a network from a domain, and refuse what belongs to everybody."""
        value = self.cleaned_data["value"].strip().lower()
        if value.replace(".", "").isdigit() or ":" in value or "/" in value:
            self.kind, checked = Allowance.Kind.NETWORK, checked_network(value)
        else:
            self.kind, checked = Allowance.Kind.DOMAIN, checked_domain(value.removeprefix("@"))
        return checked

    def clean_until(self):
        """Refuse a day that is gone."""
        until = self.cleaned_data["until"]
        if until and until < timezone.now().date():
            raise ValidationError(_("This day is gone already."))
        return until

    def received(self):
        """Return what `Allowance.allow` takes."""
        return self.cleaned_data | {"kind": self.kind}


def checked_network(value):
    """Return the range as it is kept; raises ValidationError."""
    problem = ValidationError(_("This is no range of addresses. Write it as 192.0.2.0/24 or 2001:db8::/48."))
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        raise problem from None
    if getattr(network.network_address, "scope_id", None):
        raise problem
    if network.prefixlen < WIDEST[network.version]:
        raise ValidationError(
            _("This range is too wide: it is no single network. At most /8 for IPv4, and /16 for IPv6.")
        )
    return str(network)


def checked_domain(value):
    """Return the domain as it is compared, in ASCII; raises ValidationError."""
    domain = evidence.domain_of_email(f"x@{value}")
    DomainNameValidator(message=_("This is no domain. Write it as example.org."))(domain)
    if evidence.is_free_mail(f"x@{domain}") or evidence.is_disposable(f"x@{domain}"):
        raise ValidationError(_("Anybody can have an address there: everybody would be let through."))
    if evidence.is_public_suffix(domain):
        raise ValidationError(_("Anybody can have a domain below this one: everybody would be let through."))
    return domain


class SwitchForm(forms.Form):
    """How sign-ons to one letter come in."""

    position = forms.ChoiceField(
        label=_("Sign-ons to this letter"),
        choices=[
            (Switch.Position.OPEN, _("As usual: taken, and their messages leave at once")),
            (Switch.Position.HELD, _("Held: taken as usual, but their messages wait until somebody releases them")),
            (Switch.Position.PAUSED, _("Paused: the form says that signing is paused, and gives back what was typed")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    note = forms.CharField(
        label=_("Why"),
        max_length=200,
        required=False,
        help_text=_("For colleagues; never public. Needed when you hold or pause."),
        validators=[written_text],
    )

    def __init__(self, data=None, *, letter, position):
        super().__init__(data, initial={"position": position}, auto_id=f"switch_{letter.pk}_%s")
        self.helper = helper("position", "note", Submit("turn", _("Turn the switch")))

    def clean(self):
        """Want a reason for whatever is not as usual."""
        said = super().clean()
        if said.get("position") not in (None, Switch.Position.OPEN) and not said.get("note"):
            self.add_error("note", _("Note why, so that colleagues know when it can be turned back."))
        return said
