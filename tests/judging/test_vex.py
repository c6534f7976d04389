"""VEX: who is believed about what, in OpenVEX, in CycloneDX and in CSAF."""

import json
from datetime import timedelta

import pytest

from gate.errors import InputError
from gate.judging.judge import JudgeInputs, judge
from gate.judging.vex import parse_vex
from gate.judging.vex_matching import Status
from gate.model.findings import Kind, PlatformScan, Severity
from gate.model.verdict import Decision, NoticeKind, PolicyRef
from gate.policy import Policy
from tests.builders import CHILD, DIGEST, NOW, finding, scan

REF = PolicyRef(name="gate.yaml", sha256="e" * 64)
IMAGE = "pkg:oci/app?repository_url=ghcr.io/acme/app"
ZLIB = "pkg:deb/debian/zlib1g"


def statement(status="not_affected", products=(IMAGE,), *, packages=(), at=None, **more):
    known = {
        "vulnerability": {"name": "CVE-2023-45853", "aliases": ["GHSA-mq29-j5xf-cjwr"]},
        "products": [
            {"@id": one} | ({"subcomponents": [{"@id": p} for p in packages]} if packages else {}) for one in products
        ],
        "status": status,
        "justification": "vulnerable_code_not_present",
    }
    return known | ({"timestamp": (NOW + timedelta(days=at)).isoformat()} if at is not None else {}) | more


def openvex(*statements, **more):
    known = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "me", "version": 1}
    return json.dumps(known | {"timestamp": "2026-01-01T00:00:00Z", "statements": statements} | more).encode()


def cyclonedx(state="not_affected", ref=ZLIB, **more):
    known = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "vulnerabilities": [
            {
                "id": "CVE-2023-45853",
                "analysis": {"state": state, "justification": "code_not_reachable", "detail": "minizip is not built"},
                "affects": [{"ref": ref}],
            }
        ],
    }
    return json.dumps(known | more).encode()


def verdict(*documents, one=None, looked=None):
    statements = tuple(each for number, data in enumerate(documents) for each in parse_vex(data, f"{number}.json"))
    return judge(looked or scan(one or finding()), Policy(), REF, JudgeInputs(statements=statements), NOW)


def excused(*documents, **more):
    (one,) = verdict(*documents, **more).findings
    return one.decision is Decision.NOT_AFFECTED


def test_an_excused_finding_stays_and_says_why():
    found = verdict(openvex(statement(impact_statement="minizip is not built")))
    (one,) = found.findings
    assert found.passed
    assert (one.decision, one.rule) == (Decision.NOT_AFFECTED, "vex")
    assert one.why == "not affected: vulnerable_code_not_present: minizip is not built (0.json)"
    assert found.notices == ()


@pytest.mark.parametrize(
    ("status", "holds"), [("not_affected", True), ("fixed", True), ("affected", False), ("under_investigation", False)]
)
def test_only_what_is_not_affected_or_fixed_is_excused(status, holds):
    assert excused(openvex(statement(status))) == holds


@pytest.mark.parametrize(
    ("product", "holds"),
    [
        (IMAGE, True),
        ("pkg:oci/app?repository_url=ghcr.io%2Facme%2Fapp", True),
        ("pkg:oci/app?repository_url=ghcr.io/acme", True),
        ("pkg:oci/app?repository_url=https://ghcr.io/acme/app", True),
        (f"pkg:oci/app@{DIGEST.replace(':', '%3A')}?repository_url=ghcr.io/acme/app", True),
        (f"pkg:oci/app@{DIGEST.replace(':', '%3A')}", True),
        (f"pkg:oci/app@{CHILD.replace(':', '%3A')}", True),
        ("pkg:oci/app@sha256%3A" + "9" * 64, False),
        (f"pkg:oci/app@{'sha256%3A' + '9' * 64}?repository_url=ghcr.io/acme/app", False),
        ("pkg:oci/app", False),
        ("pkg:oci/app?tag=1.0", False),
        (f"{IMAGE}&tag=1.0", True),
        (f"{IMAGE}&tag=2.0", False),
        (f"{IMAGE}&arch=amd64", True),
        (f"{IMAGE}&arch=arm64", False),
        ("pkg:oci/app?repository_url=ghcr.io/acme/other", False),
        ("pkg:oci/app?repository_url=ghcr.io/evil/app", False),
        (ZLIB, True),
        (f"{ZLIB}@1.0-1", True),
        (f"{ZLIB}@1.0-1?arch=amd64", True),
        (f"{ZLIB}@1.0-2", False),
        ("pkg:deb/debian/other", False),
        ("https://example.org/app", False),
        ("zlib1g", False),
    ],
)
def test_a_statement_holds_for_this_image_or_this_package_alone(product, holds):
    found = verdict(openvex(statement(products=(product,))))
    assert (found.findings[0].decision is Decision.NOT_AFFECTED) == holds
    assert [one.kind for one in found.notices] == ([] if holds else [NoticeKind.VEX])


