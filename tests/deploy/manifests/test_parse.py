"""What a file is is told by its content, and what is not sure is an error."""

import json

import pytest

from gate.deploy.manifests import LARGEST, jsontext, parse_manifests
from gate.errors import InputError

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "annotations": {"a": 'x "{[,:]}" \\', "": "é\u2028😀"}},
    "spec": {
        "containers": [{"name": "app", "image": "ghcr.io/o/app:1", "args": [1, -2.5e3, True, False, None, {}, []]}]
    },
}
YAML_POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: app, image: ghcr.io/o/app:1}\n"
)
NAMED = [("Pod web, container app", "ghcr.io/o/app:1")]


def named(text):
    data = text if isinstance(text, bytes) else text.encode()
    return [(one.path, one.image) for one in parse_manifests(data, "file").images]


def refused(text, name="file"):
    with pytest.raises(InputError) as caught:
        parse_manifests(text if isinstance(text, bytes) else text.encode(), name)
    return caught.value


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_is_read_however_it_is_written(indent, ascii_only):
    text = json.dumps(POD, indent=indent, ensure_ascii=ascii_only)
    [image] = parse_manifests(b"\xef\xbb\xbf" + text.encode(), "file").images
    assert (image.path, image.image) == NAMED[0]
    before = text[: text.index('"ghcr.io')]
    assert (image.line, image.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))


def test_a_stream_of_objects_is_read_to_its_end():
    one = json.dumps(POD)
    assert named(one + one + "\n" + one) == NAMED * 3
    assert (
        named('{"apiVersion": "v1", "kind": "Service"}\n---\n{"apiVersion": "v1", "kind": "X"}\n---\n' + YAML_POD)
        == NAMED
    )
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": [POD, POD]})
    assert named(listed) == NAMED * 2


def test_an_escape_in_json_is_what_it_stands_for():
    text = json.dumps(POD).replace("ghcr.io/o", "ghcr.io\\/\\u006f").replace('"image"', '"im\\u0061ge"')
    assert named(text) == NAMED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"kind": "Pod", "kind": "List"}', "file is not readable as JSON"),
        ('{"apiVersion": "v1"', "file is not readable as JSON"),
        ('{"a": "\\"\\"', "file is not readable as JSON"),
        ('{"a": NaN}', "file is not readable as JSON"),
        ('{"apiVersion": "v1", "kind": "X"} x', "file, object 2 is not readable as JSON"),
        ('{"apiVersion": "v1", "kind": "X"} {"a"}', "file, object 2 is not readable as JSON"),
        ('{"a": ' + "[" * 101 + "]" * 101 + "}", "file is nested more than 100 deep"),
        ('{"a": ' + "[" * 100_000, "file is not readable as JSON"),
        ('{"apiVersion": "v1", "kind": "X"}' * 10_001, "file has more than 10,000 objects"),
        ('{"": 1}', "file:1:1: neither a Kubernetes object nor a Compose file"),
    ],
)
def test_json_that_is_not_sound_is_refused(text, said):
    assert refused(text).problem.startswith(said)


def test_the_values_of_all_objects_together_have_their_bound():
    text = '{"a": [1, 2]} {"a": "b"}'
    assert len(list(jsontext.trees(text, "file", most=6))) == 2
    with pytest.raises(InputError, match="file has more than 5 values"):
        list(jsontext.trees(text, "file", most=5))


def test_quotes_without_an_end_are_looked_at_once():
    assert refused('{"a": "' + '\\"' * 500_000).problem.startswith("file is not readable as JSON")


