"""The feed of learnings."""

from escalations.models import Escalation
from learnings.models import Touchpoint
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
