"""Every page and button × everybody: who is let in, who is sent to sign in, who is told no."""

import uuid
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Account
from escalations.confirming import answer_url
from escalations.models import Escalation
from learnings.actions import plan_action
from learnings.dispatching import save_channel, save_endpoint
from learnings.ideas import send_idea
from learnings.mail_wishes import feed_address, stop_address
from learnings.models import Learning, Touchpoint
from learnings.notices import publish_notice
from learnings.said_done import publish
from listening import audits, reviews
from listening.models import LiveCall, Visit, Voicemail
from listening.ride_alongs import answer_url as answer_url_of_ride
from listening.ride_alongs import plan_ride_along
from people.models import Letter, Person
from reports.closing import close_month
from reports.mailing import sponsor_link
from rota.absences import enter_absence
from rota.answer_links import answer_url as invitation_url
from rota.exemptions import exempt
from rota.feeds import feed_url, open_feed
from rota.hours import duty_day_of
from rota.invitations_due import keep_up
from rota.models import BusyCalendar, Duty, Invitation, Programme
from rota.preferences import set_preference
from rota.swaps import propose_swap
from tests.conftest import publish_days
from tests.listening.test_other_kinds import photo, recorded
from tests.web.conftest import SignIn
from tests.web.drafted import add_members, far_day, plan
from web.urls import urlpatterns

EVERYBODY = {"stranger", "outsider", "assistant", "support", "executive", "admin"}
SIGNED_IN = EVERYBODY - {"stranger"}
ROLES = {"support", "executive", "admin"}
DESK = {"support", "admin"}
OFFICERS = {"executive", "admin"}
READERS = ROLES | {"assistant"}
KEEPERS = {"assistant", "admin"}
ADMIN = {"admin"}


class Row(NamedTuple):
    """One address: whom it lets in, how it is asked, and what those get who are signed in and not let in."""

    name: str
    who: set[str]
    method: str = "GET"
    others: int = 403


