"""Whatever goes wrong under /api/ is problem+json, views or no views."""

import io

import pytest
from django.test import Client
from django.urls import path

from api.tokens import issue
from api.views import ApiView
from config.urls import urlpatterns as real
from tests.api.conftest import Program, fields_of, problem_of


class Broken(ApiView):
    def get(self, request):
        raise ZeroDivisionError("a secret detail")


urlpatterns = [path("api/v1/broken/", Broken.as_view()), *real]


@pytest.mark.parametrize(
    "address", ["/api/", "/api/v2/me/", "/api/v1/", "/api/v1/nothing/", "/api/v1/%00%ff/"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
def test_an_unknown_address_is_a_404(db, stranger, address, method):
    problem_of(getattr(stranger, method)(address), 404)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_missing_last_slash_is_pointed_out_and_never_redirected(db, stranger, method):
    answer = problem_of(getattr(stranger, method)("/api/v1/duties"), 404)
    assert "ends in a slash" in answer["detail"]


def test_a_method_that_is_not_there_is_a_405_with_the_allowed_ones(cleo, program):
    answer = program(cleo).send("me/", {})
    assert fields_of(answer, 405) == {"": "method_not_allowed"}
    assert "GET" in answer.headers["Allow"]


def test_what_is_not_allowed_is_not_named_among_the_allowed(cleo, program):
    for address in ("/api/v1/me/", "/api/v1/schema/"):
        answer = program(cleo).options(address)
        assert fields_of(answer, 405) == {"": "method_not_allowed"}
        assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("address", ["duties/?format=xml", "me/?format=html", "schema/?format=xml"])
def test_a_format_that_there_is_not_is_named(cleo, program, address):
    assert fields_of(program(cleo).get(f"/api/v1/{address}")) == {"format": "invalid_choice"}
    assert program(cleo).get(f"/api/v1/{address.partition('=')[0]}=json").status_code == 200


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "application/json; charset=utf-8; version=3",
        "application/*;q=0.2",
        "application/problem+json",
        "application/vnd.example+json",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "text/json",
        "",
        "nonsense",
        ";;;,,,",
    ],
)
def test_whoever_takes_any_json_gets_it(cleo, program, accept):
    answer = program(cleo).get("/api/v1/me/", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"


def test_whoever_takes_no_json_gets_a_406(cleo, program):
    answer = program(cleo).get("/api/v1/me/", headers={"Accept": "application/xml, image/png"})
    assert fields_of(answer, 406) == {"": "not_acceptable"}


def test_a_crash_is_a_500_that_tells_nothing_and_is_logged(cleo, settings, caplog):
    settings.ROOT_URLCONF = __name__
    caller = Program(issue(person=cleo).secret)
    caller.raise_request_exception = False
    answer = problem_of(caller.get("/api/v1/broken/"), 500)
    assert "secret detail" not in str(answer)
    assert any(record.exc_info and "a secret detail" in str(record.exc_info[1]) for record in caplog.records)


def test_a_crash_in_debug_is_a_problem_too(cleo, settings):
    settings.ROOT_URLCONF = __name__
    settings.DEBUG = True
    caller = Program(issue(person=cleo).secret)
    caller.raise_request_exception = False
    problem_of(caller.get("/api/v1/broken/"), 500)


def test_a_foreign_host_is_a_problem_and_one_line_of_the_log(db, caplog):
    problem_of(Client(headers={"Host": "evil.example.com"}).get("/api/v1/duties"), 400)
    (line,) = caplog.records
    assert "'evil.example.com'" in line.getMessage()
    assert line.exc_info is None, "anybody may send it, as often as they like"


def test_pages_outside_the_api_are_left_alone(db, client):
    assert "json" not in client.get("/nothing-here/").headers["Content-Type"]


def test_a_body_of_unknown_length_is_refused(cleo, program):
    caller = program(cleo)
    answer = caller.generic(
        "POST",
        "/api/v1/me/",
        **{"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "", "wsgi.input": io.BytesIO(b"{}")},
    )
    assert fields_of(answer, 411) == {"": "length_required"}
