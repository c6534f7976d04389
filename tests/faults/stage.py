"""All that a command talks to, on loopback: made once, and staged anew for each run, with one fault in it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gate.judging.feeds import EPSS_URL, KEV_URL
from tests.faults.commands import COMMANDS
from tests.faults.faults import HTTP, PROGRAM, script
from tests.lab import database, images, tools
from tests.lab.cosign import PASSWORD, Cosign
from tests.lab.github import GitHub
from tests.lab.loopback import Answer, Loopback, Request
from tests.lab.oci import Layout
from tests.lab.owner import Owner
from tests.lab.packages import Packages
from tests.lab.proxy import Proxy, certificates, server_context
from tests.lab.referrers import MemoryRegistry
from tests.toolchain.conftest import ARCHIVE, VERSION
from tests.toolchain.releases import Releases, program, release, trivy_archive, write_lock

_TOKEN = "gh" + "p_" + "k" * 36
_SARIF = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": []}]}


class Lab:
    """Images, databases, keys and a signed image."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.layouts = images.samples(folder / "layouts")
        self.database = folder / "database"
        now = datetime.now(UTC)
        database.build_java(database.build(self.database, updated=now), updated=now)
        self.database_layout = Layout(folder / "database-layout")
        database.artifact(self.database, self.database_layout)
        self.cosign = tools.need(tools.cosign(), "cosign 3")
        self.trivy = tools.need(tools.trivy(), "Trivy")
        self.key = Cosign(self.cosign, folder / "keys").key()
        self.binary = program()
        self.certificates = folder / "certificates"
        self.certificates.mkdir()
        certificates(self.certificates, *(urlsplit(url).hostname or "" for url in (KEV_URL, EPSS_URL)))
        self.sarif = folder / "one.sarif"
        self.sarif.write_text(json.dumps(_SARIF))
        self.repositories: dict[str, Any] = {}

    def prepare(self) -> None:
        """Sign the image that is to be verified, by `gate` itself."""
        with staged(self, self.folder / "first", "sign", "", "") as (stage, registry):
            args = COMMANDS["sign"].args(stage)
            args[1] = stage.signed
            args.append("--timeout=100")
            command = [sys.executable, "-m", "gate", *args]
            done = subprocess.run(command, cwd=stage.out, env=stage.env, check=False, capture_output=True, timeout=120)
            assert done.returncode == 0, done.stderr.decode()
            self.repositories = registry._repositories

    def registry(self) -> MemoryRegistry:
        """A registry with a clean image, a signed one, packages to clear up, and a database."""
        served = MemoryRegistry(referrers=False)
        if self.repositories:
            served._repositories = deepcopy(self.repositories)
            return served
        served.push(self.layouts, "clean", "octo/app:v3")
        served.push(self.layouts, "rebuilt", "octo/app:v2")
        served.push(self.layouts, "clean", "octo/signed:v1")
        served.push(self.database_layout, "2", "octo/db:2")
        return served


@dataclass
class Stage:
    """One run: where everything is, and the environment."""

    lab: Lab
    folder: Path
    host: str = ""
    releases: str = ""
    env: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lab, name)

    @property
    def layouts(self) -> Path:
        return self.lab.layouts.folder

    @property
    def image(self) -> str:
        return f"{self.host}/octo/app:v3"

    @property
    def signed(self) -> str:
        return f"{self.host}/octo/signed:v1"

    @property
    def out(self) -> Path:
        """Where the run is, and writes."""
        return self.folder / "out"


