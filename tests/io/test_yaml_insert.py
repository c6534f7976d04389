"""`gate.io.yaml_document.add_item`: the file says one thing more, and keeps every byte that it had."""

import pytest

from gate.errors import InputError
from gate.io.yaml_document import add_item, read

ITEM = {"repository": "octo/app", "refs": ["main", "v*"], "owner_id": "2002"}
PATH = ("trust", "identities")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "version: 1",
        "version: 1\n\n\n",
        "\ufeffversion: 1\r\nfail_on:\r\n  severity: high # strict\r\n",
        "trust:\n  max_age: 7d # a week\n\n# end\nsize:\n  max: 1GB\n",
        "trust:\n    identities:\n    - repository: a/b\n      refs: [\n        v1\n      ]\n    # c\n    max_age: 7d",
        "trust:\n  identities:\n    # ours\n    - key: a.pub # k\n",
        "trust:\n  identities:\n    - {key: a.pub}\n    - key: 'b.pub'",
    ],
)
def test_the_element_is_added_and_every_line_stays(text):
    data = text.encode()
    changed = add_item(data, "gate.yaml", PATH, ITEM)
    assert read(changed, "gate.yaml").value["trust"]["identities"][-1] == ITEM
    lines = iter(changed.decode().split("\n"))
    for line in text.rstrip("\n").split("\n"):
        assert any(kept.rstrip("\r") == line.rstrip("\r") for kept in lines), f"{line!r} is gone"


@pytest.mark.parametrize("text", ["{version: 1}\n", "trust: {identities: []}\n", "trust:\n  identities: []\n"])
def test_what_has_no_lines_to_insert_between_is_refused_with_the_lines(text):
    with pytest.raises(InputError, match="nothing can be added to trust") as refused:
        add_item(text.encode(), "gate.yaml", PATH, ITEM)
    assert "    - repository: octo/app\n" in refused.value.example


@pytest.mark.parametrize("value", ["true", "null", "a: b", "#", "- x", "1.0", "é\n", "*", "&a", "~", "", "2026-01-01"])
def test_every_text_is_written_so_that_it_is_read_as_that_text(value):
    changed = add_item(b"version: 1\n", "gate.yaml", PATH, {"ref": value, "refs": [value]})
    assert read(changed, "gate.yaml").value["trust"]["identities"] == [{"ref": value, "refs": [value]}]
