"""What is written about absences: to administrators what waits or clashes, to people what was decided."""

from collections.abc import Sequence

from django.conf import settings

from people import letters
from rota.models import Absence, AbsenceStatus, Duty


def key_of(absence: Absence) -> str:
    """With what the keys of all letters about an absence begin."""
    return f"absence:{absence.pk}"


def tell_administrators(absence: Absence, duties: Sequence[Duty]) -> None:
    """Of an absence that waits for them, or in which these published duties lie; of no other."""
    waits = absence.status == AbsenceStatus.WAITING
    if not duties and not waits:
        return
    name, days = absence.person.name, days_in_words(absence)
    by = absence.entered_by.name if absence.entered_by else "the product"
    lines = [f"{name} is away {days}{f': {absence.reason}' if absence.reason else ''}. Entered by {by}."]
    if waits:
        lines += ["", "It waits for your word:", f"{settings.PUBLIC_BASE_URL}/admin/absences/"]
    if duties:
        lines += ["", "Published duties lie in it, and stay theirs until there is cover:", *_listed(duties)]
    many = "a published duty" if len(duties) == 1 else f"{len(duties)} published duties"
    letters.tell_administrators(
        key=f"{key_of(absence)}:entered",
        kind="absence",
        subject=f"{name} is away {days}: {many}" if duties else f"{name}: absence {days}, to be decided",
        text="\n".join(lines) + "\n",
    )


def tell_decision(absence: Absence, duties: Sequence[Duty]) -> None:
    """The person and their assistant, but not whoever decided it. `duties` of theirs still lie in it."""
    verdict = absence.get_status_display().lower()
    by = absence.decided_by.name if absence.decided_by else "an administrator"
    lines = [f"The absence of {absence.person.name} {days_in_words(absence)} was {verdict} by {by}."]
    if absence.decision_note:
        lines += ["", f"“{absence.decision_note}”"]
    if duties:
        lines += ["", "These duties are still theirs, until there is cover:", *_listed(duties)]
    for person in (absence.person, absence.person.assistant):
        if person is not None and person.pk != absence.decided_by_id:
            letters.write_to(
                person=person,
                key=f"{key_of(absence)}:{absence.status}:{person.pk}",
                kind="absence",
                subject=f"Absence {days_in_words(absence)}: {verdict}",
                text="\n".join(lines) + "\n",
            )


def days_in_words(absence: Absence) -> str:
    """ "on 3 August 2026", "from 3 to 7 August 2026", "from 30 December 2026 to 2 January 2027"."""
    first, last = absence.first_day, absence.last_day
    end = f"{last.day} {last:%B %Y}"
    if first == last:
        return f"on {end}"
    month = "" if (first.year, first.month) == (last.year, last.month) else f" {first:%B}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"from {first.day}{month}{year} to {end}"


def _listed(duties: Sequence[Duty]) -> list[str]:
    """Each duty with the page on which cover is sought."""
    return [
        f"- {duty.day:%a} {duty.day.day} {duty.day:%B %Y}, {duty.role}, {duty.programme.name}\n"
        f"  {settings.PUBLIC_BASE_URL}/duties/{duty.pk}/"
        for duty in duties
    ]