TABLE = [
    Row("home", SIGNED_IN),
    Row("theme", EVERYBODY, "POST"),
    Row("desk", DESK),
    Row("desk", DESK, "POST"),
    Row("desk-accounts", DESK),
    Row("desk-score", DESK),
    Row("desk-contact", DESK),
    Row("desk-cases", DESK),
    Row("cases", ROLES),
    # What somebody may not see does not exist for them: 404, whoever they are.
    Row("case", ROLES, others=404),
    Row("case-live", ROLES, others=404),
    Row("case-accept", ROLES, "POST", others=404),
    Row("case-pass", ROLES, "POST", others=404),
    Row("case-working", ROLES, "POST", others=404),
    Row("case-connect", ROLES, "POST", others=404),
    Row("case-drop", ROLES, "POST", others=404),
    Row("case-take-over", ROLES, "POST", others=404),
    Row("case-decline", ROLES, "POST", others=404),
    Row("case-note", ROLES, "POST", others=404),
    Row("case-outcome", ROLES, others=404),
    Row("case-outcome", ROLES, "POST", others=404),
    Row("case-hand-over", ROLES, others=404),
    Row("case-hand-over", ROLES, "POST", others=404),
    Row("case-cancel", ROLES, others=404),
    Row("case-cancel", ROLES, "POST", others=404),
    Row("officer", OFFICERS),
    Row("officer-live", OFFICERS),
    Row("duty", READERS),
    Row("duty-balance", KEEPERS | {"executive"}),
    Row("duty-page", READERS),
    # Ana's duty, about which Ben is asked.
    Row("duty-swap", KEEPERS),
    Row("duty-swap", KEEPERS, "POST"),
    Row("duty-cover", KEEPERS | {"executive"}, "POST"),
    Row("cover-decide", ADMIN, "POST"),
    Row("swaps", KEEPERS | {"executive"}),
    Row("swap-answer", {"executive"}),
    Row("swap-answer", {"executive"}, "POST"),
    Row("swap-ask", EVERYBODY),
    Row("swap-ask", EVERYBODY, "POST"),
    Row("swap-withdraw", SIGNED_IN, "POST"),
    Row("availability", READERS),
    # Ana's: hers, her assistant's and administrators'.
    Row("availability-of", KEEPERS, others=404),
    Row("absence-enter", KEEPERS, "POST", others=404),
    Row("absence-withdraw", KEEPERS, "POST", others=404),
    Row("wish-weekdays", KEEPERS, "POST", others=404),
    Row("wish-date", KEEPERS, "POST", others=404),
    Row("wish-clear", KEEPERS, "POST", others=404),
    Row("busy-calendar-add", KEEPERS, "POST", others=404),
    Row("busy-calendar-read", KEEPERS, "POST", others=404),
    Row("busy-calendar-remove", KEEPERS, "POST", others=404),
    Row("profile", SIGNED_IN),
    Row("profile", SIGNED_IN, "POST"),
    Row("profile-send-code", SIGNED_IN, "POST"),
    Row("profile-confirm-code", SIGNED_IN, "POST"),
    Row("profile-pin", SIGNED_IN, "POST"),
    Row("profile-test-ring", SIGNED_IN, "POST"),
    Row("listening", READERS),
    # Ana's, which her assistant and administrators look after.
    Row("listening-of", KEEPERS, others=404),
    Row("listening-book", KEEPERS, "POST", others=404),
    Row("session", KEEPERS, others=404),
    Row("session-live", KEEPERS, others=404),
    Row("session-move", KEEPERS, others=404),
    Row("session-move", KEEPERS, "POST", others=404),
    Row("session-give-back", KEEPERS, "POST", others=404),
    Row("session-end", KEEPERS, "POST", others=404),
    Row("debrief", KEEPERS, others=404),
    Row("debrief", KEEPERS, "POST", others=404),
    Row("ride-along", KEEPERS, others=404),
    Row("ride-along", KEEPERS, "POST", others=404),
    Row("ride-along-finish", KEEPERS, "POST", others=404),
    Row("ride-along-call-off", KEEPERS, "POST", others=404),
    # By the secret in the address alone.
    Row("ride-along-answer", EVERYBODY),
    Row("ride-along-answer", EVERYBODY, "POST"),
    Row("box-begin", {"executive"}, "POST"),
    # Ben's, the executive's.
    Row("box", {"executive"}),
    Row("box", {"executive"}, "POST"),
    Row("box-item", {"executive"}),
    Row("box-item", {"executive"}, "POST"),
    Row("box-photo", {"executive", "admin"}, others=404),
    Row("box-close", {"executive"}, "POST"),
    Row("reviews", {"executive"}),
    Row("review-begin", {"executive"}, "POST"),
    Row("review", {"executive"}),
    Row("review-report", {"executive"}, "POST"),
    Row("review-finish", {"executive"}, "POST"),
    Row("recording-audio", OFFICERS),
    Row("recordings", ADMIN),
    Row("recordings", ADMIN, "POST"),
    Row("recording-withdraw", ADMIN, "POST"),
    # Cleo's, who is support and in a call.
    Row("my-calls", {"support"}),
    Row("my-calls-live", {"support"}),
    Row("my-calls-sign", {"support"}, "POST"),
    Row("my-calls-take-back", {"support"}, "POST"),
    Row("my-calls-desk", {"support"}, "POST"),
    Row("my-calls-state", {"support"}, "POST"),
    Row("my-calls-speak", {"support"}, "POST"),
    Row("my-calls-decline", {"support"}, "POST"),
    Row("voicemail-called-back", DESK, "POST"),
    Row("listening-wall", ADMIN),
    Row("listening-wall-live", ADMIN),
    Row("listening-countries", ADMIN),
    Row("listening-countries", ADMIN, "POST"),
    Row("listening-country-back", ADMIN, "POST"),
    Row("listening-ledger", ADMIN),
    Row("listening-ledger-person", ADMIN),
    Row("listening-ledger-person", ADMIN, "POST"),
    Row("listening-rules", ADMIN),
    Row("listening-rules", ADMIN, "POST"),
    Row("hunt-group", ADMIN),
    Row("hunt-group", ADMIN, "POST"),
    Row("learnings", READERS),
    Row("learning-add", ROLES),
    Row("learning-add", ROLES, "POST"),
    Row("learning", READERS),
    Row("learning", READERS, "POST"),
    Row("themes", READERS),
    Row("themes", READERS, "POST"),
    Row("learning-theme", READERS),
    Row("learning-theme", READERS, "POST"),
    Row("actions", READERS),
    Row("action-add", ROLES),
    Row("action-add", ROLES, "POST"),
    Row("action", READERS),
    Row("action", READERS, "POST"),
    Row("ideas", SIGNED_IN),
    Row("ideas", SIGNED_IN, "POST"),
    Row("idea", SIGNED_IN),
    Row("idea", SIGNED_IN, "POST"),
    Row("notices", READERS),
    Row("notices", READERS, "POST"),
    Row("notice", READERS),
    Row("notice", READERS, "POST"),
    Row("thanks", SIGNED_IN),
    Row("thanks", SIGNED_IN, "POST"),
    Row("heard", READERS),
    Row("said-done", READERS),
    Row("said-done-month", READERS),
    Row("said-done-pdf", READERS),
    Row("charts", READERS),
    Row("chart-image", READERS),
    Row("mail", SIGNED_IN),
    Row("mail", SIGNED_IN, "POST"),
    # By the secret in the address alone.
    Row("learnings-atom", EVERYBODY),
    Row("mail-stop", EVERYBODY),
    Row("mail-stop", EVERYBODY, "POST"),
    Row("calendar-feed", EVERYBODY),
    Row("calendar", SIGNED_IN),
    Row("calendar-open", SIGNED_IN, "POST"),
    Row("calendar-renew", SIGNED_IN, "POST"),
    Row("calendar-revoke", SIGNED_IN, "POST"),
    Row("calendar-card", SIGNED_IN),
    # By the secret in the address alone.
    Row("calendar-answer", EVERYBODY),
    Row("calendar-answer", EVERYBODY, "POST"),
    Row("confirm", EVERYBODY),
    Row("confirm", EVERYBODY, "POST"),
    Row("manage", ADMIN),
    Row("people", ADMIN),
    Row("person-add", ADMIN),
    Row("person-add", ADMIN, "POST"),
    Row("person", ADMIN),
    Row("person", ADMIN, "POST"),
    Row("person-phone", ADMIN, "POST"),
    Row("person-close", ADMIN, "POST"),
    Row("person-reopen", ADMIN, "POST"),
    Row("accounts", ADMIN),
    Row("account-add", ADMIN),
    Row("account-add", ADMIN, "POST"),
    Row("account", ADMIN),
    Row("account", ADMIN, "POST"),
    Row("programmes", ADMIN),
    Row("programme-apply", ADMIN),
    Row("programme-apply", ADMIN, "POST"),
    Row("programme", ADMIN),
    Row("programme-rules", ADMIN),
    Row("programme-rules", ADMIN, "POST"),
    Row("programme-members", ADMIN),
    Row("programme-members", ADMIN, "POST"),
    Row("programme-member", ADMIN),
    Row("programme-member", ADMIN, "POST"),
    Row("programme-exempt", ADMIN, "POST"),
    Row("exemption-lift", ADMIN, "POST"),
    Row("absences", ADMIN),
    Row("absence-decide", ADMIN, "POST"),
    Row("duty-reassign", ADMIN),
    Row("duty-reassign", ADMIN, "POST"),
    Row("rota", ADMIN),
    Row("rota-plan", ADMIN, "POST"),
    Row("rota-run", ADMIN),
    Row("rota-run-live", ADMIN),
    Row("rota-stop", ADMIN, "POST"),
    Row("rota-relax", ADMIN, "POST"),
    Row("rota-board", ADMIN),
    Row("rota-balance", ADMIN),
    Row("rota-candidates", ADMIN),
    Row("rota-fill", ADMIN),
    Row("rota-exchange", ADMIN),
    Row("rota-exchange", ADMIN, "POST"),
    Row("rota-assign", ADMIN, "POST"),
    Row("rota-lock", ADMIN, "POST"),
    Row("rota-solve-again", ADMIN, "POST"),
    Row("rota-publish", ADMIN, "POST"),
    Row("rota-discard", ADMIN, "POST"),
    Row("report-month", ADMIN),
    Row("report-verify", ADMIN),
    Row("report-verify", ADMIN, "POST"),
    Row("report-close", ADMIN, "POST"),
    Row("report-file", ADMIN),
    Row("report-csv", ADMIN),
    Row("report-xlsx", ADMIN),
    Row("report-correct", ADMIN, "POST"),
    Row("report-own", {"executive"}),
    # Ben's, who is the executive here; to another it does not exist.
    Row("report-member", OFFICERS),
    Row("report-figure", OFFICERS),
    Row("report-health", ADMIN),
    Row("report-mail", ADMIN, "POST"),
    Row("report-band", ADMIN, "POST"),
    Row("report-drill", ADMIN, "POST"),
    Row("report-sponsor", ADMIN),
    # By the signature in the address alone.
    Row("sponsor-link", EVERYBODY),
    Row("retention", ADMIN),
    Row("retention", ADMIN, "POST"),
    Row("contact-erase", ADMIN),
    Row("contact-erase", ADMIN, "POST"),
    Row("audit", ADMIN),
    Row("audit-csv", ADMIN),
    Row("audit-sign-ins", ADMIN),
    Row("audit-reads", ADMIN),
    Row("imports", ADMIN),
    Row("imports", ADMIN, "POST"),
    Row("touchpoints", ADMIN),
    Row("touchpoints", ADMIN, "POST"),
    Row("touchpoint", ADMIN),
    Row("touchpoint", ADMIN, "POST"),
    Row("learning-rules", ADMIN),
    Row("learning-rules", ADMIN, "POST"),
    Row("news", ADMIN),
    Row("news", ADMIN, "POST"),
    Row("news-channel", ADMIN),
    Row("news-channel", ADMIN, "POST"),
    Row("news-endpoint", ADMIN),
    Row("news-endpoint", ADMIN, "POST"),
    Row("deliveries", ADMIN),
    Row("deliveries-live", ADMIN),
    Row("letters-retry", ADMIN, "POST"),
    Row("delivery-retry", ADMIN, "POST"),
    Row("delivery-cancel", ADMIN, "POST"),
]
IN_DEBUG_ONLY = {"design"}
# Let in, whatever the verb then says of an empty form or of the case's status.
LET_IN = {200, 204, 302, 409, 422}


