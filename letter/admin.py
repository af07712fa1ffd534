"""Where the secretariat edits letters and their texts, with a preview."""

import pghistory
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from audit.models import record

from .models import Letter, LetterText
from .publication import preview
from .standing import Standing


@admin.register(Letter)
class LetterAdmin(admin.ModelAdmin):
    """Letters: address, place, dates."""

    list_display = ["__str__", "title", "dated_on", "opens_at", "closes_at"]
    readonly_fields = ["delivered_at"]

    def get_readonly_fields(self, request, obj=None):
        """Fix what the public has read."""
        opened = ["slug", "language", "prevailing", "opens_at"] if obj and obj.has_opened() else []
        return [*self.readonly_fields, *opened]

    def has_delete_permission(self, request, obj=None):
        """Letters are for ever: organisations stand under them."""
        return False

    def save_model(self, request, obj, form, change):
        """Save what was changed, and ask for an edition that prints it; who did it is on record."""
        with transaction.atomic(), pghistory.context(user=request.user.pk):
            super().save_model(request, obj, form, change)
            obj.mark_stale()
            record(request.user, "edit" if change else "add", obj, fields=form.changed_data)


class TextForm(forms.ModelForm):
    """A text; saving it goes through `Letter.revise`."""

    class Meta:
        model = LetterText
        fields = ["letter", "language", "is_official", "title", "salutation", "body", "closing"]

    def clean(self):
        """Refuse a second text in a language, for the one that is there is to be changed; and a false standing."""
        cleaned = super().clean()
        if letter := cleaned.get("letter") or (self.instance.pk and self.instance.letter):
            language = cleaned.get("language") or self.instance.language
            LetterText(letter=letter, language=language, is_official=cleaned.get("is_official")).check_standing()
        letter, language = cleaned.get("letter"), cleaned.get("language")
        if letter and letter.text(language):
            raise forms.ValidationError(_("The letter has a text in this language: change that one."))
        return cleaned


@admin.register(LetterText)
class LetterTextAdmin(admin.ModelAdmin):
    """Texts: a change to one that is open becomes a new revision."""

    form = TextForm
    list_display = [
        *("title", "letter", "language", "standing", "revision", "created_at"),
        *("preview_link", "history_link", "check_link"),
    ]
    list_filter = ["letter", "language"]
    list_select_related = ["letter"]

    @admin.display(description=_("standing"))
    def standing(self, text):
        """Say what the text is among the letter's."""
        return text.standing.label

    @admin.display(description=_("preview"))
    def preview_link(self, text):
        """Link the preview."""
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:letter_lettertext_preview", args=[text.pk]), _("Preview")
        )

    @admin.display(description=_("history"))
    def history_link(self, text):
        """Link what the text was before."""
        address = reverse("moderation:text_history", args=[text.letter.slug, text.language])
        return format_html('<a href="{}">{}</a>', address, _("History"))

    @admin.display(description=_("check"))
    def check_link(self, text):
        """Link the comparison with the original."""
        if text.standing == Standing.ORIGINAL:
            return "–"
        address = reverse("moderation:check_text", args=[text.letter.slug, text.language])
        return format_html('<a href="{}">{}</a>', address, _("Compare with the original"))

    def get_readonly_fields(self, request, obj=None):
        """A text stays with its letter and language."""
        return ["letter", "language", "revision", "sha256", "preview_link"] if obj else []

    def get_fields(self, request, obj=None):
        """Show the read-only fields of a text that exists."""
        words = ["letter", "language", "is_official", "title", "salutation", "body", "closing"]
        return [*words, "revision", "sha256", "preview_link"] if obj else words

    def has_delete_permission(self, request, obj=None):
        """Organisations have endorsed it."""
        return False

    def has_change_permission(self, request, obj=None):
        """Only the newest revision can be changed: the others have been endorsed, and are history."""
        is_newest = obj is None or obj == obj.letter.text(obj.language)
        return is_newest and super().has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        """Hand the words to the letter, which decides between an update and a new revision."""
        words = {name: getattr(obj, name) for name in ("title", "salutation", "body", "closing", "is_official")}
        with transaction.atomic(), pghistory.context(user=request.user.pk):
            text = obj.letter.revise(obj.language, **words)
            record(request.user, "revise", text, revision=text.revision, sha256=text.sha256)
        if change and text.pk != obj.pk:
            messages.info(request, _("The letter is open: this is now revision %d.") % text.revision)
        obj.pk, obj.revision, obj.sha256 = text.pk, text.revision, text.sha256
        self.warn_of_gaps(request, text)

    @staticmethod
    def warn_of_gaps(request, text):
        """Say of a translation that was saved what it may lack, and where that is shown."""
        check = text.letter.check_translation(text.language)
        if check and check.summary:
            address = reverse("moderation:check_text", args=[text.letter.slug, text.language])
            words = format_html(
                '{} <a href="{}">{}</a>', " ".join(check.summary), address, _("Compare with the original")
            )
            messages.warning(request, words)

    def get_urls(self):
        """Add the preview."""
        view = self.admin_site.admin_view(self.preview)
        return [path("<int:pk>/preview/", view, name="letter_lettertext_preview"), *super().get_urls()]

    def preview(self, request, pk):
        """Show the text as the public will read it, before it does."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = get_object_or_404(LetterText.objects.select_related("letter"), pk=pk)
        return HttpResponse(preview(text.letter, text))
