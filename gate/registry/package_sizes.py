"""Installed sizes of packages, from the databases of Debian and Alpine.

Formats: deb-control(5) and /var/lib/dpkg/status; wiki.alpinelinux.org/wiki/Apk_spec. Images without a package manager
(distroless) have one file a package in /var/lib/dpkg/status.d, without its status: what is there is installed.
"""

import re
from collections.abc import Iterable, Iterator

from gate.model.inspection import PackageFacts
from gate.text import one_line

DATABASES = ("var/lib/dpkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed")
LARGEST = 32 << 20
"""Bytes of a database; of a whole desktop it has 3 MiB."""
_MOST = 15
_APART = re.compile(r"var/lib/dpkg/status\.d/(?!.*\.md5sums$)[^/]+")
_FIELDS = re.compile(r"^(Package|Version|Installed-Size|Status|P|V|I): ?(.*)$", re.MULTILINE)
_SIZE = re.compile(r"[0-9]{1,12}", re.ASCII)


def is_apart(path: str) -> bool:
    """Check whether the file is the status of one package (distroless)."""
    return _APART.fullmatch(path) is not None


def heaviest(database: bytes, *, apart: bool = False) -> tuple[PackageFacts, ...]:
    """Return the largest packages, largest first; `apart`: the text is of one package, without a status."""
    return together(_packages(database.decode("utf-8", "replace"), apart=apart))


def together(found: Iterable[PackageFacts]) -> tuple[PackageFacts, ...]:
    """Return the largest packages of `found`, each once, largest first."""
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (-one.size, one.name))[:_MOST])


def _packages(text: str, *, apart: bool) -> Iterator[PackageFacts]:
    for paragraph in text.split("\n\n"):
        fields = dict(_FIELDS.findall(paragraph))
        debian = "Package" in fields
        name, version, size = (
            fields.get(field, "") for field in (("Package", "Version", "Installed-Size") if debian else "PVI")
        )
        if name and _SIZE.fullmatch(size) and (not debian or apart or fields.get("Status", "").endswith(" installed")):
            yield PackageFacts(
                name=one_line(name, 100), version=one_line(version, 100), size=int(size) * (1024 if debian else 1)
            )
