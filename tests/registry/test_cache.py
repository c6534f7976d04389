"""The cache: only what was checked goes in, and it is checked again on its way out."""

import gzip
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gate.errors import InputError, RegistryError
from gate.registry.unpacked_copy import UnpackedLayer
from tests.registry.small import on, sha256, tar

ROOT = Path(__file__).parents[2]
RAW = tar(hello="world")
PACKED = gzip.compress(RAW, mtime=0)
HEX = sha256(PACKED).removeprefix("sha256:")


@pytest.fixture
def blobs(context):
    return context.cache / "blobs"


@pytest.fixture
def image(content, liar):
    content.image(RAW, tag="1")
    return f"{liar.host}/o/app:1"


def asked_for_layer(liar):
    return liar.count(f"/blobs/sha256:{HEX}")


def layer_in(got):
    """The first layer as the scanner reads it: unpacked."""
    return next(iter(got.layouts.values())) / "blobs" / "sha256" / sha256(RAW).removeprefix("sha256:")


def test_a_layer_is_fetched_once_for_all_runs(image, liar, pull, blobs):
    pull(image)
    (got,) = pull(image)
    assert asked_for_layer(liar) == 1
    assert (blobs / "sha256" / HEX).read_bytes() == PACKED
    assert layer_in(got).read_bytes() == RAW


def test_a_layer_that_was_changed_in_the_cache_is_fetched_again(image, liar, pull, blobs):
    pull(image)
    kept = blobs / "sha256" / HEX
    kept.chmod(0o644)
    kept.write_bytes(PACKED[:-1] + b"x")
    (got,) = pull(image)
    assert asked_for_layer(liar) == 2
    assert kept.read_bytes() == PACKED
    assert layer_in(got).read_bytes() == RAW


def test_a_layer_altered_in_the_cache_never_passes_without_a_registry(image, liar, pull, blobs, content):
    pull(image)
    kept = blobs / "sha256" / HEX
    kept.chmod(0o644)
    kept.write_bytes(b"")
    del content.blobs[f"sha256:{HEX}"]
    with pytest.raises(RegistryError, match="is not there"):
        pull(image)


def test_another_image_cannot_promise_another_content_of_a_cached_layer(image, content, liar, pull):
    pull(image)
    content.image(RAW, tag="2", config_rootfs={"type": "layers", "diff_ids": [sha256(b"lie")]})
    with pytest.raises(RegistryError, match="the configuration names"):
        pull(f"{liar.host}/o/app:2")


def test_the_cache_does_not_outgrow_its_limit_and_what_was_used_last_stays(content, liar, pull, blobs):
    sizes = {}
    for place, tag in enumerate(("old", "older", "new")):
        raw = tar(**{tag: os.urandom(500).hex()})
        content.image(raw, tag=tag)
        pull(f"{liar.host}/o/app:{tag}")
        path = blobs / "sha256" / sha256(gzip.compress(raw, mtime=0)).removeprefix("sha256:")
        sizes[tag] = path
        os.utime(path, (place, place))
    pull(f"{liar.host}/o/app:older")
    limit = sum(sizes[tag].stat().st_size for tag in ("new", "older"))
    pull(f"{liar.host}/o/app:older", cache_limit=limit)
    assert {tag for tag, path in sizes.items() if path.exists()} == {"older", "new"}


def test_what_this_run_uses_stays_whatever_the_limit(image, pull, blobs):
    pull(image, cache_limit=0)
    assert (blobs / "sha256" / HEX).exists()


def test_partial_files_of_ended_processes_are_deleted_and_others_are_not(image, pull, blobs):
    (blobs / "sha256").mkdir(parents=True)
    dead, alive = blobs / "sha256" / ".dead.part", blobs / "sha256" / ".alive.part"
    for path in (dead, alive):
        path.write_bytes(b"half")
    os.utime(dead, (0, 0))
    pull(image, cache_limit=0)
    assert [dead.exists(), alive.exists()] == [False, True]


def test_several_runs_side_by_side_share_a_cache(content, liar, pull):
    content.index(*(on(content.image(RAW, tar(a=str(n)), arch=f"a{n}"), f"linux/a{n}") for n in range(4)), tag="1")
    with ThreadPoolExecutor(4) as several:
        runs = list(several.map(lambda _: pull(f"{liar.host}/o/app:1", cache_limit=0), range(4)))
    assert all(layer_in(got).read_bytes() == RAW for (got,) in runs)


def test_a_layer_that_finds_no_room_unpacked_is_laid_out_as_it_came(tmp_path):
    plain = UnpackedLayer(tmp_path / "layer.tar")
    with plain:
        plain.write(b"x" * 10)
    assert plain.kept().read_bytes() == b"x" * 10
    with plain:
        plain.write(Huge(b"x"))
        plain.write(b"x")
    assert plain.kept() is None


class Huge(bytes):
    """Bytes that claim to be too many."""

    def __len__(self):
        return 5 << 30


def test_what_was_broken_off_is_not_kept_unpacked(tmp_path):
    plain = UnpackedLayer(tmp_path / "layer.tar")
    plain.__enter__()
    plain.write(b"x")
    plain.__exit__(RegistryError)
    assert plain.kept() is None


def test_a_cache_that_cannot_be_written_is_an_error_with_a_hint(image, pull, context):
    context.cache.mkdir()
    (context.cache / "blobs").write_text("a file where a folder should be")
    with pytest.raises(InputError, match="an image cannot be kept in") as caught:
        pull(image)
    assert "GATE_CACHE_DIR" in caught.value.hint


def test_the_help_does_not_wait_for_the_network(tmp_path):
    code = (
        "import sys, gate.registry; print([name for name in ('urllib3', 'ssl', 'isal', 'sh') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