@pytest.fixture
def cast(cleo: Person, ben: Person, dora: Person, eve: Person, asha: Person) -> dict[str, Person | None]:
    """Ben is an executive of the programme with no page of this case; so he sees it and does not hold it."""
    return {
        "stranger": None,
        "outsider": eve,
        "assistant": asha,
        "support": cleo,
        "executive": ben,
        "admin": dora,
    }


@pytest.fixture
def of_ana(programme: Programme, ana: Person, dora: Person) -> dict[str, tuple[object, ...]]:
    """What is kept of Ana's life, by the addresses that are about it."""
    now = timezone.now()
    day = now.date() + timedelta(days=100)
    absence = enter_absence(person=ana, first=day, last=day, by=dora)
    wish = set_preference(person=ana, liking=-3, weekday="fri", by=dora)
    calendar = BusyCalendar.objects.create(
        person=ana, address="https://example.com/x.ics", next_fetch_at=now, created_at=now
    )
    exemption = exempt(programme=programme, person=ana, month=now.date(), reason="Ill", by=dora)
    return {
        "availability-of": (ana.pk,),
        "absence-enter": (ana.pk,),
        "absence-withdraw": (absence.pk,),
        "absence-decide": (absence.pk,),
        "wish-weekdays": (ana.pk,),
        "wish-date": (ana.pk,),
        "wish-clear": (wish.pk,),
        "busy-calendar-add": (ana.pk,),
        "busy-calendar-read": (calendar.pk,),
        "busy-calendar-remove": (calendar.pk,),
        "duty-balance": ("north-america",),
        "programme-member": ("north-america", ana.pk),
        "programme-exempt": ("north-america", ana.pk),
        "exemption-lift": (exemption.pk,),
    }


