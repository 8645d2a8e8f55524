"""Cases of which a notice had warned are linked to it."""

from datetime import UTC, datetime

from escalations.foreseen import link_due
from escalations.raising import raise_escalation
from learnings.notices import publish_notice


def test_a_case_that_speaks_of_it_is_linked_once(programme, acme, tiny, cleo, dora) -> None:
    assert link_due() == 0
    notice = publish_notice(
        by=dora, title="Statements go out", starts_on=datetime.now(UTC).date(), keywords="statement"
    )
    case = raise_escalation(
        account=acme, raised_by=cleo, summary="Asks why the statement has two pages."
    ).escalation
    raise_escalation(account=tiny, raised_by=cleo, summary="The till is down.")
    assert link_due() == 1
    assert link_due() == 0
    assert [one.path for one in notice.arrivals.all()] == [f"/cases/{case.pk}/"]
