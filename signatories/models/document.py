"""Files that came with a sign-on: kept in the database, outside of everything that is served."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import record
from signatories.documents import Checked, Kind
from signatories.states import State, Who

if TYPE_CHECKING:
    from .sign_on import SignOn

# How many documents one sign-on can have, and their bytes in all.
MAX_DOCUMENTS = 12
MAX_BYTES = 50_000_000
# How long a file waits for the form that it came with to be mended.
STAGED_FOR = timedelta(days=1)
# How long documents are kept once a sign-on has ended.
KEPT_FOR = timedelta(days=90)


class DocumentQuerySet(models.QuerySet["Document"]):
    """Which documents?"""

    def attached(self) -> Self:
        """Documents that belong to a sign-on, those that were erased among them."""
        return self.filter(sign_on__isnull=False)

    def readable(self) -> Self:
        """Documents whose contents are still there."""
        return self.attached().filter(erased_at=None)

    def with_people(self) -> Self:
        """Documents with who handed them in, has seen them, has erased them, in order."""
        return self.select_related("user", "seen_by", "erased_by").order_by("pk")

    def seen(self) -> Self:
        """Documents that a moderator has looked at, erased or not: they were evidence then, too."""
        return self.attached().filter(seen_at__isnull=False)

    def staged(self) -> Self:
        """Files of forms that could not be taken yet."""
        return self.filter(sign_on=None)

    def stale(self, at: datetime | None = None) -> Self:
        """Staged files whose forms did not come back by `at` (now by default)."""
        return self.staged().filter(uploaded_at__lt=(at or timezone.now()) - STAGED_FOR)

    def outlived(self, at: datetime | None = None) -> Self:
        """Documents of sign-ons that were withdrawn or declined long before `at` (now by default)."""
        ended = Q(sign_on__state__in=(State.WITHDRAWN, State.DECLINED))
        return self.readable().filter(ended, sign_on__state_since__lt=(at or timezone.now()) - KEPT_FOR)


class DocumentManager(models.Manager["Document"]):
    """Leaves the contents, megabytes of them, in the database until somebody asks for them."""

    def get_queryset(self) -> DocumentQuerySet:
        """Return documents without their contents."""
        return DocumentQuerySet(self.model, using=self._db).defer("content")


class Document(models.Model):
    """One file. When its contents are erased, the row stays: kind, size and SHA-256 name nobody."""

    sign_on = models.ForeignKey("SignOn", null=True, on_delete=models.PROTECT, related_name="documents")
    """None while the form that it came with waits to be mended."""
    name = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(null=True)
    who = models.CharField(max_length=20, blank=True)
    """In which role it was handed in; empty until it is attached."""
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)

    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    shows = models.TextField(blank=True)
    """What it shows, in the words of whoever has seen it."""

    erased_at = models.DateTimeField(null=True)
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """None where its time was over."""
    erased_because = models.CharField(max_length=200, blank=True)

    objects = DocumentManager.from_queryset(DocumentQuerySet)()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sign_on", "sha256"], condition=Q(erased_at=None), name="document_is_kept_once"
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None, content__isnull=False)
                | Q(erased_at__isnull=False, content=None, name="", shows=""),
                name="nothing_is_left_of_an_erased_document",
            ),
        ]
        indexes = [models.Index(fields=["uploaded_at"], condition=Q(sign_on=None), name="staged_documents")]

    def __str__(self) -> str:
        return f"document {self.pk} of sign-on {self.sign_on_id} ({self.kind})"

    @classmethod
    def of(cls, file: Checked) -> "Document":
        """Return a new document, not saved yet."""
        return cls(name=file.name, kind=file.kind, size=len(file.content), sha256=file.sha256, content=file.content)

    def attach(self, sign_on: "SignOn", who: Who, user: User | None = None) -> "Document":
        """Put the document with `sign_on`, whose row is locked; return the one that is there already if it is the same.

        Raises:
            ValidationError: if there is no room for it, or it is not kept any more.
        """
        same = sign_on.documents.readable().filter(sha256=self.sha256).first()
        if same:
            return same
        there = sign_on.documents.readable().aggregate(count=Count("pk"), size=Sum("size", default=0))
        if there["count"] >= MAX_DOCUMENTS or there["size"] + self.size > MAX_BYTES:
            raise ValidationError(_("There is no room for more documents with this sign-on."))
        if not self.pk:
            self.save()
        # The row itself is asked: the same form, sent twice at once, must not give it to two.
        moment = timezone.now()
        if (
            not Document.objects.staged()
            .filter(pk=self.pk)
            .update(sign_on=sign_on, who=who, user=user, uploaded_at=moment)
        ):
            raise ValidationError(_("A document is not kept any more. Please choose it again."))
        self.sign_on, self.who, self.user, self.uploaded_at = sign_on, who, user, moment
        return self

    @transaction.atomic
    def see(self, user: User, shows: str) -> bool:
        """Record that `user` has looked at it, and what it shows; return False if it was erased meanwhile."""
        document = self._locked()
        if document is None:
            return False
        document.seen_at, document.seen_by, document.shows = timezone.now(), user, shows
        document.save(update_fields=["seen_at", "seen_by", "shows"])
        record(user, "see document", document, sha256=document.sha256)
        return True

    @transaction.atomic
    def erase(self, user: User | None, because: str) -> bool:
        """Delete the contents and whatever names somebody; return False if somebody was faster."""
        document = self._locked()
        if document is None:
            return False
        document.content, document.name, document.shows = None, "", ""
        document.erased_at, document.erased_by, document.erased_because = timezone.now(), user, because
        document.save(update_fields=["content", "name", "shows", "erased_at", "erased_by", "erased_because"])
        record(user, "erase document", document, sha256=document.sha256, size=document.size)
        return True

    def _locked(self) -> "Document | None":
        return Document.objects.readable().select_for_update(of=("self",)).filter(pk=self.pk).first()