def closed() -> str:
    """An address of this machine where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def staged(lab: Lab, folder: Path, name: str, counterpart: str, fault: str) -> Iterator[tuple[Stage, MemoryRegistry]]:
    """Everything there, but for that fault; without one, all is well."""
    stage = Stage(lab, folder)
    for part in ("out", "home", "tmp", "bin", "cache"):
        (folder / part).mkdir(parents=True)
    with ExitStack() as stack:
        servers: dict[str, Loopback] = {"registry": stack.enter_context(lab.registry())}
        registry = servers["registry"]
        if name == "login":
            registry.user("octo", _TOKEN, pull=("octo/*",))
        github = servers["github"] = stack.enter_context(_github(name, registry))
        releases = stack.enter_context(Releases())
        servers |= {"releases": releases.site, "storage": releases.store}
        servers["feeds"] = stack.enter_context(Loopback(_feed, server_context(lab.certificates)))
        door = COMMANDS[name].http.get(counterpart)
        gone = door.server if door and fault == "refused" else ""
        addresses = {each: closed() if each == gone else served.host for each, served in servers.items()}
        if gone == "storage":
            releases.store.url = f"http://{addresses['storage']}"
        stage.host, stage.releases = addresses["registry"], f"http://{addresses['releases']}"
        if door and fault and not gone:
            for method in door.methods:
                servers[door.server].fault(method, door.path, **HTTP[fault])
        stage.env = _env(stage, f"http://{addresses['github']}", getattr(github, "env", {}))
        if name == "doctor":
            stage.env |= {"GATE_GITHUB_TOKEN": _TOKEN, "GATE_REGISTRY": stage.host}
        if name == "scan, feeds":
            port = int(addresses["feeds"].rpartition(":")[2])
            proxy = stack.enter_context(Proxy(port).running())
            stage.env |= {"HTTPS_PROXY": f"http://{proxy.address}", "SSL_CERT_FILE": str(lab.certificates / "ca.pem")}
        if name == "tools install":
            archive = trivy_archive(lab.binary)
            releases.publish("trivy", VERSION, ARCHIVE, archive)
            pinned = release("trivy", VERSION, ARCHIVE, archive, lab.binary)
            write_lock(folder / "lock.json", trivy=pinned, cosign=pinned)
            stage.env["GATE_TOOLS_LOCK"] = str(folder / "lock.json")
        if counterpart in COMMANDS[name].programs:
            _replace(stage, counterpart, fault)
        yield stage, registry


def _env(stage: Stage, github: str, more: dict[str, str]) -> dict[str, str]:
    lab, folder = stage.lab, stage.folder
    nowhere = "http://127.0.0.1:9"
    output = folder / "out" / "output"
    return {
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "GATE_CACHE_DIR": str(folder / "cache"),
        "GATE_TRIVY": str(lab.trivy),
        "GATE_COSIGN": str(lab.cosign),
        "COSIGN_PASSWORD": PASSWORD,
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": str(tools.ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "GATE_TOKEN": _TOKEN,
        **more,
        "GITHUB_API_URL": github,
        "GITHUB_OUTPUT": str(output),
        **({"COVERAGE_PROCESS_START": value} if (value := os.environ.get("COVERAGE_PROCESS_START")) else {}),
    }


def _github(name: str, registry: MemoryRegistry) -> Loopback:
    if name == "prune":
        return Packages(registry).list(ages={"v2": 20, "v3": 10})
    if name == "status":
        owner = Owner(registry)
        owner.add("app", ages={"v2": 20, "v3": 10})
        return owner
    if name == "upload":
        return GitHub()
    headers = {"X-OAuth-Scopes": "read:packages", "Content-Type": "application/json"}
    return Loopback(lambda _: Answer(200, b'{"login": "octo"}', headers))


def _feed(request: Request) -> Answer:
    """Both public feeds as of now, with nothing that the samples have."""
    now = datetime.now(UTC).isoformat()
    if "epss" in request.path:
        return Answer(200, f"#model_version:v1,score_date:{now}\ncve,epss,percentile\nCVE-1999-0001,0.1,0.1\n".encode())
    document = {"dateReleased": now, "count": 1, "vulnerabilities": [{"cveID": "CVE-1999-0001"}]}
    return Answer(200, json.dumps(document).encode())


def _replace(stage: Stage, which: str, fault: str) -> None:
    real = {"trivy": stage.lab.trivy, "cosign": stage.lab.cosign}.get(which)
    name = "docker-credential-lab" if which == "helper" else which
    file = stage.folder / "bin" / name
    if fault in PROGRAM:
        file.write_text(script(real, fault))
        file.chmod(0o755)
    if real:
        stage.env[f"GATE_{which.upper()}"] = str(file)
    else:
        docker = stage.folder / "home" / ".docker"
        docker.mkdir()
        (docker / "config.json").write_text('{"credsStore": "lab"}')
