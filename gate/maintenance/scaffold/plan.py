"""Plan the files of `gate init` and compare them with existing ones, then write them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.errors import InputError
from gate.io import files, schema
from gate.maintenance.scaffold import marker, other_ci
from gate.maintenance.scaffold.detection import ecosystems
from gate.maintenance.scaffold.words import GHCR, ScaffoldOptions, words
from gate.text import one_line

_TEMPLATES = Path(__file__).parent / "templates"
_LARGEST = 1 << 20
_SCHEMA = "policy.schema.json"
_SCHEMA_COPY = ".github/gate.schema.json"
"""In the repository, so that an editor finds it without a network. Nobody edits it."""
_POLICIES = ("gate.yaml", ".github/gate.yaml", "gate.yml", ".github/gate.yml", ".gate.yaml", ".gate.yml")


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

    @property
    def foreign(self) -> bool:
        """Whether the existing file was edited, or is not from `gate init`."""
        return self.old is not None and self.name != _SCHEMA_COPY and not marker.is_unedited(self.old)


def plan(options: ScaffoldOptions) -> tuple[Change, ...]:
    """All files. Raises `InputError` when one cannot be read or is a link out of the checkout."""
    root = options.checkout.root
    return tuple(_change(root, name, text, options.action) for name, text in _texts(options))


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


def _change(root: Path, name: str, text: str, action: str) -> Change:
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(
            f"{name} leads out of the checkout: {one_line(str(path.resolve()), 200)}", hint="remove the symbolic link"
        )
    old = files.read(path, limit=_LARGEST, what="the file") if path.exists() else None
    if name == _SCHEMA_COPY:
        return Change(name, path, text.encode(), old)
    if old is not None:
        text = marker.keep_pins(text, old, action)
    return Change(name, path, marker.mark(text).encode(), old)


def _texts(options: ScaffoldOptions) -> Iterator[tuple[str, str]]:
    """Name and text of each file; an existing file of the same purpose keeps its name."""
    root = options.checkout.root
    if options.checkout.ci != "github":
        yield from _other_ci(options)
        return
    workflow = _existing(root, ".github/workflows/image.yml", ".github/workflows/image.yaml")
    texts = words(options, workflow)
    yield workflow, _filled("images.yml" if len(options.images) > 1 else "image.yml", texts)
    others = ["rescan"]
    if options.images[0].registry == GHCR:
        others.append("cleanup")  # `gate prune` knows no other registry
    if options.manifests:
        others.append("deploy")
    for name in others:
        path = f".github/workflows/{name}"
        yield _existing(root, f"{path}.yml", f"{path}.yaml"), _filled(f"{name}.yml", texts)
    yield _existing(root, ".github/dependabot.yml", ".github/dependabot.yaml"), _dependabot(ecosystems(root))
    yield from _policy(root, texts)


def _other_ci(options: ScaffoldOptions) -> Iterator[tuple[str, str]]:
    texts = {**words(options, ""), **other_ci.more_words(options)}
    for name, template in (other_ci.SCRIPT, *other_ci.FILES[options.checkout.ci].items()):
        yield name, _filled(template, texts)
    yield from _policy(options.checkout.root, texts)


def _policy(root: Path, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield _existing(root, *_POLICIES), _filled("gate.yaml", texts)
    yield _SCHEMA_COPY, json.dumps(schema.load(_SCHEMA), indent=2, ensure_ascii=False) + "\n"


def _existing(root: Path, *names: str) -> str:
    """The first of the names that exists, else the first."""
    return next((name for name in names if (root / name).exists()), names[0])


def _filled(name: str, texts: Mapping[str, str]) -> str:
    text = files.read(_TEMPLATES / name, limit=_LARGEST, what="the template").decode()
    return re.sub(r"__([A-Za-z/-]+)__", lambda found: texts[found[1]], text)


def _dependabot(found: Mapping[str, Sequence[str]]) -> str:
    """Weekly updates, of releases at least a week old: by then a compromised release has usually been reported."""
    lines = ["version: 2", "updates:"]
    for kind, folders in {"github-actions": ["/"], **found}.items():
        lines += [f"  - package-ecosystem: {kind}", "    directories:"]
        lines += [f"      - {folder}" for folder in folders]
        lines += ["    schedule:", "      interval: weekly", "    cooldown:", "      default-days: 7"]
        lines += ["    groups:", f"      {kind}:", "        patterns: ['*']"]
    return "\n".join(lines) + "\n"
