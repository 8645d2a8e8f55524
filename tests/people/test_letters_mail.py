"""Letters by mail reach a real mail server, each once, through refusals, outages and workers that die."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import time_machine
from django.db import connection
from django.test import override_settings
from django_q.models import OrmQ
from pytest_django import Settings

from people import letters, letters_mail, letters_status
from people.letters_drafting import letter_to
from people.models import Letter, LetterStatus, Person
from tests.mail_server import MailServer
from tests.people.letter_box import remind

ROOT = Path(__file__).resolve().parents[2]
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\n"
    "SUMMARY:Officer of the Day für Düsseldorf – 東京\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def only(status: str) -> Letter:
    """The one letter, which has this status."""
    letter = Letter.objects.get()
    assert letter.status == status, letter.error_detail
    return letter


def test_it_arrives_as_it_was_written(mail_server: MailServer, ana: Person) -> None:
    letter = remind(
        ana,
        text="Guten Tag, Ana – du bist dran.\n.\nEnde",
        html="<p>Guten Tag</p>",
        from_address="Rota <rota@example.com>",
        reply_to="desk@example.com",
        headers={"List-Unsubscribe": "<https://officer.example.com/u/1>"},
    )
    assert letters_mail.send_due() == 1
    [mail] = mail_server.mails
    assert (mail["To"], mail["From"]) == (ana.email, "Rota <rota@example.com>")
    assert (mail["Subject"], mail["Reply-To"]) == ("Your duty on Tuesday", "desk@example.com")
    assert mail["List-Unsubscribe"] == "<https://officer.example.com/u/1>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == letters_mail.message_id(letter)
    assert body(mail, "plain") == "Guten Tag, Ana – du bist dran.\n.\nEnde"
    assert body(mail, "html") == "<p>Guten Tag</p>"
    assert only("sent").sent_at is not None
    assert letters_mail.send_due() == 0
    assert len(mail_server.mails) == 1


def body(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_an_invitation_has_the_parts_that_gmail_outlook_and_apple_look_for(
    mail_server: MailServer, ana: Person
) -> None:
    letters.invite(
        person=ana,
        key="invitation:duty:1:0",
        subject="Officer of the Day",
        text="You serve.",
        html="<p>You serve.</p>",
        calendar=CALENDAR,
        method="REQUEST",
        from_address="Officer of the Day <rota@example.com>",
    )
    letters_mail.send_due()
    [mail] = mail_server.mails
    assert mail.get_content_type() == "multipart/mixed"
    alternatives, attached = mail.iter_parts()
    assert alternatives.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in alternatives.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    *_, inline = alternatives.iter_parts()
    assert dict(inline["Content-Type"].params) == {"method": "REQUEST", "charset": "utf-8"}
    assert inline.get_content_disposition() is None
    assert inline.get_payload(decode=True).replace(b"\r\n", b"\n") == CALENDAR.encode().replace(
        b"\r\n", b"\n"
    )
    assert attached.get_content_type() == "application/ics"
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content() == CALENDAR.encode()
    [raw] = mail_server.raw
    assert raw.isascii()
    assert raw.count(b'charset="utf-8"') == 3  # Django's, once a part


def test_a_refusal_for_good_fails_at_once_and_says_so(
    mail_server: MailServer, ana: Person, ben: Person
) -> None:
    mail_server.answer("RCPT", ana.email, "550 5.1.1 No such mailbox")
    remind(ana)
    remind(ben, key="reminder:ben")
    assert letters_mail.send_due() == 1
    letter = Letter.objects.get(person=ana)
    assert (letter.status, letter.error_code, letter.tries) == (LetterStatus.FAILED, 550, 1)
    assert letter.error_detail == "The mail server answered 550: 5.1.1 No such mailbox"
    assert Letter.objects.get(person=ben).status == LetterStatus.SENT
    assert mail_server.connections == 1


@pytest.mark.parametrize(("step", "who"), [("DATA", "ana@example.com"), ("MAIL", "rota@example.com")])
def test_a_refused_body_or_sender_fails_too(
    mail_server: MailServer, ana: Person, step: str, who: str
) -> None:
    mail_server.answer(step, who, "554 5.7.1 Not from you")
    remind(ana, from_address="rota@example.com")
    letters_mail.send_due()
    assert only("failed").error_code == 554


def test_a_refusal_for_now_is_tried_ever_slower(mail_server: MailServer, ana: Person, ben: Person) -> None:
    mail_server.answer("RCPT", ana.email, "451 4.7.1 Greylisted", "451 4.7.1 Greylisted", "")
    waits = []
    with time_machine.travel("2026-03-02T08:00Z", tick=False) as clock:
        remind(ana)
        while not letters_mail.send_due():
            waiting = only("queued")
            assert "Greylisted" in waiting.error_detail
            remind(ben, key=f"reminder:ben:{waiting.tries}", by="mail")
            assert letters_mail.send_due() == 1  # nobody else waits for it
            Letter.objects.filter(person=ben).delete()
            waits.append((waiting.due_at - waiting.claimed_at) / timedelta(minutes=1))
            clock.move_to(waiting.due_at, tick=False)
    assert waits == [1, 2]
    assert only("sent").error_detail == ""


def test_a_day_of_refusals_for_now_is_the_end(mail_server: MailServer, ana: Person) -> None:
    mail_server.answer("RCPT", ana.email, "452 4.2.2 Mailbox full")
    with time_machine.travel("2026-03-02T08:00Z", tick=False) as clock:
        began = remind(ana).created_at
        while Letter.objects.get().status == LetterStatus.QUEUED:
            clock.move_to(Letter.objects.get().due_at, tick=False)
            letters_mail.send_due()
        ended = Letter.objects.get().claimed_at
    assert timedelta(hours=20) < ended - began < timedelta(hours=28)
    assert only("failed").error_detail.startswith("Given up after 28 tries: The mail server answered 452")


def test_a_server_that_is_down_loses_nothing_and_is_no_letters_fault(
    mail_server: MailServer, ana: Person, ben: Person
) -> None:
    mail_server.stop()
    for n in range(30):
        remind(ana, key=f"reminder:{n}", by="mail")
    for _ in range(3):
        assert letters_mail.send_due() == 0
    waiting = Letter.objects.filter(status=LetterStatus.QUEUED, tries=0)
    assert waiting.count() == 30
    assert {letter.error_detail for letter in waiting} == {
        "The mail server cannot be reached: Connection refused."
    }
    mail_server.start()
    assert letters_mail.send_due() == 30
    assert len(mail_server.mails) == 30
    assert mail_server.connections == 1


def test_a_wrong_password_is_no_letters_fault(
    mail_server: MailServer, ana: Person, settings: Settings
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "officer", "wrong"
    remind(ana)
    letters_mail.send_due()  # this server knows no AUTH at all
    assert (only("queued").tries, mail_server.mails) == (0, [])
    mail_server.answer("MAIL", "officer@localhost", "530 5.7.0 Authenticate first", "")
    settings.EMAIL_HOST_USER = ""
    letters_mail.send_due()
    assert only("queued").error_detail == "The mail server answered 530: 5.7.0 Authenticate first"
    letters_mail.send_due()
    assert only("sent").tries == 1


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again(
    mail_server: MailServer, ana: Person, ben: Person, dora: Person
) -> None:
    mail_server.answer("MAIL", "ben@example.com", "drop", "")
    mail_server.answer("MAIL", "dora@example.com", "421 4.7.0 Too many messages on this connection", "")
    for person in (ana, ben, dora):
        remind(person, key=f"reminder:{person.pk}", from_address=person.email)
    assert letters_mail.send_due() == 3
    assert mail_server.connections == 3
    assert len(mail_server.mails) == 3


def test_a_letter_that_breaks_every_connection_holds_up_no_other(
    mail_server: MailServer, ana: Person, ben: Person
) -> None:
    mail_server.answer("MAIL", "ana@example.com", "drop")
    remind(ana, from_address=ana.email)
    remind(ben, key="reminder:ben")
    assert letters_mail.send_due() == 1
    letter = Letter.objects.get(person=ana)
    assert (letter.status, letter.tries) == (LetterStatus.QUEUED, 1)
    assert "broke the connection off" in letter.error_detail


def test_a_server_that_breaks_every_connection_costs_a_few_letters_a_try(
    mail_server: MailServer, ana: Person
) -> None:
    mail_server.answer("MAIL", "ana@example.com", "drop")
    for n in range(10):
        remind(ana, key=f"reminder:{n}", from_address=ana.email)
    letters_mail.send_due()
    assert Letter.objects.filter(status=LetterStatus.QUEUED).count() == 10
    assert Letter.objects.filter(tries__gt=0).count() == letters_mail.BREAKS - 1


def test_a_slow_server_is_not_waited_for_longer_than_the_settings_say(
    mail_server: MailServer, ana: Person, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    mail_server.hold()
    remind(ana)
    letters_mail.send_due()
    assert only("queued").error_detail == "The mail server did not answer in time."


def test_what_is_not_due_or_too_late_does_not_go(mail_server: MailServer, ana: Person) -> None:
    with time_machine.travel("2026-03-02T08:00Z", tick=False) as clock:
        now = remind(ana).created_at
        Letter.objects.update(due_at=now + timedelta(hours=1), useful_until=now + timedelta(hours=2))
        assert letters_mail.send_due() == 0
        assert only("queued").tries == 0
        clock.shift(timedelta(hours=2))
        assert letters_mail.send_due() == 0
    assert only("cancelled").error_detail == "It was too late to be of use."
    assert not mail_server.mails


def test_nothing_goes_to_who_left_meanwhile_but_the_end_of_an_entry(
    mail_server: MailServer, ana: Person
) -> None:
    remind(ana)
    letters.invite(
        person=ana,
        key="invitation:1:1",
        subject="Called off",
        text="It is called off.",
        calendar=CALENDAR.replace("REQUEST", "CANCEL"),
        method="CANCEL",
    )
    Person.objects.filter(pk=ana.pk).update(is_active=False)
    assert letters_mail.send_due() == 1
    assert [mail["Subject"] for mail in mail_server.mails] == ["Called off"]
    assert Letter.objects.get(kind="reminder").error_detail == "Ana Ruiz has left."


def test_a_withdrawn_letter_does_not_go_and_one_under_way_is_not_tried_again(
    mail_server: MailServer, ana: Person
) -> None:
    remind(ana)
    letters.withdraw(key_prefix="reminder:duty:1")
    assert letters_mail.send_due() == 0
    Letter.objects.all().delete()
    remind(ana)
    [under_way] = letters_status.claim("mail", 1)
    assert letters.withdraw(key_prefix="reminder:duty:1") == 0
    letters_status.again(under_way, why="Not now.")
    assert only("cancelled").withdrawn_at is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("taken", [False, True])
def test_a_worker_killed_while_it_sends_loses_nothing(
    taken: bool, mail_server: MailServer, ana: Person, tmp_path: Path
) -> None:
    """Killed after its claim, or after the server's yes to the body: then the copy has the same Message-ID."""
    remind(ana)
    mail_server.hold()
    mark = tmp_path / "reached"
    before = ["-m", "tests.reliability.stop_at", "people.letters_mail:composed:entered", str(mark)]
    worker = subprocess.Popen(
        [
            sys.executable,
            *([] if taken else before),
            str(ROOT / "manage.py") if taken else "manage.py",
            "shell",
            "--command",
            "from people import letters_mail; letters_mail.send_due()",
        ],
        cwd=ROOT,
        env=os.environ | worker_settings(mail_server),
    )
    if taken:
        assert mail_server.receiving.wait(60)
        worker.send_signal(signal.SIGKILL)
    assert worker.wait(60) == -signal.SIGKILL
    assert only("sending").tries == 1
    mail_server.let_go()
    assert letters_mail.send_due() == 0  # the lease still holds: it might be alive
    Letter.objects.update(lease_until=Letter.objects.get().claimed_at)
    assert letters_mail.send_due() == 1
    assert only("sent").tries == 2
    ids = [mail["Message-ID"] for mail in mail_server.mails]
    assert ids == [ids[0]] * (2 if taken else 1)


