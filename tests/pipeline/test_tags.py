"""`gate tags`: which tags an event gives, and which it must not give."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import InputError, UsageError
from gate.maintenance.tags import Event, image_tags, released
from gate.model.image import is_tag
from gate.policy import Policy, Tags
from gate.policy.loader import digest, parse
from tests.pipeline.conftest import COMMIT

NONE = frozenset()


def branch(name, rules=None, default=""):
    event = Event(kind="branch", name=name, commit=COMMIT, default_branch=default)
    return list(image_tags(event, rules or Tags(), None).tags)


def release(name, *there, rules=None):
    return image_tags(Event(kind="tag", name=name, commit=COMMIT), rules or Tags(), released(there))


@pytest.mark.parametrize(
    ("event", "ref", "payload", "expected"),
    [
        ("push", "refs/heads/main", {}, ["latest", "main", "main-abc1234"]),
        ("push", "refs/heads/develop", {}, ["develop", "develop-abc1234"]),
        ("push", "refs/heads/feature/xxx", {}, ["feature-xxx", "feature-xxx-abc1234"]),
        ("pull_request", "refs/pull/123/merge", {"number": 123}, ["pr-123"]),
        ("pull_request_target", "refs/heads/main", {"number": 123}, ["pr-123"]),
        ("workflow_dispatch", "refs/heads/main", {}, ["latest", "main", "main-abc1234"]),
        ("schedule", "refs/heads/main", {}, ["latest", "main", "main-abc1234"]),
        ("release", "refs/tags/v1.2.3-rc.1", {}, ["1.2.3-rc.1"]),
        (
            "push",
            "refs/heads/master",
            {"repository": {"default_branch": "master"}},
            ["latest", "master", "master-abc1234"],
        ),
        ("push", "refs/heads/main", {"repository": {"default_branch": "master"}}, ["main", "main-abc1234"]),
        ("schedule", "refs/heads/trunk", {"schedule": "0 3 * * *"}, ["latest", "trunk", "trunk-abc1234"]),
        ("merge_group", f"refs/heads/gh-readonly-queue/main/pr-104-{COMMIT}", {}, ["pr-104"]),
        ("merge_group", f"refs/heads/gh-readonly-queue/release/1.x/pr-7-{COMMIT}", {}, ["pr-7"]),
        ("release", "refs/tags/v1.2.3", {"release": {"prerelease": False}}, ["1.2.3", "1.2", "1"]),
        ("release", "refs/tags/v1.2.3", {"action": "published", "release": {"prerelease": True}}, ["1.2.3"]),
        ("release", "", {"release": {"tag_name": "v2.0.0", "prerelease": False}}, ["2.0.0", "2.0", "2"]),
    ],
)
def test_each_event_gives_the_tags_of_the_table(gate, job, event, ref, payload, expected):
    said = gate("tags", env=job(event, ref, payload))
    assert (said.code, said.lines) == (0, expected)


# What docker/metadata-action documents for the same events, in its tables of type=ref and type=semver.
@pytest.mark.parametrize(
    ("event", "theirs"),
    [
        (Event(kind="pull request", name="2", commit=COMMIT), {"pr-2"}),
        (Event(kind="branch", name="master", commit=COMMIT), {"master"}),
        (Event(kind="branch", name="releases/v1", commit=COMMIT), {"releases-v1"}),
        (Event(kind="branch", name="my/branch", commit=COMMIT), {"my-branch"}),
        (Event(kind="tag", name="v1.2.3", commit=COMMIT), {"1.2.3", "1.2", "1", "latest"}),
        (Event(kind="tag", name="v2.0.8-beta.67", commit=COMMIT), {"2.0.8-beta.67"}),
    ],
)
def test_whoever_comes_from_metadata_action_finds_the_same_names(event, theirs):
    ours = set(image_tags(event, Tags(), NONE).tags)
    assert theirs <= ours
    assert ours - theirs <= {f"{one}-abc1234" for one in theirs}  # the commit, which is an entry of its own there


def test_the_newest_release_is_latest():
    assert release("v1.2.3", "1.2.2", "v1.1.0", "2.0.0-rc.1", "main").tags == ("1.2.3", "1.2", "1", "latest")


def test_a_release_of_an_older_line_is_not_latest_and_moves_only_its_own_line():
    found = release("v1.2.4", "1.2.3", "1.3.0", "2.0.0")
    assert found.tags == ("1.2.4", "1.2")
    assert found.notes == ("1 is not moved: 1.3.0 is newer", "latest is not moved: 2.0.0 is newer")


def test_a_release_that_is_built_again_moves_no_line_back():
    assert release("v1.2.3", "1.2.3", "1.2.10").tags == ("1.2.3",)
    assert release("v1.2.3", "1.2.3").tags == ("1.2.3", "1.2", "1", "latest")


@pytest.mark.parametrize("name", ["v1.2.3-rc.1", "1.2.3-alpha", "v9.0.0-0"])
def test_a_pre_release_gets_its_own_name_and_no_other(name):
    assert release(name).tags == (name.removeprefix("v"),)


def test_major_version_zero_promises_nothing_so_nothing_is_called_0():
    assert release("v0.3.1").tags == ("0.3.1", "0.3", "latest")


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("v1.2", ("1.2", "1", "latest")),
        ("1.2", ("1.2", "1", "latest")),
        ("0.9", ("0.9", "latest")),
        ("2024.01.15", ("2024.01.15", "2024.01", "2024", "latest")),
        ("2024.1", ("2024.1", "2024", "latest")),
        ("v1.2.3rc2", ("1.2.3rc2",)),
        ("1.2.3a1", ("1.2.3a1",)),
        ("1.2.3.dev4", ("1.2.3.dev4",)),
        ("v1.2rc1", ("1.2rc1",)),
        ("1.2.3.post1", ("1.2.3.post1", "1.2", "1", "latest")),
    ],
)
def test_versions_in_other_spellings_keep_their_own_name(name, tags):
    assert release(name).tags == tags


@pytest.mark.parametrize(
    "name", ["v1", "1.2.3.4", "v1.2.x", "1.2.3 rc1", "1.2.3_final", "v1.2.٣", "1..2", "release-1.2"]
)
def test_what_is_no_version_is_not_taken_for_one(name):
    with pytest.raises(UsageError, match="not a version"):
        release(name)


def test_a_calendar_version_is_compared_by_its_numbers():
    assert release("2024.01.15", "2023.12.31").tags[-1] == "latest"
    assert release("2024.01.15", "2024.02.01").tags == ("2024.01.15", "2024.01")
    assert release("2024.02.01", "2024.1.15").tags[-1] == "latest"


def test_two_numbers_are_refused_where_they_are_the_name_that_moves_with_releases():
    with pytest.raises(UsageError, match="is the moving tag of releases such as"):
        release("v1.2", "1.2.0", "1.2.4", "1.2")


def test_a_release_marked_as_a_pre_release_moves_nothing_and_that_is_noted():
    event = Event(kind="tag", name="v1.2.3", commit=COMMIT, pre_release=True)
    found = image_tags(event, Tags(), NONE)
    assert found.tags == ("1.2.3",)
    assert "marked as a pre-release" in found.notes[0]


@pytest.mark.parametrize("action", ["deleted", "unpublished"])
def test_nothing_is_built_for_a_release_that_is_taken_back(gate, job, action):
    payload = {"action": action, "release": {"tag_name": "v1.2.3", "prerelease": False}}
    said = gate("tags", env=job("release", "refs/tags/v1.2.3", payload))
    assert (said.code, said.out) == (2, "")


@pytest.mark.parametrize(
    ("tag", "prefix"),
    [("api/v1.0.0", "api/"), ("api-v1.0.0", "api-"), ("@scope/web@1.0.0", "@scope/web@"), ("a/b/1.0.0", "a/b/")],
)
def test_a_tag_of_one_part_of_a_repository_needs_its_prefix(gate, tag, prefix):
    said = gate("tags", "--git-ref", f"refs/tags/{tag}")
    assert (said.code, said.out) == (2, "")
    assert f"--version-prefix {prefix}" in said.err
    assert gate("tags", "--git-ref", f"refs/tags/{tag}", "--version-prefix", prefix).lines == ["1.0.0", "1.0", "1"]


def test_the_prefix_can_stand_in_the_policy_and_leaves_other_parts_out(gate):
    (gate.folder / "gate.yaml").write_text("tags: {version_prefix: api/}\n")
    known = "web/v9.0.0\napi/v1.0.0\nv5.0.0\n"
    said = gate("tags", "--git-ref", "refs/tags/api/v1.1.0", "--known-tags", "-", stdin=known)
    assert said.lines == ["1.1.0", "1.1", "1", "latest"]
    assert gate("tags", "--git-ref", "refs/tags/web/v9.0.1").code == 2
    assert gate("tags", "--git-ref", "refs/tags/v5.0.1").code == 2


def test_the_tags_of_an_image_carry_no_prefix(gate):
    args = ("--git-ref", "refs/tags/api/v1.1.0", "--version-prefix", "api/", "--known-tags", "-")
    assert gate("tags", *args, stdin="1.0.0\n2.0.0\n").lines == ["1.1.0", "1.1", "1"]


def test_a_build_is_part_of_the_name_and_of_no_order():
    assert release("v1.2.3+build.5", "1.2.3").tags == ("1.2.3-build.5", "1.2", "1", "latest")


def test_without_the_releases_there_is_no_latest_and_that_is_said(gate):
    said = gate("tags", "--git-ref", "refs/tags/v1.2.3")
    assert (said.code, said.lines) == (0, ["1.2.3", "1.2", "1"])
    assert "the existing releases are unknown, so latest is not moved" in said.err


def test_the_registry_is_asked_for_every_page_of_its_tags(gate, private, layouts):
    for tag in ("1.2.3", "1.3.0", "2.0.0", "main", "latest"):
        private.push(layouts, "clean", f"octo/app:{tag}")
    image = f"{private.host}/octo/app"
    said = gate("tags", image, "--git-ref", "refs/tags/v2.0.1")
    assert said.lines == [f"{image}:{tag}" for tag in ("2.0.1", "2.0", "2", "latest")]
    said = gate("tags", image, "--git-ref", "refs/tags/v1.3.1")
    assert said.lines == [f"{image}:{tag}" for tag in ("1.3.1", "1.3", "1")]
    assert private.count("GET", "/octo/app/tags/list") == 6


def test_a_registry_that_cannot_be_asked_is_told_and_nothing_is_latest(gate, private):
    private.user("octo", "secret", pull=("octo/*",))
    said = gate("tags", f"{private.host}/octo/app", "--git-ref", "refs/tags/v1.2.3")
    assert said.code == 0
    assert not any(line.endswith(":latest") for line in said.lines)
    assert "note: " in said.err
    assert "anonymous users" in said.err


@pytest.mark.parametrize("link", ['<https://evil.example/v2/octo/app/tags/list?n=2>; rel="next"'])
def test_a_list_of_tags_never_leads_to_another_host(gate, private, layouts, link):
    private.push(layouts, "clean", "octo/app:1.0.0")
    private.fault("GET", "tags/list", status=200, body=b'{"tags": ["1.0.0"]}', headers={"Link": link})
    said = gate("tags", f"{private.host}/octo/app", "--git-ref", "refs/tags/v1.2.3")
    assert private.count("GET", "tags/list") == 200  # its query alone is taken, until there are too many pages
    assert "more than 200 pages" in said.err


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"tags": 5}', b'{"tags": "1.0.0"}'])
def test_a_list_that_cannot_be_read_is_no_empty_list(gate, private, body):
    private.fault("GET", "tags/list", status=200, body=body)
    said = gate("tags", f"{private.host}/octo/app", "--git-ref", "refs/tags/v1.2.3")
    assert not any(line.endswith(":latest") for line in said.lines)


def test_known_tags_are_read_as_git_prints_them(gate):
    (gate.folder / "known").write_text("1.0.0\nv1.1.0\n0123\trefs/tags/v2.0.0^{}\n\n")
    said = gate("tags", "--git-ref", "refs/tags/v1.2.0", "--known-tags", "known")
    assert said.lines == ["1.2.0", "1.2", "1"]
    assert "2.0.0 is newer" in said.err
    assert gate("tags", "--git-ref", "refs/tags/v3.0.0", "--known-tags", "-", stdin="2.0.0\n").lines[-1] == "latest"


def test_standard_input_is_not_both_the_policy_and_the_list_of_tags(gate):
    said = gate("tags", "--git-ref", "refs/tags/v1.0.0", "--known-tags", "-", "--policy", "-", stdin="tags: {}\n")
    assert said.code == 2
    assert "standard input can be read once" in said.err


def test_a_list_of_tags_that_is_not_there_is_an_error(gate):
    assert gate("tags", "--git-ref", "refs/tags/v3.0.0", "--known-tags", "nothing").code == 3


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("Feature/ABC", "feature-abc"),
        ("feature/ünï_x", "feature-n-_x"),
        ("-odd", "odd"),
        ("..odd//name", "odd-name"),
        ("a b\tc\x1b[31m", "a-b-c-31m"),
        ("x/", "x"),
        ("dependabot/npm_and_yarn/lodash-4.17.21", "dependabot-npm_and_yarn-lodash-4.17.21"),
        ("123-mend-login", "123-mend-login"),
    ],
)
def test_names_are_made_valid(name, tag):
    assert branch(name) == [tag, f"{tag}-abc1234"]


def test_a_long_name_is_cut_keeps_its_commit_and_stays_apart_from_others():
    one, other = branch("x" * 200 + "1"), branch("x" * 200 + "2")
    assert all(len(tag) <= 128 and is_tag(tag) for tag in (*one, *other))
    assert one[1].endswith("-abc1234")
    assert not {*one} & {*other}


@given(st.text(min_size=1, max_size=300))
def test_whatever_a_branch_is_called_its_tags_are_valid_or_refused(name):
    try:
        tags = branch(name)
    except UsageError:
        return
    assert len(tags) == len(set(tags)) == (3 if name == "main" else 2)
    assert all(is_tag(tag) and tag == tag.lower() for tag in tags)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "latest",
            "Latest",
            "pr-7",
            "1",
            "1.2",
            "1.2.3",
            "1.2.3-rc.1",
            "1.2.3rc1",
            "1.2.3.dev4",
            "2024.01.15",
            "1.2-x",
        ),
        *("MAIN", "main/", "main-0123abc"),
    ],
)
def test_a_branch_never_gets_a_name_that_others_have(name):
    with pytest.raises(UsageError, match="which belongs to something else"):
        branch(name)


@pytest.mark.parametrize("name", ["日本", "///", "..."])
def test_a_name_of_which_nothing_is_left_is_an_error(name):
    with pytest.raises(UsageError, match="gives no tag"):
        branch(name, Tags(branch=("{branch}",)))


def test_two_rules_that_give_one_tag_are_an_error():
    with pytest.raises(UsageError, match="two rules give the branch main the same tag: main"):
        branch("main", Tags(default=("main", "{branch}")))


def test_no_rule_is_an_error():
    with pytest.raises(UsageError, match="gets no tag"):
        branch("develop", Tags(branch=()))


def test_a_tag_that_is_no_version_needs_a_rule():
    with pytest.raises(UsageError, match="not a version"):
        release("nightly")
    assert release("nightly", rules=Tags(other_tag=("{tag}",))).tags == ("nightly",)


def test_the_rules_of_gate_yaml_hold(gate):
    (gate.folder / "gate.yaml").write_text(
        "tags:\n  default_branch: trunk\n  default: [edge, '{sha}']\n  version: ['v{version}']\n  latest: false\n"
    )
    assert gate("tags", "--git-ref", "refs/heads/trunk", "--commit", COMMIT).lines == ["edge", "abc1234"]
    assert gate("tags", "--git-ref", "refs/tags/v1.2.3").lines == ["v1.2.3"]


@pytest.mark.parametrize("rule", ["{branch", "{number}", "{}", "a}"])
def test_a_rule_with_a_place_that_nobody_fills_is_told_with_its_line(rule):
    with pytest.raises(InputError, match=r"gate.yaml:2:12: tags.branch\[0\]: .* is none of \{branch\}, \{sha\}"):
        parse(f"tags:\n  branch: ['{rule}']\n", "gate.yaml")


def test_rules_for_tags_do_not_change_what_a_verdict_was_made_under():
    assert digest(Policy(), {}) == digest(Policy(tags=Tags(latest=False)), {})


@pytest.mark.parametrize("event", ["workflow_run", "merge_group", "issue_comment", "x\n::error::y"])
def test_an_event_that_does_not_tell_what_is_built_is_refused(gate, job, event):
    said = gate("tags", env=job(event, "refs/heads/main"))
    assert (said.code, said.out) == (2, "")
    assert "--git-ref" in said.err
    assert "\n::error" not in said.err


@pytest.mark.parametrize("payload", [{}, {"number": "7"}, {"number": True}, {"number": -1}, []])
def test_a_pull_request_without_a_number_is_refused(gate, job, payload):
    assert gate("tags", env=job("pull_request_target", "refs/heads/main", payload)).code == 2


@pytest.mark.parametrize(
    "args", [(), ("--git-ref", "main"), ("--git-ref", "refs/heads/"), ("--git-ref", "refs/heads/x")]
)
def test_what_is_not_told_in_full_is_refused(gate, args):
    assert gate("tags", *args).code == 2


@pytest.mark.parametrize("commit", ["abc1234", "z" * 40, "a" * 41])
def test_a_commit_is_given_in_full(gate, commit):
    assert gate("tags", "--git-ref", "refs/heads/x", "--commit", commit).code == 2


@pytest.mark.parametrize(
    "image", ["ghcr.io/octo/app:1", "ghcr.io/octo/app@sha256:" + "a" * 64, "ghcr.io/Octo/app", "-x"]
)
def test_an_image_is_named_without_a_tag(gate, image):
    assert gate("tags", "--git-ref", "refs/pull/1/merge", "--", image).code == 2


def test_the_outputs_of_a_step_are_added_with_a_mark_that_nobody_can_know(gate, job):
    file = gate.folder / "outputs"
    file.write_text("before=1\n")
    env = job("push", "refs/heads/main", GITHUB_OUTPUT=str(file))
    said = gate("tags", "ghcr.io/octo/app", "--github-output", env=env)
    assert (said.code, said.out) == (0, "")
    found = re.fullmatch(
        r"before=1\ntags<<(gate_[0-9a-f]{32})\n(.+)\n\1\nversion=latest\n", file.read_text(), re.DOTALL
    )
    assert found[2].splitlines() == [f"ghcr.io/octo/app:{tag}" for tag in ("latest", "main", "main-abc1234")]
    gate("tags", "--github-output", env=env)
    assert len(set(re.findall("gate_[0-9a-f]{32}", file.read_text()))) == 2


def test_outside_of_a_step_there_are_no_outputs(gate):
    assert gate("tags", "--git-ref", "refs/pull/1/merge", "--github-output").code == 2


def test_json_tells_tags_images_and_notes(gate):
    said = gate("tags", "ghcr.io/octo/app", "--git-ref", "refs/pull/1/merge", "--json")
    assert said.json == {"tags": ["pr-1"], "images": ["ghcr.io/octo/app:pr-1"], "notes": []}


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "trunk", "CI_DEFAULT_BRANCH": "trunk"}, ["latest", "trunk"]),
        ({"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "fix/a", "CI_PIPELINE_SOURCE": "parent_pipeline"}, ["fix-a"]),
        ({"GITLAB_CI": "true", "CI_COMMIT_TAG": "v1.2.3-rc.1"}, ["1.2.3-rc.1"]),
        ({"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "7", "CI_PIPELINE_SOURCE": "merge_request_event"}, ["pr-7"]),
        ({"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/heads/fix", "BUILD_REASON": "Manual"}, ["fix"]),
        ({"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/tags/v1.2.3-rc.1"}, ["1.2.3-rc.1"]),
        ({"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/pull/7/merge"}, ["pr-7"]),
        ({"BUILDKITE": "true", "BUILDKITE_BRANCH": "fix", "BUILDKITE_PULL_REQUEST": "false"}, ["fix"]),
        ({"BUILDKITE": "true", "BUILDKITE_BRANCH": "fix", "BUILDKITE_PULL_REQUEST": "7"}, ["pr-7"]),
        ({"BUILDKITE": "true", "BUILDKITE_BRANCH": "v1", "BUILDKITE_TAG": "v1.2.3-rc.1"}, ["1.2.3-rc.1"]),
        ({"JENKINS_URL": "https://x", "GIT_BRANCH": "origin/fix"}, ["fix"]),
        ({"JENKINS_URL": "https://x", "BRANCH_NAME": "PR-7", "CHANGE_ID": "7"}, ["pr-7"]),
        ({"JENKINS_URL": "https://x", "BRANCH_NAME": "v1.2.3-rc.1", "TAG_NAME": "v1.2.3-rc.1"}, ["1.2.3-rc.1"]),
        ({"GITEA_ACTIONS": "true", "GITHUB_REF": "refs/heads/fix", "GITHUB_EVENT_NAME": "push"}, ["fix"]),
        ({"FORGEJO_ACTIONS": "true", "GITHUB_REF": "refs/pull/7/head", "GITHUB_EVENT_NAME": "pull_request"}, ["pr-7"]),
    ],
)
def test_jobs_of_other_ci_systems_find_what_they_build(gate, job, expected):
    commits = ("GITHUB_SHA", "CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "BUILDKITE_COMMIT", "GIT_COMMIT")
    compatible = {"GITHUB_ACTIONS": "true"} if "GITHUB_REF" in job else {}
    said = gate("tags", env={**job, **compatible, **dict.fromkeys(commits, COMMIT)})
    assert said.code == 0, said.err
    assert [tag for tag in said.out.split() if not tag.endswith(f"-{COMMIT[:7]}")] == expected


@pytest.mark.parametrize(
    "job",
    [
        {"GITLAB_CI": "true"},
        {"CI": "true", "GITHUB_REF": "refs/heads/main"},
        {"JENKINS_URL": "https://x", "CHANGE_ID": "x"},
        {"BUILDKITE": "true", "BUILDKITE_BRANCH": "evil:main", "BUILDKITE_PULL_REQUEST": "false"},
        {"FORGEJO_ACTIONS": "true", "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "issue_comment"},
        {"FORGEJO_ACTIONS": "true", "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "pull_request_target"},
    ],
)
def test_a_job_that_does_not_say_what_it_builds_gives_no_tag(gate, job):
    said = gate("tags", env=job)
    assert (said.code, said.out) == (2, "")
