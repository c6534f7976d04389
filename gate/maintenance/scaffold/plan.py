"""Plan the files of `gate init` and compare them with existing ones, then write them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gate.attestation.pinning import find_ids
from gate.errors import InputError
from gate.io import files, schema
from gate.maintenance.scaffold.checkout import Checkout
from gate.maintenance.scaffold.detection import dockerfile, ecosystems
from gate.maintenance.scaffold.pins import pins, uses
from gate.text import one_line

_TEMPLATES = Path(__file__).parent / "templates"
_LARGEST = 1 << 20
_QEMU = "      - uses: {}\n"
_SCHEMA = "policy.schema.json"


@dataclass(frozen=True)
class ScaffoldOptions:
    """What the generated files are for."""

    checkout: Checkout
    action: str
    """The action that runs `gate`, pinned to a commit."""
    platforms: Sequence[str] = ("linux/amd64",)


@dataclass(frozen=True)
class Change:
    """One file with its new and old content; `old` is None when it does not exist."""

    name: str
    """Path from the top of the checkout."""
    path: Path
    new: bytes
    old: bytes | None

    @property
    def same(self) -> bool:
        """Whether the file is unchanged."""
        return self.new == self.old


def plan(options: ScaffoldOptions) -> tuple[Change, ...]:
    """All files. Raises `InputError` when one cannot be read or is a link out of the checkout."""
    root = options.checkout.root
    return tuple(_change(root, name, text) for name, text in _texts(options))


def write(changes: Sequence[Change]) -> None:
    """Write the files. Raises `InputError`."""
    for change in changes:
        try:
            change.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise InputError(
                f"the folder of {change.name} cannot be created: {exc.strerror}", hint=files.NOT_WRITTEN
            ) from exc
        files.write(change.path, change.new)


def _change(root: Path, name: str, text: str) -> Change:
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(
            f"{name} leads out of the checkout: {one_line(str(path.resolve()), 200)}", hint="remove the symbolic link"
        )
    old = files.read(path, limit=_LARGEST, what="the file") if path.exists() else None
    return Change(name, path, text.encode(), old)


def _texts(options: ScaffoldOptions) -> Iterator[tuple[str, str]]:
    checkout = options.checkout
    several = len(options.platforms) > 1
    words = {
        "REPOSITORY": checkout.repository,
        "BRANCH": checkout.branch,
        "IMAGE": f"ghcr.io/{checkout.repository.lower()}",
        "DOCKERFILE": dockerfile(checkout.root),
        "PLATFORMS": ",".join(options.platforms),
        "IDS": _ids(checkout),
        "QEMU": _QEMU.format(uses("docker/setup-qemu-action")) if several else "",
        "GATE": options.action,
        # Spread scheduled runs over the hour; the minute of a repository stays the same.
        "MINUTE": str(int(sha256(checkout.repository.encode()).hexdigest(), 16) % 60),
        **{name: uses(name) for name in pins()},
    }
    for name in ("image.yml", "rescan.yml", "cleanup.yml"):
        yield f".github/workflows/{name}", _filled(name, words)
    yield ".github/dependabot.yml", _dependabot(ecosystems(checkout.root))
    yield "gate.yaml", _filled("gate.yaml", words)
    # In the repository, so that an editor finds it without a network.
    yield ".github/gate.schema.json", json.dumps(schema.load(_SCHEMA), indent=2, ensure_ascii=False) + "\n"


def _filled(name: str, words: Mapping[str, str]) -> str:
    text = files.read(_TEMPLATES / name, limit=_LARGEST, what="the template").decode()
    return re.sub(r"__([A-Za-z/-]+)__", lambda found: words[found[1]], text)


def _ids(checkout: Checkout) -> str:
    """The lines of the identity that pin the ids of repository and owner; comments if the ids are unknown."""
    if checkout.repository_id and checkout.owner_id:
        return f'      repository_id: "{checkout.repository_id}"\n      owner_id: "{checkout.owner_id}"'
    return (
        "      # Anybody can register the name of a deleted repository again, but not its ids. Find the ids:\n"
        f"      # {find_ids(checkout.repository)}\n"
        '      # repository_id: ""\n'
        '      # owner_id: ""'
    )


def _dependabot(found: Mapping[str, Sequence[str]]) -> str:
    """Weekly updates, of releases at least a week old: by then a compromised release has usually been reported."""
    lines = ["version: 2", "updates:"]
    for kind, folders in {"github-actions": ["/"], **found}.items():
        lines += [f"  - package-ecosystem: {kind}", "    directories:"]
        lines += [f"      - {folder}" for folder in folders]
        lines += ["    schedule:", "      interval: weekly", "    cooldown:", "      default-days: 7"]
        lines += ["    groups:", f"      {kind}:", "        patterns: ['*']"]
    return "\n".join(lines) + "\n"
