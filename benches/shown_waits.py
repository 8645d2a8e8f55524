"""Prints, for each officer whose call waits for its turn, when the case's page says that it comes (UNIX seconds)."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from escalations import turns  # noqa: E402 - Django is set up first
from escalations.models import Page, PageStatus  # noqa: E402
from telephony import clock  # noqa: E402 - Django is set up first


def shown() -> list[str]:
    """ "NUMBER=SECONDS" for each."""
    found = []
    for page in Page.objects.filter(status=PageStatus.QUEUED).select_related("person"):
        turn = turns.of_case([page], now=clock.now())
        if turn is not None:
            found.append(f"{page.address}={turn.at.timestamp():.3f}")
    return found


if __name__ == "__main__":
    sys.stdout.write(" ".join(shown()))
