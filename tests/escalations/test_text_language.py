"""A text goes out in its reader's language, and loses the accents that would triple its price there."""

from customers.models import Account
from escalations import telling
from escalations.briefs import page_text
from escalations.models import Message, Page, PageStatus
from escalations.raising import raise_escalation
from people.models import Person
from rota.models import Programme
from telephony.texts import is_gsm, segments


def test_a_customer_is_written_to_in_the_accounts_language(
    programme: Programme, cleo: Person, acme: Account
) -> None:
    acme.language = "pt-BR"
    acme.save()
    case = raise_escalation(account=acme, raised_by=cleo, summary="A linha parou.").escalation
    told = telling.to_customer(escalation=case, key="q", subject="", body="Responda SIM ou NÃO até amanhã.")
    assert told
    assert Message.objects.get(key="q").body == "Responda SIM ou NAO até amanha."


def test_a_colleagues_text_is_folded_in_the_colleagues_language(
    programme: Programme, cleo: Person, ana: Person, acme: Account
) -> None:
    acme.language = "fr"
    acme.save()
    case = raise_escalation(account=acme, raised_by=cleo, summary="The line stands still.").escalation
    ana.language = "sv"
    telling.text(
        escalation=case, key="a", number=ana.phone, subject="", body="Ärendet väntar på dig", person=ana
    )
    telling.text(escalation=case, key="b", number=ana.phone, subject="", body="Případ čeká", person=ana)
    # Another letter makes another word there: it stays, and costs what it costs.
    assert Message.objects.get(key="a").body == "Ärendet väntar på dig"
    assert Message.objects.get(key="b").body == "Případ čeká"


def test_a_page_by_text_is_cheap_in_spanish(
    programme: Programme, cleo: Person, ana: Person, acme: Account
) -> None:
    ana.language = "es"
    ana.save()
    raise_escalation(account=acme, raised_by=cleo, summary="The line stands still.")
    page = Page.objects.get(person=ana, channel="text", status=PageStatus.QUEUED)
    assert "caso urgente" in page_text(page)
    assert is_gsm(page_text(page))
    assert segments(page_text(page)) <= 2
