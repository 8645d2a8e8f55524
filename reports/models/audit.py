"""Who came in, who tried to, and which administrators read customers' personal data. Append-only."""

from django.conf import settings
from django.db import models


class SignInKind(models.TextChoices):
    IN = "in", "Signed in"
    OUT = "out", "Signed out"
    FAILED = "failed", "Failed"


class SignIn(models.Model):
    """One sign-in, sign-out, or attempt. `email` is what was typed, where it looks like one; `address` the client's,
    as far as `TRUSTED_PROXIES` lets it be known."""

    at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=SignInKind.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="sign_ins"
    )
    email = models.CharField(max_length=254, blank=True)
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            # read by the audit's page, and by retention
            models.Index(fields=["-at", "-id"], name="sign_in_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.email or self.person}: {self.kind}"


class PersonalRead(models.Model):
    """An administrator read a page or an answer that shows a customer's personal data: `what` ("case 1042")."""

    at = models.DateTimeField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="personal_reads"
    )
    what = models.CharField(max_length=80)
    path = models.CharField(max_length=200)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="personal_read_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.person} read {self.what}"
