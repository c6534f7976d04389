"""Which files a checkout gets, with what is there already; pure but for reading them."""

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
from gate.maintenance.scaffold.found import dockerfile, ecosystems
from gate.maintenance.scaffold.pins import pins, uses
from gate.text import one_line

_TEMPLATES = Path(__file__).parent / "templates"
_LARGEST = 1 << 20
_QEMU = "      - uses: {}\n"
_SCHEMA = "policy.schema.json"


@dataclass(frozen=True)
class Wish:
    """What is to be written."""

    checkout: Checkout
    action: str
    """The action that runs `gate`, at a commit."""
    platforms: Sequence[str] = ("linux/amd64",)


@dataclass(frozen=True)
class Change:
    """One file: what it is to hold, and what it holds; None when there is none."""

    name: str
    """From the top of the checkout."""
    path: Path
    new: bytes
    old: bytes | None

    @property
    def same(self) -> bool:
        """Whether there is nothing to do."""
        return self.new == self.old


def plan(wish: Wish) -> tuple[Change, ...]:
    """All files, whether they are there or not. Raises `InputError` for one that cannot be read or leads elsewhere."""
    root = wish.checkout.root
    return tuple(_change(root, name, text) for name, text in _texts(wish))


def write(changes: Sequence[Change]) -> None:
    """Write them. Raises `InputError`."""
    for one in changes:
        try:
            one.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise InputError(
                f"the folder of {one.name} cannot be made: {exc.strerror}", hint=files.NOT_WRITTEN
            ) from exc
        files.write(one.path, one.new)


def _change(root: Path, name: str, text: str) -> Change:
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(
            f"{name} leads out of the checkout: {one_line(str(path.resolve()), 200)}", hint="a link stands in its way"
        )
    there = path.exists()
    return Change(name, path, text.encode(), files.read(path, limit=_LARGEST, what="the file") if there else None)


def _texts(wish: Wish) -> Iterator[tuple[str, str]]:
    checkout = wish.checkout
    several = len(wish.platforms) > 1
    words = {
        "REPOSITORY": checkout.repository,
        "BRANCH": checkout.branch,
        "IMAGE": f"ghcr.io/{checkout.repository.lower()}",
        "DOCKERFILE": dockerfile(checkout.root),
        "PLATFORMS": ",".join(wish.platforms),
        "IDS": _ids(checkout),
        "QEMU": _QEMU.format(uses("docker/setup-qemu-action")) if several else "",
        "GATE": wish.action,
        # Not all at once, and the same minute each time.
        "MINUTE": str(int(sha256(checkout.repository.encode()).hexdigest(), 16) % 60),
        **{name: uses(name) for name in pins()},
    }
    for name in ("image.yml", "rescan.yml", "cleanup.yml"):
        yield f".github/workflows/{name}", _filled(name, words)
    yield ".github/dependabot.yml", _dependabot(ecosystems(checkout.root))
    yield "gate.yaml", _filled("gate.yaml", words)
    # Beside the policy, so that an editor finds it without a network.
    yield ".github/gate.schema.json", json.dumps(schema.load(_SCHEMA), indent=2, ensure_ascii=False) + "\n"


def _filled(name: str, words: Mapping[str, str]) -> str:
    text = files.read(_TEMPLATES / name, limit=_LARGEST, what="the template").decode()
    return re.sub(r"__([A-Za-z/-]+)__", lambda found: words[found[1]], text)


def _ids(checkout: Checkout) -> str:
    """The lines of the identity that pin the repository and its owner; comments where their ids are unknown."""
    if checkout.repository_id and checkout.owner_id:
        return f'      repository_id: "{checkout.repository_id}"\n      owner_id: "{checkout.owner_id}"'
    return (
        "      # The name of a deleted repository can be registered by somebody else, its ids cannot. Find them:\n"
        f"      # {find_ids(checkout.repository)}\n"
        '      # repository_id: ""\n'
        '      # owner_id: ""'
    )


def _dependabot(found: Mapping[str, Sequence[str]]) -> str:
    """Updates once a week, a week after they came out: by then a compromised release has been reported."""
    lines = ["version: 2", "updates:"]
    for kind, folders in {"github-actions": ["/"], **found}.items():
        lines += [f"  - package-ecosystem: {kind}", "    directories:"]
        lines += [f"      - {folder}" for folder in folders]
        lines += ["    schedule:", "      interval: weekly", "    cooldown:", "      default-days: 7"]
        lines += ["    groups:", f"      {kind}:", "        patterns: ['*']"]
    return "\n".join(lines) + "\n"
