"""What lies beside an image is found, wherever and however it was put there."""

import json
import threading

import pytest

from gate.errors import RegistryError
from gate.io.run_context import RunContext
from gate.model.evidence import Format
from gate.model.image import ImageRef
from gate.registry.errors import MissingError
from gate.registry.evidence import fetch_evidence
from gate.registry.evidence_types import ImageEvidence
from tests.lab.oci import INDEX, MANIFEST, Layout, digest
from tests.lab.referrers import MemoryRegistry
from tests.lab.storage import BUNDLE
from tests.registry.beside import EMPTY, REPOSITORY, Shelf, beside, bounds, contents, every, seen


@pytest.fixture(params=["with the API", "without it"])
def shelf(request, tmp_path):
    with MemoryRegistry(referrers=request.param == "with the API") as registry:
        yield Shelf(registry, Layout(tmp_path / "layout"))


@pytest.fixture
def old(tmp_path):
    """A registry without the API."""
    with MemoryRegistry(referrers=False) as registry:
        yield Shelf(registry, Layout(tmp_path / "layout"))


@pytest.fixture
def new(tmp_path):
    """A registry with it."""
    with MemoryRegistry() as registry:
        yield Shelf(registry, Layout(tmp_path / "layout"))


def test_bundles_are_found_with_and_without_the_api(shelf, context):
    manifests = [shelf.attach(b'{"a": 1}'), shelf.attach(b'{"b": 1}')]
    sight = beside(shelf, context)
    assert contents(sight) == [b'{"a": 1}', b'{"b": 1}']
    assert [piece.manifest for piece in sight.pieces] == manifests
    assert {(piece.format, piece.subject) for piece in sight.pieces} == {(Format.BUNDLE, shelf.image)}
    assert (sight.digest, str(sight.platform)) == (shelf.image, "linux/amd64")
    assert (sight.unknown, sight.damaged, sight.passed_over, sight.fault) == ("", (), (), None)


def test_an_image_without_evidence_has_none_and_nothing_is_unknown(shelf, context):
    sight = beside(shelf, context)
    assert (sight.pieces, sight.damaged, sight.unknown, sight.fallback) == ((), (), "", False)


def test_whether_there_is_the_api_or_the_tag_for_it_is_told(new, old, context):
    new.attach()
    old.attach()
    assert (beside(new, context).api, beside(new, context).fallback) == (True, False)
    assert (beside(old, context).api, beside(old, context).fallback) == (False, True)


def test_a_real_registry_without_the_api_has_it_all_under_tags(push, content, context):
    image = content.image(tag="1")
    layer, config = content.blob(b'{"a": 1}', BUNDLE), content.blob(b"{}", EMPTY)
    doc = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer], "subject": image}
    carrier = content.document(doc, MANIFEST)
    index = content.index(carrier | {"artifactType": EMPTY})
    payload = content.blob(b"{ }", "application/vnd.dev.cosign.simplesigning.v1+json", annotations={"a": "b"})
    signed = content.document(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [payload]}, MANIFEST
    )
    name = push(content, "demo/evidence", "1", image)
    push(content, "demo/evidence", image["digest"].replace(":", "-"), index)
    push(content, "demo/evidence", image["digest"].replace(":", "-") + ".sig", signed)
    (sight,) = fetch_evidence(ImageRef.parse(name), context=context, access=bounds()).manifests
    assert {piece.manifest: piece.content for piece in sight.pieces} == {
        carrier["digest"]: b'{"a": 1}',
        signed["digest"]: b"{ }",
    }
    assert (sight.api, sight.fallback, sight.unknown) == (False, True, "")


def test_evidence_from_before_the_referrers_api_counts_once(new, context):
    recent, before = new.attach(b'{"recent": 1}'), new.carry(b'{"before": 1}')
    both = [new.held.descriptor(before), new.held.descriptor(recent)]
    new.index(both)
    new.registry.fault("GET", "/referrers/", body=new.list(both[1:]))
    sight = beside(new, context)
    assert [piece.manifest for piece in sight.pieces] == [recent, before]
    assert (sight.api, sight.fallback) == (True, True)


def test_two_bundles_of_one_content_are_two_pieces_fetched_once(shelf, context):
    first = shelf.attach(b'{"a": 1}')
    second = shelf.carry(b'{"a": 1}', annotations={"again": "yes"})
    if not shelf.held.referrers:
        shelf.index([shelf.held.descriptor(first), shelf.held.descriptor(second)])
    sight = beside(shelf, context)
    assert {piece.manifest: piece.content for piece in sight.pieces} == {first: b'{"a": 1}', second: b'{"a": 1}'}
    assert shelf.asked().count("blobs/" + digest(b'{"a": 1}')) == 1


