"""`gate.yaml` read: what is found, what lies over it, and what is wrong with it, to the column."""

from datetime import date, timedelta

import pytest
from jsonschema import Draft202012Validator

from gate.errors import InputError, UsageError
from gate.io import yaml_document
from gate.model.findings import Severity
from gate.policy import Policy
from gate.policy.loader import dump, load, parse
from gate.policy.problems import keys

SCHEMA = Draft202012Validator(Policy.model_json_schema())
EXCEPTION = "{id: CVE-1, owner: me, reason: why, expires: 2026-12-31%s}"


def problem(text):
    with pytest.raises(InputError) as caught:
        parse(text, "gate.yaml")
    return f"{caught.value.problem} | {caught.value.hint}"


def loaded(folder, text=None, name="gate.yaml", **overrides):
    if text is not None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return load(None, cwd=folder, overrides=overrides)


def test_the_fields_of_kinds_are_read_and_written():
    policy = parse('manifests: {example.com/Widget: [spec.image, "spec.a[].*.image"], Poster: none}', "gate.yaml")
    assert policy.manifests == {"example.com/Widget": ("spec.image", "spec.a[].*.image"), "Poster": "none"}
    assert parse(dump(policy), "gate.yaml") == policy


def test_an_empty_file_is_the_strict_default():
    assert parse("", "gate.yaml") == parse("# nothing\n", "gate.yaml") == Policy()


def test_every_sort_of_value_is_read():
    policy = parse(
        """
        version: 1
        fail_on: {severity: high, secrets: none, epss: 0.7, licences: [AGPL-3.0-only], fixable_only: true}
        limits: {high: 20}
        exceptions:
          - {id: CVE-1, package: "pkg:deb/debian/zlib1g", owner: "@team", reason: not built, expires: 2026-12-31}
        max_exception: 26w
        platforms: [linux/amd64, linux/arm/v7]
        size: {max: 400MB}
        max_database_age: 12h
        """,
        "gate.yaml",
    )
    assert policy.fail_on.severity is Severity.HIGH
    assert policy.fail_on.secrets is None
    assert policy.exceptions[0].expires == date(2026, 12, 31)
    assert policy.size.max == 400_000_000
    assert (policy.max_exception, policy.max_database_age) == (timedelta(weeks=26), timedelta(hours=12))
    assert policy.limits == {Severity.HIGH: 20}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "version: 1\nfail_on:\n  severty: high",
            "gate.yaml:3:3: fail_on.severty: there is no such key | did you mean",
        ),
        ("severity: high", "did you mean fail_on.severity?"),
        ("fail_on: {secrets: off}", "critical, high, medium, low, unknown, none | "),
        ("fail_on: {unknown_severity: none}", "critical, high, medium, low, unknown | "),
        ("fail_on: {severity: HIGH}", "gate.yaml:1:11: fail_on.severity: 'HIGH' is no severity"),
        ("limits: {hihg: 1}", "did you mean high?"),
        ("limits: {high: 1}\nlimits: {low: 1}", "gate.yaml:2:1: the key 'limits' stands here twice | keep one"),
        ("limits: {high: 1, high: 2}", "gate.yaml:1:19: the key 'high' stands here twice"),
        ("limits: {high: '20'}", "limits.high"),
        ("limits: {high: 20.0}", "limits.high"),
        ("limits: {high: -1}", "limits.high"),
        ("fail_on: {fixable_only: yes}", "it is true or false"),
        ("fail_on: {epss: true}", "fail_on.epss"),
        ("fail_on: {epss: 70}", "fail_on.epss"),
        ("fail_on: {epss: .nan}", "fail_on.epss"),
        ("fail_on: high", "gate.yaml:1:1: fail_on: it holds other keys"),
        ("vex: a.json", "it is a list"),
        ("version: 2", "version"),
        ("max_database_age: 5", "12h, 7d, 2w"),
        ("platforms: linux/amd64", "it is all, or a list of platforms"),
        ("platforms: []", "it is all, or a list of platforms"),
        ("manifests: none", "gate.yaml:1:1: manifests: it holds other keys"),
        ("manifests: {apps/v1/Deployment: none}", "manifests.apps/v1/Deployment: a kind is written with its group"),
        ("manifests: {example.com/Widget: yes}", "it is none, or a list of fields like [spec.image"),
        ("manifests: {example.com/Widget: []}", "it is none, or a list of fields like [spec.image"),
        ("manifests: {example.com/Widget: [spec..image]}", "it is none, or a list of fields like [spec.image"),
        ("manifests: {example.com/Widget: }", "it has no value"),
        ("platforms: [linux]", "it is all, or a list of platforms"),
        ("exceptions:\n  - {id: CVE-1, reason: r, expires: 2026-01-01}", "gate.yaml:2:5: exceptions[0].owner: it has"),
        ("exceptions:\n  - {id: CVE-1, ownr: o, reason: r, expires: 2026-01-01}", "did you mean exceptions.owner?"),
        (f"exceptions: [{EXCEPTION % ', package: pkg:deb'}]", "not a package URL"),
        (f"exceptions: [{EXCEPTION % ''}]".replace("12-31", "02-30"), "there is no day 2026-02-30"),
        (f"exceptions: [{EXCEPTION % ''}]".replace("2026-12-31", "next year"), "a day is written YYYY-MM-DD"),
        (f"exceptions: [{EXCEPTION % ''}]".replace("2026-12-31", "'1735689600'"), "a day is written YYYY-MM-DD"),
        (f"exceptions: [{EXCEPTION % ''}]".replace("2026-12-31", "20261231"), "it is a day"),
        ("exceptions:\n  - id: CVE-1\n    owner: @team", "gate.yaml:3:12: found character '@'"),
        ("exceptions:\n  - id: CVE-1\n    owner: @team", "| put the value in quotes"),
        ("fail_on:\n\tseverity: high", "| indent with spaces"),
        ("- version", "gate.yaml:1:1: a policy is a mapping"),
        ("version: 1\n---\nversion: 1", "gate.yaml:2:1: a second document begins"),
        ("version: !!python/object/apply:os.system [id]", "tags are not read"),
        ("<<: {version: 1}", "merged mappings are not read"),
        ("? [a]\n: b", "a key has to be a word"),
        ("a: '\x07'", "not readable as YAML"),
        ('a: "\\ud800"', "half of a character"),
        ('a: "\\U00110000"', "not readable as YAML"),
        ("fail_on: {", "gate.yaml:1:"),
        ("&a", "anchors and aliases"),
        ("fail_on: !!map {}", "tags are not read"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, said):
    assert said in problem(text)


