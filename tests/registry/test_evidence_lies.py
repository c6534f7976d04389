"""Evidence that is not what it should be: told as such, piece by piece, and never taken for none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import RegistryError
from gate.registry.errors import AlteredError, MissingError
from gate.registry.referrers import next_page
from tests.lab.oci import INDEX, MANIFEST, Layout, digest
from tests.lab.referrers import MemoryRegistry
from tests.lab.storage import BUNDLE
from tests.registry.beside import REPOSITORY, Shelf, beside, contents, seen


@pytest.fixture(params=["with the API", "without it"])
def shelf(request, tmp_path):
    with MemoryRegistry(referrers=request.param == "with the API") as registry:
        yield Shelf(registry, Layout(tmp_path / "layout"))


@pytest.fixture
def old(tmp_path):
    """A registry without the API."""
    with MemoryRegistry(referrers=False) as registry:
        yield Shelf(registry, Layout(tmp_path / "layout"))


def only_damaged(shelf, context, named=""):
    """What is damaged (`named`), where nothing else is there or wrong."""
    sight = beside(shelf, context)
    assert (sight.pieces, sight.unknown, sight.passed_over) == ((), "", ())
    (one,) = sight.damaged
    assert named in {"", one.manifest}
    assert one.why.isprintable()
    return one


@pytest.mark.parametrize("content", [b'{"a": 2}', b'{"a": 1', b'{"a": 1} '])
def test_an_altered_bundle_is_damaged_and_the_others_stay_good(shelf, context, content):
    named = shelf.attach(b'{"a": 1}')
    shelf.attach(b'{"b": 1}')
    shelf.registry.alter(REPOSITORY, digest(b'{"a": 1}'), content)
    sight = beside(shelf, context)
    assert contents(sight) == [b'{"b": 1}']
    assert [one.manifest for one in sight.damaged] == [named]
    assert "the layer sha256:" in sight.damaged[0].why
    assert "is not what came" in sight.damaged[0].why
    assert sight.unknown == ""


def test_an_altered_piece_of_cosign_2_is_damaged_and_the_others_stay_good(shelf, context):
    named = shelf.old(".sig", b'{"a": 1}', b'{"b": 1}')
    shelf.registry.alter(REPOSITORY, digest(b'{"a": 1}'), b'{"a": 2}')
    sight = beside(shelf, context)
    assert contents(sight) == [b'{"b": 1}']
    assert [one.manifest for one in sight.damaged] == [named]


def test_another_manifest_under_the_digest_of_a_bundle_is_damage(shelf, context):
    named, other = shelf.attach(b'{"a": 1}'), shelf.attach(b'{"b": 1}')
    shelf.registry.alter(REPOSITORY, named, shelf.registry.read(REPOSITORY, other))
    sight = beside(shelf, context)
    assert contents(sight) == [b'{"b": 1}']
    (one,) = sight.damaged
    assert one.manifest == named
    assert one.why == f"the manifest {named} is not what came: its content has {other}"


def test_a_bundle_whose_content_is_gone_is_damaged(shelf, context):
    named = shelf.attach(b'{"a": 1}')
    shelf.registry.forget(REPOSITORY, digest(b'{"a": 1}'))
    one = only_damaged(shelf, context)
    assert one.manifest == named
    assert "is not there" in one.why


def test_a_list_that_lies_about_a_size_is_damage(old, context):
    named = old.attach()
    old.index([old.held.descriptor(named) | {"size": 5}])
    assert only_damaged(old, context, named).why.endswith("bytes instead of 5")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"Subject": None}, "a member 'Subject' that readers take for another"),
        ({"Layers": []}, "a member 'Layers'"),
        ({"artifacttype": "x"}, "a member 'artifacttype'"),
        ({"manifests": []}, "is a manifest and an index in one"),
        ({"layers": []}, "should hold one bundle, and has 0 layers"),
        ({"layers": 5}, "is malformed: layers"),
        ({"layers": [{"mediaType": BUNDLE, "digest": "sha512:00", "size": 1}]}, "is malformed: layers.0.digest"),
        ({"layers": [{"mediaType": BUNDLE, "digest": digest(b""), "size": -1}]}, "is malformed: layers.0.size"),
        ({"layers": [{"mediaType": BUNDLE, "digest": digest(b""), "SIZE": 1, "size": 1}]}, "a member 'SIZE'"),
        ({"subject": {"digest": "../../x", "size": 1}}, "is malformed: subject.digest"),
        ({"mediaType": INDEX}, "and calls itself"),
    ],
)
def test_a_manifest_in_which_readers_would_see_different_things_is_damage(old, context, changes, why):
    assert why in only_damaged(old, context, old.carry(**changes)).why


def test_a_bundle_of_two_layers_is_damage(old, context):
    layers = [old.held.keep(one, BUNDLE) for one in (b"{}", b"{ }")]
    assert "has 2 layers" in only_damaged(old, context, old.carry(layers=layers)).why


def test_a_name_that_is_there_twice_is_damage(old, context):
    raw = b'{"mediaType": "' + MANIFEST.encode() + b'", "layers": [], "layers": []}'
    named = old.held.put(MANIFEST, raw)
    old.index([old.held.descriptor(named)])
    assert named in only_damaged(old, context, named).why


@pytest.mark.parametrize(
    "doc",
    [
        b'{"manifests": [], "Manifests": []}',
        b'{"manifests": [{"digest": "sha256:00", "size": 1}]}',
        b'{"manifests": [], "layers": []}',
        b"[]",
    ],
)
def test_a_list_in_which_readers_would_see_different_things_tells_nothing(shelf, context, doc):
    shelf.attach()
    if shelf.held.referrers:
        shelf.registry.fault("GET", "/referrers/", body=doc)
    else:
        shelf.held.put(INDEX, doc, shelf.tag())
    assert "cannot be read" in beside(shelf, context).unknown


@pytest.mark.parametrize(
    ("ending", "words"), [("", "is an image and no index"), (".sig", "of the type"), (".att", "of")]
)
def test_a_tag_that_leads_to_something_else_tells_nothing(old, context, ending, words):
    index = old.put(old.layout.index([old.layout.image([{"app": b"2"}])]), "index")
    old.registry.move(REPOSITORY, old.tag(ending), index if ending else old.image)
    sight = beside(old, context)
    assert words in sight.unknown
    assert old.tag(ending) in sight.unknown


def test_an_answer_of_the_api_that_is_an_image_tells_nothing(old, context):
    body, headers = old.registry.read(REPOSITORY, old.image), {"Content-Type": MANIFEST}
    old.registry.fault("GET", "/referrers/", status=200, body=body, headers=headers)
    assert beside(old, context).unknown == "the referrers API cannot be read: the list is no index"


def test_an_altered_list_tells_nothing(old, context):
    old.attach()
    old.registry.alter(REPOSITORY, old.held.tags[old.tag()], old.list([]))
    assert "is not what came" in beside(old, context).unknown


def test_a_huge_piece_is_not_fetched_and_nobody_knows_what_it_says(old, context):
    huge = {"mediaType": BUNDLE, "digest": digest(b""), "size": 10 << 30}
    named = old.carry(layers=[huge])
    old.index([old.held.descriptor(named), old.held.descriptor(old.carry(b'{"a": 1}'))])
    sight = beside(old, context)
    assert sight.unknown == f"the evidence {named} has 10,737,418,240 bytes, and at most 67,108,864 are read"
    assert contents(sight) == [b'{"a": 1}']
    assert not old.registry.count("GET", f"/blobs/{digest(b'')}")


def test_all_pieces_together_have_a_bound(old, context):
    def claimed(place):
        layer = old.held.keep(str(place).encode(), BUNDLE)
        return old.held.descriptor(old.carry(layers=[layer | {"size": 60 << 20}]))

    old.index([claimed(place) for place in range(20)])
    sight = beside(old, context)
    assert sight.unknown == "all evidence together has more than 1,073,741,824 bytes"
    assert len(sight.damaged) == 17


@pytest.mark.parametrize("page", [0, 100])
def test_a_list_of_ten_thousand_is_not_opened_and_nobody_knows_what_it_holds(old, context, page):
    entries = [{"mediaType": MANIFEST, "digest": digest(str(place).encode()), "size": 9} for place in range(10_000)]
    if page:
        link = f'</v2/{REPOSITORY}/referrers/{old.image}?n=1>; rel="next"'
        headers = {"Content-Type": INDEX, "Link": link}
        old.registry.fault("GET", "/referrers/", status=200, body=old.list(entries[:page]), headers=headers)
    else:
        old.index(entries)
    sight = beside(old, context)
    assert "more than 2,000 artifacts are attached to" in sight.unknown
    assert (sight.pieces, sight.damaged) == ((), ())
    assert len(old.registry.requests) < 30


def test_as_many_pieces_of_cosign_2_are_too_many(old, context):
    layer = old.held.keep(b"{}", BUNDLE)
    doc = {"schemaVersion": 2, "mediaType": MANIFEST, "config": layer, "layers": [layer] * 2001}
    old.registry.put(REPOSITORY, old.tag(".sig"), doc)
    assert "more than 2,000 artifacts" in beside(old, context).unknown


def test_a_list_that_never_ends_is_given_up(old, context):
    headers = {"Content-Type": INDEX, "Link": f'</v2/{REPOSITORY}/referrers/{old.image}?n=1>; rel="next"'}
    old.registry.fault("GET", "/referrers/", status=200, body=old.list([]), headers=headers)
    sight = beside(old, context)
    assert "more than 200 pages" in sight.unknown
    assert not sight.api


@pytest.mark.parametrize("status", [404, 400, 500, 403])
def test_a_page_that_is_missing_is_not_the_end_of_the_list(old, context, status):
    headers = {"Content-Type": INDEX, "Link": f'</v2/{REPOSITORY}/referrers/{old.image}?n=1>; rel="next"'}
    old.registry.fault("GET", "/referrers/", status=200, body=old.list([]), headers=headers, times=1)
    old.registry.fault("GET", "/referrers/", status=status)
    assert "the referrers API cannot be read: " in beside(old, context).unknown


def test_a_list_that_goes_on_elsewhere_is_not_followed(old, context, liar):
    headers = {"Content-Type": INDEX, "Link": f'<http://{liar.host}/list?n=1>; rel="next"'}
    old.registry.fault("GET", "/referrers/", status=200, body=old.list([]), headers=headers)
    assert "the next page of the list is at another address" in beside(old, context).unknown
    assert liar.asked == []


D = "sha256:" + "0" * 64
PLACE = f"/v2/o/app/referrers/{D}"


@pytest.mark.parametrize(
    ("header", "query"),
    [
        ("", ""),
        (f'<{PLACE}?a=b&c=d>; rel="next"', "a=b&c=d"),
        (f"<{PLACE}?n=1>;rel=next", "n=1"),
        (f'<https://elsewhere.example{PLACE}?n=1>; title="a, b"; rel="last NEXT"', "n=1"),
        ('<?n=1>; rel="next"', "n=1"),
        (f'<{PLACE}?n=0>; rel="prev", <{PLACE}?n=1>; rel="next"', "n=1"),
        (f'<{PLACE.replace(":", "%3A")}?n=1>; rel="next"', "n=1"),
        (f'<{PLACE}?n=0>; rel="prev"', ""),
        (f'<{PLACE}?n=0>; rel="nextish"', ""),
    ],
)
def test_where_a_list_goes_on_is_read_as_rfc_8288_has_it(header, query):
    assert next_page(header, f"/referrers/{D}") == query


@pytest.mark.parametrize(
    "header",
    [
        "next",
        f"{PLACE}?n=1; rel=next",
        f'<{PLACE}?n=1; rel="next"',
        f'<{PLACE}>; rel="next"',
        f'<{PLACE}?a b>; rel="next"',
        f'<{PLACE}?é>; rel="next"',
        '<//[?n=1>; rel="next"',
        '</v2/o/app/manifests/latest?n=1>; rel="next"',
        f'<{PLACE}x?n=1>; rel="next"',
        f"<{PLACE}?{'n' * 5000}>; rel=next",
        f"<{PLACE}>; rel=prev and more",
    ],
)
def test_what_does_not_say_clearly_where_a_list_goes_on_is_not_its_end(header):
    with pytest.raises(RegistryError, match="next page"):
        next_page(header, f"/referrers/{D}")


@given(st.text(alphabet=st.sampled_from('<>;, ="relnxt?/a\\')) | st.text(max_size=300))
def test_any_link_can_be_read(header):
    try:
        query = next_page(header, f"/referrers/{D}")
    except RegistryError as exc:
        query = exc.problem
    assert query.isprintable()


@pytest.mark.parametrize("what", [":1", "@"])
def test_an_altered_image_is_no_missing_one(shelf, context, what):
    shelf.registry.alter(REPOSITORY, shelf.image, b"{}")
    with pytest.raises(AlteredError, match="is not what came"):
        seen(shelf, context, f"@{shelf.image}" if what == "@" else what)


@pytest.mark.parametrize("harm", ["altered", "missing", "malformed"])
def test_what_is_wrong_with_one_platform_is_told_of_that_one(shelf, context, harm):
    good, bad = shelf.layout.image([{"app": b"2"}]), shelf.layout.image([{"app": b"3"}], platform="linux/arm64")
    if harm == "malformed":
        bad = shelf.layout.blob(b"{}", MANIFEST, platform={"os": "linux", "architecture": "arm64"})
    shelf.put(shelf.layout.index([good, bad]), "multi")
    shelf.attach(b'{"a": 1}', good["digest"])
    if harm == "altered":
        shelf.registry.alter(REPOSITORY, bad["digest"], b"{}")
    elif harm == "missing":
        shelf.registry.forget(REPOSITORY, bad["digest"])
    index, first, second = seen(shelf, context, ":multi").manifests
    assert (index.fault, first.fault, contents(first)) == (None, None, [b'{"a": 1}'])
    assert type(second.fault) is {"altered": AlteredError, "missing": MissingError, "malformed": RegistryError}[harm]
    assert str(second.platform) == "linux/arm64"


def test_an_index_where_a_platform_is_announced_is_no_platform(shelf, context):
    doc = {"schemaVersion": 2, "manifests": []}
    inner = shelf.layout.blob(json.dumps(doc).encode(), "", platform={"os": "linux", "architecture": "amd64"})
    named = shelf.held.put(INDEX, shelf.layout.read(inner["digest"]))
    top = shelf.held.put(INDEX, shelf.list([{**inner, "digest": named}]), "odd")
    (index, odd) = seen(shelf, context, ":odd").manifests
    assert index.digest == top
    assert "is announced as one platform's image and is an index" in odd.fault.problem


def test_an_index_that_nothing_could_run_is_no_image(shelf, context):
    chart = shelf.layout.artifact("application/vnd.cncf.helm.config.v1+json", [])
    for entry in (shelf.layout.attestation(shelf.layout.image([{"app": b"2"}])), chart):
        shelf.put(shelf.layout.index([entry]), "nothing")
        with pytest.raises(RegistryError, match="holds no image for any platform"):
            seen(shelf, context, ":nothing")
