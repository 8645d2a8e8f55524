"""Words about no case are kept with what they tell of, said once, and go by the channel that their reader prefers."""

import pytest
from django.db import transaction
from django_q.models import OrmQ, Schedule

from people import letters
from people.errors import Refused
from people.letters_drafting import letter_to
from people.models import Letter, LetterStatus, Person, RemindersBy
from telephony import consent
from tests.people.letter_box import remind

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def test_it_is_said_once(ana: Person) -> None:
    assert remind(ana) is not None
    assert remind(ana, subject="In other words") is None
    assert Letter.objects.get().subject == "Your duty on Tuesday"


def test_it_is_kept_or_lost_with_what_it_tells_of(ana: Person) -> None:
    with transaction.atomic():
        remind(ana)
        transaction.set_rollback(True)
    assert not Letter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_queue_is_woken_once_after_the_commit(ana: Person, dora: Person) -> None:
    with transaction.atomic():
        for n in range(5):
            remind(ana, key=f"reminder:{n}")
        remind(dora, key="reminder:dora", by="text")
        assert not OrmQ.objects.exists()
    tasks = sorted(task.func() for task in OrmQ.objects.all())
    assert tasks == ["people.letters_mail.send_due", "people.letters_texts.send_due"]


@pytest.mark.django_db
def test_a_schedule_sweeps_each_minute_whatever_became_of_the_tasks() -> None:
    for task in ("people.letters_mail.send_due", "people.letters_texts.send_due"):
        schedule = Schedule.objects.get(func=task)
        assert (schedule.schedule_type, schedule.minutes, schedule.repeats) == (Schedule.MINUTES, 1, -1)


def test_a_wish_for_texts_is_granted_where_a_text_can_be_sent(ana: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(reminders_by=RemindersBy.TEXT)
    ana.refresh_from_db()
    letter = remind(ana)
    assert letter is not None
    assert (letter.channel, letter.address, letter.short) == ("text", ana.phone, "On duty on Tuesday.")
    assert letter_channel(ana, by="mail") == "mail"
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    ana.refresh_from_db()
    assert letter_channel(ana) == "mail"


def test_who_said_stop_gets_mail(ana: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(reminders_by=RemindersBy.TEXT)
    ana.refresh_from_db()
    consent.note_stop(number=ana.phone, word="STOP", at=ana.created_at)
    assert letter_channel(ana) == "mail"


def letter_channel(person: Person, **more: object) -> str:
    letter = letter_to(person=person, key="k", kind="reminder", subject="S", text="T", **more)  # type: ignore[arg-type]
    assert letter is not None
    return letter.channel


def test_who_has_left_is_written_to_no_more_but_their_calendar_is_cleared(ana: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(is_active=False)
    ana.refresh_from_db()
    assert remind(ana) is None
    cleared = letters.invite(
        person=ana,
        key="invitation:1:2",
        subject="Called off",
        text="Called off.",
        calendar=CALENDAR.replace("REQUEST", "CANCEL"),
        method="CANCEL",
    )
    assert cleared is not None


def test_what_is_withdrawn_may_be_said_again_and_a_longer_number_is_another_thing(ana: Person) -> None:
    remind(ana, key="reminder:duty:1:week")
    remind(ana, key="reminder:duty:12:week")
    assert letters.withdraw(key_prefix="reminder:duty:1") == 1
    assert letters.withdraw(key_prefix="reminder:duty:1") == 0
    standing = Letter.objects.filter(status=LetterStatus.QUEUED)
    assert [letter.key for letter in standing] == ["reminder:duty:12:week"]
    assert remind(ana, key="reminder:duty:1:week") is not None


def test_all_administrators_are_told_once(ana: Person, dora: Person) -> None:
    Person.objects.filter(pk=ana.pk).update(is_admin=True)
    words = {"kind": "coverage", "subject": "A gap on 3 March", "text": "Nobody serves on 3 March."}
    told = letters.tell_administrators(key="coverage:2026-03-03", **words)
    assert {letter.address for letter in told} == {ana.email, dora.email}
    assert not letters.tell_administrators(key="coverage:2026-03-03", **words)


def test_many_at_once_cost_a_few_statements_and_are_said_once(
    ana: Person, django_assert_max_num_queries: object
) -> None:
    remind(ana, key="reminder:7")
    many = [
        letter_to(person=ana, key=f"reminder:{n}", kind="reminder", subject="S", text="T")
        for n in range(1200)
    ]
    with django_assert_max_num_queries(60):  # type: ignore[operator]
        assert letters.write_many([*many, many[3], None]) == 1199
    assert letters.write_many(many) == 0
    assert Letter.objects.count() == 1200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "k" * 181}, "key"),
        ({"subject": " "}, "subject"),
        ({"text": "\n"}, "text"),
        ({"from_address": "Officer of the Day"}, "from_address"),
        ({"reply_to": "nobody@"}, "reply_to"),
        ({"headers": {"Bcc": "eve@example.com"}}, "headers"),
        ({"headers": {"X Y": "1"}}, "headers"),
        ({"headers": {"List-Unsubscribe": "<https://x.example>\0"}}, "headers"),
    ],
)
def test_bad_input_is_refused_at_the_door(wrong: dict[str, object], field: str, ana: Person) -> None:
    with pytest.raises(Refused) as refused:
        remind(ana, **wrong)
    assert refused.value.field == field
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    ("calendar", "method"),
    [(CALENDAR, "CANCEL"), (CALENDAR.replace("REQUEST", "PUBLISH"), "PUBLISH"), ("", "REQUEST")],
)
def test_the_methods_of_mail_and_calendar_agree(calendar: str, method: str, ana: Person) -> None:
    with pytest.raises(Refused, match="METHOD"):
        letters.invite(person=ana, key="i", subject="S", text="T", calendar=calendar, method=method)


@pytest.mark.django_db
def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(Refused, match="address"):
        letters.mail_to(address="nobody", key="k", kind="digest", subject="S", text="T")


def test_a_line_break_in_a_subject_cannot_add_a_header(ana: Person) -> None:
    letter = remind(
        ana, subject="Your duty\r\nBcc: eve@example.com", headers={"X-A": "1\r\nBcc: eve@example.com"}
    )
    assert letter is not None
    assert letter.subject == "Your duty Bcc: eve@example.com"
    assert letter.headers == {"X-A": "1 Bcc: eve@example.com"}


def test_a_long_subject_is_cut_rather_than_never_sent(ana: Person) -> None:
    letter = remind(ana, subject="x" * 300)
    assert letter is not None
    assert letter.subject == "x" * 199 + "…"
