"""What may go and what stays, whatever the graph of a package looks like."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import InputError, UsageError
from gate.maintenance.prune import Graph, Node, Rules, Version, VersionKind, closure, plan

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LETTERS = "abcdefghijklmnop"


def digest(letter):
    return "sha256:" + format(LETTERS.index(letter) + 1, "x") * 64 if letter != "p" else "sha256:" + "0" * 64


def tag_of(letter, suffix=""):
    return digest(letter).replace(":", "-") + suffix


class Package:
    """A package in a few words: `add("a", "v1", "b")` is an index of `b` with the tag `v1`, thirty days old."""

    def __init__(self):
        self.versions, self.nodes = [], {}

    def add(self, letter, tags="", children="", subject="", age=30, blobs=(), kind=VersionKind.IMAGE, platforms=""):
        made = NOW - timedelta(days=age)
        self.versions.append(Version(len(self.versions) + 1, digest(letter), tuple(tags.split()), made))
        self.nodes[digest(letter)] = Node(
            10,
            frozenset(map(digest, children)),
            digest(subject) if subject else "",
            dict(blobs),
            kind,
            frozenset(map(digest, platforms)),
        )
        return self

    def plan(self, **rules):
        kept = frozenset(map(digest, rules.pop("deployed", "")))
        return plan(Graph(self.versions, self.nodes), Rules(**rules, keep=kept), NOW)

    def going(self, **rules):
        names = {digest(letter): letter for letter in LETTERS}
        return [names[step.version.digest] for step in self.plan(**rules).steps]

    def kept(self, **rules):
        names = {digest(letter): letter for letter in LETTERS}
        return {names[step.version.digest]: step.why for step in self.plan(**rules).kept}


def test_only_what_has_no_tag_goes_unless_more_is_said():
    assert Package().add("a", "v1").add("b").going() == ["b"]


def test_the_newest_stay_and_older_ones_go():
    package = Package().add("a", "v1", age=30).add("b", "v2", age=20).add("c", "v3", age=10)
    assert package.going(keep_last=2) == ["a"]
    assert package.going(keep_last=1) == ["a", "b"]


def test_a_version_with_several_tags_stays_for_one_of_them():
    package = Package().add("a", "nightly-1 v1.0").add("b", "nightly-2").add("c", "v2", age=3)
    package.add("d", "nightly-3", age=5)
    assert package.going(keep_last=1, keep_tags=("v*",)) == ["b"]


def test_what_is_kept_by_its_tag_takes_no_place_among_the_newest():
    package = Package().add("a", "n1", age=9).add("b", "n2", age=8).add("c", "n3", age=7).add("d", "v1").add("e", "v2")
    assert package.going(keep_last=2, keep_tags=("v*",)) == ["a"]
    package = Package().add("a", "n1").add("b", "n2", age=20).add("c", "v1", age=3).add("d", "v2", age=2)
    assert package.going(keep_last=2, keep_tags=("v*",)) == []


def test_what_is_young_stays_for_its_index_may_still_be_on_its_way():
    package = Package().add("a", "v1").add("b", age=0.5).add("c", age=2)
    assert package.going() == ["c"]
    assert package.going(older_than=timedelta(days=3)) == []


def test_children_of_what_stays_stay_and_those_of_what_goes_go_after_it():
    package = Package().add("b").add("c").add("a", "v1", "bc").add("e").add("d", "v2", "ce", age=5)
    assert package.going(keep_last=1) == ["a", "b"]


def test_a_nested_index_takes_its_children_along_and_keeps_them():
    package = Package().add("a", "v1", "b").add("b", "", "c").add("c").add("d", "v2", age=3)
    assert package.going() == []
    assert package.going(keep_last=1) == ["a", "b", "c"]


def test_evidence_stays_with_its_image_and_goes_with_it():
    package = Package().add("a", "v1").add("b", subject="a").add("c", tag_of("a", ".sig")).add("d", tag_of("a"), "b")
    package.add("e", tag_of("a", ".att")).add("f", tag_of("a", ".sbom")).add("g", "v2", age=3).add("h", subject="g")
    assert package.going() == []
    going = package.going(keep_last=1)
    assert going[0] == "a"
    assert sorted(going) == list("abcdef")


def test_evidence_of_a_child_and_evidence_of_evidence_stay_too():
    package = Package().add("a", "v1", "b").add("b").add("c", subject="b").add("d", subject="c")
    assert package.going(older_than=timedelta(0)) == []


def test_evidence_of_what_is_not_there_any_more_goes():
    package = Package().add("a", "v1").add("b", subject="p").add("c", tag_of("p", ".sig"))
    assert package.going() == ["b", "c"]
    assert "which is not there" in package.plan().steps[0].why


def test_one_piece_of_evidence_for_two_images_stays_for_either():
    package = Package().add("a", "v1").add("b", "v2", age=3).add("c", f"{tag_of('a', '.sbom')} {tag_of('b', '.sbom')}")
    assert package.going(keep_last=1) == ["a"]


def test_what_is_deployed_stays_with_the_index_that_it_was_deployed_from():
    package = Package().add("a", "v1", "bc").add("b").add("c").add("d", tag_of("a", ".sig")).add("e", "v2", age=3)
    assert package.going(keep_last=1, deployed="b") == []
    assert package.going(keep_last=1, deployed="e") == ["a", "b", "c", "d"]


def test_platforms_and_evidence_that_are_young_stay_too():
    package = Package().add("a", "v1", "b").add("b", age=0).add("c", subject="a", age=0).add("d", "v2", age=3)
    assert package.going(keep_last=1) == ["a"]


def test_evidence_alone_of_images_that_are_elsewhere_never_goes():
    package = Package().add("a", tag_of("p", ".sig")).add("b", tag_of("o", ".att"))
    with pytest.raises(UsageError) as caught:
        package.going()
    assert caught.value.problem == (
        "the package has only evidence, of images in another package: which of it is needed is unknown"
    )
    assert caught.value.hint == (
        "was it pushed with COSIGN_REPOSITORY? Clean the package of the images first, then this one by hand"
    )


def test_tags_of_a_kind_that_nobody_knows_are_kept_and_count_as_no_release():
    package = Package().add("a", tag_of("b", "-x")).add("b", "v1").add("c", "v2", age=3).add("d", "sha512-" + "0" * 128)
    assert package.going(keep_last=1) == ["b"]


def test_tags_that_go_round_in_a_circle_let_nothing_go():
    package = Package().add("a", tag_of("b", ".sig")).add("b", tag_of("a", ".sig")).add("c", "v1")
    assert package.going() == []


def test_the_last_tag_of_a_package_never_goes():
    with pytest.raises(UsageError) as caught:
        Package().add("a", "v1").going(keep_last=0)
    assert caught.value.problem == "no image with a tag would be left of the package"
    assert caught.value.hint == (
        "keep some with --keep-last or --keep-tag; delete a whole package in its settings on GitHub"
    )


def test_nothing_is_planned_when_a_manifest_is_not_known():
    package = Package().add("a", "v1").add("b")
    del package.nodes[digest("a")]
    with pytest.raises(InputError, match="is unknown"):
        package.going()


def test_only_bytes_that_nothing_else_has_are_freed():
    package = Package().add("a", "v1", blobs=(("base", 100), ("old", 7))).add("b", blobs=(("old", 7), ("base", 100)))
    package.add("c", blobs=(("mine", 5), ("base", 100)))
    assert package.plan().freed == 5 + 10 + 10


INDEX, ARTIFACT = VersionKind.INDEX, VersionKind.ARTIFACT
HOUR = timedelta(hours=1)


def test_what_is_as_old_as_the_rule_goes_and_what_is_a_moment_younger_stays():
    moment = timedelta(microseconds=1) / timedelta(days=1)
    package = Package().add("a", "v1").add("b", age=2).add("c", age=2 - moment)
    assert package.going(older_than=timedelta(days=2)) == ["b"]


def test_what_is_nearly_a_day_old_stays_by_default():
    package = Package().add("a", "v1").add("b", age=1).add("c", age=23 / 24)
    assert package.going() == ["b"]


def test_each_version_that_stays_says_why():
    package = Package().add("a", "v1", "b", kind=INDEX).add("b").add("c", "v2", age=0).add("d", tag_of("a", "-x"))
    package.add("e", kind=VersionKind.UNKNOWN).add("f", "cache", kind=ARTIFACT).add("g", "v3", age=9).add("h", "keep")
    found = package.kept(deployed="b", keep_last=1, keep_tags=("keep",))
    assert found == {
        "a": "the index of what is deployed",
        "b": "deployed",
        "c": "younger than 1d",
        "d": "its tag is of an unknown kind",
        "e": "it is not known whether it is an image",
        "f": "it has a tag and is no image",
        "h": "its tag is to be kept",
    }
    assert package.kept(keep_last=2)["g"] == "one of the newest 2"
    assert package.kept()["g"] == "it has a tag"


def test_each_version_that_goes_says_why():
    package = Package().add("a", "v1", "b", kind=INDEX).add("b").add("c").add("d", subject="b").add("e", "v2", age=2)
    package.add("f", subject="p").add("g", "", "b", kind=INDEX)
    said = {step.version.digest: step.why for step in package.plan(keep_last=1).steps}
    assert said == {
        digest("a"): "older than 1d",
        digest("b"): f"part of {digest('a')}",
        digest("c"): "it has no tag",
        digest("d"): f"evidence of {digest('b')}",
        digest("f"): f"evidence of {digest('p')}, which is not there",
        digest("g"): "it has no tag",
    }


def test_what_may_be_an_image_is_never_deleted_with_a_tag_or_without():
    package = (
        Package().add("a", kind=VersionKind.UNKNOWN).add("b", "v1", kind=VersionKind.UNKNOWN).add("c", "v2", age=3)
    )
    package.add("d", "", "e", kind=INDEX).add("e", kind=VersionKind.UNKNOWN)
    assert package.going(keep_last=1) == []


def test_what_is_no_image_goes_only_without_a_tag_and_takes_no_place():
    package = (
        Package().add("a", "cache", kind=ARTIFACT, age=2).add("b", kind=ARTIFACT).add("c", "v1").add("d", "v2", age=3)
    )
    assert package.going(keep_last=1) == ["b", "c"]


def test_an_index_is_what_its_manifests_are():
    package = Package().add("a", "cache", "b", kind=INDEX, age=2).add("b", kind=ARTIFACT, age=2)
    package.add("c", "v1", "d", kind=INDEX, age=3).add("d", age=3).add("e", "v2", age=4)
    assert package.going(keep_last=1) == ["e"]
    nested = Package().add("a", "v1", "b", kind=INDEX, age=2).add("b", "", "cd", kind=INDEX).add("c", kind=ARTIFACT)
    nested.add("d").add("e", "v2", age=9)
    assert nested.going(keep_last=1) == ["e"]


def test_an_index_without_images_is_an_artifact_and_one_without_manifests_is_lost():
    package = Package().add("a", "cache", "b", kind=INDEX, age=9).add("b", kind=ARTIFACT, age=9)
    package.add("c", "lost", "p", kind=INDEX, platforms="p", age=8).add("d", "empty", kind=INDEX, age=8)
    package.add("e", "signed", "p", kind=INDEX, age=8).add("f", "v1", "o", kind=INDEX, age=3, platforms="o")
    package.add("g", "v2", age=2)
    kinds = Graph(package.versions, package.nodes).kinds
    lost = VersionKind.LOST
    assert [kinds[digest(letter)] for letter in "abcdef"] == [ARTIFACT, ARTIFACT, lost, ARTIFACT, ARTIFACT, lost]
    assert package.going(keep_last=1) == ["c", "f"]


def test_an_index_whose_images_are_all_gone_takes_no_place_among_the_newest():
    package = (
        Package().add("a", "v1", "p", kind=INDEX, age=2, platforms="p").add("b", "v2", age=3).add("c", "v3", age=4)
    )
    assert package.going(keep_last=1) == ["c"]
    package = Package().add("b", "v2", age=3).add("a", "v1", "p", kind=INDEX, age=4, platforms="p")
    assert package.going(keep_last=1) == ["a"]
    nested = Package().add("a", "v1", "b", kind=INDEX, age=2).add("b", "", "p", kind=INDEX, platforms="p")
    nested.add("c", "v2", age=3).add("d", "v3", age=4)
    assert nested.going(keep_last=1) == ["d"]


def test_an_image_beside_artifacts_and_lost_platforms_is_an_image():
    package = Package().add("a", "v1", "bcp", kind=INDEX, age=2, platforms="bp").add("b", age=2)
    package.add("c", kind=ARTIFACT).add("d", "v2", age=3)
    assert package.going(keep_last=1) == ["d"]


def test_of_images_pushed_at_one_time_the_one_listed_last_is_the_newest():
    package = Package().add("a", "v1", age=5).add("b", "v2", age=5)
    assert package.going(keep_last=1) == ["a"]


def test_a_tag_that_stays_and_lacks_platforms_is_named_with_them():
    package = (
        Package().add("a", "v1", "bpo", kind=INDEX, platforms="bpo").add("b").add("c", "v2", "n", kind=INDEX, age=3)
    )
    package.add("d", "", "p", kind=INDEX, platforms="p").add("e", "v3", "d", kind=INDEX).add("f", "v4", age=2)
    named = [(one.version.digest, one.missing) for one in package.plan().incomplete]
    assert named == [(digest("a"), (digest("p"), digest("o"))), (digest("e"), (digest("p"),))]
    named = [one.version.digest for one in package.plan(keep_last=1).incomplete]
    assert named == []


def test_the_last_image_never_goes_though_other_tags_stay():
    package = Package().add("a", "v1").add("b", "cache", kind=ARTIFACT)
    with pytest.raises(UsageError, match="no image with a tag would be left"):
        package.going(keep_last=0)
    assert Package().add("a", "v1").add("b", "v2", age=0).going(keep_last=0) == ["a"]


def test_a_package_without_an_image_can_be_cleaned_of_what_has_no_tag():
    assert Package().add("a", "cache", kind=ARTIFACT).add("b", kind=ARTIFACT).going() == ["b"]
    assert Package().add("a").going() == ["a"]


def test_evidence_of_an_index_goes_with_it_and_before_its_platforms_are_alone():
    package = Package().add("d", subject="a").add("c", subject="b").add("b").add("a", "v1", "b", kind=INDEX)
    package.add("e", "v2", age=2)
    going = package.going(keep_last=1)
    assert going[0] == "a"
    assert sorted(going) == list("abcd")
    assert going.index("b") < going.index("c")


def test_what_is_ready_to_go_goes_in_the_order_of_its_listing():
    package = Package().add("c").add("b", "", "c", kind=INDEX).add("a", "", "c", kind=INDEX).add("d", "v1")
    assert package.going() == ["b", "a", "c"]
    package = Package().add("a", "", "cb", kind=INDEX).add("b").add("c").add("d", "v1")
    assert package.going() == ["a", "b", "c"]
    package = Package().add("a", "", "cb", kind=INDEX).add("c").add("b").add("d", "v1")
    assert package.going() == ["a", "c", "b"]


def test_what_several_need_goes_after_the_last_of_them():
    package = Package().add("a", "", "d", kind=INDEX).add("b", "", "c", kind=INDEX).add("c", "", "d", kind=INDEX)
    package.add("d").add("e", "v1")
    assert package.going() == ["a", "b", "c", "d"]


def test_tags_that_go_round_in_a_circle_go_together_in_the_order_of_their_listing():
    package = (
        Package().add("a", f"v1 {tag_of('b', '.sig')}").add("b", f"v2 {tag_of('a', '.sig')}").add("c", "v3", age=2)
    )
    assert package.going(keep_last=1) == ["a", "b"]


def test_two_circles_of_tags_both_go():
    package = Package()
    for one, other in ("ab", "ba", "cd", "dc"):
        package.add(one, f"v-{one} {tag_of(other, '.sig')}")
    package.add("e", "v5", age=2)
    assert package.going(keep_last=1) == ["a", "b", "c", "d"]


def test_a_version_needs_what_it_names_and_its_evidence_but_not_itself():
    package = Package().add("a", "v1", "abp", kind=INDEX).add("b", subject="b").add("c", tag_of("a"), subject="b")
    graph = Graph(package.versions, package.nodes)
    assert graph.needs == {
        digest("a"): {digest("b"), digest("c")},
        digest("b"): {digest("c")},
        digest("c"): frozenset(),
    }
    assert graph.parents == {digest("a"): {digest("a")}, digest("b"): {digest("a")}, digest("c"): frozenset()}
    assert graph.subjects[digest("c")] == {digest("a"), digest("b")}
    assert graph.absent == {digest("p")}
    assert package.plan().needs == graph.needs


def test_a_blob_that_two_versions_have_is_freed_once_when_both_go():
    package = Package().add("a", "v1").add("b", blobs=(("x", 7),)).add("c", blobs=(("x", 7), ("y", 5)))
    assert package.plan().freed == 7 + 5 + 10 + 10


@pytest.mark.parametrize(
    ("tag", "subject", "name", "odd"),
    [
        (tag_of("a"), True, False, False),
        (tag_of("a", ".sig"), True, False, False),
        (tag_of("a", ".sig") + "x", True, False, False),
        (tag_of("a", "."), False, False, True),
        (tag_of("a", "-x"), False, False, True),
        ("sha256-" + "a" * 63, False, True, False),
        ("sha512-" + "0" * 32, False, False, True),
        ("sha512-" + "0" * 31, False, True, False),
        ("x" + tag_of("a"), False, True, False),
        ("v1", False, True, False),
    ],
)
def test_a_tag_is_a_name_or_says_whose_evidence_it_is_or_is_of_an_unknown_kind(tag, subject, name, odd):
    one = Version(1, digest("b"), (tag,), NOW)
    assert one.subjects == ({digest("a")} if subject else set())
    assert one.names == ((tag,) if name else ())
    assert one.odd == odd
    assert Version(1, digest("b"), ("v1", tag), NOW).odd == odd


@st.composite
def packages(draw):
    """Indexes of what was made before them, evidence of anything, tags of both kinds."""
    package = Package()
    letters = LETTERS[: draw(st.integers(2, 12))]
    for place, letter in enumerate(letters):
        children = draw(st.sets(st.sampled_from(letters[:place]), max_size=3)) if place else set()
        subject = draw(st.sampled_from(["", "", *letters[:place]]))
        tags = [f"v{place}"] if draw(st.booleans()) else []
        tags += [tag_of(draw(st.sampled_from(letters)), draw(st.sampled_from(["", ".sig", ".att"])))] * draw(
            st.integers(0, 1)
        )
        package.add(letter, " ".join(tags), children, subject, age=draw(st.integers(0, 40)))
    return package


@given(
    packages(),
    st.none() | st.integers(0, 4),
    st.sets(st.sampled_from(["v1", "v2*", "v?"]), max_size=2),
    st.sets(st.sampled_from(LETTERS), max_size=2),
    st.integers(0, 14),
)
def test_wherever_it_stops_all_that_is_to_stay_is_whole(package, last, tags, deployed, stop):
    rules = {"keep_last": last, "keep_tags": tuple(sorted(tags)), "deployed": deployed}
    try:
        made = package.plan(**rules)
    except UsageError:
        return
    graph = Graph(package.versions, package.nodes)
    left = graph.versions.keys() - {step.version.digest for step in made.steps[:stop]}
    going = {step.version.digest for step in made.steps}
    for one in graph.versions.keys() - going:
        assert closure(graph.needs, [one]) <= left
    for one in left & going:  # a tag that is still to go is whole as well, unless tags go round in a circle
        if graph.versions[one].names and one not in closure(graph.needs, graph.needs[one]):
            assert closure(graph.needs, [one]) <= left
    for step in made.steps:
        assert NOW - step.version.touched >= timedelta(days=1) or "of sha256" in step.why
        assert step.version.digest not in set(map(digest, deployed))
    again = Package()
    again.versions = [one for one in package.versions if one.digest in left]
    again.nodes = package.nodes
    with suppress(UsageError):  # when evidence alone is left
        assert {step.version.digest for step in again.plan(**rules).steps} <= going