@pytest.mark.parametrize("key", keys())
@pytest.mark.parametrize("empty", ["", "null", "~"])
def test_a_key_without_a_value_is_an_error_and_switches_nothing_off(key, empty):
    *around, last = key.split(".")
    text = "".join(f"{'  ' * depth}{name}:\n" for depth, name in enumerate(around))
    if {"exceptions", "trivyignore", "identities"} & set(around):
        indent = "  " * len(around)
        text += f"{indent}- {last}: {empty}\n"
        place = f"gate.yaml:{len(around) + 1}:{len(indent) + 3}"
    else:
        text += f"{'  ' * len(around)}{last}: {empty}\n"
        place = f"gate.yaml:{len(around) + 1}:{2 * len(around) + 1}"
    said = problem(text)
    assert said.startswith(f"{place}: ")
    assert f"{last}: it has no value | give it a value, or leave the key out" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 2", "it is 1 |"),
        ("size: {max: much}", "a size is a number of bytes, or a number and a unit"),
        ("size: {max: 4 furlongs}", "a size is a number of bytes, or a number and a unit"),
        (f"exceptions: [{EXCEPTION % ''}]".replace("owner: me", "owner: ''"), "exceptions[0].owner: it is empty"),
        ("limits: {high: 1.5}", "it is a whole number"),
        ("limits: {high: -1}", "it is 0 or more"),
        ("fail_on: {epss: 70}", "it is 1 or less"),
        ("trust: {policies: [x]}", "64 lower-case hexadecimal digits"),
        ("sign: {formats: [x]}", "it is 'bundle' or 'legacy'"),
        ("trust: {require: []}", "the list is empty"),
    ],
)
def test_no_word_of_the_library_is_shown(text, said):
    found = problem(text)
    assert said in found
    assert "Input" not in found
    assert "should" not in found


