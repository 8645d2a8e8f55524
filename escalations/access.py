"""Who may see a case, and who may answer for it."""

from django.db.models import Exists, OuterRef, Q

from escalations.models import Escalation, EscalationQuerySet
from people.models import Person
from rota.models import Programme


def visible_to(person: Person) -> EscalationQuerySet:
    """Administrators and support see every case; an executive the ones of their programmes.

    Whoever owns a case or was paged for it sees it without any role: the fallback list may hold anybody.
    """
    if not person.is_active:
        return Escalation.objects.none()
    if person.is_admin or person.is_support:
        return Escalation.objects.all()
    # Looked up case by case: an officer's pages of years are many, the cases that somebody looks at are few.
    paged = Exists(person.pages.filter(escalation=OuterRef("pk")))
    own = Q(owner=person) | Q(accepted_by=person) | Q(paged)
    if person.is_executive:
        own |= Q(programme__in=Programme.objects.filter(Q(everybody=True) | Q(memberships__person=person)))
    return Escalation.objects.filter(own)


def may_see(person: Person, escalation: Escalation) -> bool:
    """True where `escalation` is among `visible_to(person)`."""
    return visible_to(person).filter(pk=escalation.pk).exists()


def may_act_as_officer(person: Person, escalation: Escalation) -> bool:
    """Officers take, pass and resolve: executives who may see the case, and administrators.

    Somebody who was paged may answer even without the role: the fallback list may hold anybody.
    """
    if not person.is_active:
        return False
    if person.is_admin:
        return True
    if escalation.pages.filter(person=person).exists():
        return True
    return person.is_executive and may_see(person, escalation)
