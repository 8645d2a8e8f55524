"""The feed as Atom (RFC 4287), by Django's own generator."""

from django.utils.feedgenerator import Atom1Feed
from django.utils.html import linebreaks

from learnings.addresses import learning_path, page_address
from learnings.feed import feed
from learnings.models import LearningQuerySet
from people.models import Person

ENTRIES = 50
NOT_IN_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))


def atom_feed(*, reader: Person, address: str) -> bytes:
    """The latest learnings that everybody may read; feeds are kept by readers on other machines."""
    rows: LearningQuerySet = feed(reader=reader).of_everybody()
    made = Atom1Feed(
        title="What we learnt",
        link=page_address("/learnings/"),
        description="From every customer an officer spoke with, in the customer's words.",
        feed_url=address,
        feed_guid=page_address("/learnings/"),
    )
    for row in rows[:ENTRIES]:
        where = f"{row.account.name}, {row.touchpoint.name}" if row.account else row.touchpoint.name
        words = "\n\n".join(part for part in (f"“{row.quote}”", row.meaning, row.suggestion) if part)
        made.add_item(
            title=_xml(f"{where}: {row.cause_name.lower()}"),
            link=page_address(learning_path(row.pk)),
            description=_as_html(words),
            author_name=_xml(row.author.name),
            unique_id=page_address(learning_path(row.pk)),
            pubdate=row.created_at,
            updateddate=row.created_at,
            categories=[row.cause, row.feeling],
        )
    return made.writeString("utf-8").encode()


def _xml(words: str) -> str:
    """Without the characters that no XML may hold."""
    return words.translate(NOT_IN_XML)


def _as_html(words: str) -> str:
    """Atom's summaries are HTML as Django writes them: what people typed is text in it."""
    return _xml(str(linebreaks(words, autoescape=True)))