@pytest.fixture
def of_a_swap(programme: Programme, ana: Person, ben: Person) -> dict[str, tuple[object, ...]]:
    """Ana's duty in nine days, and what Ben is asked about it."""
    day = duty_day_of(programme.rules, timezone.now()) + timedelta(days=9)
    (duty,) = publish_days(programme, [[ana]], first=day)
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    ask = swap.asks.get()
    token = Letter.objects.get(key=f"swap:{swap.pk}:ask:{ben.pk}").text.split("/swaps/")[1].split("/")[0]
    return {
        "duty-page": (duty.pk,),
        "duty-swap": (duty.pk,),
        "duty-cover": (duty.pk,),
        "cover-decide": (duty.cover_proposals.create(created_at=timezone.now()).pk,),
        "swap-answer": (ask.pk,),
        "swap-ask": (token,),
        "swap-withdraw": (swap.pk,),
    }


@pytest.fixture
def of_a_month(programme: Programme, ben: Person, dora: Person) -> dict[str, tuple[object, ...]]:
    """The month before this one, closed, and Ben's line in it."""
    month = (timezone.now().astimezone(programme.zone).date().replace(day=1) - timedelta(days=1)).replace(
        day=1
    )
    close_month(programme=programme, month=month, by=dora)
    which = (programme.slug, f"{month:%Y-%m}")
    return {
        "report-close": which,
        "report-health": which,
        "report-mail": which,
        "report-band": which,
        "report-drill": which,
        "report-sponsor": which,
        "sponsor-link": (sponsor_link(programme, month).rpartition("/")[2].removesuffix(".pdf"),),
        "report-file": which,
        "report-csv": which,
        "report-xlsx": which,
        "report-correct": (*which, ben.pk),
        "report-member": (*which, ben.pk),
        "report-figure": (*which, ben.pk, "cases_taken"),
    }


