"""My calendar: what stands in it, the address to subscribe to, and the programme's number for the phone."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET, require_POST

from calendars.contact_card import CONTENT_TYPE, qr_svg, render_contact_card
from people.errors import Refused
from people.models import Person
from rota import feeds
from rota.acting_for import speaks_for
from rota.answer_links import answer_url
from rota.calendar_entries import PRODUCT
from rota.invitation_letters import organizer_address
from rota.models import CalendarFeed, Invitation
from web.access import PersonRequest, open_to

ENTRIES = 8


@dataclass(frozen=True)
class Subscription:
    """The address and the ways into the calendars that most people have. `problem` where it cannot be shown."""

    feed: CalendarFeed
    url: str
    problem: str = ""

    @property
    def webcal(self) -> str:
        return f"webcal:{self.url.partition(':')[2]}"

    @property
    def google(self) -> str:
        return f"https://calendar.google.com/calendar/r?cid={quote(self.webcal, safe='')}"

    @property
    def outlook(self) -> str:
        return f"https://outlook.office.com/calendar/0/addfromweb?{urlencode({'url': self.url, 'name': PRODUCT})}"


@dataclass(frozen=True)
class Line:
    """One entry to come, and where it is answered."""

    entry: Invitation
    url: str


@require_GET
@open_to()
def my_calendar(request: PersonRequest) -> HttpResponse:
    """One's own calendar, or with `for` that of somebody whom one assists."""
    whom = _whom(request, request.GET.get("for", ""))
    card = _card()
    context = {
        "whom": whom,
        "others": [person for person in _all(request.user) if person != whom],
        "subscription": _subscription(whom),
        "lines": _lines(whom),
        "number": settings.TWILIO_FROM_NUMBER,
        "qr": _qr(card) if card else "",
        "calendar_address": organizer_address(),
    }
    return render(request, "web/calendar/page.html", context)


@require_POST
@open_to()
def open_feed(request: PersonRequest) -> HttpResponseBase:
    """The first address."""
    whom = _whom(request, request.POST.get("for", ""))
    feeds.open_feed(person=whom, by=request.user)
    return _back(request, whom)


@require_POST
@open_to()
def renew_feed(request: PersonRequest) -> HttpResponseBase:
    """Another address, where somebody saw the old one."""
    whom = _whom(request, request.POST.get("for", ""))
    feeds.renew(person=whom, by=request.user)
    messages.success(request, "This is the new address. The old one shows nothing any more: subscribe again.")
    return _back(request, whom)


@require_POST
@open_to()
def revoke_feed(request: PersonRequest) -> HttpResponseBase:
    """No address any more."""
    whom = _whom(request, request.POST.get("for", ""))
    feeds.revoke(person=whom, by=request.user)
    messages.success(request, "The address shows nothing any more.")
    return _back(request, whom)


@require_GET
@open_to()
def contact_card(request: PersonRequest) -> HttpResponseBase:
    """The programme's number as a contact to import."""
    card = _card()
    if not card:
        messages.error(request, "There is no number yet: an administrator sets one up.")
        return redirect("web:calendar")
    return HttpResponse(
        card,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": 'attachment; filename="officer-of-the-day.vcf"'},
    )


def _all(user: Person) -> list[Person]:
    return list(dict.fromkeys([user, *speaks_for(user)])) if user.roles else speaks_for(user) or [user]


def _whom(request: PersonRequest, given: str) -> Person:
    """Oneself, or whom one assists; an assistant without a role of their own sees the first of those."""
    everybody = _all(request.user)
    return next((person for person in everybody if str(person.pk) == given), everybody[0])


def _back(request: PersonRequest, whom: Person) -> HttpResponseBase:
    mine = "" if whom == request.user else f"?for={whom.pk}"
    return redirect(f"{reverse('web:calendar')}{mine}#subscribe")


def _subscription(whom: Person) -> Subscription | None:
    feed = CalendarFeed.objects.filter(person=whom, revoked_at=None).first()
    if feed is None:
        return None
    try:
        return Subscription(feed, feeds.feed_url(feed))
    except Refused as refused:
        return Subscription(feed, "", str(refused))


def _lines(whom: Person) -> list[Line]:
    to_come = Invitation.objects.filter(person=whom, cancelled=False, ends_at__gt=timezone.now())
    return [Line(entry, answer_url(entry.pk)) for entry in to_come.order_by("starts_at", "pk")[:ENTRIES]]


def _card() -> bytes:
    if not settings.TWILIO_FROM_NUMBER:
        return b""
    return render_contact_card(
        name=PRODUCT,
        numbers=[settings.TWILIO_FROM_NUMBER],
        url=settings.PUBLIC_BASE_URL,
        note="Let this contact through Do Not Disturb: when it rings, a customer needs you.",
    )


def _qr(card: bytes) -> SafeString:
    return mark_safe(qr_svg(card.decode(), title="Contact card of Officer of the Day"))  # noqa: S308 - drawn here
