"""Tokens of programs that speak for a person, and the answers kept for requests that are sent twice."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, at: datetime) -> Self:
        return self.filter(revoked_at__isnull=True, expires_at__gt=at, person__is_active=True)


class ApiToken(models.Model):
    """The right to speak for one person within `scopes`. The token itself is shown once and kept nowhere.

    `token_hash` is the SHA-256 of the token, in hex: a long random token needs no slow hash. `hint` is its
    beginning, by which its owner tells several apart.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[models.Manager[Self]] = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="token_expires_later"),
        ]

    def __str__(self) -> str:
        return f"{self.name or 'token'} {self.hint}… of {self.person}"


class IdempotentRequest(models.Model):
    """One keyed request and its answer: sent again with the same key, it gets the same answer.

    The row is inserted in the transaction of the work itself, so it exists exactly when the work was done.
    `fingerprint` is the SHA-256 of method, path and body; `body` is the JSON that was answered.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="idempotent_requests"
    )
    key = models.CharField(max_length=255)
    path = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    location = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="request_key_once_a_person"),
        ]
        indexes = [
            # read by api.idempotency.forget_old
            models.Index(fields=["created_at"], name="request_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.path} with key {self.key[:20]}"
