"""`make schemas`: writes the schemas that are generated from the models; a test holds the files to them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gate.policy import Policy
from gate.verdict import VerdictFile
from tests.lab.tools import ROOT

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def generated() -> Mapping[str, bytes]:
    """Each file's name and text: of the policy as it is read, and of the verdict as it is written."""
    policy = Policy.model_json_schema(mode="validation")
    verdict = VerdictFile.model_json_schema(mode="serialization")
    return {"policy.schema.json": _text(policy), "verdict.schema.json": _text(verdict)}


def _text(schema: Mapping[str, Any]) -> bytes:
    return (json.dumps({"$schema": _DIALECT, **schema}, indent=2, sort_keys=True) + "\n").encode()


def main(folder: Path) -> None:
    """Write them all into `folder`."""
    for name, text in generated().items():
        (folder / name).write_bytes(text)


if __name__ == "__main__":
    main(ROOT / "schemas")
