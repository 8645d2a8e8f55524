"""One form, sent once: however often the button is pressed or the page loaded again."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from people.models import Person
from web.models import SentForm

KEPT = timedelta(days=2)


def new_token() -> str:
    """What a form carries so that it is known again."""
    return str(uuid.uuid4())


def once(*, token: uuid.UUID, person: Person, do: Callable[[], str]) -> tuple[str, bool]:
    """Do it unless this form did it before; returns the path to go to, and whether it was done now.

    `do` returns the path; what it raises leaves no trace, so that a corrected form may be sent again. Two
    that come at the same instant meet at the token's unique row: the second waits, then gets the first's path.
    """
    try:
        with transaction.atomic():
            sent = SentForm.objects.create(token=token, person=person, at=timezone.now())
            sent.path = do()
            sent.save(update_fields=["path"])
    except IntegrityError:
        known = SentForm.objects.filter(token=token, person=person).first()
        if known is None:
            raise
        return known.path, False
    forget_old()
    return sent.path, True


def forget_old() -> int:
    """Drop what no browser will send again; returns how many."""
    return SentForm.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
