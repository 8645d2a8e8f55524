"""Who may decide about whose duties: oneself, one's assistant, and administrators where no consent is asked."""

from people.models import Person


def acts_for(by: Person, person: Person) -> bool:
    """Whether `by` may give this person's word: the person or their assistant, and nobody else."""
    return by.is_active and by.pk in (person.pk, person.assistant_id)


def speaks_for(by: Person) -> list[Person]:
    """The executives whose word `by` may give: themselves first, then those whom they assist, by name. One query."""
    assisted = list(by.assists.executives().order_by("name"))
    return [by, *assisted] if by.is_executive else assisted