@pytest.fixture
def of_listening(
    programme: Programme, ana: Person, ben: Person, cleo: Person, dora: Person, session_of, settings, tmp_path
) -> dict[str, tuple[object, ...]]:
    """Ana's session to come, and Cleo's call to which Ben would like to listen."""
    now = timezone.now()
    session = session_of(ana)
    call = LiveCall.objects.create(
        source="own", agent=cleo, programme=programme, state="live", started_at=now, state_at=now
    )
    visit = Visit.objects.create(
        session=session_of(ben, status="running", place="waiting", call_sid="CA1"),
        live_call=call,
        participant="l-1",
        offered_at=now,
    )
    message = Voicemail.objects.create(
        programme=programme, recording_sid="RE1", url="https://example.com/RE1", seconds=9, left_at=now
    )
    settings.MEDIA_ROOT = tmp_path
    box = audits.begin_audit(programme=programme, person=ben)
    item = audits.add_item(session=box, by=ben, what="A dent", verdict="poor", owner=ben, photo=photo())
    recording = reviews.add_recording(
        programme=programme,
        by=dora,
        title="A call",
        recorded_on=now.date(),
        announced_by="Announcement 3",
        file=recorded(),
    )
    review = reviews.begin_review(recording=recording, person=ben)
    ride = plan_ride_along(
        programme=programme, person=ana, colleague=cleo, start=now + timedelta(days=1), minutes=60, by=ana
    )
    sessions = (
        "session", "session-live", "session-move", "session-give-back", "session-end", "debrief",
    )  # fmt: skip
    return {
        **dict.fromkeys(sessions, (session.pk,)),
        "listening-of": (ana.pk,),
        "ride-along": (ana.pk,),
        "ride-along-finish": (ride.session_id,),
        "ride-along-call-off": (ride.session_id,),
        "ride-along-answer": (answer_url_of_ride(ride).split("/")[-2],),
        "box": (box.pk,),
        "box-close": (box.pk,),
        "box-item": (item.pk,),
        "box-photo": (item.pk,),
        "review-begin": (recording.pk,),
        "recording-audio": (recording.pk,),
        "recording-withdraw": (recording.pk,),
        "review": (review.pk,),
        "review-report": (review.pk,),
        "review-finish": (review.pk,),
        "listening-book": (ana.pk,),
        "my-calls-state": (call.pk,),
        "my-calls-speak": (visit.pk,),
        "my-calls-decline": (visit.pk,),
        "voicemail-called-back": (message.pk,),
        "listening-rules": (programme.slug,),
        "hunt-group": (programme.slug,),
        "listening-ledger-person": (programme.slug, ana.pk),
    }


