"""The API document: checked in without drift, every operation named, permitted, described and exemplified."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import SecretStr

from service.app import create_app
from service.errors import Refusal
from service.models.columns import asked_by
from service.openapi.problem import MEMBERS, REFUSALS
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
# Its own validator says what it asks for.
NO_ORIGIN = r"^https?://[A-Za-z0-9.-]+(:\d{1,5})?/?$"
PUBLISHED = ROOT / "openapi" / "openapi.json"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("openapi"), secret_key=SecretStr("x" * 40), worker=False)
    return create_app(settings).openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_the_published_document_is_the_current_one(document: dict[str, Any]) -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == document, "run `make openapi`"


def test_no_shape_is_called_after_the_module_in_which_it_stands(document: dict[str, Any]) -> None:
    """Two shapes of one name are told apart by their modules, which are nobody's business."""
    known = {"service__models__attendance__Verdict", "service__models__imports_shapes__Verdict"}
    assert {name for name in document["components"]["schemas"] if "__" in name} == known


def test_every_operation_has_a_stable_name_a_text_and_a_permission(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _where, operation in operations(document)]
    assert len(names) == len(set(names))
    nameless = [where for where, operation in operations(document) if not operation.get("description")]
    without = [where for where, operation in operations(document) if operation["x-permission"] == "None"]
    assert (nameless, without) == ([], [])


def test_every_field_has_a_description(document: dict[str, Any]) -> None:
    bare = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, part in schema.get("properties", {}).items()
        if not part.get("description")
    ]
    assert bare == []


def test_every_parameter_of_a_query_has_a_description(document: dict[str, Any]) -> None:
    bare = [
        f"{where} {parameter['name']}"
        for where, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and not parameter.get("description")
    ]
    assert bare == []


def test_every_example_fits_its_schema(document: dict[str, Any]) -> None:
    wrong = []
    for where, operation in operations(document):
        contents = [operation.get("requestBody", {}).get("content", {})]
        contents += [answer.get("content", {}) for status, answer in operation["responses"].items() if status[0] == "2"]
        for content in contents:
            for media_type, body in content.items():
                assert "example" in body, where
                if media_type == "application/json" and body.get("schema"):
                    schema = body["schema"] | {"components": document["components"]}
                    if not jsonschema_rs.is_valid(schema, body["example"]):
                        wrong.append(f"{where} {media_type}")
    assert wrong == []


def test_a_credential_is_asked_for_allowed_or_useless(document: dict[str, Any]) -> None:
    asked = {where: operation["security"] for where, operation in operations(document)}
    either: list[dict[str, list[str]]] = [{}, {"bearer": []}, {"session": []}]
    changing = ["workshops", "workshops/{workshop_id}/minutes.pdf", "materials/{material_id}/file"]
    assert [asked[f"GET /api/v1/{path}"] for path in changing] == [either] * len(changing)
    assert asked["GET /api/v1/organizers/{slug}"] == asked["POST /api/v1/session"] == []
    assert asked["GET /api/v1/workshops/{workshop_id}/registrations"] == either[1:]


def headers(operation: dict[str, Any]) -> set[str]:
    return {one["name"] for one in operation.get("parameters", []) if one["in"] == "header"}


def test_what_headers_do_is_said(document: dict[str, Any]) -> None:
    """Which updates need If-Match is checked against the application in test_access."""
    said = {operation["operationId"]: operation for _where, operation in operations(document)}
    assert headers(said["change_workshop"]) == {"If-Match"}
    assert set(said["change_workshop"]["responses"]["200"]["headers"]) == {"ETag"}
    assert headers(said["create_organisation"]) == {"Idempotency-Key"}
    assert set(said["create_organisation"]["responses"]["201"]["headers"]) == {"ETag", "Idempotency-Replayed"}
    assert headers(said["sign_in"]) == set()
    unconditional = [
        where
        for where, operation in operations(document)
        if where.startswith("GET ") and (headers(operation) != {"If-None-Match"} or "304" not in operation["responses"])
    ]
    assert [one for one in unconditional if not one.endswith((".csv", ".xlsx", "/stream"))] == []


def test_a_merge_patch_names_no_default_and_null_only_for_what_can_be_taken_away(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    patches = {name: schema["properties"] for name, schema in schemas.items() if name.endswith("Patch")}
    assert [(name, field) for name, fields in patches.items() for field in fields if "default" in fields[field]] == []
    nullable = {field for field, part in patches["WorkshopPatch"].items() if {"type": "null"} in part.get("anyOf", [])}
    assert nullable == {"stage", "image", "venue", "follows", "programme", "basis_letter"}
    assert patches["WorkshopPatch"]["registration"]["$ref"].endswith("/RegistrationWindowPatch")
    assert "default" in schemas["RegistrationWindowInput"]["properties"]["waiting_list"]


def test_a_problem_names_all_that_a_refusal_tells() -> None:
    kinds: list[type[Refusal]] = [Refusal]
    for kind in kinds:
        kinds += kind.__subclasses__()
    statuses = {kind.status for kind in kinds if kind.__module__.startswith("service.")}
    documented = " ".join(one["description"] for one in REFUSALS.values())
    assert {status for status in statuses if str(status) not in documented} == set()
    names = {kind.__name__ for kind in kinds}
    told = {
        argument.arg
        for path in (ROOT / "service").glob("**/*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names
        for argument in call.keywords
    }
    # The events and the refusal of a withdrawn invitation have the same name.
    events = {"organizer_id", "workshop_id"}
    assert told - {"retry_after", "headers", "errors"} - events - MEMBERS.keys() == set()


def test_every_pattern_of_a_body_can_be_said_in_words(document: dict[str, Any]) -> None:
    patterns = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(document["components"]["schemas"])))
    spoken = {json.loads(pattern): asked_by(json.loads(pattern)) for pattern in patterns}
    assert [pattern for pattern, text in spoken.items() if text == asked_by("")] == [NO_ORIGIN]