def worker_settings(mail_server: MailServer) -> dict[str, str]:
    """The environment of a process of its own on this test's database and mail server."""
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    return {
        "DATABASE_URL": url,
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "SECRET_KEY": "only-for-tests",
        "ENV_FILE": os.devnull,
    }


def test_two_workers_never_take_the_same_letter_and_one_at_a_time_is_at_it(
    mail_server: MailServer, ana: Person
) -> None:
    for n in range(3):
        remind(ana, key=f"reminder:{n}", by="mail")
    first, second = letters_status.claim("mail", 2), letters_status.claim("mail", 2)
    assert {letter.key for letter in first} == {"reminder:0", "reminder:1"}
    assert [letter.key for letter in second] == ["reminder:2"]
    assert letters_status.somebody_sends("mail", before=second)
    assert not letters_status.somebody_sends("mail", before=first)
    letters_status.give_back(second)
    assert letters_mail.send_due() == 0
    assert Letter.objects.get(key="reminder:2").tries == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_begin_at_once_send_each_letter_once(mail_server: MailServer, ana: Person) -> None:
    for n in range(40):
        remind(ana, key=f"reminder:{n}", by="mail")
    together = threading.Barrier(2)
    counts = []

    def work() -> None:
        together.wait()
        counts.append(letters_mail.send_due())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    counts.append(letters_mail.send_due())  # the task that who gave way left behind
    assert sum(counts) == 40
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == len(mail_server.mails) == 40


