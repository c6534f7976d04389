"""What makes a finding the same finding tomorrow.

A fingerprint holds the kind, the id, the package without its version, and the place; it holds no version, tag,
digest, layer, line, platform or image, so it survives a rescan, a rebuild, a version bump that mends nothing and
a new database, and findings of two images can be compared.
"""

from hashlib import sha256

from gate.model.findings import Kind

_BEGINS = {kind: f"gate/1\0{kind.value}\0" for kind in Kind}
"""Made once: the value of an enumeration is slow to ask for, and there may be 100,000 findings."""


def fingerprint(  # noqa: PLR0913 each is a part of the identity
    kind: Kind, identity: str, package: str, place: str, *, installed: str = "", mark: str = ""
) -> str:
    """32 hexadecimal digits naming a finding.

    `package` is its purl without version and qualifiers, or its name; `place` a path in the image. The installed
    version is taken out of the path (`PyYAML-5.3.dist-info`). `mark` tells apart what one file holds twice.
    """
    where = place.replace(installed, "*") if place and installed else place
    parts = f"{_BEGINS[kind]}{identity}\0{package}\0{where}\0{mark}"
    return sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]
