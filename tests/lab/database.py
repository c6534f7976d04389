"""Trivy's databases: a cache folder with `db` (schema 2) and `java-db` (schema 1), and the artifact they travel in.

github.com/aquasecurity/trivy-db (pkg/db, pkg/types, pkg/metadata) and trivy-java-db say what is in them.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from tests.lab import bolt
from tests.lab.advisories import ADVISORIES, KNOWN, SOURCES, Bucket, Known
from tests.lab.contents import jar
from tests.lab.oci import Descriptor, Layout, encode
from tests.lab.tarball import compress, pack

SCHEMA = 2
UNNAMED = ("org.example", "unnamed", "2.0")
"""What the Java database knows the archive `jar()` as: group, artifact, version."""


def build(
    folder: Path,
    *,
    updated: datetime,
    lasts: timedelta = timedelta(days=1),
    advisories: Mapping[str, Bucket] = ADVISORIES,
    known: Mapping[str, Known] = KNOWN,
    schema: int = SCHEMA,
) -> Path:
    """Write `db` into `folder`, a cache of Trivy's: as of `updated`, due for renewal after `lasts`."""
    where = folder / "db"
    where.mkdir(parents=True, exist_ok=True)
    tree: dict[str, bolt.Tree] = {
        bucket: {
            package: {identity: encode(advisory) for identity, advisory in found.items()}
            for package, found in packages.items()
        }
        for bucket, packages in advisories.items()
    }
    tree["vulnerability"] = {identity: encode(one.record()) for identity, one in known.items()}
    tree["data-source"] = {
        bucket: encode(dict(zip(("ID", "Name", "URL"), SOURCES[bucket], strict=True))) for bucket in advisories
    }
    bolt.write(where / "trivy.db", tree)
    _describe(where, updated, lasts, schema)
    return folder


def build_java(folder: Path, *, updated: datetime) -> Path:
    """Write `java-db` into `folder`: it knows one archive, the `jar()` without a name, by its SHA-1."""
    where = folder / "java-db"
    where.mkdir(parents=True, exist_ok=True)
    file = where / "trivy-java.db"
    file.unlink(missing_ok=True)
    group, artifact, version = UNNAMED
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT)")
        database.execute("CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT)")
        database.execute("INSERT INTO artifacts VALUES(1, ?, ?)", (group, artifact))
        database.execute("INSERT INTO indices VALUES(1, ?, ?, 'jar')", (version, hashlib.sha1(jar()).digest()))
    _describe(where, updated, timedelta(days=3), 1)
    return folder


def archive(folder: Path, kind: str = "db") -> bytes:
    """What is in `folder`, packed as Trivy's project publishes it; `kind` is `db` or `java-db`."""
    return compress(pack({path.name: path.read_bytes() for path in sorted((folder / kind).iterdir())}))


def artifact(folder: Path, layout: Layout, name: str = "2", kind: str = "db") -> Descriptor:
    """Put what is in `folder` into `layout` in the form that Trivy's `--db-repository` pulls, tagged `name`."""
    layer = layout.blob(
        archive(folder, kind),
        f"application/vnd.aquasec.trivy.{kind.replace('-', '')}.layer.v1.tar+gzip",
        annotations={"org.opencontainers.image.title": f"{kind.replace('-', '')}.tar.gz"},
    )
    descriptor = layout.artifact("application/vnd.aquasec.trivy.config.v1+json", [layer])
    layout.tag(descriptor, name)
    return descriptor


def _describe(where: Path, updated: datetime, lasts: timedelta, schema: int) -> None:
    times = {"UpdatedAt": updated, "NextUpdate": updated + lasts, "DownloadedAt": updated}
    metadata = {"Version": schema, **{name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in times.items()}}
    (where / "metadata.json").write_bytes(encode(metadata))
