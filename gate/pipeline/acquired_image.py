"""Subject and notices of an image, known before Trivy scans it."""

from pathlib import Path

from gate.model.findings import Subject
from gate.model.image import ImageRef
from gate.model.reported_name import chosen_name
from gate.model.verdict import Notice, NoticeKind
from gate.registry.access import Acquired
from gate.registry.manifest_kind import ManifestKind
from gate.registry.targets import parse_target


def named_subject(target: str, cwd: Path, name: str) -> Subject:
    """Parse a target of `gate scan` into a subject, without network access; `name` as for `subject_of`."""
    named = parse_target(target, cwd)
    local = not isinstance(named, ImageRef)
    return Subject(name=named.name, tag=named.tag, digest=named.digest, local=local, reported_as=name if local else "")


def subject_of(acquired: Acquired, name: str) -> Subject:
    """Make the subject of the scan; `name` is the `--name` of a local image, or empty."""
    image = acquired.image
    return Subject(
        name=image.name,
        tag=image.tag,
        digest=image.digest,
        is_index=image.is_index,
        local=image.local,
        reported_as=(name or chosen_name(image.references)[0]) if image.local else "",
        size=max((one.size for one in image.platforms), default=None),
    )


def scan_notices(acquired: Acquired, unproven: str, name: str) -> list[Notice]:
    """Notices about a scan that Trivy's reports do not contain."""
    notices = []
    if unproven:
        notices.append(Notice(kind=NoticeKind.DATABASE, message=unproven))
    if not name and (message := chosen_name(acquired.image.references)[1]):
        notices.append(Notice(kind=NoticeKind.NAME, message=message))
    for one in acquired.skipped:
        if one.kind is ManifestKind.NYDUS:
            message = f"the Nydus image {one.descriptor.digest} in the index was not scanned: the policy accepts that"
            notices.append(Notice(kind=NoticeKind.COVERAGE, message=message))
    return notices
