"""The images that tests and the demo scan; `ADVISORIES` in `tests.lab.database` says what is wrong with them.

`single`   amd64: vulnerable Debian, Python, Node and Go packages, secrets in files and in ENV, runs as root
`multi`    `single`, and an arm64/v8 that lacks one of its packages and has another; an attestation beside each
`clean`    the same packages after their fixes, no secret, a user of its own
`rebuilt`  what `single` holds, in other layers: no digest is the same
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab import contents
from tests.lab.contents import Deb, debian, go_program, node_package, python_package
from tests.lab.oci import Descriptor, Layout
from tests.lab.tarball import MODIFIED, Files, Symlink, Whiteout

_OPENSSL = (Deb("libssl3", "3.0.9-1", "openssl"), Deb("openssl", "3.0.9-1"))
_CURL = (Deb("curl", "7.88.1-10"), Deb("libcurl4", "7.88.1-10", "curl"))
_ZLIB = (Deb("zlib1g", "1:1.2.13.dfsg-1", "zlib (1:1.2.13.dfsg-1)"),)
_EXPAT = (Deb("libexpat1", "2.5.0-1", "expat"),)
_BASH = (Deb("bash", "5.2.15-2+b2"),)
_FIXED = (
    Deb("libssl3", "3.0.11-1~deb12u2", "openssl"),
    Deb("openssl", "3.0.11-1~deb12u2"),
    Deb("curl", "7.88.1-10+deb12u4"),
    Deb("libcurl4", "7.88.1-10+deb12u4", "curl"),
)
_VULNERABLE_GO = {"golang.org/x/text": "v0.3.5"}
_COPYRIGHT = b"""Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: its authors
License: GPL-3+
"""


def samples(folder: Path) -> Layout:
    """A layout with `single`, `multi`, `clean` and `rebuilt`."""
    layout = Layout(folder)
    single = _single(layout, "amd64")
    other = _single(layout, "arm64")
    layout.tag(single, "single")
    layout.tag(layout.index([single, other, layout.attestation(single), layout.attestation(other)]), "multi")
    layout.tag(_clean(layout), "clean")
    layout.tag(_rebuilt(layout), "rebuilt")
    return layout


def _base(architecture: str) -> Files:
    debs = _OPENSSL + _ZLIB + _BASH + (_CURL if architecture == "amd64" else _EXPAT)
    return {**debian("12.4", debs, architecture), "usr/share/doc/bash/copyright": _COPYRIGHT}


def _application(architecture: str) -> Files:
    return {
        **python_package("PyYAML", "5.3"),
        **python_package("requests", "2.30.0", "Apache 2.0"),
        **node_package("lodash", "4.17.11"),
        "app/server": go_program(_VULNERABLE_GO, architecture=architecture),
        "app/Dockerfile": b"FROM debian:latest\nUSER root\nRUN apt-get update\n",
        "app/.env": f"AWS_ACCESS_KEY_ID={contents.aws_key()}\nAWS_SECRET_ACCESS_KEY={contents.aws_secret()}\n".encode(),
        "app/deploy.txt": f"token: {contents.github_token()}\n".encode(),
    }


def _history(*filled: str) -> list[Mapping[str, object]]:
    """The instructions that filled a layer each, and those after them that filled none."""
    empty = (f"ENV AWS_ACCESS_KEY_ID={contents.aws_key()}", "USER root", 'CMD ["/app/server"]')
    return [{"created_by": told} for told in filled] + [{"created_by": told, "empty_layer": True} for told in empty]


def _rooted() -> Mapping[str, object]:
    environment = ["PATH=/usr/bin", f"AWS_ACCESS_KEY_ID={contents.aws_key()}"]
    return {"User": "root", "Cmd": ["/app/server"], "Env": environment}


def _single(layout: Layout, architecture: str) -> Descriptor:
    return layout.image(
        [_base(architecture), _application(architecture)],
        platform="linux/arm64/v8" if architecture == "arm64" else f"linux/{architecture}",
        history=_history("/bin/sh -c #(nop) ADD file:0123abcd in / ", "COPY /src /app # buildkit"),
        config=_rooted(),
    )


def _rebuilt(layout: Layout) -> Descriptor:
    return layout.image(
        [_application("amd64"), {"app/built.txt": b"again\n"}, _base("amd64")],
        history=_history(
            "COPY /src /app # buildkit", "RUN date > /app/built.txt # buildkit", "COPY /root / # buildkit"
        ),
        config=_rooted(),
        modified=MODIFIED + 86_400,
    )


def _clean(layout: Layout) -> Descriptor:
    told: Sequence[Mapping[str, object]] = [
        {"created_by": "/bin/sh -c #(nop) ADD file:4567cdef in / "},
        {"created_by": "COPY /src /app # buildkit"},
        {"created_by": "USER app", "empty_layer": True},
        {"created_by": 'HEALTHCHECK CMD ["/app/server" "-check"]', "empty_layer": True},
        {"created_by": 'CMD ["/app/server"]', "empty_layer": True},
    ]
    application = {
        **python_package("PyYAML", "6.0.1"),
        **node_package("lodash", "4.17.21"),
        "app/server": go_program({"golang.org/x/text": "v0.14.0"}, go="go1.22.1"),
    }
    config = {"User": "app", "Cmd": ["/app/server"], "Healthcheck": {"Test": ["CMD", "/app/server", "-check"]}}
    return layout.image([debian("12.4", _FIXED + _BASH), application], history=told, config=config)


def _edges() -> Mapping[str, tuple[Files, ...]]:
    """The layers of images of which a scanner says little, wrong things or nothing."""
    there = debian("12.4", [Deb("curl", "7.88.1-10")])
    packages = there["var/lib/dpkg/status"]
    bare = {name: there[name] for name in ("etc/os-release", "etc/debian_version")}
    percent = "opt/100%/lib/python3/site-packages"
    return {
        "eol": (debian("9.13", [Deb("curl", "7.88.1-10")]),),  # nobody looks after it any more
        "unknown-os": (
            {"etc/os-release": contents.release("frobnix", "1", "Frobnix"), "var/lib/dpkg/status": packages},
        ),
        "alpine": ({"etc/os-release": contents.release("alpine", "3.22.1", "Alpine Linux")},),  # and no packages
        "unlisted": (debian("13.1", [Deb("curl", "7.88.1-10")]),),  # the lab's database holds Debian 12 alone
        "scratch": ({"app/data": b"nothing to see\n"},),
        "scratch-go": ({"app/server": go_program(_VULNERABLE_GO)},),
        "python-alone": (python_package("idna", "3.7"),),  # of no distribution that anybody knows
        "whiteout": (there, {"var/lib/dpkg/status": Whiteout()}),  # its packages are there, their list is not
        "nolayers": (),
        "distroless": (bare, {"var/lib/dpkg/status.d/curl": packages}),
        "duplicates": (
            debian("12.4", _BASH),
            {
                **python_package("PyYAML", "5.3"),
                **python_package("PyYAML", "5.3", folder="opt/venv/lib/python3.11/site-packages"),
                "app/first": go_program(_VULNERABLE_GO),
                "app/second": go_program(_VULNERABLE_GO, name="example.org/second"),
            },
        ),
        "jar": (  # which needs the Java database
            debian("12.4", _BASH),
            {"app/named.jar": contents.jar("org.example", "named", "1.0"), "app/unnamed.jar": contents.jar()},
        ),
        "percent": (  # paths that are no URLs
            debian("12.4", _BASH),
            {
                **python_package("PyYAML", "5.3", folder=percent),
                "app/100%.txt": f"token: {contents.github_token()}\n".encode(),
            },
        ),
        "symlink": (  # the list of packages is where a link leads
            {**bare, "srv/status": packages, "var/lib/dpkg/status": Symlink("/srv/status")},
        ),
    }


EDGES: Mapping[str, tuple[Files, ...]] = _edges()


def edges(folder: Path) -> Layout:
    """A layout with one image for each of `EDGES`, under its name."""
    layout = Layout(folder)
    for name, layers in EDGES.items():
        layout.tag(layout.image(layers), name)
    return layout