@pytest.mark.parametrize(
    ("key", "hint"), [("owner: me", "write who is responsible"), ("reason: why", "write why it is accepted")]
)
@pytest.mark.parametrize("value", ["''", "'  '", None])
def test_an_exception_without_owner_or_reason_says_what_to_write(key, hint, value):
    name = key.partition(":")[0]
    exception = (EXCEPTION % "").replace(f"{key}, ", f"{name}: {value}, " if value else "")
    assert problem(f"exceptions: [{exception}]").endswith(f"| {hint}")
    file = f"{{file: .trivyignore, {exception[len('{id: CVE-1, ') :]}"
    assert problem(f"trivyignore: [{file}]").endswith(f"| {hint}")


def test_a_yaml_bomb_is_refused_at_its_first_anchor():
    bomb = "a: &a [x]\n" + "".join(
        f"{two}: &{two} [{', '.join(['*' + one] * 9)}]\n" for one, two in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert problem(bomb).startswith("gate.yaml:1:4: anchors and aliases are not read")


def test_deep_nesting_is_refused_without_recursion():
    assert "nested more than 20 deep" in problem("a: " + "[" * 50_000)


def test_a_file_of_more_than_four_mebibytes_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"larger than 4,194,304 bytes"):
        loaded(tmp_path, "#" * 4_194_305)


def test_a_policy_of_ten_thousand_exceptions_is_read(tmp_path):
    rows = (
        f"  - {{id: CVE-2024-{n:05}, package: libfoo{n}, owner: '@team-base', reason: 'triaged in the weekly meeting', "
        "expires: 2026-12-31}"
        for n in range(10_000)
    )
    text = "\n".join(["version: 1", "exceptions:", *rows])
    assert len(text) > 1_200_000
    assert len(loaded(tmp_path, text).policy.exceptions) == 10_000


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path):
    (tmp_path / "gate.yaml").write_bytes(b"version: 1\n# caf\xe9\n")
    with pytest.raises(InputError, match=r"gate\.yaml:2: not UTF-8"):
        loaded(tmp_path)


def test_without_a_file_the_default_policy_judges(tmp_path):
    found = loaded(tmp_path)
    assert (found.policy, found.ref.name, found.folder) == (Policy(), "default", tmp_path)


@pytest.mark.parametrize("name", ["gate.yaml", ".github/gate.yaml"])
def test_the_policy_of_the_folder_is_found(tmp_path, name):
    found = loaded(tmp_path, "fail_on: {severity: low}", name)
    assert found.policy.fail_on.severity is Severity.LOW
    assert found.ref.name == name
    assert found.folder == (tmp_path / name).parent


def test_a_policy_under_a_mistaken_name_is_not_passed_over(tmp_path):
    with pytest.raises(InputError, match=r"found gate\.yml, which is not read"):
        loaded(tmp_path, "fail_on: {severity: low}", "gate.yml")


def test_a_link_that_leads_nowhere_is_not_taken_for_no_policy(tmp_path):
    (tmp_path / "gate.yaml").symlink_to("gone.yaml")
    with pytest.raises(InputError, match="is not there"):
        loaded(tmp_path)


def test_a_named_policy_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputError, match="is not there"):
        load(tmp_path / "other.yaml", cwd=tmp_path, overrides={})


def test_options_lie_over_the_file_and_lists_are_added_to(tmp_path):
    text = "fail_on: {severity: low, licences: [A]}\nlimits: {high: 1, low: 5}\nplatforms: [linux/amd64]"
    (tmp_path / "v.json").write_text("{}")
    given = {
        "fail_on.severity": "none",
        "fail_on.epss": 0.5,
        "fail_on.licences": ["B"],
        "limits": {"high": 3},
        "size.max": "1GiB",
        "vex": ["v.json"],
        "platforms": ["linux/arm64"],
    }
    policy = loaded(tmp_path, text, **given).policy
    assert policy.fail_on.severity is None
    assert policy.fail_on.licences == ("A", "B")
    assert policy.limits == {Severity.HIGH: 3, Severity.LOW: 5}
    assert policy.size.max == 1 << 30
    assert policy.vex == ("v.json",)
    assert policy.platforms == ("linux/arm64",)


def test_a_bad_option_is_a_slip_of_usage_not_of_the_file(tmp_path):
    with pytest.raises(UsageError, match=r"--max-size 'big' cannot be used: a size is"):
        load(None, cwd=tmp_path, overrides={"size.max": "big"}, options={"size.max": "--max-size"})


