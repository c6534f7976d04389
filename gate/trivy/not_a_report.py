"""Explain what a file is that is no JSON report of Trivy: another format, a log, a report about no image.

Formats: `trivy --help` (`--format`), SARIF 2.1.0, CycloneDX, SPDX 2 and 3, in-toto, and what Grype writes.
"""

import re
from collections.abc import Mapping
from typing import Any

from gate.errors import InputError
from gate.io.strict_json import encoding_problem, loads
from gate.text import one_line

IMAGE_TYPE = "container_image"
SBOM_TYPES = frozenset({"cyclonedx", "spdx"})
"""`ArtifactType` of `trivy sbom` (pkg/fanal/artifact)."""

_JSON_HINT = "write it with `trivy image --format json --output FILE IMAGE`"
_LOG_HINT = (
    "let Trivy write the report itself (--output FILE), or keep its log apart: 2>trivy.log, never 2>&1; "
    "the log goes to stderr"
)
_OTHER_TYPES = {
    "filesystem": "a file system (`trivy fs` or `trivy rootfs`)",
    "repository": "a source repository (`trivy repo`)",
    "vm": "a virtual machine (`trivy vm`)",
    "aws_account": "an AWS account (`trivy aws`)",
}
_PACKED = {b"\x1f\x8b": "gunzip", b"PK\x03\x04": "unzip", b"\x28\xb5\x2f\xfd": "unzstd", b"BZh": "bunzip2"}
_LOOKED_AT = 1 << 20
"""Bytes at either end of a file that are looked at for a log."""
_LARGEST = 64 << 20
"""Bytes of a document that is read once more to say what it is."""
_JSON_BEGINS = re.compile(r"^\s*\{\s*$|^\s*\{\s*\"", re.MULTILINE)
_TABLE = re.compile(r"[\u2500-\u257f]|^\+-{3,}|^Total: [0-9]+ \(|^Report Summary", re.MULTILINE)
_LOG = re.compile(r"^(?:\x1b\[[0-9;]*m)*\S+[\t ]+(?:\x1b\[[0-9;]*m)*(?:DEBUG|INFO|WARN|ERROR|FATAL)\b", re.MULTILINE)


def explained(data: bytes, what: str) -> InputError | None:
    """The cause, where `data` cannot be read as a report of Trivy and what it is instead is plain."""
    head = data[:_LOOKED_AT]
    for magic, tool in _PACKED.items():
        if head.startswith(magic):
            return InputError(f"{what} is compressed", hint=f"unpack it first: {tool}")
    if problem := encoding_problem(head, what):
        return InputError(problem.problem, hint=f"{problem.hint}; {_JSON_HINT}")
    if len(data) > _LARGEST:
        return None
    try:
        document = loads(data, what)
    except InputError as exc:
        return _text(head, data[-_LOOKED_AT:], what, exc.problem)
    name = _format(document)
    return InputError(f"{what} is {name}, and no JSON report of Trivy", hint=_JSON_HINT) if name else None


def other_artifact(artifact_type: str, what: str) -> InputError | None:
    """The refusal of a report that is about something else than a container image or its SBOM."""
    if artifact_type in {"", IMAGE_TYPE} or artifact_type in SBOM_TYPES:
        return None
    about = _OTHER_TYPES.get(artifact_type, f"{one_line(artifact_type, 60)!r}")
    return InputError(
        f"{what} is about {about}, and not about a container image",
        hint=f"only images are judged: {_JSON_HINT}, or scan the image with `gate scan`",
    )


def _format(document: Any) -> str:
    """The name of another known format; empty when it is none."""
    if isinstance(document, list):
        return "a list, as Trivy wrote before 0.20" if document and _has(document[0], "Target") else "a list"
    if not isinstance(document, dict):
        return f"a single value ({type(document).__name__})"
    names = (name for name, keys in _FORMATS.items() if any(_has(document, *key) for key in keys))
    return next(names, "")


_FORMATS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "a report on a Kubernetes cluster (`trivy k8s`), and not about a container image": (("ClusterName",),),
    "a SARIF file": (("runs",),),
    "an SBOM in the CycloneDX format": (("bomFormat",),),
    "an SBOM in the SPDX format": (("spdxVersion",), ("SPDXID",), ("@context", "@graph")),
    "an in-toto statement": (("_type", "predicateType"),),
    "a cosign vulnerability predicate": (("invocation", "scanner"),),
    "a dependency snapshot for GitHub": (("detector", "manifests"),),
    "a verdict of gate": (("verdicts",),),
    "a report of Grype": (("matches", "descriptor"),),
    "a report for GitLab": (("vulnerabilities", "scan"), ("vulnerabilities", "version")),
    "a VEX document": (("@context", "statements"), ("document", "product_tree")),
}


def _has(value: Any, *keys: str) -> bool:
    return isinstance(value, dict) and all(key in value for key in keys)


def _text(head: bytes, tail: bytes, what: str, problem: str) -> InputError | None:
    """The cause where it is no JSON as a whole: `problem` is what the parser said."""
    text = head.decode("utf-8", "replace").lstrip()
    lines = tail.decode("utf-8", "replace").strip()
    first, last = (one_line(line, 100) for line in (text.partition("\n")[0], lines.rpartition("\n")[2]))
    is_json, is_table = text.startswith("{"), _TABLE.search(text)
    causes = (
        (is_json and _LOG.search(text + lines), f"has lines of a log after the JSON or in it: {last!r}", _LOG_HINT),
        (is_json and "trailing" in problem, f"has other text after the JSON: {last!r}", _LOG_HINT),
        (is_json, "", ""),
        (text.startswith("<"), "is XML or HTML", _JSON_HINT),
        (_JSON_BEGINS.search(text), f"has other lines before the JSON, as of a log: {first!r}", _LOG_HINT),
        (text.startswith(("SPDXVersion:", "SPDXID:")), "is an SBOM in the SPDX format", _JSON_HINT),
        (is_table, "is a table for people to read", _JSON_HINT),
        (_LOG.match(text), f"is a log, without a report: {last!r}", f"did Trivy fail? {_JSON_HINT}"),
        (True, f"is no JSON: it begins with {first!r}", _JSON_HINT),
    )
    cause, hint = next((cause, hint) for applies, cause, hint in causes if applies)
    return InputError(f"{what} {cause}", hint=hint) if cause else None