def test_a_list_in_pages_is_read_to_its_end(tmp_path, context):
    with MemoryRegistry(page=2) as registry:
        shelf = Shelf(registry, Layout(tmp_path / "layout"))
        wanted = [f'{{"a": {place}}}'.encode() for place in range(5)]
        for one in wanted:
            shelf.attach(one)
        assert contents(beside(shelf, context)) == wanted
        assert registry.count("GET", "/referrers/") == 3


def test_the_pieces_of_cosign_2_are_the_layers_under_its_tags(shelf, context):
    signed = shelf.old(".sig", b'{"one": 1}', b'{"two": 1}', **{"dev.cosignproject.cosign/signature": "MEU="})
    attested = shelf.old(".att", b'{"payload": ""}')
    sight = beside(shelf, context)
    assert [(piece.manifest, piece.attestation) for piece in sight.pieces] == [
        (signed, False),
        (signed, False),
        (attested, True),
    ]
    assert {piece.format for piece in sight.pieces} == {Format.LEGACY}
    assert contents(sight) == [b'{"one": 1}', b'{"two": 1}', b'{"payload": ""}']
    assert [dict(piece.annotations) for piece in sight.pieces] == [
        {"dev.cosignproject.cosign/signature": "MEU="},
        {"dev.cosignproject.cosign/signature": "MEU="},
        {},
    ]


def test_both_formats_are_found_beside_each_other(shelf, context):
    shelf.attach(b'{"of somebody else": 1}')
    shelf.old(".sig", b'{"ours": 1}')
    assert sorted(piece.format for piece in beside(shelf, context).pieces) == [Format.BUNDLE, Format.LEGACY]


def test_an_sbom_that_nobody_signed_is_not_looked_for(shelf, context):
    shelf.old(".sbom", b"{}")
    assert beside(shelf, context).pieces == ()
    assert not [path for path in shelf.asked() if ".sbom" in path]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"artifactType": "application/vnd.cncf.notary.signature", "layers": []}, "no bundle: application/vnd.cncf"),
        ({"artifactType": "application/\x1b[31mred", "layers": []}, "no bundle: application/"),
        ({"subject": {"mediaType": MANIFEST, "digest": "sha256:" + "0" * 64, "size": 1}}, "refers to sha256:0000"),
        ({"subject": None}, "it refers to nothing"),
    ],
)
def test_what_is_no_bundle_or_of_another_image_is_passed_over_and_told(old, context, changes, why):
    named = old.carry(**changes)
    sight = beside(old, context)
    assert (sight.pieces, sight.damaged, sight.unknown) == ((), (), "")
    (one,) = sight.passed_over
    assert one.manifest == named
    assert why in one.why
    assert one.why.isprintable()


def test_an_index_that_refers_to_an_image_is_passed_over(new, context):
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "subject": new.held.descriptor(new.image)}
    new.held.put(INDEX, json.dumps(index).encode())
    (one,) = beside(new, context).passed_over
    assert one.why == f"it is no manifest: {INDEX}"


def test_a_bundle_is_known_by_its_layer_whatever_lists_and_manifest_call_it(old, context):
    old.carry(b'{"a": 1}', omit=["artifactType"], listed={"artifactType": EMPTY, "annotations": {"a": "b"}})
    assert contents(beside(old, context)) == [b'{"a": 1}']


def test_evidence_of_another_version_of_the_format_is_found_too(old, context):
    kind = "application/vnd.dev.sigstore.bundle+json;version=0.2"
    old.carry(layers=[old.held.keep(b'{"a": 2}', kind)], artifactType=kind)
    assert contents(beside(old, context)) == [b'{"a": 2}']


@pytest.mark.parametrize("by_api", [True, False])
def test_deleted_evidence_is_missing_and_droppable_if_only_the_tag_lists_it(new, context, by_api):
    named = new.attach(b'{"a": 1}')
    new.index([new.held.descriptor(named)])
    new.registry.fault("GET", f"/manifests/{named}$", status=404)
    if not by_api:
        new.registry.fault("GET", "/referrers/", status=404)
    sight = beside(new, context)
    assert (sight.pieces, sight.unknown, sight.passed_over) == ((), "", ())
    (one,) = sight.damaged
    assert (one.manifest, one.missing, one.droppable) == (named, True, not by_api)
    assert "does not exist any more" in one.why


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"artifactType": "application/vnd.cncf.notary.signature"},
        {"mediaType": "application/x", "blobs": [{"mediaType": BUNDLE}]},
        {"mediaType": MANIFEST, "manifests": [], "layers": []},
    ],
)
def test_a_document_that_reads_as_no_other_artifact_is_damaged(old, context, document):
    named = old.held.put(MANIFEST, json.dumps(document).encode())
    old.index([old.held.descriptor(named)])
    (one,) = beside(old, context).damaged
    assert (one.manifest, one.missing) == (named, False)