def test_images_of_docker_hub_are_known_under_its_old_name_too():
    looked = scan(finding())
    looked = looked.model_copy(update={"subject": looked.subject.model_copy(update={"name": "docker.io/library/app"})})
    data = openvex(statement(products=("pkg:oci/app?repository_url=index.docker.io/library/app",)))
    assert excused(data, looked=looked)


@pytest.mark.parametrize(
    ("product", "package", "holds"),
    [
        (IMAGE, ZLIB, True),
        (IMAGE, "pkg:deb/debian/zlib?arch=source", True),
        (IMAGE, "pkg:deb/debian/zlib", False),
        (IMAGE, "pkg:deb/debian/other", False),
        (IMAGE, "not a purl", False),
        ("pkg:oci/app?repository_url=ghcr.io/acme/other", ZLIB, False),
        (ZLIB, "pkg:deb/debian/minizip", False),
    ],
)
def test_a_statement_on_packages_of_an_image_holds_for_them_in_it(product, package, holds):
    assert (
        excused(openvex(statement(products=(product,), packages=(package,))), one=finding(source_package="zlib"))
        == holds
    )


def test_aliases_name_a_vulnerability_as_well():
    assert excused(openvex(statement()), one=finding("GHSA-MQ29-J5XF-CJWR"))
    assert excused(openvex(statement()), one=finding("DSA-1", aliases=("CVE-2023-45853",)))
    assert not excused(openvex(statement()), one=finding("CVE-2023-4585"))


def test_a_vulnerability_may_be_named_by_its_address_alone():
    data = openvex(statement() | {"vulnerability": {"@id": "https://nvd.nist.gov/vuln/detail/CVE-2023-45853"}})
    assert excused(data)


def test_secrets_are_never_excused():
    one = finding("CVE-2023-45853", "", Severity.HIGH, kind=Kind.SECRET, path="a")
    assert not excused(openvex(statement()), one=one)


@pytest.mark.parametrize(("other", "at", "holds"), [("affected", 1, False), ("affected", -1, True), ("fixed", 1, True)])
def test_the_newest_statement_decides_across_files(other, at, holds):
    assert excused(openvex(statement(at=0)), openvex(statement(other, products=(ZLIB,), at=at))) == holds


def test_a_tie_is_decided_against_the_excuse():
    assert not excused(openvex(statement(), statement("under_investigation")))
    assert not excused(openvex(statement("affected"), statement()))


def test_a_newer_statement_on_another_image_changes_nothing():
    other = statement("affected", products=("pkg:oci/b?repository_url=ghcr.io/b",), at=9)
    assert excused(openvex(statement(at=0), other))


def test_the_first_form_of_openvex_is_read_too():
    data = openvex(
        {
            "vulnerability": "CVE-2023-45853",
            "products": [IMAGE],
            "subcomponents": [ZLIB],
            "status": "not_affected",
            "justification": "component_not_present",
        },
        **{"@context": "https://openvex.dev/ns"},
    )
    assert excused(data)
    assert not excused(data, one=finding(package="other"))


def test_a_purl_may_stand_among_the_identifiers():
    product = {"@id": "https://example.org/app", "identifiers": {"purl": IMAGE, "cpe23": "cpe:2.3:a:b"}}
    assert excused(openvex(statement() | {"products": [product]}))


def test_a_platform_of_another_architecture_keeps_a_finding_open():
    looked = scan(finding())
    one = looked.findings[0]
    both = (one.occurrences[0], type(one.occurrences[0])("linux/arm64"))
    arm = PlatformScan(platform="linux/arm64")
    looked = scan(finding(occurrences=both), platforms=(*looked.platforms, arm))
    assert not excused(openvex(statement(products=(f"{IMAGE}&arch=amd64",))), looked=looked)


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        ("not_affected", True),
        ("false_positive", True),
        ("resolved", True),
        ("resolved_with_pedigree", True),
        ("exploitable", False),
        ("in_triage", False),
    ],
)
def test_cyclonedx_states_are_understood(state, holds):
    assert excused(cyclonedx(state)) == holds


COMPONENTS = {"components": [{"bom-ref": "outer", "components": [{"bom-ref": "17", "purl": f"{ZLIB}@1.0-1"}]}]}
SUBJECT = {"metadata": {"component": {"bom-ref": "root", "type": "container", "purl": IMAGE}}}
LINK = "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1"


