"""Prints, for each case that moved to its second rung, how many ms after the first ring's end it did."""

import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from escalations.models import Event, Page  # noqa: E402 - Django is set up first


def lateness() -> list[float]:
    """From the first ring plus its ring time to the next page being queued, in milliseconds."""
    first = {page.escalation_id: page for page in Page.objects.filter(rung=0).order_by("-pk")}
    rang = {
        event.escalation_id: event.at for event in Event.objects.filter(kind="page_ringing").order_by("-pk")
    }
    found = []
    for page in Page.objects.filter(rung=1).order_by("-pk"):
        before = first[page.escalation_id]
        if page.escalation_id in rang:
            due = rang[page.escalation_id] + timedelta(seconds=before.ring_seconds)
            found.append((page.created_at - due).total_seconds() * 1000)
    return found


if __name__ == "__main__":
    sys.stdout.write(" ".join(f"{late:.3f}" for late in lateness()))
