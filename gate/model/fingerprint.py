"""Fingerprint that identifies a finding across scans.

It is made of kind, id, package without version, and path. It contains no version, tag, digest, layer, line, platform
or image, so it survives a rescan, a rebuild, an upgrade without a fix and a new database, and findings of two images
can be compared.
"""

from hashlib import sha256

from gate.model.findings import Kind


def fingerprint(  # noqa: PLR0913 each is a part of the identity
    kind: Kind, identity: str, package: str, place: str, *, installed: str = "", mark: str = ""
) -> str:
    """Return 32 hexadecimal digits.

    `package` is the purl without version and qualifiers, or the name; `place` a path in the image, from which the
    installed version is removed (`PyYAML-5.3.dist-info`). `mark` distinguishes equal findings in one file.
    """
    where = place.replace(installed, "*") if place and installed else place
    parts = f"gate/1\0{kind.value}\0{identity}\0{package}\0{where}\0{mark}"
    return sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]