def test_an_artifact_manifest_without_a_bundle_is_passed_over(old, context):
    kind = "application/vnd.oci.artifact.manifest.v1+json"
    raw = json.dumps({"mediaType": kind, "artifactType": "application/x", "blobs": []}).encode()
    old.index([{"mediaType": kind, "digest": old.held.put(kind, raw), "size": len(raw)}])
    sight = beside(old, context)
    assert (len(sight.passed_over), sight.damaged) == (1, ())


@pytest.mark.parametrize("kind", ["application/x", ""])
def test_the_type_that_a_list_gives_hides_no_bundle(old, context, kind):
    old.carry(b'{"a": 1}', listed={"mediaType": kind}, omit=["mediaType"])
    assert contents(beside(old, context)) == [b'{"a": 1}']


def multi(shelf):
    amd64 = shelf.layout.image([{"app": b"2"}])
    arm64 = shelf.layout.image([{"app": b"3"}], platform="linux/arm64/v8")
    unsaid = {
        name: value
        for name, value in shelf.layout.image([{"app": b"4"}], platform="linux/s390x").items()
        if name != "platform"
    }
    nested = shelf.layout.index([arm64])
    kept = {name: nested[name] for name in ("mediaType", "digest", "size")}
    index = shelf.layout.index([amd64, shelf.layout.attestation(amd64), kept, unsaid])
    return shelf.put(index, "multi"), [one["digest"] for one in (amd64, arm64, unsaid)]


def test_an_index_and_each_of_its_platforms_are_looked_at(shelf, context):
    index, (amd64, arm64, unsaid) = multi(shelf)
    for named in (index, amd64, arm64, unsaid):
        shelf.attach(json.dumps({"of": named}).encode(), named)
    got = seen(shelf, context, ":multi")
    assert (got.digest, got.is_index) == (index, True)
    assert [(sight.digest, str(sight.platform)) for sight in got.manifests] == [
        (index, "None"),
        (amd64, "linux/amd64"),
        (arm64, "linux/arm64/v8"),
        (unsaid, "linux/s390x"),
    ]
    assert [contents(sight) for sight in got.manifests] == [
        [json.dumps({"of": sight.digest}).encode()] for sight in got.manifests
    ]


def test_each_configuration_is_fetched_and_never_a_layer(shelf, context):
    children = [shelf.layout.image([{"app": b"2"}]), shelf.layout.image([], platform="linux/arm64")]
    shelf.put(shelf.layout.index(children), "said")
    seen(shelf, context, ":said")
    configs = {shelf.layout.document(one["digest"])["config"]["digest"] for one in children}
    assert {path for path in shelf.asked() if path.startswith("blobs/")} == {f"blobs/{one}" for one in configs}


def test_a_tag_is_resolved_once_and_may_move_meanwhile(shelf, context):
    shelf.attach(b'{"first": 1}')
    other = shelf.put(shelf.layout.image([{"app": b"2"}]), "2")
    shelf.attach(b'{"second": 1}', other)
    shelf.registry.meanwhile("GET", "/referrers/", lambda: shelf.registry.move(REPOSITORY, "1", other))
    assert contents(beside(shelf, context)) == [b'{"first": 1}']
    assert shelf.asked().count("manifests/1") == 1
    assert contents(beside(shelf, context)) == [b'{"second": 1}']


def test_a_digest_is_looked_at_rather_than_the_tag_beside_it(shelf, context):
    shelf.attach(b'{"first": 1}')
    shelf.put(shelf.layout.image([{"app": b"2"}]), "1")
    for got in (
        seen(shelf, context, f":1@{shelf.image}"),
        fetch_evidence(ImageRef.parse(f"{shelf.name}:1"), context=context, access=bounds(), digest=shelf.image),
    ):
        assert got.digest == shelf.image
        assert contents(got.manifests[0]) == [b'{"first": 1}']
    assert "manifests/1" not in shelf.asked()


