"""Thanks to somebody who spoke with a customer. Only they read it, and only they choose to share it.

From a debrief, in the transaction that keeps it:

    thank(to=agent, words="You let her finish. I noticed.", by=ana, source_reference="session 42",
          source_path="/sessions/42/")
"""

from django.db import transaction
from django.utils import timezone

from learnings.addresses import page_address
from learnings.errors import NotAllowed
from learnings.models import Thanks
from learnings.plain_text import paragraphs
from people import letters
from people.errors import Refused
from people.models import Person
from people.plain_words import one_line

LONGEST = 2000


def thank(*, to: Person, words: str, by: Person, source_reference: str = "", source_path: str = "") -> Thanks:
    """Keep words of thanks for one person, and tell them at once. Nobody else reads them unless they share them.

    `source_reference` is the human name of where it came from ("session 42"), at most 80 characters; `source_path`
    the page of it, for those who may see it. Raises Refused naming `to` (who has left, or thanks themselves) or
    `words` (empty, longer than 2,000 characters).
    """
    kept = paragraphs(words, field="words", most=LONGEST, required=True)
    if not to.is_active:
        raise Refused(f"{to.name} has left.", field="to", code="inactive")
    if to.pk == by.pk:
        raise Refused("Nobody thanks themselves.", field="to", code="oneself")
    with transaction.atomic():
        thanks = Thanks.objects.create(
            to=to,
            by=by,
            words=kept,
            source_reference=one_line(source_reference, field="source_reference", most=80),
            source_path=source_path[:200],
            at=timezone.now(),
        )
        letters.write_to(
            person=to,
            key=f"thanks:{thanks.pk}",
            kind="thanks",
            subject=f"{by.name} thanks you",
            text=f"{by.name} heard you with a customer, and writes:\n\n{kept}\n\n"
            f"Only you read this. You may share it, or keep it:\n{page_address('/learnings/thanks/')}\n",
            by="mail",
        )
    return thanks


def read_thanks(*, person: Person) -> None:
    """They have seen all that was written to them."""
    Thanks.objects.filter(to=person, read_at=None).update(read_at=timezone.now())


def share(*, thanks: Thanks, by: Person) -> Thanks:
    """Show it to everybody: its receiver's choice alone. Raises Refused."""
    return _choose(thanks, by, shared=True)


def unshare(*, thanks: Thanks, by: Person) -> Thanks:
    """Show it to nobody any more: its receiver's choice alone. Raises Refused."""
    return _choose(thanks, by, shared=False)


def _choose(thanks: Thanks, by: Person, *, shared: bool) -> Thanks:
    if thanks.to_id != by.pk:
        raise NotAllowed("Only who was thanked chooses to share it.", code="not_allowed")
    thanks.shared_at = timezone.now() if shared else None
    thanks.save(update_fields=["shared_at"])
    return thanks
