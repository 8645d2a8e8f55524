"""Accounts with what makes them valuable, and the people there."""

from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from customers.score import AccountFacts

_TENTHS = [MinValueValidator(0), MaxValueValidator(10)]


class AccountStatus(models.TextChoices):
    STANDARD = "standard", "Standard"
    KEY = "key", "Key"
    STRATEGIC = "strategic", "Strategic"


class AccountQuerySet(models.QuerySet["Account"]):
    def matching(self, words: str) -> Self:
        """Accounts whose name or external id contains every word, for finding as one types."""
        found = self
        for word in words.split()[:6]:
            found = found.filter(Q(name__icontains=word) | Q(external_id__icontains=word))
        return found


class Account(models.Model):
    """A customer organisation. `annual_value` is in whole units of `currency` (ISO 4217) a year."""

    external_id = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    annual_value = models.DecimalField(
        max_digits=16, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(max_length=3, default="USD")
    customer_since = models.DateField(null=True, blank=True)
    loyalty = models.PositiveSmallIntegerField(default=0, validators=_TENTHS)
    status = models.CharField(max_length=12, choices=AccountStatus.choices, default=AccountStatus.STANDARD)
    influence = models.PositiveSmallIntegerField(default=0, validators=_TENTHS)
    country = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=12, default="en")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="accounts"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Self]] = AccountQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(annual_value__gte=0), name="account_value_not_negative"),
            models.CheckConstraint(condition=Q(loyalty__lte=10), name="account_loyalty_tenths"),
            models.CheckConstraint(condition=Q(influence__lte=10), name="account_influence_tenths"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def facts(self) -> AccountFacts:
        """What `customers.score` weighs."""
        return AccountFacts(
            annual_value=self.annual_value,
            currency=self.currency,
            customer_since=self.customer_since,
            loyalty=self.loyalty,
            status=self.status,
            influence=self.influence,
        )


class Contact(models.Model):
    """A human at an account. The default one is rung when an escalation names nobody else."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=16, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    is_default = models.BooleanField(default=False)

    history = HistoricalRecords()

    class Meta:
        ordering = ["-is_default", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(is_default=True), name="contact_one_default"
            ),
        ]
        indexes = [
            # read by escalations.inbound: which customer is calling or texting us
            models.Index(fields=["phone"], condition=~Q(phone=""), name="contact_by_phone"),
        ]

    def __str__(self) -> str:
        return self.name