@pytest.mark.parametrize("what", [":none", f"@sha256:{'0' * 64}"])
def test_an_image_that_is_not_there_is_an_answer_of_its_own(shelf, context, what):
    with pytest.raises(MissingError, match="is not there"):
        seen(shelf, context, what)
    assert len(shelf.registry.requests) == 1


def test_a_repository_that_the_real_registry_does_not_have_is_not_there(real_registry, context):
    with pytest.raises(MissingError):
        fetch_evidence(ImageRef.parse(f"{real_registry}/demo/nowhere:1"), context=context, access=bounds())


def test_a_login_is_asked_for_and_renewed_on_the_way(shelf, context):
    shelf.attach(b'{"a": 1}')
    shelf.registry.user("me", "s3cret", pull=("octo/*",))
    login = {"GATE_REGISTRY": shelf.registry.host, "GATE_REGISTRY_USERNAME": "me", "GATE_REGISTRY_PASSWORD": "s3cret"}
    shelf.registry.meanwhile("GET", "/referrers/", shelf.registry.revoke)
    sight = beside(shelf, RunContext(env={**context.env, **login}, cwd=context.cwd))
    assert (contents(sight), sight.unknown) == ([b'{"a": 1}'], "")
    scopes = {scope for one in shelf.registry.requests if one.path == "/token" for scope in one.query["scope"]}
    assert scopes == {f"repository:{REPOSITORY}:pull"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"404 page not found"),
        (404, b'{"errors": [{"code": "METHOD_UNKNOWN", "message": "method unknown"}]}'),
        (405, b'{"errors": [{"code": "UNSUPPORTED"}]}'),
        (406, b""),
        (400, b"{}"),
    ],
)
def test_there_are_several_ways_to_say_that_there_is_no_api(old, context, status, body):
    old.attach(b'{"a": 1}')
    old.registry.fault("GET", "/referrers/", status=status, body=body)
    sight = beside(old, context)
    assert (contents(sight), sight.api, sight.unknown) == ([b'{"a": 1}'], False, "")


def test_a_registry_that_sends_the_question_on_to_a_page_for_people_has_no_api(old, context, liar):
    """GHCR does so, and has cut the digest off by then."""
    old.attach(b'{"a": 1}')
    where = f"http://{liar.host}/packages/octo%2Fapp%2Freferrers%2Fsha256"
    old.registry.fault("GET", "/referrers/", status=303, headers={"Location": where})
    sight = beside(old, context)
    assert (contents(sight), sight.api, sight.unknown) == ([b'{"a": 1}'], False, "")
    assert liar.asked == []


def test_a_registry_that_keeps_its_lists_elsewhere_is_followed_there(new, old, context):
    named = old.attach(b'{"a": 1}')
    new.registry.fault("GET", "/referrers/", body=new.list([old.held.descriptor(named)]))
    where = f"http://{new.registry.host}/v2/{REPOSITORY}/referrers/{old.image}"
    old.registry.fault("GET", "/referrers/", status=307, headers={"Location": where})
    assert (contents(beside(old, context)), beside(old, context).api) == ([b'{"a": 1}'], True)
    new.registry.mend()
    new.registry.fault("GET", "/referrers/", status=429)
    assert "answered 429" in beside(old, context).unknown


def test_many_images_are_told_one_by_one(shelf, context):
    names = []
    for place in range(50):
        digest = shelf.put(shelf.layout.image([{"app": str(place).encode()}]), f"v{place}")
        shelf.attach(json.dumps({"of": digest}).encode(), digest)
        names.append(f"{shelf.name}:v{place}")
    names[7], names[9] = f"{shelf.name}:none", "nowhere.invalid/octo/app:1"
    got = every(names, context, plain_http=True, jobs=8)
    assert isinstance(got[7], MissingError)
    assert isinstance(got[9], RegistryError)
    assert not isinstance(got[9], MissingError)
    good = [one for one in got if isinstance(one, ImageEvidence)]
    assert [str(one.ref) for one in good] == [name for name in names if "none" not in name and "nowhere" not in name]
    assert all(contents(one.manifests[0]) == [json.dumps({"of": one.digest}).encode()] for one in good)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("registry")]


def test_an_image_that_is_named_twice_is_searched_once(shelf, context):
    shelf.attach(b'{"a": 1}')
    one, two = every([f"{shelf.name}:1", f"{shelf.name}@{shelf.image}"], context)
    assert contents(one.manifests[0]) == contents(two.manifests[0]) == [b'{"a": 1}']
    assert shelf.registry.count("GET", "/referrers/") == 1


def test_nothing_named_is_nothing_asked(context):
    assert every([], context) == []
