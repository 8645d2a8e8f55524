"""Who somebody is: roles, telephone number, time zone, language, assistant."""

from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords


class Role(models.TextChoices):
    EXECUTIVE = "executive", "Executive"
    SUPPORT = "support", "Support"
    ADMIN = "admin", "Administrator"


class RemindersBy(models.TextChoices):
    MAIL = "mail", "By mail"
    TEXT = "text", "By text"


class PersonQuerySet(models.QuerySet["Person"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def executives(self) -> Self:
        return self.active().filter(is_executive=True)

    def support(self) -> Self:
        return self.active().filter(is_support=True)

    def administrators(self) -> Self:
        return self.active().filter(is_admin=True)

    def reachable_by_phone(self) -> Self:
        return self.exclude(phone="").filter(phone_verified_at__isnull=False)


class PersonManager(BaseUserManager["Person"]):
    """Makes people from the command line and for allauth; pages and imports use verbs."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username or "")

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


PeopleManager = PersonManager.from_queryset(PersonQuerySet)


class Person(AbstractBaseUser):
    """Anyone who signs in. Several roles may be held by one person.

    `phone` is E.164 and counts only once verified; it is shown to administrators and its owner only.
    `time_zone` is an IANA name: in it the person reads every instant. `language` is a BCP 47 tag: in it they
    are spoken to. `reminders_by` is a wish: `people.letters` goes by mail where a text cannot be sent.
    """

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_executive = models.BooleanField(default=False)
    is_support = models.BooleanField(default=False)
    is_admin = models.BooleanField(default=False)
    phone = models.CharField(max_length=16, blank=True)
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    phone_verified_how = models.CharField(max_length=120, blank=True)
    pin_hash = models.CharField(max_length=128, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=12, default="en")
    assistant = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="assists"
    )
    reminders_by = models.CharField(max_length=8, choices=RemindersBy.choices, default=RemindersBy.MAIL)
    created_at = models.DateTimeField(auto_now_add=True)

    # Who changes the row, where it is not the one signed in: django-simple-history looks for it when saving.
    _history_user: "Person"

    objects = PeopleManager()
    history = HistoricalRecords(excluded_fields=["password", "last_login", "pin_hash"])

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="person_email_once"),
            # Two people behind one number could not be told apart when they call or text.
            models.UniqueConstraint(
                "phone", condition=Q(is_active=True) & ~Q(phone=""), name="person_phone_once"
            ),
            models.CheckConstraint(
                condition=Q(phone_verified_at__isnull=True) | ~Q(phone=""), name="person_verified_has_phone"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def roles(self) -> list[str]:
        held = [
            (Role.EXECUTIVE, self.is_executive),
            (Role.SUPPORT, self.is_support),
            (Role.ADMIN, self.is_admin),
        ]
        return [role.value for role, holds in held if holds]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def can_be_rung(self) -> bool:
        """True where a verified number is known: an unverified one could be anybody's."""
        return self.is_active and bool(self.phone) and self.phone_verified_at is not None


class PhoneVerification(models.Model):
    """A code sent to a number to prove that its owner holds it. Only the code's hash is kept."""

    class Channel(models.TextChoices):
        CALL = "call", "Call"
        TEXT = "text", "Text"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="verifications")
    phone = models.CharField(max_length=16)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    code_hash = models.CharField(max_length=128)
    call_token = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # read by people.verification when a code is entered, and to limit how often one is sent
            models.Index(fields=["person", "-created_at"], name="verification_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} to {self.person}"


class LetterChannel(models.TextChoices):
    MAIL = "mail", "Mail"
    TEXT = "text", "Text"


class LetterStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class LetterQuerySet(models.QuerySet["Letter"]):
    def due(self, now: datetime) -> Self:
        """What waits to be sent and may go now, the longest waiting first."""
        return self.filter(status=LetterStatus.QUEUED, due_at__lte=now).order_by("due_at", "pk")

    def by_mail(self) -> Self:
        return self.filter(channel=LetterChannel.MAIL)

    def by_text(self) -> Self:
        return self.filter(channel=LetterChannel.TEXT)


class Letter(models.Model):
    """Words to one person or address that are about no case: a reminder, an invitation, a warning, a digest.

    `people.letters` writes them and says how; `people.letters_sending` is what sends them. `key` names what is said
    to whom, once; one that was withdrawn before it went may be said again. `address` is an e-mail address or a
    number in E.164, as it was when the letter was written. `short` is what a text says (blank: `text`), `calendar`
    a whole iCalendar body and `calendar_method` its METHOD. It is not sent after `useful_until`.

    QUEUED → SENDING by conditional update with a lease that is longer than any exchange; `sid` is Twilio's name
    of a text, and `looks` counts how often Twilio was asked about one that is undecided and knew nothing.
    """

    key = models.CharField(max_length=200)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="letters"
    )
    channel = models.CharField(max_length=8, choices=LetterChannel.choices)
    kind = models.CharField(max_length=24)
    address = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    short = models.TextField(blank=True)
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True)
    calendar_method = models.CharField(max_length=16, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    from_address = models.CharField(max_length=254, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)

    status = models.CharField(max_length=12, choices=LetterStatus.choices, default=LetterStatus.QUEUED)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    useful_until = models.DateTimeField(null=True, blank=True)
    claim = models.CharField(max_length=32, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(default=0)
    sid = models.CharField(max_length=34, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # An SMTP reply code (three digits) or one of Twilio's (five).
    error_code = models.PositiveIntegerField(null=True, blank=True)
    error_detail = models.CharField(max_length=400, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    # The administrator who sent it again or took it back, and when.
    looked_after_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    looked_after_at = models.DateTimeField(null=True, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(withdrawn_at__isnull=True), name="letter_said_once"
            ),
            models.UniqueConstraint(fields=["sid"], condition=~Q(sid=""), name="letter_sid_once"),
            models.CheckConstraint(
                condition=~Q(status="sending") | Q(lease_until__isnull=False) & ~Q(claim=""),
                name="letter_sending_is_leased",
            ),
            models.CheckConstraint(
                condition=~Q(status="sent") | Q(sent_at__isnull=False), name="letter_sent_has_instant"
            ),
            models.CheckConstraint(
                condition=Q(calendar="", calendar_method="")
                | Q(channel="mail") & ~Q(calendar="") & ~Q(calendar_method=""),
                name="letter_calendar_by_mail_with_method",
            ),
        ]
        indexes = [
            # read by letters_sending: what to send next, and by letters.withdraw
            models.Index(fields=["channel", "due_at"], condition=Q(status="queued"), name="letter_queued"),
            # read by letters_sending: claimed by a worker that did not come back
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="letter_sending"),
            # read by letters_overview
            models.Index(fields=["created_at"], condition=Q(status="failed"), name="letter_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} by {self.channel}"
