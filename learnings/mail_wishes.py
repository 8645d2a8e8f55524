"""How often each person wants routine mail, and the links by which they say so without signing in."""

from django.core import signing
from django.db import transaction
from django.utils import timezone

from learnings.addresses import page_address
from learnings.models import HowOften, MailWish
from people.errors import Refused
from people.models import Person

_STOP = "learnings.mail.stop"
_FEED = "learnings.feed"


def wish_of(person: Person) -> MailWish:
    """The person's wish; made (daily, from now on) where there is none."""
    now = timezone.now()
    today = now.astimezone(person.zone).date()
    wish, _ = MailWish.objects.get_or_create(
        person=person, defaults={"gathered_until": now, "gathered_from": now, "last_on": today}
    )
    return wish


def choose(*, person: Person, how_often: str) -> MailWish:
    """Daily, weekly or none, from now on. After none, only what is new since is told. Raises Refused."""
    if how_often not in HowOften.values:
        raise Refused(
            f"This is one of: {', '.join(HowOften.values)}.", field="how_often", code="invalid_choice"
        )
    wish_of(person)
    with transaction.atomic():
        wish = MailWish.objects.select_for_update().get(pk=person.pk)
        if wish.how_often == HowOften.NONE and how_often != HowOften.NONE:
            wish.gathered_until = wish.gathered_from = timezone.now()
        wish.how_often = HowOften(how_often)
        wish.save()
    return wish


def stop_address(person: Person) -> str:
    """Where a mail program unsubscribes by one POST (RFC 8058), and where a click asks first. It does not expire."""
    return page_address(f"/mail/stop/{signing.dumps(person.pk, salt=_STOP)}/")


def person_of_stop(token: str) -> Person:
    """Whose mail this link stops. Raises Refused."""
    try:
        return Person.objects.get(pk=signing.loads(token, salt=_STOP))
    except (signing.BadSignature, Person.DoesNotExist, ValueError, TypeError):
        raise Refused("This link is not one of ours.", code="unknown") from None


def feed_address(person: Person) -> str:
    """The secret address of the person's Atom feed."""
    wish = wish_of(person)
    token = signing.dumps([person.pk, wish.feed_generation], salt=_FEED)
    return page_address(f"/learnings/feed/{token}.atom")


def renew_feed(*, person: Person) -> None:
    """Make the addresses of before useless."""
    wish = wish_of(person)
    wish.feed_generation += 1
    wish.save(update_fields=["feed_generation"])


def person_of_feed(token: str) -> Person:
    """Whose feed has this address; somebody who left has none. Raises Refused."""
    try:
        pk, generation = signing.loads(token, salt=_FEED)
        wish = MailWish.objects.select_related("person").get(pk=pk, feed_generation=generation)
    except (signing.BadSignature, MailWish.DoesNotExist, ValueError, TypeError):
        raise Refused("This is no feed of ours.", code="unknown") from None
    if not wish.person.is_active:
        raise Refused("This is no feed of ours.", code="unknown")
    return wish.person
