"""Secrets in large text files, searched in pieces: nobody can tell from the verdict, with the real scanner."""

import io
import json
import tarfile
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from gate import policyfile
from gate.errors import GateError
from gate.findings import Kind
from gate.image import Layer, Platform, PlatformImage
from gate.ocilayout import blob
from gate.pipeline.scan import ScanRequest, scan
from gate.progress import Silent
from gate.trivy.database import Source
from gate.trivy.pieces import OVERLAP, STEP, WINDOW, Cut, cut, spans
from gate.trivy.scan import Bounds
from tests.builders import CHILD
from tests.lab.contents import Deb, aws_key, debian, github_token
from tests.lab.oci import CONFIG, MANIFEST, Layout, digest, encode
from tests.lab.tarball import Whiteout, pack, raw, told

SIZE = 17 << 20
AT = spans(SIZE, 2)[1].start
TOKEN = f"\ntoken: {github_token()}\n".encode()
AWS = f"\nAWS_ACCESS_KEY_ID={aws_key()}\n".encode()
KEY = b"\n-----BEGIN RSA PRIVATE KEY-----\n" + b"MIIEpAIBAAKCAQEA+/=\n" * 80 + b"-----END RSA PRIVATE KEY-----\n"
LINE = b"Package: one of many, of which a list of packages tells, and what it is for.\n"
NODE, NODE_LINE = b'{"name": "lodash", "version": "4.17.11", "license": "GPL-3.0", "padding": [\n', b'"",\n'


