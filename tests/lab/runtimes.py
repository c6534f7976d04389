"""Real container tools that pull from a registry on loopback and unpack: podman, skopeo, containerd.

Each keeps everything in a folder of its own, and pulls for the architecture that it is asked for.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.lab import tools

_PATIENCE = 60.0  # seconds for a pull, and until containerd must answer
_POLL = 0.02
_ANYTHING = '{"default": [{"type": "insecureAcceptAnything"}]}'
_UNUSED = (
    "grpc.v1.cri",
    "snapshotter.v1.aufs",
    "snapshotter.v1.btrfs",
    "snapshotter.v1.devmapper",
    "snapshotter.v1.zfs",
)


class Runtime(Protocol):
    """Something that pulls images."""

    def pull(self, image: str, architecture: str) -> bool:
        """Pull and unpack it; whether that worked."""
        ...

    def contents(self, name: str) -> set[bytes]:
        """Every file of that name in what was unpacked so far."""
        ...


class _Program:
    """A program with a home of its own."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        (folder / "policy.json").write_text(_ANYTHING)

    def _run(self, *args: object, **env: str) -> bool:
        command = [str(self._program), *map(str, args)]
        home = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._folder), **env}
        done = subprocess.run(command, env=home, cwd=self._folder, capture_output=True, check=False, timeout=_PATIENCE)
        return done.returncode == 0


class Podman(_Program):
    """Podman with the `vfs` driver, which unpacks each layer into a folder. It runs nothing: its runtime is `true`."""

    def __init__(self, program: Path, folder: Path) -> None:
        """Begin with no image."""
        super().__init__(program, folder)
        places = [tools.TOOLS / "runtimes/usr/bin/conmon", "/usr/bin/conmon", "/usr/libexec/podman/conmon"]
        conmon = ", ".join(f'"{place}"' for place in places)
        (folder / "containers.conf").write_text(
            f'[engine]\nconmon_path = [{conmon}]\nruntime = "none"\n[engine.runtimes]\nnone = ["/bin/true"]\n'
        )
        (folder / "registries.conf").write_text("")
        (folder / "storage.conf").write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/root"\nrunroot = "{folder}/run"\n'
        )

    def pull(self, image: str, architecture: str) -> bool:
        """Pull it as root, with a storage of its own."""
        how = ("--tls-verify=false", "--signature-policy", self._folder / "policy.json", "--arch", architecture)
        return self._run("pull", "--quiet", *how, image, **self.env)

    def tag(self, image: str, name: str) -> bool:
        """Give an image that is there another name."""
        return self._run("tag", image, name, **self.env)

    @property
    def env(self) -> dict[str, str]:
        """Environment in which podman uses this storage."""
        names = {"CONTAINERS_CONF": "containers", "CONTAINERS_REGISTRIES_CONF": "registries"}
        names["CONTAINERS_STORAGE_CONF"] = "storage"
        return {name: str(self._folder / f"{file}.conf") for name, file in names.items()}

    def contents(self, name: str) -> set[bytes]:
        """In the folders of the layers."""
        return _in_layers(self._folder, name)


class Skopeo(_Program):
    """Skopeo, which unpacks into the storage that podman, buildah and CRI-O use."""

    def pull(self, image: str, architecture: str) -> bool:
        """Copy it into a storage of its own."""
        how = ("--policy", self._folder / "policy.json", "--override-os", "linux", "--override-arch", architecture)
        storage = f"[vfs@{self._folder}/root+{self._folder}/run]"
        name = image.partition("/")[2]
        target = f"containers-storage:{storage}localhost/{name}"
        return self._run(*how, "copy", "--src-tls-verify=false", f"docker://{image}", target)

    def contents(self, name: str) -> set[bytes]:
        """In the folders of the layers."""
        return _in_layers(self._folder, name)


def _in_layers(folder: Path, name: str) -> set[bytes]:
    return {path.read_bytes() for path in folder.glob(f"root/vfs/dir/*/{name}")}


class Containerd(_Program):
    """Containerd's own client at a containerd that is running, with the `native` snapshotter."""

    def pull(self, image: str, architecture: str) -> bool:
        """Pull and unpack it."""
        how = ("--plain-http", "--snapshotter", "native", "--platform", f"linux/{architecture}")
        return self._run("--address", self._folder / "socket", "images", "pull", *how, image)

    def contents(self, name: str) -> set[bytes]:
        """In the snapshots."""
        places = f"root/io.containerd.snapshotter.v1.native/snapshots/*/{name}"
        return {path.read_bytes() for path in self._folder.glob(places)}

    def answers(self) -> bool:
        """Whether the server is up."""
        return self._run("--address", self._folder / "socket", "version")


@contextmanager
def running() -> Iterator[dict[str, Runtime]]:
    """All of them by name, for as long as a `with` lasts; the test ends where one is missing, or nobody is root."""
    found = {name: tools.need(tools.find(name), name) for name in ("podman", "skopeo", "containerd", "ctr")}
    if os.geteuid() != 0:
        tools.need(None, "root, who may unpack images,")
    with tempfile.TemporaryDirectory(prefix="lab-runtimes-") as name:  # a socket's path has to be short
        folders = {one: Path(name, one) for one in ("podman", "skopeo", "ctr")}
        for folder in folders.values():
            folder.mkdir()
        client = Containerd(found["ctr"], folders["ctr"])
        with _served(found["containerd"], folders["ctr"], client):
            yield {
                "podman": Podman(found["podman"], folders["podman"]),
                "skopeo": Skopeo(found["skopeo"], folders["skopeo"]),
                "containerd": client,
            }


@contextmanager
def _served(program: Path, folder: Path, client: Containerd) -> Iterator[None]:
    """A containerd that keeps everything in `folder`."""
    settings = folder / "config.toml"
    disabled = ", ".join(f'"io.containerd.{one}"' for one in _UNUSED)
    settings.write_text(
        f'version = 2\nroot = "{folder}/root"\nstate = "{folder}/state"\ndisabled_plugins = [{disabled}]\n'
        f'[grpc]\n  address = "{folder}/socket"\n[ttrpc]\n  address = "{folder}/ttrpc"\n'
    )
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            [str(program), "--config", str(settings)],
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + _PATIENCE
        while not client.answers():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"containerd does not run: {(folder / 'said.txt').read_text()[-400:]}")
            time.sleep(_POLL)
        yield
    finally:
        process.terminate()
        process.wait(_PATIENCE)
