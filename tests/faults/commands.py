"""The commands that talk to something, and what each of them talks to: the rows of the fault table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READ = ("GET", "HEAD")
WRITE = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Http:
    """Requests that a fault is put into: `server` is `registry`, `github`, `feeds`, `releases` or `storage`."""

    server: str
    path: str
    methods: tuple[str, ...] = READ


@dataclass(frozen=True)
class Command:
    """A command line for a stage, and its counterparts by name."""

    args: Callable[[Any], list[str]]
    http: dict[str, Http]
    programs: tuple[str, ...] = ()
    """Of `trivy`, `cosign` and `helper`, a credential helper of Docker."""
    files: bool = True
    """It writes something."""
    needs_no: tuple[str, ...] = ()
    """Counterparts that it can do without: then exit code 0 is right, and the run says what is missing."""
    needs_no_body: tuple[str, ...] = ()
    """Counterparts of whose answer it needs the status alone."""
    looks_up: tuple[str, ...] = ()
    """Counterparts that it asks what became of a request whose answer was lost."""
    inputs: dict[str, Callable[[Any], Path]] = field(default_factory=dict)
    """Files that it reads, by name."""

    def may_pass(self, counterpart: str, fault: str) -> bool:
        """Whether exit code 0 is right all the same."""
        if counterpart in self.needs_no or fault in {"slow", "no handles", "1 MB disk"}:
            return True  # of handles and room as much may be left as it needs
        if counterpart in self.looks_up and fault == "cut short":
            return True
        return counterpart in self.needs_no_body and fault in {
            "cut short",
            "wrong content",
            "garbage",
            "silent success",
        }


_REGISTRY = {"registry": Http("registry", "^/v2/.+/(manifests|blobs|tags|referrers)")}
_DATABASE = ["--offline", "--timeout=15"]

COMMANDS = {
    "scan": Command(
        lambda at: ["scan", at.image, *_DATABASE, f"--trivy-cache={at.database}", "--json=verdict.json"],
        {**_REGISTRY, "registry, layers": Http("registry", "/blobs/")},
        ("trivy",),
    ),
    "scan, database": Command(
        lambda at: [
            "scan",
            f"oci:{at.layouts}:clean",
            f"--db-repository={at.host}/octo/db:2",
            "--timeout=15",
            "--json=verdict.json",
        ],
        {"database registry": Http("registry", "^/v2/octo/db/")},
    ),
    "scan, feeds": Command(
        lambda at: [
            "scan",
            f"oci:{at.layouts}:clean",
            f"--trivy-cache={at.database}",
            "--known-exploited",
            "--epss=0.5",
            "--timeout=15",
            "--json=verdict.json",
        ],
        {"KEV catalog": Http("feeds", "vulnerabilities.json$"), "EPSS scores": Http("feeds", "epss")},
    ),
    "sign": Command(
        lambda at: [
            "sign",
            at.image,
            *_DATABASE,
            f"--trivy-cache={at.database}",
            f"--key={at.key.private}",
            "--json=results.json",
            "--patience=2",
        ],
        {**_REGISTRY, "registry, pushes": Http("registry", "^/v2/.+/(blobs|manifests)", WRITE)},
        ("trivy", "cosign"),
        needs_no_body=("registry, pushes",),
        inputs={"key file": lambda at: at.key.private},
    ),
    "verify": Command(
        lambda at: ["verify", at.signed, "--offline", "--timeout=15", f"--key={at.key.public}", "--json=results.json"],
        _REGISTRY,
        ("cosign",),
        inputs={"key file": lambda at: at.key.public},
    ),
    "inspect": Command(lambda at: ["inspect", at.signed, "--timeout=15", "--markdown=summary.md"], _REGISTRY),
    "status": Command(
        lambda at: ["status", "octo", f"--registry={at.host}", "--offline", "--timeout=15", "--json=status.json"],
        {**_REGISTRY, "GitHub": Http("github", "^/")},
    ),
    "upload": Command(
        lambda at: ["upload", str(at.sarif), "--wait=15"],
        {"GitHub, sending": Http("github", "/sarifs$", WRITE), "GitHub, asking": Http("github", "/(sarifs|analyses)")},
        files=False,
        looks_up=("GitHub, sending",),
        inputs={"SARIF file": lambda at: at.sarif},
    ),
    "prune": Command(
        lambda at: ["prune", f"{at.host}/octo/app", "--keep-last=1", "--yes", "--record=record.json", "--timeout=15"],
        {**_REGISTRY, "GitHub": Http("github", "^/"), "GitHub, deleting": Http("github", "/versions/", ("DELETE",))},
        needs_no_body=("GitHub, deleting",),
    ),
    "tags": Command(
        lambda at: [
            "tags",
            f"{at.host}/octo/app",
            "--git-ref=refs/tags/v1.2.3",
            f"--commit={'a' * 40}",
            "--github-output",
        ],
        {"registry": Http("registry", "/tags/")},
        needs_no=("registry",),
    ),
    "login": Command(
        lambda at: ["login", at.host, "--username=octo", f"--pull={at.image}"],
        {"registry": Http("registry", "^/v2/"), "token service": Http("registry", "^/token")},
        ("helper",),
        needs_no_body=("registry", "helper"),
    ),
    "doctor": Command(
        lambda at: ["doctor", at.image, f"--db-repository={at.host}/octo/db:2", "--timeout=8", "--json=diagnosis.json"],
        {**_REGISTRY, "GitHub": Http("github", "^/")},
        ("trivy", "cosign"),
        needs_no=("GitHub",),
    ),
    "pull-secret": Command(
        lambda at: ["pull-secret", "--username=octo", "--output=secret.yaml"],
        {"GitHub": Http("github", "^/user")},
        needs_no=("GitHub",),
    ),
    "tools install": Command(
        lambda at: ["tools", "install", "trivy", f"--mirror={at.releases}", "--timeout=15"],
        {"releases": Http("releases", "^/"), "releases, storage": Http("storage", "^/")},
        needs_no_body=("releases",),
    ),
}
