"""Reports as Trivy 0.76 writes them, as small as a test wants them."""

import json

CONFIG = "sha256:" + "1" * 64
DIFF = "sha256:" + "d" * 64
LAYER = "sha256:" + "c" * 64
INDEX = "sha256:" + "9" * 64


def vulnerability(identity="CVE-2024-0001", package="openssl", **more):
    return {
        "VulnerabilityID": identity,
        "PkgID": f"{package}@1.0-1",
        "PkgName": package,
        "PkgIdentifier": {"PURL": f"pkg:deb/debian/{package}@1.0-1?arch=amd64&distro=debian-12.4", "UID": package},
        "InstalledVersion": "1.0-1",
        "FixedVersion": "1.0-2",
        "Status": "fixed",
        "Layer": {"Digest": LAYER, "DiffID": DIFF},
        "SeveritySource": "nvd",
        "PrimaryURL": f"https://avd.aquasec.com/nvd/{identity.lower()}",
        "Title": "a title",
        "Description": "a description",
        "Severity": "CRITICAL",
        "CVSS": {"nvd": {"V3Score": 9.8, "V3Vector": "CVSS:3.1/AV:N"}},
    } | more


def packages(*names):
    return [{"ID": f"{name}@1.0-1", "Name": name, "Version": "1.0", "Identifier": {"UID": name}} for name in names]


def os_result(*vulnerabilities, **more):
    names = dict.fromkeys(one["PkgName"] for one in vulnerabilities) or ["bash"]
    return {
        "Target": "x (debian 12.4)",
        "Class": "os-pkgs",
        "Type": "debian",
        "Packages": packages(*names),
        "Vulnerabilities": list(vulnerabilities),
    } | more


def report(*results, architecture="amd64", **more):
    document = {
        "SchemaVersion": 2,
        "Trivy": {"Version": "0.76.0"},
        "CreatedAt": "2026-06-01T11:59:00.123456789Z",
        "ArtifactName": "ghcr.io/acme/app:1.0",
        "ArtifactType": "container_image",
        "Metadata": {
            "Size": 1000,
            "OS": {"Family": "debian", "Name": "12.4"},
            "ImageID": CONFIG,
            "RepoDigests": [f"ghcr.io/acme/app@{INDEX}"],
            "ImageConfig": {
                "architecture": architecture,
                "os": "linux",
                "history": [
                    {"created_by": "COPY . /app # buildkit"},
                    {"created_by": "ENV TOKEN=hunter2", "empty_layer": True},
                ],
                "rootfs": {"type": "layers", "diff_ids": [DIFF]},
                "config": {"Env": ["TOKEN=hunter2"]},
            },
            "Layers": [{"Size": 10, "Digest": LAYER, "DiffID": DIFF}],
        },
        "Results": list(results),
    } | more
    return {key: value for key, value in document.items() if value is not None}


def encoded(*results, **more):
    return json.dumps(report(*results, **more)).encode()
