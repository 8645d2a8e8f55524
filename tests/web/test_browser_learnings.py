"""The pages of what was learnt in a real browser: axe finds nothing, nothing scrolls sideways or is refused."""

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from customers.models import Account
from learnings.actions import plan_action
from learnings.ideas import remark, send_idea
from learnings.models import Touchpoint
from learnings.notices import Question, publish_notice
from learnings.recording import log_learning, settle
from learnings.said_done import publish
from learnings.thanks import thank
from people.models import Person
from tests.browsers import DESK, PHONE, assert_accessible
from tests.web.conftest import SignIn
from tests.web.test_browser_pages import enter, no_sideways_scroll


@pytest.fixture
def paths(acme: Account, billing: Touchpoint, ana: Person, cleo: Person, dora: Person) -> list[str]:
    """Three learnings of one theme (a hotspot), one settled; an action, an idea, a notice, thanks and a month."""
    first, *_ = [
        log_learning(
            quote="Four invoices for three depots.", meaning="A closed depot is billed.", touchpoint=billing,
            cause="process", feeling="annoyed", source="audit", author=ana, account=acme, contacts_before=2,
        )
        for _ in range(3)
    ]  # fmt: skip
    settle(learning=first, status="done", words="Mended.", by=dora)
    today = timezone.now().date()
    action = plan_action(what="Mend the form", owner=dora, due_on=today, by=ana, theme=first.theme)
    idea = send_idea(words="Close both in one form.", by=cleo, touchpoint=billing)
    remark(idea=idea, words="I asked the board.", by=dora)
    notice = publish_notice(
        by=ana,
        title="Statements go out",
        starts_on=today,
        keywords="statement",
        questions=[Question("?", "!")],
    )
    thank(to=dora, words="You let her finish.", by=ana)
    publish(month=today.replace(day=1))
    return [
        "/learnings/", f"/learnings/{first.pk}/", "/learnings/add/", "/learnings/themes/",
        f"/learnings/themes/{first.theme_id}/", "/learnings/actions/", f"/learnings/actions/{action.pk}/",
        f"/learnings/actions/add/?theme={first.theme_id}", "/learnings/ideas/", f"/learnings/ideas/{idea.pk}/",
        "/learnings/notices/", f"/learnings/notices/{notice.pk}/", "/learnings/thanks/", "/learnings/heard/",
        "/learnings/said-done/", f"/learnings/said-done/{today:%Y-%m}/", "/learnings/charts/", "/learnings/mail/",
        "/admin/learnings/", "/admin/news/",
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "theme"), [(PHONE, "light"), (DESK, "dark")])
def test_every_page_is_accessible_and_fits(
    width: int, theme: str, paths, window, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    page = enter(window(width, color_scheme=theme), live_server, sign_in(dora))
    wrong = []
    for path in paths:
        page.goto(live_server.url + path)
        if not no_sideways_scroll(page):
            wrong.append(f"{path} scrolls sideways")
        assert_accessible(page)
    assert not wrong
