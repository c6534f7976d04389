"""A tar is read as Go reads it: what the scanner finds under a name, we know by that name."""

import pytest

from gate.tarwalk import TarError, entries
from tests.lab.tarball import raw, told

GNU = b"ustar  \0"
OTHER = b"18 path=app/other\n"
LIST = b"17 path=app/list\n"
COMMENT = raw(b"global", b"15 comment=one\n", b"g")


@pytest.fixture
def walked(tmp_path):
    def walk(data):
        file = tmp_path / "it.tar"
        file.write_bytes(data + bytes(1024))
        return [one.name for one in entries(file, 100) if one.is_file]

    return walk


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(raw(b"app/list", b"1", b"\0", magic=b""), id="the oldest format"),
        pytest.param(raw(b"folder/", b"1" * 512, b"\0")[:512] + raw(b"app/list", b"1"), id="a folder of it"),
        pytest.param(told(OTHER) + told(b"11 mtime=1\n") + raw(b"app/list", b"1"), id="attributes twice"),
        pytest.param(told(OTHER) + COMMENT + raw(b"app/list", b"1"), id="attributes of all in between"),
        pytest.param(raw(b"long", b"app/other\0", b"L") + COMMENT + raw(b"app/list"), id="a long name lost"),
        pytest.param(raw(b"long", b"app/list\0", b"L") + told(OTHER) + raw(b"a"), id="a long name and attributes"),
        pytest.param(raw(b"long", b"app/list\0more\0", b"L") + raw(b"a"), id="a long name that ends early"),
        pytest.param(told(b"209 %s=\n" % (b"k" * 203), LIST) + raw(b"a"), id="a long attribute before the name"),
        pytest.param(told(b"8 a\nb=1\n", LIST) + raw(b"a"), id="an attribute of two lines"),
        pytest.param(raw(b"app/list", magic=GNU, prefix=b"14575341742\0\x80" + bytes(10)), id="times of GNU's"),
    ],
)
def test_the_name_is_that_which_the_scanner_sees(walked, data):
    assert walked(data) == ["app/list"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(told(b"000000017 path=app/list\n") + raw(b"a"), id="a length with zeros"),
        pytest.param(told(b"+18 path=app/list\n") + raw(b"a"), id="a length with a sign"),
        pytest.param(told(LIST + b"junk") + raw(b"a"), id="more than attributes"),
        pytest.param(told(LIST[:-1] + b"x") + raw(b"a"), id="an attribute without its end"),
        pytest.param(told(b"99 path=app/list\n") + raw(b"a"), id="an attribute that is longer than all"),
        pytest.param(raw(b"list", magic=GNU, prefix=b"app"), id="a folder where GNU has a time"),
        pytest.param(
            raw(b"list", magic=GNU, prefix=b"1\0".ljust(12, b"\0") + b"\xbf" * 12), id="a time that is too large"
        ),
    ],
)
def test_what_can_be_read_in_two_ways_is_left(walked, data):
    with pytest.raises(TarError):
        walked(data)
