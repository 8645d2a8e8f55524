"""`python manage.py raise_escalation ACCOUNT "What happened" --by EMAIL`: the desk's form for scripts and drills."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.models import Account
from escalations.models import Connect, Severity
from escalations.raising import raise_escalation
from escalations.telling import case_url
from people.errors import Refused
from people.models import Person
from rota.models import Programme


class Command(BaseCommand):
    """Raises one case exactly as the desk does and prints its number, status and address."""

    help = "Raises a customer's issue: the officer's phone rings as if the desk had sent it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("account", help="the account's external_id")
        parser.add_argument("summary", help="what happened")
        parser.add_argument(
            "--by", required=True, metavar="EMAIL", help="who raises it (support or administrator)"
        )
        parser.add_argument("--tried", default="", help="what was tried")
        parser.add_argument("--wants", default="", help="what the customer wants")
        parser.add_argument("--severity", choices=Severity.values, default=Severity.NORMAL.value)
        parser.add_argument("--public-risk", action="store_true", help="press, regulator or social media")
        parser.add_argument("--connect", choices=Connect.values, default=Connect.CUSTOMER.value)
        parser.add_argument("--agent-phone", default="", help="E.164; with --connect agent")
        parser.add_argument("--contact-name", default=None)
        parser.add_argument("--contact-phone", default="")
        parser.add_argument("--contact-email", default="")
        parser.add_argument(
            "--programme", default="", metavar="SLUG", help="default: by the account's country"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.active().filter(email__iexact=options["by"]).first()
        if person is None:
            raise CommandError(f"--by: nobody active has the address {options['by']}.")
        account = Account.objects.filter(external_id=options["account"]).first()
        if account is None:
            raise CommandError(f"account: there is no account {options['account']!r}.")
        programme = None
        if options["programme"]:
            programme = Programme.objects.filter(slug=options["programme"]).first()
            if programme is None:
                raise CommandError(f"--programme: there is no programme {options['programme']!r}.")
        names = ("summary", "tried", "wants", "severity", "public_risk", "connect", "agent_phone")
        contact = ("contact_name", "contact_phone", "contact_email")
        try:
            raised = raise_escalation(
                account=account,
                raised_by=person,
                programme=programme,
                **{name: options[name] for name in (*names, *contact)},
            )
        except Refused as refused:
            field = f"{refused.field}: " if refused.field else ""
            raise CommandError(f"{field}{refused}") from None
        case = raised.escalation
        joined = "joined" if raised.joined else "raised"
        self.stdout.write(
            f"Case {case.number} {joined}: {case.get_status_display().lower()}, {case.score_total} points, "
            f"owner {case.owner.name}. {case_url(case)}"
        )
