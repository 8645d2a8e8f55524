"""Thanks reach the one they are for, who alone may share them."""

import pytest

from learnings.models import Thanks
from learnings.thanks import read_thanks, share, thank, unshare
from people.errors import Refused
from people.models import Letter, Person


def test_they_reach_that_person_and_only_they_share_them(ana: Person, cleo: Person, dora: Person) -> None:
    thanks = thank(to=cleo, words="You let her finish.\nI noticed.", by=ana, source_reference="session 42")
    (letter,) = Letter.objects.all()
    assert letter.person == cleo
    assert "You let her finish.\nI noticed." in letter.text
    for other in (ana, dora):
        with pytest.raises(Refused):
            share(thanks=thanks, by=other)
    assert not Thanks.objects.shared().exists()
    share(thanks=thanks, by=cleo)
    assert Thanks.objects.shared().get() == thanks
    unshare(thanks=thanks, by=cleo)
    assert not Thanks.objects.shared().exists()
    read_thanks(person=cleo)
    assert Thanks.objects.get().read_at is not None


def test_bad_thanks_are_refused_by_name(ana: Person, cleo: Person, eve: Person) -> None:
    Person.objects.filter(pk=eve.pk).update(is_active=False)
    eve.refresh_from_db()
    for to, words, field in (
        (cleo, " ", "words"),
        (cleo, "x" * 2001, "words"),
        (eve, "Hi", "to"),
        (ana, "Hi", "to"),
    ):
        with pytest.raises(Refused) as refused:
            thank(to=to, words=words, by=ana)
        assert refused.value.field == field
    assert not Thanks.objects.exists()
