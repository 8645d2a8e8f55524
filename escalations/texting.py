"""Texts that come in: an officer's answer, a customer's answer, or a stranger's, which gets none."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from escalations import bridging, confirming, following_up, handing_over, holding, paging, telling
from escalations.errors import AlreadyTaken, NotAllowed, NotNow
from escalations.models import (
    ENDED,
    IN_HAND,
    LIVE_PAGE,
    WAITING_FOR_AN_OFFICER,
    Answer,
    Channel,
    Escalation,
    HeardText,
    JoinedContact,
    Outcome,
    Page,
    PageStatus,
    Purpose,
)
from escalations.prompts import prompt
from escalations.replies import Intent, Reply, is_automatic, read_customer, read_officer
from escalations.timeline import CUSTOMER, note
from people.models import Person
from telephony import clock, consent, doors
from telephony.events import InboundText
from telephony.texts import fold

HOW = "by text"
# A person answers a page within a day; later than that a "yes" is about something else.
RECENT = timedelta(hours=24)
# Two machines that thank each other would never end.
MOST_ANSWERS_AN_HOUR = 20
ABOUT_AN_ENDED_CASE = timedelta(days=30)
MOST_CASES_OF_A_NUMBER = 100


def hear(text: InboundText) -> str:
    """Do what a text asks for and return the words to answer with ("" for none). A doubled text does nothing."""
    now = clock.now()
    with transaction.atomic():  # heard and heeded in one: what a crash undoes, Twilio sends again
        try:
            with transaction.atomic():
                HeardText.objects.create(sid=text.sid, sender=text.from_, at=now)
        except IntegrityError:
            return ""
        return _heed(text, now)


def _heed(text: InboundText, now: datetime) -> str:
    if consent.heed(text, at=now) or is_automatic(text.body) or _too_many(text.from_):
        return ""
    person = Person.objects.reachable_by_phone().active().filter(phone=text.from_).first()
    is_officer = person is not None and person.pages.exists()
    if person is not None and not (is_officer and any(_is_undecided(page) for page in _answerable(person))):
        elsewhere = doors.text(text)
        if elsewhere is not None:
            return fold(elsewhere, language=person.language)
    if person is not None and is_officer:
        return fold(_officer(person, read_officer(text.body)), language=person.language)
    return _customer(text.from_, text.body)


def _too_many(sender: str) -> bool:
    since = clock.now() - timedelta(hours=1)
    return HeardText.objects.filter(sender=sender, at__gt=since).count() > MOST_ANSWERS_AN_HOUR


# --- An officer -----------------------------------------------------------------------------------------


def _officer(person: Person, reply: Reply) -> str:
    language = person.language
    pages = _answerable(person)
    if reply.number is not None:
        pages = [page for page in pages if page.escalation.number == reply.number]
    live = [page for page in pages if page.status in LIVE_PAGE] or pages
    open_ones = [page for page in live if _is_undecided(page)] or live[:1]
    if reply.intent is Intent.CONNECT:
        return _connect(person, reply)
    if not open_ones:
        return prompt("text.none_open", language)
    if reply.intent not in (Intent.ACCEPT, Intent.PASS):
        return prompt("text.not_understood", language)
    if len(open_ones) > 1:
        numbers = sorted(page.escalation.number for page in open_ones)
        listed = ", ".join(str(number) for number in numbers)
        return prompt("text.which", language, numbers=listed, example=numbers[0])
    return _decide(open_ones[0], reply.intent)


def _answerable(person: Person) -> list[Page]:
    """The latest page of each case that this person was paged for within a day, newest first."""
    pages = (
        Page.objects.filter(person=person, created_at__gt=clock.now() - RECENT)
        .exclude(channel=Channel.EMAIL)
        .select_related("escalation__owner", "escalation__programme", "escalation__account", "person")
        .order_by("-created_at", "-pk")[:200]
    )
    latest: dict[int, Page] = {}
    for page in pages:
        # The text page is the one that a text answers, where both went out together.
        known = latest.get(page.escalation_id)
        if known is None or (known.channel == Channel.CALL and page.rung == known.rung):
            latest[page.escalation_id] = page
    return list(latest.values())


def _is_undecided(page: Page) -> bool:
    case = page.escalation
    if page.purpose in (Purpose.OFFER, Purpose.CALLED_BACK):
        return case.status in WAITING_FOR_AN_OFFICER and page.status != PageStatus.PASSED
    if page.purpose == Purpose.HAND_OVER:
        return case.hand_over_to_id == page.person_id
    return case.status in IN_HAND and case.owner_id == page.person_id and page.status in LIVE_PAGE


def _decide(page: Page, intent: Intent) -> str:
    language, case = page.person.language, page.escalation
    yes = intent is Intent.ACCEPT
    if page.purpose in (Purpose.ASK, Purpose.REOPENED) and case.owner_id != page.person_id:
        return prompt("text.taken", language, name=case.owner.name, number=case.number)
    try:
        match page.purpose:
            case Purpose.ASK | Purpose.REOPENED if yes:
                holding.confirm_working(page=page, how=HOW)
                key = "text.you_are_on_it"
            case Purpose.ASK | Purpose.REOPENED:
                following_up.hand_on(page=page, how=HOW)
                key = "text.handed_on"
            case Purpose.HAND_OVER if yes:
                handing_over.take(escalation=case, by=page.person, page=page, how=HOW)
                key = "text.you_have_it"
            case Purpose.HAND_OVER:
                handing_over.decline(escalation=case, by=page.person, page=page, how=HOW)
                key = "text.passed"
            case _ if yes:
                paging.accept(escalation=case, by=page.person, page=page, how=HOW)
                key = "text.drill_over" if case.is_drill else "text.you_have_it"
            case _:
                paging.pass_on(escalation=case, by=page.person, page=page, how=HOW)
                key = "text.passed"
    except AlreadyTaken as taken:
        return prompt("text.taken", language, name=taken.holder.name, number=case.number)
    except (NotNow, NotAllowed):
        return prompt("text.gone", language, number=case.number)
    return prompt(key, language, number=case.number)


def _connect(person: Person, reply: Reply) -> str:
    cases = Escalation.objects.open().filter(owner=person, status__in=IN_HAND).order_by("-accepted_at")
    if reply.number is not None:
        cases = cases.filter(pk=reply.number - 1000)
    case = cases.first()
    if case is None:
        return prompt("text.none_open", person.language)
    try:
        bridging.start(escalation=case, by=person)
    except (NotNow, NotAllowed) as refused:
        return str(refused)
    return prompt("text.calling", person.language)


# --- A customer -----------------------------------------------------------------------------------------


def _customer(number: str, body: str) -> str:
    outcome = _question_to(number)
    if outcome is not None:
        language = outcome.escalation.account.language
        reply = read_customer(body)
        if reply.intent in (Intent.YES, Intent.NO):
            return _answer(outcome, fixed=reply.intent is Intent.YES, body=body, language=language)
    case = case_of_customer(number)
    if case is not None:
        # Their words are kept where the officer reads them; nothing is answered, so nothing can loop.
        with transaction.atomic():
            note(case, "customer_text", body.strip()[:1600], actor_name=case.contact_name or CUSTOMER)
    elif (ended := _latest_ended_case_of(number)) is not None:
        _write_again(ended, body)
    return ""


def _latest_ended_case_of(number: str) -> Escalation | None:
    since = clock.now() - ABOUT_AN_ENDED_CASE
    cases = Escalation.objects.filter(contact_phone=number, status__in=ENDED, created_at__gt=since)
    return cases.select_related("account", "raised_by").order_by("-created_at").first()


def _write_again(case: Escalation, body: str) -> None:
    """Words about a case that has ended are on it all the same, and the desk that raised it hears of them."""
    with transaction.atomic():
        who = case.contact_name or CUSTOMER
        event = note(case, "customer_text", body.strip()[:1600], actor_name=who)
        telling.tell_person(
            escalation=case,
            person=case.raised_by,
            key=f"writes-again:{event.pk}",
            subject=f"Case {case.number}: the customer writes again",
            body=f"The customer of case {case.number} ({case.account.name}), which has ended, writes again. "
            "Read it here, and raise a new case if they need one:",
        )


def _question_to(number: str) -> Outcome | None:
    asked = Outcome.objects.filter(
        escalation__in=_cases_of(number),
        answer__in=(Answer.AWAITED, Answer.SILENT),
        recorded_at__gt=clock.now() - timedelta(days=30),
    )
    return asked.select_related("escalation__account", "recorded_by").order_by("-recorded_at").first()


def _cases_of(number: str) -> list[int]:
    """The latest cases in which somebody has this number: the contact, or one who joined. Each by its index."""
    own = Escalation.objects.filter(contact_phone=number).order_by("-created_at")
    joined = JoinedContact.objects.filter(phone=number).order_by("-pk")
    return [
        *own.values_list("pk", flat=True)[:MOST_CASES_OF_A_NUMBER],
        *joined.values_list("escalation", flat=True)[:MOST_CASES_OF_A_NUMBER],
    ]


def case_of_customer(number: str) -> Escalation | None:
    """The open case of the customer who calls or texts from this number, the newest where there are several."""
    cases = Escalation.objects.open().filter(pk__in=_cases_of(number))
    return cases.select_related("owner", "account", "programme").order_by("-created_at").first()


def _answer(outcome: Outcome, *, fixed: bool, body: str, language: str) -> str:
    with transaction.atomic():
        note(outcome.escalation, "customer_text", body.strip()[:1600], actor_name=CUSTOMER)
        try:
            confirming.answer(outcome=outcome, fixed=fixed, how=HOW)
        except NotNow:
            return ""
    if fixed:
        return fold(prompt("customer.thanks_fixed", language), language=language)
    words = prompt("customer.thanks_not_fixed", language, officer=outcome.recorded_by.name)
    return fold(words, language=language)
