"""Manifests of an image, keyed by digest, with a unique label for each."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from gate.model.findings import Finding, Gap, Occurrence, PlatformScan

_SHORT = len("sha256:") + 12


class Manifests:
    """The manifests of a scanned image, and which of them a finding is in.

    A manifest's key is its digest, or the platform's name where a ready-made report names no digest.
    """

    def __init__(self, platforms: Iterable[PlatformScan]) -> None:
        """Take the platforms of a scan or of a verdict."""
        scans = [(scan.key, scan.platform, scan.os_version) for scan in platforms]
        self.labels: Mapping[str, str] = labels(scans)
        """By key."""
        self._of_platform: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for key, platform, _ in scans:
            self._of_platform[platform][key] = None

    def __len__(self) -> int:
        """How many manifests there are."""
        return len(self.labels)

    def keys(self, place: Occurrence) -> tuple[str, ...]:
        """The manifest that `place` is in. Older verdicts name only the platform: then every manifest with that one."""
        if place.manifest in self.labels:
            return (place.manifest,)
        return tuple(self._of_platform.get(place.platform, ())) or (place.platform,)

    def having(self, finding: Finding) -> tuple[str, ...]:
        """The keys of the manifests that have the finding, each once."""
        return tuple(dict.fromkeys(key for place in finding.occurrences for key in self.keys(place)))

    def names(self, places: Iterable[Occurrence]) -> tuple[str, ...]:
        """The labels of the manifests that `places` are in, each once."""
        keys = dict.fromkeys(key for place in places for key in self.keys(place))
        return tuple(self.labels.get(key, key) for key in keys)


def labelled_gaps(platforms: Sequence[PlatformScan]) -> Iterator[tuple[str, Gap]]:
    """What was not looked at, each with the label of its manifest."""
    names = Manifests(platforms).labels
    return ((names[one.key], gap) for one in platforms for gap in one.gaps)


def labels(manifests: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """A label for each manifest by its key, in order; each manifest is its key, platform and `os.version`.

    A manifest that is listed under several platforms has them all. A platform of one manifest is its own label. Others
    get the `os.version` of Windows images, in the form of containerd (`windows(10.0.20348.2113)/amd64`), or else the
    digest (`linux/amd64@sha256:0123456789ab`).
    """
    same: defaultdict[str, dict[str, str]] = defaultdict(dict)
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for key, platform, version in manifests:
        found[key][platform] = platform
        same[platform].setdefault(key, version)
    for platform, versions in same.items():
        if len(versions) > 1:
            for key, label in _distinct(platform, versions).items():
                found[key][platform] = label
    return {key: ", ".join(names.values()) for key, names in found.items()}


def _distinct(platform: str, versions: Mapping[str, str]) -> dict[str, str]:
    """Labels for several manifests of one platform; `versions` is their `os.version` by key."""
    by_version = len(set(versions.values())) == len(versions) and all(versions.values())
    system, _, machine = platform.partition("/")
    short = len({key[:_SHORT] for key in versions}) == len(versions)
    return {
        key: f"{system}({version})/{machine}" if by_version else f"{platform}@{key[:_SHORT] if short else key}"
        for key, version in versions.items()
    }
