"""Who is ahead and who is owed, as everybody who serves may read it."""

import re
from datetime import timedelta

from django.utils import timezone

from people.models import Person
from rota.hours import duty_day_of
from rota.models import Membership, Programme
from tests.conftest import publish_days
from tests.web.conftest import SignIn


def rows_of(page: str) -> list[list[str]]:
    """The table's cells as a reader sees them."""
    rows = re.findall(r"<tr[^>]*>(<th scope=\"row\">.*?)</tr>", page, re.DOTALL)
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def test_it_counts_what_was_served_and_what_is_to_come(
    programme: Programme, ana: Person, ben: Person, sign_in: SignIn
) -> None:
    today = duty_day_of(programme.rules, timezone.now())
    publish_days(programme, [[ana, ben], [ana, ben], [ana, ben]], first=today - timedelta(days=3))
    Membership.objects.filter(person=ben).update(share=50)

    browser = sign_in(ana)
    page = browser.get(f"/duty/{programme.slug}/balance/").content.decode()

    # Of three duties until today Ana, with two thirds of the shares, owes two and has served three. Each has one of
    # the two to come as primary: she has four of five then, of which 3.33 are hers, in quarters of a duty.
    ana_row, ben_row = rows_of(page)
    assert ana_row[:4] == ["Ana Ruiz (you)", "+1 ahead", "2", "+0.75 ahead"]
    assert ben_row[:4] == ["Ben Okafor 50 %", "−1 owes", "2", "−0.75 owes"]
    assert (ana_row[5], ben_row[5]) == ("−2.25 owes", "+2.25 ahead")


def test_the_way_there_is_for_all_who_serve(
    programme: Programme, ana: Person, cleo: Person, dora: Person, sign_in: SignIn
) -> None:
    address = f'href="/duty/{programme.slug}/balance/"'
    for person, there in ((ana, True), (dora, True), (cleo, False)):
        assert (address in sign_in(person).get("/duty/").content.decode()) is there


def test_a_programme_that_does_not_look_back_says_so(
    programme: Programme, ana: Person, sign_in: SignIn
) -> None:
    programme.balance_months = 0
    programme.save()
    page = sign_in(ana).get(f"/duty/{programme.slug}/balance/").content.decode()
    assert "does not look back" in page
    assert rows_of(page) == []


def test_a_programme_that_is_none_is_not_found(ana: Person, sign_in: SignIn) -> None:
    assert sign_in(ana).get("/duty/none/balance/").status_code == 404