@pytest.mark.parametrize(
    ("ref", "holds"),
    [
        (ZLIB, True),
        (f"{ZLIB}@2.0", False),
        ("17", True),
        ("outer", False),
        ("gone", False),
        ("root", True),
        (f"{LINK}#17", True),
        (f"{LINK}#pkg:deb%2Fdebian%2Fzlib1g", True),
        ("urn:cdx:00000000-395b-41f5-a30f-a58921a69b79/1#17", False),
        (f"urn:cdx:00000000-395b-41f5-a30f-a58921a69b79/1#{ZLIB}", True),
        (LINK, False),
    ],
)
def test_cyclonedx_references_are_followed(ref, holds):
    assert excused(cyclonedx(ref=ref, **COMPONENTS, **SUBJECT)) == holds


def test_a_cyclonedx_list_of_versions_is_no_excuse():
    document = json.loads(cyclonedx())
    document["vulnerabilities"][0]["affects"][0]["versions"] = [{"version": "1.0-1", "status": "affected"}]
    assert not excused(json.dumps(document).encode())


def test_a_cyclonedx_finding_without_analysis_is_no_statement():
    document = json.loads(cyclonedx())
    del document["vulnerabilities"][0]["analysis"]
    assert parse_vex(json.dumps(document).encode(), "bom.json") == ()


def test_what_speaks_of_nothing_in_the_image_is_reported_for_each_file():
    many = [statement() | {"vulnerability": {"name": f"CVE-2020-{number}"}} for number in range(7)]
    found = verdict(openvex(statement(), *many), openvex(statement()))
    (notice,) = found.notices
    assert notice.kind is NoticeKind.VEX
    assert notice.message.startswith("7 of 8 statements in 0.json apply to nothing in this image: CVE-2020-0, ")
    assert notice.message.endswith(" and 2 more")


def test_a_statement_is_read_whole():
    (one,) = parse_vex(openvex(statement(at=3)), "app.openvex.json")
    assert one.ids == ("CVE-2023-45853", "GHSA-mq29-j5xf-cjwr")
    assert (one.status, one.source, one.at) == (Status.NOT_AFFECTED, "app.openvex.json", NOW + timedelta(days=3))


BARE = {"justification": "", "impact_statement": None}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"[]", "neither OpenVEX nor CycloneDX nor CSAF"),
        (b'{"@context": "https://example.org"}', "neither OpenVEX nor CycloneDX nor CSAF"),
        (b'{"bomFormat": "CycloneDX", "bomFormat": "x"}', "not readable as JSON"),
        (openvex(statement(**BARE)), "statement 1 says not_affected without a justification"),
        (openvex(statement("harmless")), "statement 1 has the unknown status 'harmless'"),
        (openvex(statement() | {"vulnerability": {}}), "statement 1 names no vulnerability"),
        (openvex(statement() | {"vulnerability": 7}), "statement 1 names no vulnerability"),
        (openvex(statement() | {"products": "all"}), "products is no list"),
        (openvex(statement() | {"timestamp": "yesterday"}), "'yesterday' is no time"),
        (openvex("x"), "statements holds something else"),
        (cyclonedx("fine"), "unknown state 'fine'"),
        (cyclonedx(specVersion="1.3"), "CycloneDX 1.3 is not read"),
        (cyclonedx(vulnerabilities=[{"analysis": {"state": "resolved"}}]), "vulnerability 1 has no id"),
        (cyclonedx(vulnerabilities={}), "vulnerabilities is no list"),
    ],
)
def test_a_document_that_is_not_understood_is_refused(data, said):
    with pytest.raises(InputError, match=r"v\.json") as caught:
        parse_vex(data, "v.json")
    assert said in caught.value.problem
    assert caught.value.hint


@pytest.mark.parametrize(
    ("products", "said"),
    [
        ([{"@id": "pkg:oci/app"}], "pkg:oci/app names neither a repository nor a digest"),
        ([{"@id": "pkg:oci/app", "subcomponents": [{"@id": ZLIB}]}], "names neither a repository nor a digest"),
        (["pkg:oci/app"], "names neither a repository nor a digest"),
        ([{"@id": "ghcr.io/acme/app:1.0"}], "a product has no package URL"),
        ([{"hashes": {"sha-256": "a" * 64}}], "a product has no package URL"),
        ([{"@id": IMAGE, "subcomponents": [{"@id": "zlib"}]}], "a subcomponent has no package URL"),
        ([{"@id": "pkg:golang/acme/app", "subcomponents": [{"@id": ZLIB}]}], "is a package with parts"),
    ],
)
def test_a_product_that_stands_for_nothing_is_reported_with_the_reason(products, said):
    found = verdict(openvex(statement() | {"products": products}))
    assert found.findings[0].decision is not Decision.NOT_AFFECTED
    (notice,) = found.notices
    assert said in notice.message