@pytest.fixture
def of_a_calendar(programme: Programme, ana: Person) -> dict[str, tuple[object, ...]]:
    """Ana's invitation and her feed, as whoever has the addresses reaches them."""
    keep_up()
    url = feed_url(open_feed(person=ana, by=ana))
    asked = invitation_url(Invitation.objects.filter(person=ana).latest("starts_at").pk)
    return {
        "calendar-feed": (url.rpartition("/")[2].removesuffix(".ics"),),
        "calendar-answer": (asked.split("/")[-2],),
    }


@pytest.fixture
def of_a_draft(programme: Programme, dora: Person) -> dict[str, tuple[object, ...]]:
    """A draft of a few days far ahead, and the run that made it."""
    add_members(programme)
    made = plan(programme, far_day(programme), by=dora, days=3)
    on_the_board = (
        "board", "balance", "candidates", "fill", "exchange", "assign", "solve-again", "publish", "discard",
    )  # fmt: skip
    return {
        **{f"rota-{name}": (made.rota_id,) for name in on_the_board},
        **{f"rota-{name}": (made.pk,) for name in ("run", "run-live", "stop", "relax")},
        "rota-lock": (Duty.objects.filter(rota=made.rota_id).earliest("pk").pk,),
        "rota-plan": (programme.slug,),
    }


@pytest.fixture
def of_learnings(
    resolved: Escalation, ana: Person, cleo: Person, dora: Person
) -> dict[str, tuple[object, ...]]:
    """What follows from what Ana learnt."""
    learning = Learning.objects.get()
    today = timezone.now().date()
    action = plan_action(what="Mend it", owner=ana, due_on=today, by=dora, theme=learning.theme)
    notice = publish_notice(by=dora, title="Statements go out", starts_on=today)
    month = publish(month=today.replace(day=1))
    kinds = {"name": "Room", "kinds": ["learning.logged"], "by": dora}
    return {
        "learning": (learning.pk,),
        "learning-theme": (learning.theme_id,),
        "action": (action.pk,),
        "idea": (send_idea(words="A bell", by=cleo).pk,),
        "notice": (notice.pk,),
        "said-done-month": (f"{month.month:%Y-%m}",),
        "said-done-pdf": (f"{month.month:%Y-%m}",),
        "chart-image": ("themes",),
        "learnings-atom": (feed_address(ana).rpartition("/")[2].removesuffix(".atom"),),
        "mail-stop": (stop_address(ana).split("/")[-2],),
        "news-channel": (save_channel(channel=None, address="json://127.0.0.1:9", **kinds).pk,),
        "news-endpoint": (save_endpoint(endpoint=None, url="http://127.0.0.1:9/", **kinds).pk,),
    }


