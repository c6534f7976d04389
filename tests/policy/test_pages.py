"""`docs/policy.md` and the schema say what the model does."""

import re

import pytest
from jsonschema import Draft202012Validator

from gate.io import yaml_document
from gate.policy import Policy
from gate.policy.loader import parse
from gate.policy.problems import keys
from tests.lab.schemas import generated
from tests.lab.tools import ROOT

PAGE = (ROOT / "docs" / "policy.md").read_text()
ROWS = re.findall(r"(?m)^\| `([a-z_.]+)` \| (.*?) \| .+ \|$", PAGE)
EXAMPLES = re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE)


def default(key):
    """What the schema gives as the key's default; for what is made anew each time, the model's."""
    schema = Policy.model_json_schema()
    node = schema
    for part in key.split("."):
        forms = [node, node.get("items", {}), *node.get("anyOf", ())]
        refs = [form["$ref"].rpartition("/")[2] for form in forms if "$ref" in form]
        node = (schema["$defs"][refs[0]] if refs else node)["properties"][part]
    return node["default"] if "default" in node else Policy().model_dump(mode="json")[key]


def test_every_key_of_the_model_stands_on_the_page_and_no_other():
    assert [key for key, _ in ROWS] == list(keys())


@pytest.mark.parametrize(("key", "said"), [row for row in ROWS if row[1].startswith("`")])
def test_a_default_on_the_page_is_the_model_s(key, said):
    assert yaml_document.read(said.strip("`").encode(), "the page").value == default(key)


@pytest.mark.parametrize("key", [key for key, said in ROWS if said == "required"])
def test_a_key_that_the_page_calls_required_is_so_in_the_schema(key):
    schema = Policy.model_json_schema()
    parent, _, name = key.rpartition(".")
    models = {"exceptions": "PolicyException", "trivyignore": "IgnoreFile", "size": "Size"}
    assert name in schema["$defs"][models[parent]]["required"]


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_on_the_page_is_a_policy(text):
    assert parse(text, "docs/policy.md") != Policy()


def test_there_are_examples_to_try():
    assert len(EXAMPLES) >= 2


def test_what_the_schema_calls_a_default_the_schema_allows():
    import json

    schema = json.loads(generated()["policy.schema.json"])
    for model in [schema, *schema["$defs"].values()]:
        for name, inner in model.get("properties", {}).items():
            if "default" in inner:
                Draft202012Validator({**inner, "$defs": schema["$defs"]}).validate(inner["default"]), name
