"""Whether a tar file may hold a large file: a quick look that never overlooks one."""

import io
import tarfile

import pytest

from gate.tarwalk import entries, may_hold

LARGE = 5_000


def tar(*members, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as file:
        for name, size, more in members:
            member = tarfile.TarInfo(name)
            member.size = size
            for field, value in more.items():
                setattr(member, field, value)
            file.addfile(member, io.BytesIO(b"x" * size))
    return out.getvalue()


FOLDER = ("usr", 0, {"type": tarfile.DIRTYPE})
LINK = ("usr/link", 0, {"type": tarfile.SYMTYPE, "linkname": "a" * 300})
SMALL = [(f"usr/{number}", number * 97 % LARGE, {"mtime": 1.5}) for number in range(60)]
LONG = ("usr/" + "n" * 200, 700, {})


@pytest.fixture
def held(tmp_path):
    def call(data):
        path = tmp_path / "layer.tar"
        path.write_bytes(data)
        return may_hold(path, LARGE)

    return call


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT], ids=["pax", "gnu"])
@pytest.mark.parametrize("large", [None, 0, 30, 60], ids=["none", "first", "middle", "last"])
def test_a_large_file_is_seen_wherever_it_stands(held, form, large):
    members = [FOLDER, LINK, *SMALL, LONG]
    if large is not None:
        members.insert(large, ("etc/large", LARGE, {}))
    assert held(tar(*members, form=form)) == (large is not None)


def test_an_empty_one_holds_none(held):
    assert not held(b"")
    assert not held(b"\0" * 10_240)


@pytest.mark.parametrize(
    "odd",
    [
        tar(("a", 1, {"pax_headers": {"size": "1"}})),
        b"no tar at all" * 100,
        tar(("a", 700, {}))[:300],
        tar(("a", 1, {})).replace(b"00000000001\0", b"\x80" + b"\0" * 10 + b"\x01", 1),
    ],
    ids=["a size of its own", "no tar", "cut off", "base 256"],
)
def test_what_is_not_understood_may_hold_one(held, odd):
    assert held(odd)


def test_what_is_looked_at_is_what_the_walk_sees(held, tmp_path):
    data = tar(FOLDER, LINK, *SMALL, LONG)
    assert not held(data)
    assert max(entry.size for entry in entries(tmp_path / "layer.tar", 1_000)) < LARGE
