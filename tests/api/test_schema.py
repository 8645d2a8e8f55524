"""The schema is valid and complete, and its pages work under the policy of every other page."""

import json
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import get_resolver
from jsonschema import Draft202012Validator, FormatChecker

from api import urls
from tests.api.conftest import problem_of
from tests.api.test_access import TABLE, Scene
from tests.browsers import DESK

UNDESCRIBED = {"schema", "docs"}


@pytest.fixture
def scene(case, tiny, ana, ben, dora, learnt) -> Scene:
    return Scene(case, ana, ben, dora, learnt)


@pytest.fixture
def schema(db, client) -> dict:
    answer = client.get("/api/v1/schema/", {"format": "json"})
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_it_validates_without_a_warning(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")
    assert "Warning" not in capsys.readouterr().err


def test_every_address_and_method_is_described(schema):
    described = {
        (path, method) for path, item in schema["paths"].items() for method in item if method != "parameters"
    }
    for entry in urls.urlpatterns:
        if entry.name is None or entry.name in UNDESCRIBED:
            continue
        named = re.sub(r"<int:pk>|<str:(\w+)>", lambda found: f"{{{found[1] or 'id'}}}", str(entry.pattern))
        path = f"/api/v1/{named}"
        for method in ("get", "post", "put", "patch", "delete"):
            has = hasattr(entry.callback.cls, method)
            assert has == ((path, method) in described), f"{method} {path}"


def test_every_operation_tells_its_scope_its_security_and_its_problems(schema):
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            assert operation["security"] == [{"token": []}], path
            assert "Needs" in operation["description"], path
            assert operation["summary"], path
            refusal = operation["responses"]["401"]["content"]
            assert list(refusal) == ["application/problem+json"], path
            if method in ("post", "patch"):
                assert {"409", "413", "415", "429"} <= set(operation["responses"]), path


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema; an object has no properties but those that are described."""
    if isinstance(node, list):
        return [as_json_schema(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    plain = {name: as_json_schema(inner) for name, inner in node.items()}
    if plain.get("type") == "object" and "properties" in plain:
        plain.setdefault("additionalProperties", False)
    return {"anyOf": [plain, {"type": "null"}]} if plain.pop("nullable", False) else plain


@pytest.mark.parametrize("row", [row for row in TABLE if row.admin < 300], ids=str)
def test_answers_are_what_the_schema_says(schema, scene, dora, program, row):
    answer = scene.ask(program(dora), row)
    named = re.sub(r"\{(?!month)\w*\}", "{id}", row.path.partition("?")[0])
    operation = schema["paths"][f"/api/v1/{named}"][row.method]
    described = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
    whole = as_json_schema({**described, "components": schema["components"]})
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(answer.json())


def test_problems_are_what_the_schema_says(schema, cleo, program):
    answer = program(cleo).send("escalations/", {"x": 1})
    operation = schema["paths"]["/api/v1/escalations/"]["post"]
    described = operation["responses"]["400"]["content"]["application/problem+json"]["schema"]
    whole = as_json_schema({**described, "components": schema["components"]})
    Draft202012Validator(whole).validate(answer.json())


def test_the_scheme_is_a_bearer_token(schema):
    scheme = schema["components"]["securitySchemes"]["token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_browsers_and_programs_may_read_it_without_a_token(db, client):
    assert client.get("/api/v1/schema/").headers["Content-Type"].startswith("application/vnd.oai.openapi")
    wanted = client.get(
        "/api/v1/schema/", headers={"Accept": "application/json", "Authorization": "Bearer x"}
    )
    assert wanted.json()["openapi"].startswith("3.")


def test_a_wrong_method_on_the_pages_is_a_problem_too(db, client):
    problem_of(client.post("/api/v1/schema/"), 405)
    problem_of(client.post("/api/v1/docs/"), 405)


def test_nothing_in_the_page_needs_an_exception_from_the_policy(db, client):
    answer = client.get("/api/v1/docs/")
    page = answer.content.decode()
    assert "<style" not in page
    assert "style=" not in page
    assert "<script>" not in page
    assert "http" not in page
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_the_pages_render_in_a_browser(live_server, window):
    page = window(DESK)
    page.goto(f"{live_server.url}/api/v1/docs/")
    page.get_by_text("Who is on duty now, and who is next").wait_for()
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_text("HTTPBearer").or_(page.get_by_text("http, Bearer")).first.wait_for()


def test_the_addresses_are_mounted_once():
    mounted = [entry for entry in get_resolver().url_patterns if "api/v1/" in str(entry.pattern)]
    assert len(mounted) == 1
