"""The feed of learnings, and what came after a notice."""

from datetime import UTC, datetime

from escalations.models import Escalation
from learnings import notices
from learnings.models import Arrival, Learning, Touchpoint
from learnings.notices import publish_notice
from learnings.recording import keep_to
from people.models import Person
from tests.web.conftest import SignIn


def test_the_customers_words_stand_in_the_feed(resolved: Escalation, cleo: Person, sign_in: SignIn) -> None:
    page = sign_in(cleo).get("/learnings/").content.decode()
    assert "At last somebody who listens." in page
    assert "Acme Industries, Billing" in page
    assert f'href="/cases/{resolved.pk}/"' in page


def test_the_case_is_linked_only_for_who_may_see_it(
    resolved: Escalation, asha: Person, sign_in: SignIn
) -> None:
    page = sign_in(asha).get("/learnings/").content.decode()
    assert "At last somebody who listens." in page
    assert f"/cases/{resolved.pk}/" not in page


def test_it_is_filtered_by_words_touchpoint_and_cause(
    resolved: Escalation, billing: Touchpoint, cleo: Person, dora: Person, sign_in: SignIn
) -> None:
    browser = sign_in(cleo)
    other = Touchpoint.objects.create(name="Help line", owner=dora)
    for query, there in (
        ({"q": "listens"}, True),
        ({"q": "nothing"}, False),
        ({"touchpoint": billing.pk}, True),
        ({"touchpoint": other.pk}, False),
        ({"cause": "process"}, True),
        ({"cause": "tool"}, False),
        ({"touchpoint": "x", "cause": "y", "page": "z"}, True),
    ):
        page = browser.get("/learnings/", query).content.decode()
        assert ("At last somebody" in page) == there, query


def test_what_came_after_a_notice_is_read_by_whom_it_is_for(
    resolved: Escalation, billing: Touchpoint, ana: Person, asha: Person, cleo: Person, sign_in: SignIn
) -> None:
    """Everybody sees that a case or a learning came; its words only who may see the case, or the learning."""
    notice = publish_notice(by=ana, title="Invoices", starts_on=datetime.now(UTC).date(), touchpoint=billing)
    notices.link(learning := Learning.objects.get())
    learnt, told = learning.quote, "Two invoices for one depot."
    row = {"notice": notice, "reference": "case 1", "words": told, "at": learning.created_at}
    Arrival.objects.create(path=f"/cases/{resolved.pk}/", **row)

    def read_by(person: Person) -> tuple[bool, bool]:
        page = sign_in(person).get(f"/learnings/notices/{notice.pk}/").content.decode()
        assert "Case 1" in page
        assert f"Learning {learning.pk}" in page
        return learnt in page, told in page

    assert read_by(cleo) == (True, True)
    assert read_by(asha) == (True, False)
    keep_to(learning=learning, sensitive=True, readers=[], by=learning.author)
    assert read_by(cleo) == (False, True)


def test_a_sensitive_quote_stands_on_no_other_page(
    resolved: Escalation, cleo: Person, dora: Person, sign_in: SignIn
) -> None:
    """The case, and the report's way down to what was logged, say that there is one."""
    learning = Learning.objects.get()
    month = learning.created_at.astimezone(resolved.programme.zone)
    figure = f"/reports/{resolved.programme.slug}/{month:%Y-%m}/{learning.author_id}/learnings_logged/"

    def pages() -> list[str]:
        paths = ((cleo, f"/cases/{resolved.pk}/"), (dora, figure))
        return [sign_in(person).get(path).content.decode() for person, path in paths]

    assert all(learning.quote in page for page in pages())
    keep_to(learning=learning, sensitive=True, readers=[], by=learning.author)
    assert all("kept to a few" in page and learning.quote not in page for page in pages())
