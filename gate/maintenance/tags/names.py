"""Compute the tags of an image for an event, by the rules of the policy.

Tags of an image: OCI distribution-spec v1.1, "Pulling manifests".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from gate.errors import UsageError
from gate.maintenance.tags.event import Event
from gate.maintenance.tags.version import Version, parse_version
from gate.policy import Tags
from gate.text import one_line

LATEST = "latest"
_LONGEST = 128
_OTHERS = re.compile(r"latest|pr-[0-9]+|[0-9]+(?:\.[0-9]+)*|[0-9]+(?:\.[0-9]+)+[-._]?[a-z-].*")
"""Tags of releases, pull requests and the default branch."""
_EVIDENCE = re.compile(r"sha(?:256|384|512)-(?:[0-9a-f]+(?:\..*)?|[0-9a-f]{64,}.*)")
"""Tags under which registries and cosign store the evidence of a digest."""
_PREFIXED = re.compile(r"(.+?[/@_-])(v?[0-9].*)")
_PLACE = re.compile(r"\{([a-z]+)\}")
_SHORT = 7

Releases = Iterable[tuple[int, int, int]]


@dataclass(frozen=True)
class ImageTags:
    """The tags (the most specific last for a branch, first for a version), and notes about them."""

    tags: tuple[str, ...]
    notes: tuple[str, ...] = ()


def image_tags(event: Event, rules: Tags, releases: Releases | None) -> ImageTags:
    """The tags for `event`; `releases` are the existing ones, None when they are unknown.

    Raises `UsageError` when there are no tags, when two rules give the same tag, and when a branch would get a tag of
    releases, pull requests or the default branch.
    """
    notes: list[str] = []
    version = None
    if event.kind == "pull request":
        names = [_filled(rule, {"number": event.name}, "") for rule in rules.pull_request]
    elif event.kind == "branch":
        names = _of_branch(event, rules)
    elif version := parse_version(event.name, rules.version_prefix):
        if event.pre_release and not version.pre:
            version = replace(version, pre=True)
            notes.append(
                f"GitHub's release of {one_line(event.name, 60)} is marked as a pre-release: no other tag is moved"
            )
        names = list(_of_version(version, rules, releases, notes))
    else:
        names = [_filled(rule, {"tag": event.name}, event.name) for rule in rules.other_tag]
    shown = f"the {event.kind} {one_line(event.name, 120)}"
    if not names:
        if event.kind == "tag" and not version:
            raise UsageError(
                f"{shown} gets no tag: it is not a version like {one_line(rules.version_prefix, 60)}v1.2.3",
                hint=_hint_for_prefix(event.name) or "give it rules in gate.yaml: tags.other_tag",
            )
        raise UsageError(f"{shown} gets no tag", hint="give it rules in gate.yaml: tags")
    if twice := {name for name in names if names.count(name) > 1}:
        raise UsageError(
            f"two rules give {shown} the same tag: {', '.join(sorted(twice))}", hint="correct `tags` in gate.yaml"
        )
    if evidence := next((name for name in names if _EVIDENCE.fullmatch(name)), ""):
        raise UsageError(
            f"{shown} would get the tag {evidence}, under which signatures and attestations are kept",
            hint="rename it, or give it another rule in gate.yaml: tags",
        )
    return ImageTags(tuple(names), tuple(notes))


def _of_branch(event: Event, rules: Tags) -> list[str]:
    default = rules.default_branch or event.default_branch or "main"
    chosen = rules.default if event.name == default else rules.branch
    if any("{sha}" in rule for rule in chosen) and not event.commit:
        raise UsageError("the commit that is built is unknown", hint="name it with --commit")
    values = {"branch": event.name, "sha": event.commit[:_SHORT]}
    names = [_filled(rule, values, event.name) for rule in chosen]
    if event.name != default:
        _refuse_others(event.name, names, valid(default))
    return names


def _refuse_others(branch: str, names: Sequence[str], default: str) -> None:
    """Raise `UsageError` when a branch would get a tag that means something else."""
    for name in names:
        if _OTHERS.fullmatch(name) or name == default or re.fullmatch(rf"{re.escape(default)}-[0-9a-f]{{7}}", name):
            raise UsageError(
                f"the branch {one_line(branch, 120)} would get the tag {name}, which belongs to something else",
                hint="releases, pull requests and the default branch have such tags: rename the branch, or give "
                "branches another rule in gate.yaml: tags.branch",
            )


def _hint_for_prefix(tag: str) -> str:
    """Hint for a tag of one part of a repository, such as `api/v1.0.0` or `@scope/web@1.2.0`."""
    found = _PREFIXED.fullmatch(tag)
    if not found or not parse_version(found[2]):
        return ""
    return f"for the versions of this part of the repository: --version-prefix {one_line(found[1], 60)}"


def _of_version(version: Version, rules: Tags, releases: Releases | None, notes: list[str]) -> Iterator[str]:
    """Yield the full version, and moving tags such as `1.2` and `latest` if this version is the newest of them.

    A pre-release moves no tags. Major version 0 promises no stability (semver.org, 4), so there is no tag `0`.
    """
    known = None if releases is None else frozenset(releases)
    _refuse_moving_name(version, known or ())
    values = {"version": version.text, "major": version.major, "minor": version.minor, "patch": version.patch}
    for rule in rules.version:
        places = set(_PLACE.findall(rule))
        exact = "version" in places or {"major", "minor", "patch"} <= places
        if "patch" in places and not version.patch:
            continue
        if not exact and (version.pre or (version.release[0] == 0 and "minor" not in places)):
            continue
        if not exact and "minor" in places and not version.patch:
            continue  # a version of two numbers is itself the tag of its minor line
        line = version.release[: 2 if "minor" in places else 1]
        newer = [one for one in known or () if one[: len(line)] == line and one > version.release]
        if not exact and newer:
            notes.append(f"{_filled(rule, values, version.text)} is not moved: {_dotted(max(newer))} is newer")
            continue
        yield _filled(rule, values, version.text)
    if version.pre or not rules.latest:
        return
    if known is None:
        notes.append("the existing releases are unknown, so latest is not moved: name the image, or --known-tags")
    elif newer := [one for one in known if one > version.release]:
        notes.append(f"latest is not moved: {_dotted(max(newer))} is newer")
    else:
        yield LATEST


def _refuse_moving_name(version: Version, known: Releases) -> None:
    """Raise `UsageError` for a version `1.2` when that is the moving tag of releases such as `1.2.3`."""
    if version.patch or version.pre:
        return
    if three := [one for one in known if one[:2] == version.release[:2] and one[2]]:
        raise UsageError(
            f"the version {version.text} is the moving tag of releases such as {_dotted(max(three))}",
            hint="use three numbers for this release, as for the others",
        )


def _dotted(release: tuple[int, int, int]) -> str:
    return ".".join(map(str, release))


def _filled(rule: str, values: dict[str, str], long: str) -> str:
    """Replace the placeholders of a rule; a tag that is too long is cut and gets a short hash of `long`."""
    texts = {place: valid(value) for place, value in values.items()}
    name = _put(rule, texts)
    if len(name) > _LONGEST:
        mark = sha256(long.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        kept = max(1, len(valid(long)) - (len(name) - _LONGEST) - len(mark) - 1)
        cut = f"{valid(long)[:kept]}-{mark}"
        name = _put(rule, {place: cut if text == valid(long) else text for place, text in texts.items()})
    if not name or len(name) > _LONGEST:
        raise UsageError(
            f"the rule {one_line(rule, 120)!r} gives no tag for {one_line(long, 120)!r}",
            hint="a tag has 1 to 128 letters, digits, '_', '.', '-', and begins with a letter, digit or '_'",
        )
    return name


def _put(rule: str, texts: dict[str, str]) -> str:
    return valid(_PLACE.sub(lambda place: texts[place[1]], rule))


def valid(text: str) -> str:
    """Make a valid tag: lower case, other characters replaced by `-`, and a valid first character."""
    return re.sub(r"[^a-z0-9_.-]+", "-", text.lower()).lstrip(".-").rstrip("-")
