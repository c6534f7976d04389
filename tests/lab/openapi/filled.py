"""Objects as GitHub describes them, with whatever they must have."""

import json
from typing import Any

from tests.builders import NOW
from tests.lab.openapi.trim import DESCRIPTION


class Filled:
    """Makes objects of the description's schemas."""

    def __init__(self) -> None:
        """Read the description."""
        self._schemas = json.loads(DESCRIPTION.read_bytes())["components"]["schemas"]

    def __call__(self, schema: str, **given: Any) -> dict[str, Any]:
        """An object of that kind: `given`, and whatever else it must have."""
        described = self._schemas[schema]
        missing = {name: described["properties"][name] for name in described["required"] if name not in given}
        return {name: self._any(one) for name, one in missing.items()} | given

    def _any(self, described: dict[str, Any]) -> Any:
        if reference := described.get("$ref"):
            name = reference.rpartition("/")[2]
            return None if self._schemas[name].get("nullable") else self(name)
        if described.get("nullable"):
            return None
        texts = {"uri": "https://api.github.com/x", "date-time": NOW.isoformat()}
        text = described.get("enum", [texts.get(described.get("format", ""), "x")])[0]
        return {"string": text, "integer": 1, "boolean": False, "array": []}[described["type"]]
