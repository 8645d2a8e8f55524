"""Administrators see which letters wait or failed, why and what mends it; they send them again or take them back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from people import letters, letters_mail, letters_overview, letters_status
from people.errors import Refused
from people.letters_drafting import letter_to
from people.models import Letter, LetterStatus, Person
from tests.mail_server import MailServer
from tests.people.letter_box import remind


@pytest.fixture
def refused(mail_server: MailServer, ana: Person) -> Letter:
    """Ana's reminder, which the mail server refused."""
    mail_server.answer("RCPT", ana.email, "550 5.1.1 No such mailbox")
    remind(ana)
    letters_mail.send_due()
    return Letter.objects.get()


def test_a_refused_mail_says_why_and_what_mends_it(refused: Letter, ana: Person) -> None:
    [shown] = letters_overview.overview()
    assert (shown.state, shown.channel, shown.to, shown.kind) == ("failed", "Mail", ana.name, "reminder")
    assert (shown.code, shown.why) == (550, "The mail server answered 550: 5.1.1 No such mailbox")
    assert "Correct the address" in shown.remedy
    assert (shown.may_retry, shown.may_cancel) == (True, False)
    assert letters_overview.counts() == {"stuck": 0, "queued": 0, "sending": 0, "failed": 1}


def test_it_is_sent_again_to_the_address_of_today(
    refused: Letter, mail_server: MailServer, ana: Person, dora: Person
) -> None:
    Person.objects.filter(pk=ana.pk).update(email="ana.ruiz@example.com")
    letters_overview.retry(pk=refused.pk, by=dora)
    assert letters_mail.send_due() == 1
    assert len(mail_server.to("ana.ruiz@example.com")) == 1
    refused.refresh_from_db()
    assert (refused.status, refused.tries, refused.looked_after_by) == (LetterStatus.SENT, 1, dora)
    with pytest.raises(Refused, match="not sent twice"):
        letters_overview.retry(pk=refused.pk, by=dora)


def test_all_that_failed_is_sent_again_but_what_is_too_late(
    mail_server: MailServer, ana: Person, dora: Person
) -> None:
    mail_server.answer("MAIL", "rota@example.com", "554 5.7.1 Relay denied", "554 5.7.1 Relay denied", "")
    remind(ana, key="reminder:1", from_address="rota@example.com")
    remind(ana, key="reminder:2", from_address="rota@example.com")
    letters_mail.send_due()
    Letter.objects.filter(key="reminder:2").update(useful_until=timezone.now())
    with pytest.raises(Refused, match="Only administrators"):
        letters_overview.retry_failed(by=ana)
    assert letters_overview.retry_failed(by=dora) == 1
    assert letters_mail.send_due() == 1
    with pytest.raises(Refused, match="too late"):
        letters_overview.retry(pk=Letter.objects.get(key="reminder:2").pk, by=dora)


def test_what_was_taken_back_is_not_said_again(mail_server: MailServer, ana: Person, dora: Person) -> None:
    letter = remind(ana)
    letters_overview.cancel(pk=letter.pk, by=dora)
    assert letters_mail.send_due() == 0
    assert remind(ana) is None
    letter.refresh_from_db()
    assert letter.error_detail == "Dora Lindt took it back."
    with pytest.raises(Refused, match="cannot be taken back"):
        letters_overview.cancel(pk=letter.pk, by=dora)


def test_nobody_else_looks_after_them(ana: Person, dora: Person) -> None:
    letter = remind(ana)
    for verb in (letters_overview.retry, letters_overview.cancel):
        with pytest.raises(Refused, match="Only administrators"):
            verb(pk=letter.pk, by=ana)
        with pytest.raises(Refused, match="not known"):
            verb(pk=letter.pk + 1, by=dora)


def test_what_is_due_for_long_or_was_tried_in_vain_is_stuck(mail_server: MailServer, ana: Person) -> None:
    now = timezone.now()
    for key in ("fresh", "later", "old", "held", "tried"):
        remind(ana, key=key)
    Letter.objects.filter(key="later").update(due_at=now + timedelta(days=1))
    Letter.objects.filter(key="old").update(due_at=now - timedelta(minutes=5))
    Letter.objects.filter(key="held").update(error_detail="The mail server cannot be reached.")
    Letter.objects.filter(key="tried").update(tries=2, due_at=now + timedelta(minutes=4))
    assert letters_overview.counts() == {"stuck": 3, "queued": 2, "sending": 0, "failed": 0}
    keys = dict(Letter.objects.values_list("pk", "key"))
    stuck = {keys[one.pk]: one for one in letters_overview.overview("stuck")}
    assert set(stuck) == {"old", "held", "tried"}
    assert "EMAIL_URL" in stuck["held"].remedy
    assert "qcluster" in stuck["old"].remedy
    assert stuck["tried"].next_at is not None
    assert stuck["old"].next_at is None
    assert {keys[one.pk] for one in letters_overview.overview("queued")} == {"fresh", "later"}
    letters_status.claim("mail", 1)
    assert [keys[one.pk] for one in letters_overview.overview("sending")] == ["old"]
    assert [one.state for one in letters_overview.overview()][:2] == ["stuck", "stuck"]


def test_what_failed_long_ago_is_history(refused: Letter) -> None:
    Letter.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert letters_overview.overview() == []


def test_thousands_are_counted_and_fifty_shown_at_the_same_cost(
    ana: Person, django_assert_num_queries: object
) -> None:
    letters.write_many(
        letter_to(person=ana, key=f"reminder:{n}", kind="reminder", subject="S", text="T")
        for n in range(2000)
    )
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert letters_overview.counts()["queued"] == 2000
    with django_assert_num_queries(4):  # type: ignore[operator]
        assert len(letters_overview.overview()) == 50
