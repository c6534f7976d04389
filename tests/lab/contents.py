"""What scanners look for in an image: package databases, manifests of languages, binaries, and secrets.

The forms are those of the tools that write them; only what an inventory is read from is there.
"""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.lab.tarball import File, Files

SITE_PACKAGES = "usr/lib/python3/dist-packages"
_MACHINES = {"amd64": 62, "arm64": 183}  # ELF e_machine


@dataclass(frozen=True)
class Deb:
    """An installed Debian package; `source` may carry a version of its own in brackets."""

    name: str
    version: str
    source: str = ""


def dpkg(packages: Iterable[Deb], architecture: str = "amd64") -> bytes:
    """A dpkg status file."""
    paragraphs = []
    for package in packages:
        lines = [f"Package: {package.name}", "Status: install ok installed", "Section: libs"]
        lines += ["Maintainer: The lab <lab@example.org>", f"Architecture: {architecture}"]
        lines += [f"Source: {package.source}"] if package.source else []
        lines += [f"Version: {package.version}", f"Description: {package.name}, for the lab"]
        paragraphs.append("\n".join(lines) + "\n")
    return "\n".join(paragraphs).encode()


def release(identity: str, version: str, name: str) -> bytes:
    """An os-release file."""
    return f'ID={identity}\nVERSION_ID="{version}"\nNAME="{name}"\nPRETTY_NAME="{name} {version}"\n'.encode()


def debian(version: str, packages: Iterable[Deb], architecture: str = "amd64") -> dict[str, bytes]:
    """The files by which a Debian image is known; `version` is like 12.4."""
    return {
        "etc/os-release": release("debian", version.split(".", maxsplit=1)[0], "Debian GNU/Linux"),
        "etc/debian_version": f"{version}\n".encode(),
        "var/lib/dpkg/status": dpkg(packages, architecture),
    }


def python_package(name: str, version: str, licence: str = "MIT", folder: str = SITE_PACKAGES) -> Files:
    """An installed Python distribution."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: {licence}\n"
    return {f"{folder}/{name}-{version}.dist-info/METADATA": metadata.encode()}


def node_package(name: str, version: str, licence: str = "MIT", folder: str = "app") -> Files:
    """An installed Node package."""
    manifest = {"name": name, "version": version, "license": licence}
    return {f"{folder}/node_modules/{name}/package.json": json.dumps(manifest).encode()}


def jar(group: str = "", artifact: str = "", version: str = "") -> bytes:
    """A Java archive that tells its Maven name, or with nothing told one that only its SHA-1 identifies."""
    files = {"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n"}
    if artifact:
        told = f"groupId={group}\nartifactId={artifact}\nversion={version}\n"
        files[f"META-INF/maven/{group}/{artifact}/pom.properties"] = told
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def go_program(
    modules: Mapping[str, str], *, go: str = "go1.20.1", name: str = "example.org/lab", architecture: str = "amd64"
) -> File:
    """A Go program that does nothing but say what it was built from, with which `go`.

    It is an ELF file of three sections: none, `.go.buildinfo`, and the names (Go's debug/buildinfo).
    """
    told = f"path\t{name}\nmod\t{name}\t(devel)\t\n"
    told += "".join(f"dep\t{module}\t{version}\th1:{'A' * 43}=\n" for module, version in modules.items())
    start, end = bytes.fromhex("3077af0c9274080241e1c107e6d618e6"), bytes.fromhex("f932433186182072008242104116d8f2")
    information = b"\xff Go buildinf:\x08\x02".ljust(32, b"\0") + _counted(go.encode())
    information += _counted(start + told.encode() + end)

    names = b"\0.go.buildinfo\0.shstrtab\0"
    header, segment, section = (
        struct.Struct("<16sHHIQQQIHHHHHH"),
        struct.Struct("<IIQQQQQQ"),
        struct.Struct("<IIQQQQIIQQ"),
    )
    at = 128  # after the headers, and a multiple of 16: it is looked for nowhere else
    names_at = at + len(information)
    sections_at = names_at + len(names)
    base = 0x400000
    magic = b"\x7fELF\x02\x01\x01"
    machine = _MACHINES[architecture]
    return File(
        header.pack(magic, 2, machine, 1, base, header.size, sections_at, 0, 64, segment.size, 1, section.size, 3, 2)
        + segment.pack(1, 6, 0, base, base, names_at, names_at, 0x1000)
        + bytes(at - header.size - segment.size)
        + information
        + names
        + bytes(section.size)
        + section.pack(1, 1, 3, base + at, at, len(information), 0, 0, 16, 0)
        + section.pack(15, 3, 0, 0, names_at, len(names), 0, 0, 1, 0),
        mode=0o755,
    )


def _counted(data: bytes) -> bytes:
    """`data` after its length, as Go's varint."""
    length, prefix = len(data), b""
    while length >= 0x80:
        prefix += bytes([length & 0x7F | 0x80])
        length >>= 7
    return prefix + bytes([length]) + data


def _noise(alphabet: str, length: int, seed: str) -> str:
    """Letters that look drawn by lot, and are the same each time: no secret stands in this file to be found."""
    drawn = b"".join(hashlib.sha256(f"{seed}{turn}".encode()).digest() for turn in range(length // 32 + 1))
    return "".join(alphabet[byte % len(alphabet)] for byte in drawn[:length])


def aws_key() -> str:
    """An access key id of nobody's."""
    return "AK" + "IA" + _noise("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, "aws key")


def aws_secret() -> str:
    """The secret that goes with `aws_key`."""
    return _noise("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40, "aws secret")


def github_token() -> str:
    """A personal access token of nobody's."""
    return "gh" + "p_" + _noise("abcdefghijklmnopqrstuvwxyz0123456789", 36, "github")