def text(planted, size=SIZE, line=LINE):
    """So many bytes of lines, some of them replaced, by place."""
    data = bytearray((line * (size // len(line) + 1))[:size])
    for place, what in planted.items():
        start = place % size
        data[start : start + len(what)] = what
    assert len(data) == size
    return bytes(data)


BIG = text({0: TOKEN, AT: TOKEN, SIZE - len(TOKEN): TOKEN})


class Scans:
    """Scans an image, or reads what is in it, on so many cores; counts the runs of the scanner."""

    def __init__(self, world, trivy, database, tmp_path):
        self._log, self.script = tmp_path / "runs", tmp_path / "scanner"
        self.layout = Layout(tmp_path / "layout")
        self._database, self._trivy = database, trivy
        self.world = replace(world, env={**world.env, "GATE_TRIVY": str(self.script)})
        self.wrap()

    def wrap(self, last=""):
        """Stand before the scanner: tell of each run, and do something `last`."""
        script = f'#!/bin/sh -e\necho "$@" >> {self._log}\n{self._trivy} "$@"\n{last}\n'
        self.script.write_text(script)
        self.script.chmod(0o755)

    def image(self, *layers, **more):
        self.layout.tag(self.layout.image([debian("12.4", [Deb("curl", "7.88.1-10")]), *layers], **more), "it")

    def tars(self, *tars):
        """An image of layers that are tars already."""
        config = {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": [*map(digest, tars)]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.layout.blob(encode(config), CONFIG),
            "layers": [self.layout.blob(tar, "application/vnd.oci.image.layer.v1.tar") for tar in tars],
        }
        self.layout.tag(self.layout.blob(encode(manifest), MANIFEST), "it")

    def on(self, cores, kinds=(Kind.SECRET,), jobs=2):
        """The verdict but for the time of the scan, and how many runs of the scanner it took over the layers."""
        self._log.unlink(missing_ok=True)
        request = ScanRequest(
            targets=(f"oci:{self.layout.folder}:it",),
            loaded=policyfile.load(None, cwd=self.world.cwd, overrides={}),
            kinds=frozenset(kinds),
            source=Source(offline=True, folder=self._database),
            bounds=Bounds(jobs=jobs, cores=cores),
        )
        verdict = scan(request, self.world, Silent()).verdicts[0]
        runs = [line for line in self._log.read_text().splitlines() if "/configuration/" not in line]
        return verdict.model_dump_json(exclude={"scanned_at"}), len(runs)

    def alike(self, *, runs, cores=2, kinds=(Kind.SECRET,)):
        """Scan on one core and on several; the findings of secrets, which must be the same."""
        whole, one = self.on(1, kinds)
        pieces, several = self.on(cores, kinds)
        assert (one, several) == (1, runs)
        assert pieces == whole
        found = [entry["finding"] for entry in json.loads(whole)["findings"]]
        return [one for one in found if one["kind"] == "secret"]


@pytest.fixture
def scans(world, trivy, database, tmp_path):
    return Scans(world, trivy, database, tmp_path)


def lines(found, rule="github-pat"):
    return [one["start_line"] for one in found if one["id"] == rule]


def test_each_secret_is_found_once_wherever_it_stands(scans):
    border = AT + OVERLAP
    near = [AT - STEP, AT - 20, AT + 100, border - len(TOKEN), border, border + 200, AT + STEP - 9, AT + WINDOW - 60]
    planted = dict.fromkeys((0, *near, SIZE - len(TOKEN)), TOKEN)
    data = text(planted)
    scans.image({"app/list": data}, {"app/other": b"nothing\n"})
    found = scans.alike(runs=3)
    assert lines(found) == sorted(data[:place].count(b"\n") + 2 for place in planted)
    assert {one["path"] for one in found} == {"app/list"}
    layer = scans.layout.document(scans.layout.tagged("it")["digest"])["layers"][1]["digest"]
    assert {place["layer"] for one in found for place in one["occurrences"]} == {layer}


def test_a_key_of_many_lines_across_the_border_is_whole(scans):
    data = text({AT + OVERLAP - 800: KEY, AT - 500: KEY, AT + WINDOW - 1000: KEY})
    scans.image({"app/list": data})
    found = scans.alike(runs=3)
    assert [one["end_line"] - one["start_line"] for one in found if one["id"] == "private-key"] == [79] * 3


@pytest.mark.parametrize("line", [b"x" * 7919, b"a line that ends as on Windows\r\n", b"\n", b"\x01" * 79 + b"\n"])
def test_no_sort_of_text_makes_a_difference(scans, line):
    dice = Random(7)
    places = [dice.randrange(AT - 3 * WINDOW, AT + 3 * WINDOW) for _ in range(60)]
    # Where a window ends, the scanner shows less of a line.
    ends = {AT + number * STEP + WINDOW - len(TOKEN): TOKEN[1:-1] for number in range(-2, 3)}
    planted = {**{place: dice.choice([TOKEN, AWS, TOKEN[1:-1]]) for place in places}, **ends}
    data = text({0: b"it begins as text\n" * 30, **planted, SIZE - len(TOKEN): TOKEN}, line=line)
    scans.image({"app/list": data})
    assert len(scans.alike(runs=3)) > 50


def test_on_more_cores_there_are_as_many_pieces_as_are_worth_a_run(scans):
    scans.image({"app/list": text(dict.fromkeys(range(0, 33 << 20, 1_000_003), TOKEN), size=33 << 20)})
    assert len(scans.alike(runs=5, cores=8)) == len(range(0, 33 << 20, 1_000_003))


def test_what_the_path_holds_in_other_layers_is_told_as_ever(scans):
    scans.image({"app/list": BIG + AWS}, {"app/list": b"small\n" + TOKEN}, {"app/list": Whiteout()})
    found = scans.alike(runs=4)
    # The upper layer's finding of a rule takes the place of those below, and nothing is gone by being deleted.
    assert lines(found) == [3]
    assert len(lines(found, "aws-access-key-id")) == 1


def test_what_the_path_holds_as_a_program_is_not_searched(scans):
    scans.image({"app/list": text({})}, {"app/list": b"\x7fELF\x01" + BIG}, {"app/other": AWS})
    assert {one["path"] for one in scans.alike(runs=4)} == {"app/other"}


def test_what_the_history_calls_a_base_image_is_searched(scans):
    history = [{"created_by": "RUN a"}, {"created_by": "RUN b"}, {"created_by": 'CMD ["bash"]', "empty_layer": True}]
    scans.image({"app/list": BIG}, {"app/mine": TOKEN}, history=[*history, {"created_by": "RUN c"}])
    assert {one["path"] for one in scans.alike(runs=3)} == {"app/list", "app/mine"}


def test_other_scanners_see_the_file_whole(scans):
    half = NODE_LINE * (SIZE // 2 // len(NODE_LINE))
    data = NODE + half + b'"AWS_ACCESS_KEY_ID=%b",\n' % aws_key().encode() + half + b'""]}'
    around = {"app/a": TOKEN, "app/z": KEY, "app/LICENSE": b"SPDX-License-Identifier: GPL-3.0-only\n"}
    scans.image({"app/package.json": data, **around}, config={"User": "root", "Env": [f"KEY={github_token()}"]})
    kinds = frozenset(Kind)
    found = scans.alike(runs=3, kinds=kinds)
    assert {one["path"] for one in found} == {"app/package.json", "app/a", "app/z", ""}
    verdict = scans.on(2, kinds)[0]
    assert "CVE-2019-10744" in verdict
    assert '"kind":"licence"' in verdict


@pytest.mark.parametrize(
    "name", ["a(b)[c]+$^{2}.*?|\\d", "ä ö 'ü' \"x\" #: - ! &", "d" * 90 + "/" + "e" * 200, "secret.json"]
)
def test_a_name_is_taken_by_the_letter(scans, name):
    near = name.replace("(b)", "b").replace("+", "cc") + "2"
    scans.image({name: BIG, near: TOKEN, f"{name}x": TOKEN})
    assert {one["path"] for one in scans.alike(runs=3)} == {name, near, f"{name}x"}


@pytest.mark.parametrize(
    "name",
    ["new\nline", "app/../list", "tab\t", "app/.wh.list", "not \ufffd told", "app/test.txt", "folder/" * 600 + "x"],
)
def test_a_file_of_an_odd_name_is_not_cut(scans, name):
    scans.image({name: BIG})
    scans.alike(runs=1)


def test_a_binary_file_is_not_cut(scans):
    scans.image({"app/list": b"\x7fELF\x01" + BIG})
    assert scans.alike(runs=1) == []


def test_where_a_layer_can_be_read_in_two_ways_nothing_is_cut(scans):
    # A sparse file as GNU tar writes it: its name and its bytes are not where those of others are.
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        told = b"1\n0\n%d\n" % len(TOKEN)
        sparse = tarfile.TarInfo("GNUSparseFile.0/list")
        sparse.size = 512 + len(TOKEN)
        sparse.pax_headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "app/list",
            "GNU.sparse.realsize": str(len(TOKEN)),
        }
        archive.addfile(sparse, io.BytesIO(told.ljust(512, b"\0") + TOKEN))
    scans.tars(pack(debian("12.4", [])), pack({"app/list": BIG + AWS}), out.getvalue())
    assert lines(scans.alike(runs=1)) == [2]


@pytest.mark.parametrize(
    "above",
    [
        raw(b"app/list", TOKEN, b"\0", magic=b""),
        told(b"18 path=app/other\n") + told(b"11 mtime=1\n") + raw(b"app/list", TOKEN),
        raw(b"list", TOKEN, magic=b"ustar  \0", prefix=b"app"),
    ],
    ids=["the oldest format", "attributes that are replaced", "a folder where GNU has a time"],
)
def test_a_file_that_hides_its_name_behind_the_format_is_searched_all_the_same(scans, above):
    scans.tars(pack(debian("12.4", [])), pack({"app/list": text({})}), above + bytes(1024))
    pieces, _ = scans.on(2)
    assert [one["finding"]["path"] for one in json.loads(pieces)["findings"]] == ["app/list"]


def test_what_the_path_holds_several_times_in_one_layer_is_told_of_each_time(scans):
    scans.tars(pack(debian("12.4", [])), raw(b"app/list", BIG) + raw(b"app/list", TOKEN) + bytes(1024))
    pieces, _ = scans.on(2)
    found = [entry["finding"] for entry in json.loads(pieces)["findings"]]
    assert sorted(lines(found)) == [2, 2, *(BIG[: place + 2].count(b"\n") + 1 for place in (AT, SIZE - len(TOKEN)))]


def test_a_path_that_is_there_too_often_is_not_cut(scans):
    scans.image({"app/list": BIG}, *({"app/list": b"small %d\n" % number} for number in range(4)))
    scans.alike(runs=1)


def test_several_files_that_keep_the_cores_busy_are_not_cut(scans):
    scans.image({f"app/list{number}": text({number: TOKEN}, size=9 << 20) for number in range(2)})
    assert len(scans.alike(runs=1)) == 2


def test_platforms_that_wait_for_each_other_leave_no_core_to_spare(scans):
    children = [
        scans.layout.image([debian("12.4", [], one), {"app/list": BIG}], platform=f"linux/{one}")
        for one in ("amd64", "arm64")
    ]
    scans.layout.tag(scans.layout.index(children), "it")
    assert scans.on(2)[1] == scans.on(4, jobs=1)[1] == 2
    verdict, runs = scans.on(4)
    assert runs == 6
    assert verdict == scans.on(1)[0]


def test_where_no_secrets_are_asked_for_nothing_is_cut(scans):
    scans.image({"app/list": BIG})
    (scans.world.cwd / "gate.yaml").write_text("version: 1\nfail_on: {severity: critical, secrets: none}\n")
    assert scans.on(2, kinds=())[1] == 1


ROOM = '"$(dirname "$0")"/home/.cache/gate/runs/*/scan/0/0/pieces-0-1'


def on_pieces(what):
    """Something that happens after the search in the second half of a file."""
    return f'case "$*" in *pieces-0-1*) cd {ROOM}; {what} ;; esac'


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("echo out of luck >&2; exit 3", "out of luck"),
        ("rm report.json", "no usable report"),
        ("truncate -s -9 report.json", "not readable"),
        ('sed -i \'s/"ImageID": "sha256:.../"ImageID": "sha256:123/\' report.json', "is about image"),
        ('sed -i \'s/"Version": "0..../"Version": "0.69/\' report.json', "too old"),
    ],
)
def test_pieces_that_were_not_searched_well_are_no_clean_scan(scans, what, words):
    scans.image({"app/list": text({})})
    scans.wrap(on_pieces(what))
    with pytest.raises(GateError, match=words):
        scans.on(2)


def test_what_a_scanner_does_not_say_the_place_of_is_not_lost(scans):
    planted = dict.fromkeys((0, AT + 100, AT + WINDOW - 100, SIZE - len(TOKEN)), TOKEN)
    scans.image({"app/list": text(planted)})
    whole = scans.alike(runs=3)
    scans.wrap(on_pieces('sed -i \'s/"Offset"/"Elsewhere"/\' report.json'))
    found = [one["finding"] for one in json.loads(scans.on(2)[0])["findings"] if one["finding"]["kind"] == "secret"]
    assert {*lines(found)} == {*lines(whole)}
    assert len(lines(whole)) == 4


def test_where_pieces_find_no_room_the_file_is_searched_whole(tmp_path):
    tar, config = pack({"app/list": BIG}), encode({"os": "linux", "architecture": "amd64"})
    for data in (tar, config):
        blob(tmp_path, digest(data)).parent.mkdir(parents=True, exist_ok=True)
        blob(tmp_path, digest(data)).write_bytes(data)
    layer = Layer(digest=digest(tar), diff_id=digest(tar), size=len(tar))
    image = PlatformImage(
        platform=Platform.parse("linux/amd64"), digest=CHILD, config_digest=digest(config), layers=(layer,), size=1
    )
    room = tmp_path / "room"
    room.mkdir()
    (room / "pieces-0-1").touch()  # in the way
    assert cut(image, tmp_path, room, 2) == Cut()
    assert not (room / "pieces-0-0").exists()
    (room / "pieces-0-1").unlink()
    assert len(cut(image, tmp_path, room, 2).parts) == 2


def test_pieces_of_small_numbers_cover_everything():
    for size in range(60):
        for count in range(1, 6):
            found = spans(size, count, step=7, overlap=3)
            assert found[0].start == found[0].first == 0
            assert found[-1].end == found[-1].last == size
            for one, after in pairwise(found):
                assert one.last == after.first == after.start + 3  # what begins there is told once
                assert one.start % 7 == after.start % 7 == 0
                assert one.end == min(after.start + 10, size)  # all windows that begin before are whole
            assert len(found) == max(min(count, -(-size // 7)), 1)
