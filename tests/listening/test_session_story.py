"""How a session goes, from the first ring to the link for the debrief."""

import pytest

from listening.models import Evidence, EvidenceKind, SessionStatus, Visit, VisitStatus
from people.models import Letter
from telephony.simulator import Network, Phone
from tests.listening.conftest import Advance, Book, talk

pytestmark = pytest.mark.usefixtures("centre")


def test_at_its_time_the_phone_rings_and_a_live_call_is_joined_muted(
    network: Network, book: Book, listener: Phone, desk_of_gil: Phone, toledo: Phone, advance: Advance
) -> None:
    session = book()
    theirs, agents_call = talk(toledo, desk_of_gil)
    call = listener.expect_call("Press 1 to listen for 30 minutes", within=61).press("1")
    call.expect_heard("nobody hears you")
    desk_of_gil.expect_text("Ana Ruiz would like to listen", "Reply NO")
    call.expect_in_conference_with(desk_of_gil, toledo)
    seat = call.call.seat
    assert seat is not None
    assert seat.muted
    toledo.speak("The plant stands still.")
    call.expect_heard("The plant stands still.")
    listener.speak("Can anybody hear me?")
    theirs.expect_not_heard("Can anybody hear me?")
    agents_call.expect_not_heard("Can anybody hear me?")
    advance(300)
    toledo.hang_up()
    call.expect_heard("That call is over").expect_heard("All calls are being answered", within=60)
    call.press("*").expect_heard("Thank you for listening").expect_ended()
    session.refresh_from_db()
    assert session.status == SessionStatus.FINISHED
    assert session.debrief_due_at is not None
    visit = Visit.objects.get()
    assert visit.status == VisitStatus.LEFT
    assert Letter.objects.get(kind="debrief").text.endswith(f"/listening/sessions/{session.pk}/debrief/")
    kinds = list(Evidence.objects.filter(participant=visit.participant).values_list("kind", flat=True))
    assert kinds == [EvidenceKind.JOIN, EvidenceKind.LEAVE]
