"""The API document: checked in without drift, every operation named, permitted, described and exemplified."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import SecretStr

from service.app import create_app
from service.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
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


def test_public_operations_ask_for_no_credential(document: dict[str, Any]) -> None:
    public = {where for where, operation in operations(document) if operation["security"] == []}
    assert {"GET /api/v1/workshops", "POST /api/v1/workshops/{workshop_id}/registrations"} <= public
    assert "GET /api/v1/workshops/{workshop_id}/registrations" not in public
