"""Tokens: made once, kept as a hash, narrowed by scopes and by what their person may do today."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from api.models import ApiToken
from api.scopes import Scope
from api.tokens import PREFIX, hash_of, issue, revoke
from people.errors import Refused
from tests.api.conftest import Program, problem_of


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("issue_token", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_one_token_and_nothing_else(cleo):
    said = printed("Cleo@Example.com")
    assert said.endswith("\n")
    assert said.count("\n") == 1
    secret = said.strip()
    assert secret.startswith(PREFIX)
    assert len(secret) > 40
    answer = Program(secret).read("me/").json()
    assert answer["email"] == "cleo@example.com"
    assert answer["scopes"] == [scope.value for scope in Scope]


def test_only_the_hash_is_kept(cleo):
    secret = issue(person=cleo).secret
    row = ApiToken.objects.values().get()
    assert row["token_hash"] == hash_of(secret)
    assert not any(secret in str(value) for value in row.values())
    assert secret.startswith(row["hint"])


def test_the_command_takes_scopes_and_days(cleo):
    printed("cleo@example.com", "--scope", "duties:read", "--scope", "learnings:read", "--days", "3")
    token = ApiToken.objects.get()
    assert token.scopes == ["duties:read", "learnings:read"]
    assert timedelta(days=2, hours=23) < token.expires_at - timezone.now() <= timedelta(days=3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody@example.com"], "Nobody active has the e-mail nobody@example.com"),
        (["cleo@example.com", "--scope", "all"], "no scope “all”"),
        (["cleo@example.com", "--scope", ""], "no scope “”"),
        (["cleo@example.com", "--days", "0"], "1 to 3650 days"),
        (["cleo@example.com", "--days", "99999999999"], "1 to 3650 days"),
        (["eve@example.com"], "holds no role"),
        (["asha@example.com", "--scope", "escalations:read"], "may not have “escalations:read”"),
    ],
)
def test_the_command_refuses_in_one_clear_line(cleo, eve, asha, arguments, words):
    with pytest.raises(CommandError, match=words):
        printed(*arguments)
    assert not ApiToken.objects.exists()


def test_somebody_who_has_left_gets_no_token(cleo):
    cleo.is_active = False
    cleo.save()
    with pytest.raises(Refused):
        issue(person=cleo)
    with pytest.raises(CommandError):
        printed("cleo@example.com")


def test_an_assistant_may_read_duties_sessions_and_learnings_only(asha, program):
    assert program(asha).read("me/").json()["scopes"] == ["duties:read", "learnings:read", "listening:read"]


def challenge(response) -> str:
    problem_of(response, 401)
    return response.headers["WWW-Authenticate"]


def test_without_a_token_one_is_asked_for(db, stranger):
    assert challenge(stranger.read("me/")) == 'Bearer realm="Officer of the Day"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {PREFIX}wrong",
        f"Bearer {PREFIX}{'x' * 5000}",
        f"Bearer {PREFIX}\u00e9",
        "Basic Y2xlbzpzZWNyZXQ=",
        "Token abc",
        "\x00",
    ],
)
def test_a_bad_token_is_refused_as_invalid(db, stranger, header):
    answer = stranger.get("/api/v1/me/", headers={"Authorization": header})
    assert 'error="invalid_token"' in challenge(answer)


def test_the_scheme_is_not_case_sensitive(cleo, stranger):
    secret = issue(person=cleo).secret
    assert stranger.get("/api/v1/me/", headers={"Authorization": f"bearer  {secret}"}).status_code == 200


def test_an_expired_token_is_dead(cleo, clock):
    caller = Program(issue(person=cleo, days=1).secret)
    clock.shift(timedelta(hours=23, minutes=59))
    assert caller.read("me/").status_code == 200
    clock.shift(timedelta(minutes=1))
    assert 'error="invalid_token"' in challenge(caller.read("me/"))


def test_a_revoked_token_is_dead_at_once(cleo, dora):
    token, secret = issue(person=cleo)
    assert revoke(token=token, by=dora)
    assert not revoke(token=token, by=dora)
    assert 'error="invalid_token"' in challenge(Program(secret).read("me/"))


def test_a_token_dies_with_its_persons_leaving(cleo, program):
    caller = program(cleo)
    cleo.is_active = False
    cleo.save()
    challenge(caller.read("me/"))


def test_a_token_does_no_more_than_its_persons_roles_today(cleo, program):
    caller = program(cleo)
    assert caller.read("duties/").status_code == 200
    cleo.is_support = False
    cleo.save()
    refused = caller.read("duties/")
    assert problem_of(refused, 403)["errors"][0]["code"] == "insufficient_scope"
    assert caller.read("me/").json()["scopes"] == []


def test_a_missing_scope_is_named_in_the_challenge(cleo, program):
    refused = program(cleo, "learnings:read").read("duties/")
    problem_of(refused, 403)
    assert refused.headers["WWW-Authenticate"].endswith('error="insufficient_scope", scope="duties:read"')


def test_use_is_noted_at_most_once_a_minute(cleo, program, clock, django_assert_num_queries):
    caller = program(cleo)
    first = timezone.now()
    caller.read("me/")
    clock.shift(timedelta(seconds=59))
    with django_assert_num_queries(1):
        caller.read("me/")
    assert ApiToken.objects.get().last_used_at == first
    clock.shift(timedelta(seconds=1))
    caller.read("me/")
    assert ApiToken.objects.get().last_used_at == first + timedelta(minutes=1)


def test_a_signed_in_browser_is_nobody_here(cleo, client):
    client.force_login(cleo)
    challenge(client.get("/api/v1/me/"))


def test_me_shows_its_owners_own_number_and_speaks_utc(ana, program):
    ana.time_zone = "America/New_York"
    ana.save()
    caller = program(ana)
    caller.force_login(ana)
    answer = caller.read("me/").json()
    assert answer["phone"] == "+15550100001"
    assert answer["roles"] == ["executive"]
    expires = ApiToken.objects.get().expires_at
    assert answer["token"]["expires_at"] == expires.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_writes_are_limited_for_each_token(cleo, ana, program, settings):
    settings.API_WRITES_PER_MINUTE = 2
    caller, other = program(cleo), program(ana)
    codes = [caller.send("me/").status_code for _ in range(3)]
    assert codes == [405, 405, 429]
    late = caller.send("me/")
    assert problem_of(late, 429)["errors"][0]["code"] == "throttled"
    assert 0 < int(late.headers["Retry-After"]) <= 60
    assert caller.read("me/").status_code == 200
    assert other.send("me/").status_code == 405