def test_a_bad_file_is_told_even_when_an_option_hides_the_slip(tmp_path):
    with pytest.raises(InputError, match=r"gate\.yaml:1:11"):
        loaded(tmp_path, "fail_on: {severity: huge}", **{"fail_on.severity": "high"})


def test_the_hash_is_of_what_the_policy_means_not_of_how_it_is_written(tmp_path):
    first = loaded(tmp_path, "limits: {high: 1, low: 2}\nmax_database_age: 5d").ref.sha256
    assert loaded(tmp_path, "# said otherwise\nlimits:\n  low: 2\n  high: 1\n").ref.sha256 == first
    assert loaded(tmp_path, "limits: {high: 1, low: 2}", **{"fail_on.severity": "low"}).ref.sha256 != first


@pytest.mark.parametrize(
    "policy",
    [
        "vex: [a.file]",
        "feeds: {epss: a.file}",
        "feeds: {known_exploited: a.file}",
        "trivyignore: [{file: a.file, owner: o, reason: r, expires: 2026-12-31}]",
    ],
)
def test_the_hash_holds_the_files_that_the_policy_names_wherever_they_lie(tmp_path, policy):
    (tmp_path / "a.file").write_text("one")
    first = loaded(tmp_path, policy)
    assert first.files == {"a.file": b"one"}
    (tmp_path / "a.file").rename(tmp_path / "b.file")
    assert loaded(tmp_path, policy.replace("a.file", "b.file")).ref.sha256 == first.ref.sha256
    (tmp_path / "a.file").write_text("two")
    assert loaded(tmp_path, policy).ref.sha256 != first.ref.sha256


def test_a_file_that_the_policy_names_has_to_be_there(tmp_path):
    with pytest.raises(InputError, match=r"VEX file .*v\.json is not there"):
        loaded(tmp_path, "vex: [v.json]")


def test_what_is_dumped_reads_back_as_the_same_policy():
    policy = parse(
        f"exceptions: [{EXCEPTION % ''}]\nfail_on: {{secrets: none, severity: unknown}}\nsize: {{max: 1GiB}}", "g"
    )
    assert parse(dump(policy), "dumped") == policy
    assert "secrets: none" in dump(policy)


@pytest.mark.parametrize(("written", "growth"), [("10%", "10%"), ("2.5%", "2.5%"), ("20MB", 20_000_000), ("7", 7)])
def test_growth_is_a_share_or_bytes(written, growth):
    policy = parse(f"size: {{growth: {written}}}", "g")
    assert (policy.size.max, policy.size.growth) == (None, growth)
    assert SCHEMA.is_valid({"size": {"growth": yaml_document.read(written.encode(), "g").value}})
    assert parse(dump(policy), "dumped") == policy


@pytest.mark.parametrize(
    "written", ["-5%", "10 %", "10%%", "1000000%", "much", "-1", "true", "1.5", "20MBx", "[]", '"\u0663%"']
)
def test_what_is_no_growth_is_told(written):
    with pytest.raises(InputError, match=r"g:1:8: size\.growth: growth is a share, or bytes: 10%, 20MB"):
        parse(f"size: {{growth: {written}}}", "g")
    assert not SCHEMA.is_valid({"size": {"growth": yaml_document.read(written.encode(), "g").value}})


def test_a_size_without_a_rule_is_none():
    with pytest.raises(InputError, match=r"size: it needs max, growth, or both"):
        parse("size: {}", "g")


def test_the_hash_is_the_same_whatever_the_growth_that_no_verdict_judges(tmp_path):
    first = loaded(tmp_path, "size: {max: 1GB}").ref.sha256
    assert loaded(tmp_path, "size: {max: 1GB, growth: 10%}").ref.sha256 == first
    assert loaded(tmp_path, "size: {growth: 10%}").ref.sha256 == loaded(tmp_path, "version: 1").ref.sha256 != first


def test_every_key_of_every_level_is_known():
    assert {"version", "fail_on.severity", "exceptions.expires", "trivyignore.file", "size.max", "size.growth"} <= set(
        keys()
    )


def test_a_policy_that_was_taken_apart_is_one_again():
    policy = parse("max_database_age: 12h\nmax_exception: 26w", "g")
    assert Policy.model_validate(policy.model_dump()) == policy
