"""The rules by which learnings are followed up, and who changes them."""

from django.core.exceptions import ValidationError
from django.db import transaction

from learnings.answering import answerable, save_as
from learnings.errors import NotAllowed
from learnings.models import Rules
from people.errors import Refused
from people.models import Person
from people.regional import read_time_zone


def change_rules(
    *,
    by: Person,
    hotspot_count: int,
    hotspot_days: int,
    answer_days: int,
    remeasure_days: int,
    time_zone: str,
    sponsor: Person | None,
    ideas_owner: Person | None,
) -> Rules:
    """Change them for what comes from now on. Raises Refused naming the field."""
    if not (by.is_active and by.is_admin):
        raise NotAllowed("Only administrators change the rules.", code="not_allowed")
    rules = Rules.current()
    rules.hotspot_count, rules.hotspot_days = hotspot_count, hotspot_days
    rules.answer_days, rules.remeasure_days = answer_days, remeasure_days
    rules.time_zone = read_time_zone(time_zone)
    with transaction.atomic():
        rules.sponsor = answerable(sponsor, field="sponsor") if sponsor is not None else None
        rules.ideas_owner = answerable(ideas_owner, field="ideas_owner") if ideas_owner is not None else None
        try:
            rules.clean_fields()
        except ValidationError as error:
            field, words = next(iter(error.message_dict.items()))
            raise Refused(words[0], field=field, code="out_of_range") from None
        return save_as(rules, by)
