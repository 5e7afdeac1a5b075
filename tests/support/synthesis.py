"""The smallest request body that a JSON schema allows, with the ids of existing rows where the schema names some."""

import re
from dataclasses import dataclass
from typing import Any

ONE_OF = ("registration_id", "email", "url", "org_class")
"""Optional fields of which some operations need one or another."""


@dataclass
class Body:
    """A minimal body; `ours` when it names a row of ours."""

    ids: dict[str, str]
    schemas: dict[str, Any]
    ours: bool = False

    def value(self, schema: dict[str, Any], name: str = "") -> object:
        """The smallest value that the schema allows. Raises LookupError when it cannot tell."""
        if "$ref" in schema:
            return self.value(self.schemas[schema["$ref"].rsplit("/", 1)[-1]], name)
        known = self._known(name, schema)
        if known is not None:
            self.ours = True
            return known
        for words in ("anyOf", "oneOf", "allOf"):
            if words in schema:
                chosen = next(one for one in schema[words] if one.get("type") != "null")
                return self.value({"examples": schema.get("examples", [])} | chosen, name)
        fixed = [schema["const"]] if "const" in schema else schema.get("enum")
        if fixed:
            return fixed[0]
        return self._plain(schema, name)

    def _known(self, name: str, schema: dict[str, Any]) -> object:
        if name.endswith("_ids") and name.removesuffix("s") in self.ids:
            return [self.ids[name.removesuffix("s")]]
        places = {"workshop": "workshop_id", "organisation": "organisations/code", "data_item": "data-items/code"}
        return self.ids.get(places.get(name, name)) if name.endswith("_id") or name in places else None

    def _plain(self, schema: dict[str, Any], name: str) -> object:
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                wanted = [*schema.get("required", []), *(name for name in ONE_OF if name in fields)]
                return {name: self.value(fields[name], name) for name in wanted}
            case "array":
                return [self.value(schema["items"], name) for _time in range(schema.get("minItems", 0))]
            case "integer" | "number":
                return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return True
            case "string":
                return self._text(schema, name)
        return {}

    def _text(self, schema: dict[str, Any], name: str) -> str:
        by_format = {
            "uuid": "0190e000-0000-7000-8000-000000000000",
            "date": "2023-07-21",
            "date-time": "2023-07-03T08:30:00+08:00",
            "email": "baru@luwukab.go.id",
            "binary": "",
        }
        if schema.get("format") in by_format:
            return by_format[schema["format"]]
        shortest = schema.get("minLength", 0)
        tries = [*schema.get("examples", []), "baru", "baru@luwukab.go.id", "https://luwukab.go.id/x", "+6281200000001"]
        tries += ["workshops:read", "1", "x" * shortest]
        for text in tries:
            if len(text) >= shortest and re.search(schema.get("pattern", ""), text):
                return str(text)
        raise LookupError(f"no text fits {name}: {schema}")
