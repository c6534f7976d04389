"""Little that unpacks to much: a bound for what one run unpacks, and what reaches the disk is in proportion to it."""

import gzip
import io
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard

from gate.errors import RegistryError, ToolFailedError
from gate.io.process import Command, run_all
from gate.io.progress import Silent
from gate.registry.access import Access
from gate.registry.acquire import acquire
from gate.registry.budget import Budget, OverBudgetError
from gate.registry.unpacked_copy import UnpackedLayer
from tests.registry.conftest import liar
from tests.registry.liar import Fault
from tests.registry.small import Content, on

__all__ = ["liar"]

MIB = 1 << 20


@pytest.fixture
def content():
    return Content()


def zeros(size, name="zeros"):
    """A tar file with one file of so many bytes, nearly all of them zero."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = size
        archive.addfile(member, io.BytesIO(bytes(size)))
    return out.getvalue()


def jar(entries):
    """A Java archive; each entry is a name and its size, all zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, size in entries:
            with archive.open(name, "w", force_zip64=True) as file:
                for _ in range(size // MIB):
                    file.write(bytes(MIB))
    return out.getvalue()


def sparse(name, size):
    """A tar file with one sparse file (pax 1.0) of so many bytes, of which a kilobyte is there."""
    data = f"1\n{size - 512}\n512\n".encode().ljust(512, b"\0") + b"PK\3\4".ljust(512, b"\0")
    member = tarfile.TarInfo("GNUSparseFile.0/file")
    member.size = len(data)
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(size),
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def on_disk(folder):
    """Bytes that the files below a folder take, each counted once."""
    found = [path.lstat() for path in folder.rglob("*")]
    return sum({status.st_ino: status.st_blocks * 512 for status in found}.values())


@pytest.fixture
def pull(tmp_path, context):
    def pull(*targets, **access):
        workspace = tmp_path / "workspace"
        workspace.mkdir()
        return acquire(
            targets, platforms=None, workspace=workspace, context=context, access=Access(**access), progress=Silent()
        )

    return pull


# One bound for a run


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, bytes])
def test_a_layer_that_unpacks_to_more_than_the_bound_is_refused(content, liar, pull, tmp_path, pack):
    content.image(zeros(8 * MIB), tag="1", pack=pack, kind="")
    with pytest.raises(RegistryError, match="unpacks to more than 4,194,304 bytes in all"):
        pull(f"{liar.host}/o/app:1", unpacked_limit=4 * MIB)
    assert on_disk(tmp_path) < 16 * MIB


def test_many_small_layers_share_the_bound(content, liar, pull):
    content.image(*(zeros(MIB, f"file-{number}") for number in range(20)), tag="1")
    with pytest.raises(RegistryError, match="bytes in all"):
        pull(f"{liar.host}/o/app:1", unpacked_limit=10 * MIB)


def test_platforms_share_the_bound(content, liar, pull):
    images = [content.image(zeros(3 * MIB, f"file-{n}"), arch=f"a{n}") for n in range(4)]
    content.index(*(on(image, f"linux/a{n}") for n, image in enumerate(images)), tag="1")
    with pytest.raises(RegistryError, match="bytes in all"):
        pull(f"{liar.host}/o/app:1", unpacked_limit=10 * MIB)


def test_images_of_one_call_share_the_bound(content, liar, pull):
    content.image(zeros(3 * MIB, "a"), tag="1")
    content.image(zeros(3 * MIB, "b"), tag="2")
    with pytest.raises(RegistryError, match="bytes in all"):
        pull(f"{liar.host}/o/app:1", f"{liar.host}/o/app:2", unpacked_limit=5 * MIB)


def test_layers_out_of_the_cache_are_counted_too(content, liar, tmp_path, context):
    content.image(zeros(3 * MIB, "a"), zeros(3 * MIB, "b"), tag="1")

    def pull(name, limit):
        (tmp_path / name).mkdir()
        return acquire(
            [f"{liar.host}/o/app:1"], platforms=None, workspace=tmp_path / name, context=context,
            access=Access(unpacked_limit=limit), progress=Silent(),
        )  # fmt: skip

    pull("first", 20 * MIB)
    with pytest.raises(RegistryError, match="bytes in all"):
        pull("second", 5 * MIB)
    pull("third", 20 * MIB)


