"""The secret address by which an invitation is answered from any mail program, without signing in."""

from functools import lru_cache

from django.conf import settings
from django.core import signing
from django.urls import reverse

from people.errors import Refused
from rota.models import Invitation

_SIGNER = "rota.answer_links"


def answer_url(invitation: int, *, says: str = "") -> str:
    """The address of the question, `says` being the answer that is offered first.

    It is the same for as long as SECRET_KEY is: a feed that holds it does not change by itself. After a rotation the
    addresses signed with a key among SECRET_KEY_FALLBACKS still open.
    """
    before, after = _path()
    token = signing.Signer(salt=_SIGNER).sign(str(invitation))
    url = f"{settings.PUBLIC_BASE_URL}{before}{token}{after}"
    return f"{url}?say={says}" if says else url


def read_answer_token(token: str) -> Invitation:
    """The invitation that a link is about. Raises Refused for a wrong one."""
    try:
        pk = int(signing.Signer(salt=_SIGNER).unsign(token))
    except (signing.BadSignature, ValueError):
        raise Refused(
            "This link is not complete: open it from the mail or the calendar again.",
            field="token",
            code="unknown",
        ) from None
    rows = Invitation.objects.select_related("person", "duty__programme", "hold__programme")
    found = rows.filter(pk=pk, person__is_active=True).first()
    if found is None:
        raise Refused("This link is not known any more.", field="token", code="unknown")
    return found


@lru_cache(maxsize=1)
def _path() -> tuple[str, str]:
    """What stands before and after the token. Looked up once: a feed has hundreds of these addresses."""
    before, _, after = reverse("web:calendar-answer", args=["TOKEN"]).partition("TOKEN")
    return before, after