def test_a_list_has_one_reference_a_line():
    text = "# ours\r\n\r\nghcr.io/o/app:1 # web\r\n  redis\r\nlocalhost:5000/x@sha256:" + "a" * 64
    found = parse_manifests(b"\xef\xbb\xbf" + text.encode(), "images.txt")
    assert [(one.path, one.image, one.line, one.column) for one in found.images] == [
        ("line 3", "ghcr.io/o/app:1", 3, 1),
        ("line 4", "redis", 4, 3),
        ("line 5", "localhost:5000/x@sha256:" + "a" * 64, 5, 1),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nginx\nredis latest", "file:2:1: more than one word on a line"),
        (f"nginx\n{YAML_POD}", "file:2:1: more than one word on a line"),
        ("nginx\n\x0credis\rpostgres", "file:2:2: more than one word on a line"),
        ("nginx\napp:$TAG", "file:2:1: line 2: the image 'app:$TAG' has a variable in it"),
        ("nginx\n{{app}}", "file:2:1: line 2: the image '{{app}}' is a template"),
        ("nginx\n" * 10_001, "file:10001:1: more than 10,000 images"),
    ],
)
def test_a_list_with_anything_else_in_it_is_refused(text, said):
    assert refused(text).problem == said


def test_a_line_of_a_list_is_named_whatever_white_space_is_before_it():
    assert named("nginx\n\x0b\u3000redis") == [("line 1", "nginx"), ("line 2", "redis")]


@pytest.mark.parametrize(
    "text", ["", "\n \n", "# only\n# comments\n", "---\n# Source: a.yaml\n---\n", "\ufeff", "--- # x\n"]
)
def test_an_empty_file_is_an_error(text):
    assert refused(text).problem == "file is empty"
    assert "list with one reference a line" in refused(text).hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- nginx\n- redis\n", "file:1:1: neither a Kubernetes object nor a Compose file"),
        ("nginx:\n", "file:1:1: neither"),
        ("'nginx'\n", "file:1:1: neither"),
        ("two words\n", "file:1:1: neither"),
        ("kind: Pod\nspec: {containers: [{image: a}]}", "file:1:1: neither"),
        ("apiVersion: v1\nkind: 1", "file:1:1: neither"),
        ("image: {repository: a}", "file:1:1: neither"),
        (f"{YAML_POD}---\nfoo: 1", "file:8:1: neither"),
        (f"{YAML_POD}---\nservices: {{web: {{image: a}}}}", "file:8:1: Kubernetes objects and a Compose file in one"),
        (f"services: {{web: {{image: a}}}}\n---\n{YAML_POD}", "file:3:1: Kubernetes objects and a Compose file in one"),
        (b"\xff\xfea\x00", "file:1: not UTF-8"),
        (b"a: b\nc: \xff", "file:2: not UTF-8"),
        (b"x" * (LARGEST + 1), "file is larger than 16,777,216 bytes"),
        ("a: *b", "file:1:4: there is no anchor"),
    ],
)
def test_what_cannot_be_told_for_sure_is_an_error(text, said):
    assert refused(text).problem.startswith(said)


@pytest.mark.parametrize(
    "text",
    [
        "{{- if .Values.enabled }}\napiVersion: v1\n{{- end }}\n",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n",
        'apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    {{- include "labels" . | nindent 4 }}\n  name: x\n',
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {{ image }}\n",
    ],
)
def test_a_template_is_refused_with_what_to_do(text):
    assert "helm template" in refused(text).hint


def test_braces_in_the_text_of_a_sound_manifest_are_no_template():
    rule = "---\napiVersion: v1\nkind: ConfigMap\ndata:\n  rules: |\n    summary: {{ $labels.pod }} {{ .Value }}\n"
    assert named(YAML_POD + rule) == NAMED
    assert "helm" not in refused(f'{YAML_POD}---\na: "{{{{ .x }}}}"\nb: [').hint


def test_the_name_of_the_file_is_made_safe_to_show():
    assert refused("", "a\x1b[31m\nb").problem == "a [31m b is empty"
    for text in ("- a", "a: [", '{"a"', "a: 1\ra: 1"):
        assert refused(text, "a\x1b[31m\nb").problem.isprintable()