@pytest.fixture
def address(
    case: Escalation,
    resolved: Escalation,
    billing: Touchpoint,
    acme: Account,
    eve: Person,
    of_ana: dict[str, tuple[object, ...]],
    of_a_swap: dict[str, tuple[object, ...]],
    of_a_calendar: dict[str, tuple[object, ...]],
    of_listening: dict[str, tuple[object, ...]],
    of_a_draft: dict[str, tuple[object, ...]],
    of_a_month: dict[str, tuple[object, ...]],
    of_learnings: dict[str, tuple[object, ...]],
):
    paths = {
        **of_learnings,
        **of_a_draft,
        **of_ana,
        **of_a_calendar,
        **of_listening,
        **of_a_month,
        **of_a_swap,
        "programme-rules": ("north-america",),
        "programme-members": ("north-america",),
        "programme": ("north-america",),
        "person": (eve.pk,),
        "person-phone": (eve.pk,),
        "person-close": (eve.pk,),
        "person-reopen": (eve.pk,),
        "account": (acme.pk,),
        "contact-erase": (acme.contacts.get().pk,),
        "touchpoint": (billing.pk,),
        "delivery-retry": ("page", case.pages.latest("pk").pk),
        "delivery-cancel": ("page", case.pages.latest("pk").pk),
        "duty-reassign": (Duty.objects.published().filter(seat=0).latest("day").pk,),
    }

    one, other = Duty.objects.filter(rota=of_a_draft["rota-board"][0], seat=0).order_by("day")[:2]
    seat = f"?day={one.day}&seat=0"
    of_a_place = {
        "rota-candidates": seat,
        "rota-fill": f"{seat}&one={one.pk}",
        "rota-exchange": f"?one={one.pk}&other={other.pk}",
    }

    def find(name: str) -> str:
        if name == "confirm":
            return "/confirm/" + answer_url(resolved.outcomes.get()).split("/confirm/", 1)[1]
        arguments = (case.pk,) if name == "case" or name.startswith("case-") else paths.get(name, ())
        return reverse(f"web:{name}", args=arguments) + of_a_place.get(name, "")

    return find


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_every_address_lets_in_whom_the_table_says(who, cast, address, sign_in: SignIn) -> None:
    wrong = []
    for row in TABLE:
        client = sign_in(cast[who])
        response = client.generic(row.method, address(row.name))
        status = response.status_code
        if who in row.who:
            # A button's empty form may name nothing there is; where others are told 403, that tells them apart.
            names_nothing = status == 404 and row.method == "POST" and row.others == 403
            ok = (status in LET_IN or names_nothing) and not response.headers.get("Location", "").startswith(
                "/accounts/login/"
            )
        elif who == "stranger":
            ok = status == 302 and response.headers["Location"].startswith("/accounts/login/")
        else:
            ok = status == row.others
        if not ok:
            wrong.append(f"{row.method} {row.name}: {status} {response.headers.get('Location', '')}")
    assert not wrong


def test_the_table_has_every_address() -> None:
    names = {pattern.name for pattern in urlpatterns}
    assert names - IN_DEBUG_ONLY == {row.name for row in TABLE}


def test_the_design_page_is_for_debug_only(client, settings) -> None:
    assert client.get("/design/").status_code == 404
    settings.DEBUG = True
    assert client.get("/design/").status_code == 200


def test_buttons_answer_to_post_only(address, dora: Person, sign_in: SignIn) -> None:
    client = sign_in(dora)
    for row in TABLE:
        if row.method == "POST" and Row(row.name, row.who, "GET", row.others) not in TABLE:
            assert client.get(address(row.name)).status_code == 405, row.name


def test_a_stranger_comes_back_to_the_page_after_signing_in(case: Escalation, client) -> None:
    response = client.get(f"/cases/{case.pk}/")
    assert response.headers["Location"] == f"/accounts/login/?next=/cases/{case.pk}/"


def test_a_fragment_of_an_ended_session_makes_the_page_load_anew(case: Escalation, client) -> None:
    response = client.get(f"/cases/{case.pk}/live/", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response.headers["HX-Refresh"] == "true"


def test_pages_of_people_are_kept_by_no_cache(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    assert "no-store" in sign_in(cleo).get(f"/cases/{case.pk}/").headers["Cache-Control"]


def test_somebody_who_left_is_out_at_once(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    client = sign_in(cleo)
    Person.objects.filter(pk=cleo.pk).update(is_active=False)
    assert client.get(f"/cases/{case.pk}/").status_code == 302


def test_nobody_adds_another_address_to_sign_in_with(cleo: Person, sign_in: SignIn) -> None:
    assert sign_in(cleo).get("/accounts/email/").status_code == 404


@pytest.mark.parametrize("who", ["support", "executive", "admin"])
def test_an_officers_number_is_shown_to_administrators_and_its_owner_only(
    who, cast, case: Escalation, ana: Person, sign_in: SignIn
) -> None:
    for path in (f"/cases/{case.pk}/", f"/cases/{case.pk}/live/?after=0", "/duty/", "/learnings/", "/cases/"):
        page = sign_in(cast[who]).get(path).content.decode()
        shown = ana.phone in page
        assert shown == (who == "admin" and "/cases/" in path and path != "/cases/"), path
    assert ana.phone in sign_in(ana).get(f"/cases/{case.pk}/").content.decode()


def test_a_made_up_number_of_a_case_is_no_error(dora: Person, sign_in: SignIn) -> None:
    assert sign_in(dora).get("/cases/999999999999/").status_code == 404
    assert sign_in(dora).get(f"/confirm/{uuid.uuid4()}/").status_code == 404