def test_a_worker_that_slept_past_its_lease_changes_nothing(mail_server: MailServer, ana: Person) -> None:
    remind(ana)
    [slept] = letters_status.claim("mail", 1)
    Letter.objects.update(lease_until=slept.claimed_at)
    assert letters_mail.send_due() == 1
    assert not letters_status.sent(slept)
    letters_status.again(slept, why="I slept.")
    assert only("sent").error_detail == ""
    assert not letters_status.is_mine(Letter(lease_until=slept.claimed_at))


def test_a_long_queue_is_sent_in_turns(
    mail_server: MailServer, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.write_many(
        letter_to(person=ana, key=f"reminder:{n}", kind="reminder", subject="S", text="T", by="mail")
        for n in range(letters_mail.LETTERS_A_CONNECTION + 20)
    )
    OrmQ.objects.all().delete()
    monkeypatch.setattr(letters_mail, "RUN_SECONDS", 0.0)
    assert letters_mail.send_due() == 0
    [task] = OrmQ.objects.all()
    assert task.func() == "people.letters_mail.send_due"
    assert not Letter.objects.exclude(status=LetterStatus.QUEUED, tries=0).exists()
    monkeypatch.setattr(letters_mail, "RUN_SECONDS", 60.0)
    assert letters_mail.send_due() == 120
    assert mail_server.connections == 2
    assert OrmQ.objects.count() == 1


def test_mail_goes_to_files_where_that_is_set(ana: Person, tmp_path: Path) -> None:
    remind(ana)
    with override_settings(EMAIL_BACKEND="config.mail_files.EmailBackend", EMAIL_FILE_PATH=str(tmp_path)):
        assert letters_mail.send_due() == 1
    [file] = tmp_path.glob("*.eml")
    assert b"Your duty on Tuesday" in file.read_bytes()
