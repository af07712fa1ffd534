"""The counters of `signatories.limits`."""

from django.db import models


class Limit(models.Model):
    """How often one address did one thing in one period; counted by `limits.hit` alone."""

    pk = models.CompositePrimaryKey("key", "began_at")
    key = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    hits = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.began_at}: {self.hits}"