def test_a_layer_that_is_fetched_again_is_counted_once(content, liar, pull):
    content.image(zeros(3 * MIB), tag="1")
    liar.faults = {"/blobs/": Fault(cut=1000, times=3)}
    assert pull(f"{liar.host}/o/app:1", unpacked_limit=5 * MIB, pause=0.01)


def test_the_bound_is_what_the_disk_has_room_for(tmp_path):
    budget = Budget.of_disk(tmp_path)
    assert budget.most > 0
    with pytest.raises(OverBudgetError):
        budget.add(budget.most + 1)


def test_threads_cannot_use_more_than_the_bound():
    budget = Budget(1000)

    def use(_):
        try:
            budget.add(1)
        except OverBudgetError:
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(use, range(2000))) == 1000


# What is kept on disk is in proportion to what came


def test_what_is_kept_unpacked_is_in_proportion_to_what_came(tmp_path):
    budget = Budget(1 << 40)
    plain = UnpackedLayer(tmp_path / "layer.tar", budget.keep)
    with budget.share() as share:
        share.add(MIB, MIB)
        with plain:
            for _ in range(500):
                plain.write(bytes(MIB))
    assert plain.kept() is None
    with plain:  # what was given up is given back
        for _ in range(300):
            plain.write(bytes(MIB))
    assert plain.kept().stat().st_size == 300 * MIB


def test_kilobytes_do_not_become_gigabytes_on_disk_however_many_layers_they_are(content, liar, pull, tmp_path):
    content.image(*(zeros(100 * MIB, f"file-{number}") for number in range(4)), tag="1")
    assert sum(map(len, content.blobs.values())) < 2 * MIB
    (got,) = pull(f"{liar.host}/o/app:1")
    assert len(got.image.platforms[0].layers) == 4
    assert on_disk(tmp_path) < 300 * MIB


# What Trivy unpacks


BOMBS = {
    "an archive in a Java archive": lambda: tar_of("app/a.jar", jar([("lib/inner.jar", 640 * MIB)])),
    "a sparse Java archive": lambda: sparse("app/a.jar", 1024 * MIB),
    "a sparse database of packages": lambda: sparse("var/lib/rpm/Packages", 1024 * MIB),
}


def tar_of(name, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("bomb", BOMBS)
def test_trivy_is_stopped_before_a_few_kilobytes_are_gigabytes(scan, tmp_path, bomb):
    made = BOMBS[bomb]()
    content = Content()
    folder = content.layout(tmp_path / "bomb", content.image(made))
    assert sum(map(len, content.blobs.values())) < 20_000
    said = scan(f"oci:{folder}")
    assert said.code == 5, said.err
    assert "wrote more than" in said.err
    assert said.verdicts == []


@pytest.mark.parametrize("step", ["one file", "many files", "folders"])
def test_a_program_that_fills_its_folder_is_stopped(tmp_path, step):
    script = {
        "one file": "while :; do head -c 1000000 /dev/urandom >> big; done",
        "many files": "n=0; while :; do n=$((n+1)); head -c 100000 /dev/urandom > file-$n; done",
        "folders": "n=0; while :; do n=$((n+1)); mkdir -p a/$n; head -c 100000 /dev/urandom > a/$n/x; done",
    }[step]
    command = Command(
        "sh", ("-c", script), {"PATH": "/usr/bin:/bin"}, tmp_path, 60, workdir=tmp_path, disk_limit=5 * MIB
    )
    with pytest.raises(ToolFailedError, match="wrote more than 5,242,880 bytes"):
        run_all([command], jobs=1)


def test_what_was_there_before_is_not_counted(tmp_path):
    (tmp_path / "before").write_bytes(bytes(range(256)) * 40_000)
    command = Command("true", (), {"PATH": "/usr/bin:/bin"}, tmp_path, 60, workdir=tmp_path, disk_limit=MIB)
    assert run_all([command], jobs=1)[0].code == 0