def csaf(status="known_not_affected", products=("P1",), *, tree=None, version="2.0", **more):
    branch = {
        "category": "vendor",
        "name": "acme",
        "branches": [
            {
                "category": "product_version",
                "name": "1.0",
                "product": {"product_id": "P1", "product_identification_helper": {"purl": f"{ZLIB}@1.0-1"}},
            }
        ],
    }
    vulnerability = {
        "cve": "CVE-2023-45853",
        "product_status": {status: list(products)},
        "flags": [{"label": "vulnerable_code_not_present", "product_ids": list(products)}],
    }
    document = {
        "document": {
            "category": "csaf_vex",
            "csaf_version": version,
            "tracking": {"current_release_date": "2026-01-01T00:00:00Z"},
        },
        "product_tree": {"branches": [branch]} | (tree or {}),
        "vulnerabilities": [vulnerability | more],
    }
    return json.dumps(document).encode()


def product(product_id, *found, **helper):
    known = {"purl": found[0]} if found else {}
    return {"product_id": product_id, "name": "n", "product_identification_helper": known | helper}


def part(component="P1", whole="IMG"):
    relation = {
        "category": "default_component_of",
        "product_reference": component,
        "relates_to_product_reference": whole,
    }
    return relation | {"full_product_name": {"product_id": "R", "name": "r"}}


@pytest.mark.parametrize("version", ["2.0", "2.1"])
@pytest.mark.parametrize(
    ("status", "holds"),
    [
        ("known_not_affected", True),
        ("fixed", True),
        ("first_fixed", True),
        ("known_affected", False),
        ("last_affected", False),
        ("under_investigation", False),
        ("recommended", False),
    ],
)
def test_csaf_states_are_understood(version, status, holds):
    assert excused(csaf(status, version=version)) == holds


@pytest.mark.parametrize(
    ("names", "relations", "products", "holds"),
    [
        ([product("IMG", IMAGE)], [], ["IMG"], True),
        ([product("IMG", IMAGE)], [part()], ["R"], True),
        ([product("IMG", purls=[IMAGE])], [part()], ["R"], True),
        ([product("IMG", "pkg:oci/app?repository_url=ghcr.io/acme/other")], [part()], ["R"], False),
        ([product("IMG", IMAGE), product("P2", "pkg:deb/debian/other")], [part("P2")], ["R"], False),
        ([product("IMG", "pkg:oci/app")], [part()], ["R"], False),
        ([product("IMG", cpe="cpe:/o:redhat:enterprise_linux:9")], [part()], ["R"], False),
        ([product("IMG", ZLIB)], [], ["IMG"], True),
        ([product("IMG", IMAGE)], [part("NOT-THERE")], ["R"], False),
        ([], [], ["NOT-THERE"], False),
    ],
)
def test_csaf_products_are_packages_images_or_packages_in_images(names, relations, products, holds):
    tree = {"full_product_names": names, "relationships": relations}
    found = verdict(csaf(products=products, tree=tree))
    assert (found.findings[0].decision is Decision.NOT_AFFECTED) == holds
    assert bool(found.notices) != holds


def test_a_csaf_product_of_some_versions_needs_them_in_its_package_url():
    branch = {"category": "product_version_range", "name": "vers:deb/<1.2", "product": product("P1", ZLIB)}
    found = verdict(csaf(tree={"branches": [branch]}))
    assert found.findings[0].decision is not Decision.NOT_AFFECTED
    assert "is of some versions" in found.notices[0].message


def test_csaf_groups_of_products_share_a_reason():
    tree = {"product_groups": [{"group_id": "G", "product_ids": ["P1"]}]}
    impact = [{"category": "impact", "details": "minizip is not built", "group_ids": ["G"]}]
    (one,) = verdict(csaf(tree=tree, flags=[], threats=impact)).findings
    assert one.decision is Decision.NOT_AFFECTED
    assert "minizip is not built" in repr(one)


def test_a_csaf_document_that_contradicts_itself_excuses_nothing():
    assert not excused(csaf(product_status={"fixed": ["P1"], "known_affected": ["P1"]}))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (csaf(version="1.2"), "CSAF '1.2' is not read"),
        (csaf(flags=[]), "without a reason"),
        (csaf(cve=""), "vulnerability 1 has no id"),
        (csaf(product_status=[]), "product_status is no object"),
        (csaf(product_status={"fixed": "P1"}), "fixed is no list"),
        (csaf(product_status={"fixed": [{}]}), "fixed holds something else"),
        (csaf(tree={"branches": [1]}), "branches holds something else"),
    ],
)
def test_a_csaf_document_that_is_not_understood_is_refused(data, said):
    with pytest.raises(InputError, match=r"v\.json") as caught:
        parse_vex(data, "v.json")
    assert said in caught.value.problem
