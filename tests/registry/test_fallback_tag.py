"""Lost entries are taken out of the fallback tag, and nothing else is."""

import json
from dataclasses import replace

import pytest

from gate.errors import RegistryError
from gate.model.image import ImageRef
from gate.registry.errors import MissingError
from gate.registry.fallback_tag import drop_missing
from tests.lab.oci import Layout
from tests.lab.referrers import MemoryRegistry
from tests.registry.beside import REPOSITORY, Shelf, bounds


@pytest.fixture
def shelf(tmp_path):
    """An image with three pieces of evidence in a registry without the referrers API."""
    with MemoryRegistry(referrers=False) as registry:
        shelf = Shelf(registry, Layout(tmp_path / "layout"))
        shelf.pieces = [shelf.attach(f'{{"a": {number}}}'.encode()) for number in range(3)]
        yield shelf


def drop(shelf, manifests, context, **access):
    ref = ImageRef.parse(f"{shelf.name}@{shelf.image}")
    return drop_missing(ref, shelf.image, manifests, context=context, access=bounds(**access))


def index(shelf):
    return json.loads(shelf.registry.read(REPOSITORY, shelf.tag()))


def test_only_lost_entries_go_and_every_other_member_stays_as_it_is(shelf, context):
    entries = [{**shelf.held.descriptor(one), "annotations": {"a": "b"}, "x": 1.5} for one in shelf.pieces]
    shelf.index(entries, annotations={"of": "the index"})
    before = index(shelf)
    first, second, third = shelf.pieces
    for lost in (first, second):
        shelf.held.documents.pop(lost)
    assert drop(shelf, {first, third}, context) == (first,)  # the second was not asked about, and the third is there
    assert index(shelf) == {**before, "manifests": before["manifests"][1:]}


def test_nothing_is_written_when_nothing_is_lost(shelf, context):
    assert drop(shelf, set(shelf.pieces), context) == ()
    assert shelf.registry.count("PUT", "/manifests/") == 0


@pytest.mark.parametrize("status", [403, 410, 429, 500])
def test_an_entry_that_only_cannot_be_read_stays(shelf, context, status):
    shelf.registry.fault("GET", f"/manifests/{shelf.pieces[0]}$", status=status)
    with pytest.raises(RegistryError):
        drop(shelf, set(shelf.pieces), context)
    assert shelf.registry.count("PUT", "/manifests/") == 0


def test_a_list_that_is_gone_or_none_is_not_written(shelf, context):
    shelf.registry.move(REPOSITORY, shelf.tag(), shelf.image)
    with pytest.raises(RegistryError, match="no index"):
        drop(shelf, set(shelf.pieces), context)
    shelf.held.tags.pop(shelf.tag())
    with pytest.raises(MissingError):
        drop(shelf, set(shelf.pieces), context)


def test_the_login_that_may_push_is_asked_for_it_and_one_that_may_not_is_refused(shelf, context):
    shelf.held.documents.pop(shelf.pieces[0])
    shelf.registry.user("writer", "s3cret", pull=("octo/*",), push=("octo/*",))
    shelf.registry.user("reader", "s3cret", pull=("octo/*",))

    def login(name):
        login = {"GATE_REGISTRY": shelf.registry.host, "GATE_REGISTRY_USERNAME": name}
        return replace(context, env={**context.env, **login, "GATE_REGISTRY_PASSWORD": "s3cret"})

    with pytest.raises(RegistryError):
        drop(shelf, set(shelf.pieces), login("reader"))
    assert len(index(shelf)["manifests"]) == 3
    assert drop(shelf, set(shelf.pieces), login("writer")) == (shelf.pieces[0],)
    assert len(index(shelf)["manifests"]) == 2
