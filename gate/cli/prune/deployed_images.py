"""Files of `gate prune --keep-from`: the images that are deployed, which are not deleted."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.cli import paths
from gate.cli.printing import say
from gate.deploy.manifests import LARGEST, Settled, parse_manifests, settling_lines
from gate.errors import InputError
from gate.io import files
from gate.io.run_context import RunContext
from gate.model.image import ImageRef, is_digest
from gate.text import one_line


@dataclass(frozen=True)
class DeployedImages:
    """The images of a package that are deployed."""

    digests: frozenset[str]
    """Of images in any registry."""
    tags: frozenset[str]
    """Tags of the package."""
    mirror_tags: frozenset[str]
    """Tags of repositories with the same name in other registries, which may be mirrors of the package."""

    @property
    def only_digests(self) -> bool:
        """Whether digests are known, and no tags of the package."""
        return bool(self.digests) and not self.tags


def read(package: ImageRef, names: Sequence[str], context: RunContext, settled: Settled) -> DeployedImages:
    """Read which images of the package are deployed.

    Raises `InputError`, too for a file that names nothing, and for files that name nothing of this package.
    """
    digests, tags, mirror_tags = set[str](), set[str](), set[str]()
    images = [image for name in names for image in _images(package, name, context, settled)]
    for text in images:
        if is_digest(text):
            digests.add(text)
            continue
        image = ImageRef.parse(text)
        if image.digest:
            digests.add(image.digest)
        elif image.tag and image.name.replace(":443/", "/", 1) == package.name:
            tags.add(image.tag)
        elif image.tag and image.repository.rpartition("/")[2] == package.repository.rpartition("/")[2]:
            mirror_tags.add(image.tag)
    if names and not (digests or tags or mirror_tags):
        raise InputError(
            f"the files of --keep-from name no image of {package.name}",
            hint="if it is not deployed, leave --keep-from out; else list the deployed images by digest",
        )
    return DeployedImages(frozenset(digests), frozenset(tags), frozenset(mirror_tags))


def _images(package: ImageRef, name: str, context: RunContext, settled: Settled) -> Sequence[str]:
    """Return the images or digests that a file names. Raises `InputError`."""
    data = files.read(paths.source(context, name), limit=LARGEST, what="the file of deployed images")
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines and all(is_digest(line) for line in lines):
        return lines
    deployment = parse_manifests(data, name, settled)
    if deployment.unread:
        unread = deployment.unread[0]
        lines = settling_lines([deployment])
        place = f"{one_line(name, 200)}:{unread.line}:{unread.column}"
        raise InputError(
            f"it is unknown which images are deployed: {place}: {unread.path}: {unread.why}",
            hint=f"list the images by digest, or say in gate.yaml: {_in_one_line(lines)}" if lines else unread.hint,
        )
    for note in deployment.notes:
        if package.repository in note:
            problem = f"it is unknown which images are deployed: {one_line(note, 400)}"
            raise InputError(problem, hint="list the images by digest")
        say(f"note: {one_line(note, 400)}")
    if not deployment.images:
        raise InputError(f"{one_line(name, 200)} names no image", hint="check that the file is complete")
    return [named.image for named in deployment.images]


def _in_one_line(lines: Sequence[str]) -> str:
    """Return the last of the lines for gate.yaml as `manifests: {example.com/Widget: none}`."""
    return f"manifests: {{{lines[-1].partition('  #')[0].strip()}}}"
