"""Signing and attesting, by whoever may, in both formats, and proven afterwards."""

from dataclasses import replace

import pytest

from gate.cosign import push, roots
from gate.cosign.by import By, Login
from gate.cosign.claims import read
from gate.cosign.failures import OutageError
from gate.cosign.roots import Roots
from gate.cosign.services import Services
from gate.cosign.services import read as read_services
from gate.cosign.signer import expected_signer
from gate.cosign.trial import Key
from gate.errors import InputError, RegistryError, ToolFailedError, ToolMissingError, UsageError
from gate.evidence import SIGNATURE, Format, Outcome
from tests.builders import NOW
from tests.cosign.conftest import KIND, PREDICATE, Shop
from tests.lab.cosign import PASSWORD
from tests.lab.referrers import MemoryRegistry
from tests.lab.sigstore import PEOPLE, email_claims, github_claims

BOTH = [("three", Format.BUNDLE), ("three", Format.LEGACY), ("two", Format.LEGACY)]
TEXTS = {"commit": "abc", "list": 'a, b and "c"', "empty": ""}


@pytest.fixture(params=BOTH, ids=lambda one: f"{one[0]} {one[1]}")
def way(request):
    """A cosign and a format that it can write."""
    return {"tool": request.getfixturevalue(request.param[0]), "form": request.param[1]}


def test_a_key_signs_and_attests_and_nobody_is_asked(shop, way, signing_key, key, proven, sigstore):
    """Without a configuration there is no log, and the way to the public services is closed here."""
    before = len(sigstore.requests)
    by = By(key=str(signing_key.private))
    shop.sign(by, annotations=TEXTS, **way)
    shop.attest(by, **way)
    signature, attestation = sorted(shop.pieces(), key=lambda one: read(one).predicate_type == KIND)
    for piece in (signature, attestation):
        proof = proven(piece, key=key, roots=Roots(offline=True))
        assert (proof.outcome, proof.claim.piece.format) == (Outcome.PROVEN, way["form"])
    assert (read(signature).predicate_type, read(signature).annotations) == (SIGNATURE, TEXTS)
    assert (read(attestation).predicate_type, read(attestation).predicate) == (KIND, PREDICATE)
    assert len(sigstore.requests) == before


@pytest.mark.parametrize(
    "claims",
    [
        github_claims(),
        github_claims(ref="refs/tags/v1.2.3", event="workflow_dispatch", repository="octo/other"),
        github_claims(called="octo/shared/.github/workflows/build.yml@refs/tags/v1"),
        {**github_claims(), "iss": "https://ghes.example.org/_services/token"},
        email_claims("dev@example.org"),
    ],
    ids=["a job", "a tag", "a reusable workflow", "an enterprise's own server", "a person"],
)
def test_who_holds_a_token_is_known_before_and_proven_after(shop, way, sigstore, to_sigstore, proven, claims):
    by = By(token=sigstore.token(**claims))
    expected = expected_signer(by, shop.desk())
    shop.sign(by, to_sigstore(), **way)
    [piece] = shop.pieces()
    assert proven(piece).signer == expected
    assert proven(piece).claim.at == NOW


def test_a_job_signs_as_itself(shop, way, sigstore, to_sigstore, proven):
    shop.sign(By(), to_sigstore(), env=sigstore.actions_env(event_name="workflow_dispatch"), **way)
    assert proven(shop.pieces()[0]).signer.event == "workflow_dispatch"


@pytest.mark.parametrize("config", [{"rekor": 2}, {"rekor": 1, "tsa": False}])
def test_a_bundle_goes_to_the_services_that_are_configured(shop, sigstore, to_sigstore, proven, config):
    before = len(sigstore.requests)
    shop.attest(By(token=sigstore.token()), to_sigstore(**config))
    asked = {str(one) for one in sigstore.requests[before:]}
    assert asked == {"POST /api/v2/signingCert", f"POST /api/v{config['rekor']}/log/entries"} | (
        {"POST /api/v1/timestamp"} if config.get("tsa", True) else set()
    )
    assert proven(shop.pieces()[0]).outcome is Outcome.PROVEN


def test_without_a_log_a_root_without_logs_vouches(shop, sigstore, private, proven):
    services = services_of(sigstore.signing_config(rekor=None), private)
    shop.attest(By(token=sigstore.token()), services)
    assert proven(shop.pieces()[0], roots=private).outcome is Outcome.PROVEN


@pytest.mark.parametrize("config", [{"rekor": 1}, {"rekor": 2}])
def test_a_key_is_entered_into_the_log_that_is_configured(shop, signing_key, key, to_sigstore, proven, public, config):
    shop.sign(By(key=str(signing_key.private)), to_sigstore(**config))
    assert proven(shop.pieces()[0], key=key, roots=public).claim.at == NOW


def test_an_old_signature_by_a_key_is_entered_into_the_log_that_is_configured(
    shop, signing_key, key, to_sigstore, proven, public, tool
):
    shop.sign(By(key=str(signing_key.private)), to_sigstore(), form=Format.LEGACY, tool=tool)
    assert proven(shop.pieces()[0], key=key, roots=public).claim.at == NOW


def test_the_old_format_cannot_go_to_a_log_that_it_does_not_know(shop, sigstore, signing_key, to_sigstore, tool):
    with pytest.raises(UsageError, match="Rekor"):
        shop.sign(By(token=sigstore.token()), to_sigstore(rekor=2), form=Format.LEGACY, tool=tool)
    assert shop.pieces() == []
    shop.sign(By(key=str(signing_key.private)), to_sigstore(rekor=2), form=Format.LEGACY, tool=tool)
    assert len(shop.pieces()) == 1


def services_of(config, trusted):
    return read_services(config, trusted, log=False)


def test_of_several_roots_the_one_that_fits_must_vouch(shop, sigstore, both, proven):
    for rekor in (1, None):
        shop.attest(By(token=sigstore.token()), services_of(sigstore.signing_config(rekor=rekor), both))
    assert [proven(piece, roots=both).outcome for piece in shop.pieces()] == [Outcome.PROVEN] * 2


def test_what_the_root_does_not_vouch_for_is_not_pushed(shop, way, sigstore, stranger):
    services = services_of(sigstore.signing_config(), roots.read(stranger.trusted_root))
    with pytest.raises(ToolFailedError, match="nothing was pushed"):
        shop.sign(By(token=sigstore.token()), services, **way)
    assert shop.pieces() == []


def test_cosign_2_does_not_sign_bundles(shop, two, signing_key):
    with pytest.raises(ToolMissingError) as caught:
        shop.sign(By(key=str(signing_key.private)), tool=two)
    assert "install cosign 3" in caught.value.hint


def test_a_key_may_be_in_a_variable(shop, signing_key, key, proven):
    shop.sign(By(key="env://MY_KEY"), env={"MY_KEY": signing_key.private.read_text()})
    assert proven(shop.pieces()[0], key=key).outcome is Outcome.PROVEN


def test_a_path_of_a_key_is_relative_to_the_folder_of_this_run(shop, signing_key):
    (shop.world.cwd / "mine.key").write_bytes(signing_key.private.read_bytes())
    shop.sign(By(key="mine.key"))
    assert len(shop.pieces()) == 1


@pytest.mark.parametrize(
    ("by", "hint"),
    [
        (By(), "id-token: write"),
        (By(key="env://NOT_THERE"), "set it"),
        (By(key="hsm://1"), "awskms"),
    ],
)
def test_who_cannot_sign_is_told_so_before_cosign_is_asked(shop, three, by, hint, tmp_path):
    with pytest.raises(UsageError) as caught:
        shop.sign(by, tool=replace(three, path=str(tmp_path / "never")))
    assert hint in caught.value.hint


def test_the_public_half_of_a_key_is_told_before_anything_is_signed(shop, tool, signing_key, key):
    by = By(key=str(signing_key.private))
    assert push.public_key(by, shop.desk(tool=tool)) == key.pem
    assert expected_signer(by, shop.desk(tool=tool)) == Key(str(signing_key.private), key.pem)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30", "a.W10.c", "a.\xff.c", "a." + "b" * 100_000 + ".c"])
def test_a_token_that_is_none_is_told_without_quoting_it(shop, token):
    with pytest.raises(UsageError) as caught:
        expected_signer(By(token=token), shop.desk())
    assert len(token) < 4 or token not in caught.value.problem + caught.value.hint


@pytest.mark.parametrize("name", ["iss", "repository", "job_workflow_ref", "ref", "sha", "event_name", "run_id"])
def test_a_token_that_says_too_little_is_refused(shop, sigstore, name):
    with pytest.raises(UsageError, match=name):
        expected_signer(By(token=sigstore.token(**{name: 7})), shop.desk())


def test_a_person_is_known_by_the_address_and_others_by_their_subject(shop, sigstore):
    person = expected_signer(By(token=sigstore.token(**email_claims("dev@example.org"))), shop.desk())
    assert (person.subject, person.issuer) == ("dev@example.org", PEOPLE)
    service = expected_signer(By(token=sigstore.token(sub="spiffe://example.org/x", iss=PEOPLE)), shop.desk())
    assert (service.subject, service.repository) == ("spiffe://example.org/x", "")


@pytest.mark.parametrize("target", ["{host}/octo/app:1", "{host}/octo/app", "-x", "{host}/octo/app@sha256:x"])
def test_only_a_digest_is_signed(shop, signing_key, target):
    shop.target = target.format(host=shop.registry.host)
    with pytest.raises((InputError, UsageError)):
        shop.sign(By(key=str(signing_key.private)))


@pytest.mark.parametrize("annotations", [{"a": "b=c"}, {"": "b"}, {"a=b": "c"}, {"a": "b\nc"}])
def test_an_annotation_that_cosign_cannot_sign_is_refused(shop, signing_key, annotations):
    with pytest.raises(InputError, match="annotation"):
        shop.sign(By(key=str(signing_key.private)), annotations=annotations)


@pytest.mark.parametrize("predicate", [[], "text", 7, None])
def test_a_predicate_is_an_object(shop, signing_key, predicate):
    with pytest.raises(InputError):
        shop.attest(By(key=str(signing_key.private)), predicate=predicate)


@pytest.mark.parametrize("predicate", [{"a": 2**53 + 1}, {"a": [{"b": -(2**60)}]}])
def test_a_number_that_cosign_would_change_is_not_signed(shop, signing_key, predicate):
    with pytest.raises(InputError, match="another number"):
        shop.attest(By(key=str(signing_key.private)), predicate=predicate)


def test_other_numbers_are_signed_as_they_are(shop, signing_key):
    told = {"a": 2**53, "b": [-(2**53), 0.1, True], "c": "9007199254740993"}
    shop.attest(By(key=str(signing_key.private)), predicate=told)
    assert read(shop.pieces()[0]).predicate == told


@pytest.mark.parametrize("kind", ["vuln", "", "https://example.org/a b", "-x"])
def test_a_predicate_type_is_a_uri(shop, signing_key, kind):
    with pytest.raises(InputError, match="URI"):
        shop.attest(By(key=str(signing_key.private)), kind=kind)


@pytest.fixture
def closed(layouts, here, tmp_path, three):
    """An image in a registry that lets nobody in but who may."""
    with MemoryRegistry() as registry:
        registry.user("writer", "pass:word", pull=("shop/*",), push=("shop/*",))
        registry.user("reader", "password", pull=("shop/*",))
        (tmp_path / "closed").mkdir()
        yield Shop(registry, layouts, here, tmp_path / "closed", three)


def test_the_login_is_used_and_no_other(closed, way, signing_key):
    by = By(key=str(signing_key.private))
    host = closed.registry.host
    closed.sign(by, login=Login(host, "writer", "pass:word"), **way)
    assert len(closed.pieces()) == 1
    for login in (
        None,
        Login(host, "writer", "wrong"),
        Login(host, "reader", "password"),
        Login("ghcr.io", "writer", "pass:word"),
    ):
        with pytest.raises(RegistryError) as caught:
            closed.sign(by, login=login, annotations={"again": "another"}, **way)
        assert "packages: write" in caught.value.hint
    assert len(closed.pieces()) == 1


def test_the_logins_of_the_person_are_not_seen(closed, signing_key):
    """Which one counts is decided before; cosign would ask helpers too."""
    home = closed.world.cwd / "home"
    (home / ".docker").mkdir(parents=True)
    auth = f'{{"auths":{{"{closed.registry.host}":{{"auth":"d3JpdGVyOnBhc3M6d29yZA=="}}}}}}'
    (home / ".docker" / "config.json").write_text(auth)
    with pytest.raises(RegistryError):
        closed.sign(By(key=str(signing_key.private)), env={"HOME": str(home), "DOCKER_CONFIG": str(home / ".docker")})


def test_nothing_is_left_in_the_room(shop, sigstore, signing_key, to_sigstore):
    shop.sign(By(token=sigstore.token()), to_sigstore(), login=Login(shop.registry.host, "a", "b"))
    shop.attest(By(key=str(signing_key.private)))
    with pytest.raises(UsageError):
        shop.sign(By(token=sigstore.token(exp=0)), to_sigstore())
    assert list(shop.room.iterdir()) == []


def test_what_failed_after_it_was_written_can_be_written_again(
    layouts, here, tmp_path, three, signing_key, key, proven
):
    """Then it is there twice, which does no harm."""
    with MemoryRegistry(referrers=False) as registry:
        (tmp_path / "again").mkdir()
        shop = Shop(registry, layouts, here, tmp_path / "again", three)
        registry.fault("PUT", r"/manifests/sha256-", status=400)
        with pytest.raises(RegistryError):
            shop.sign(By(key=str(signing_key.private)))
        registry.mend()
        shop.sign(By(key=str(signing_key.private)))
        assert [proven(piece, key=key).outcome for piece in shop.pieces()] == [Outcome.PROVEN]


def test_without_a_configuration_identities_go_to_the_public_services(shop, way, sigstore):
    """Which cannot be reached from here."""
    with pytest.raises(OutageError) as caught:
        shop.sign(By(token=sigstore.token()), Services(), **way)
    assert "sigstore.dev" in caught.value.problem


def test_a_key_goes_to_the_public_log_only_when_asked_to(shop, way, signing_key):
    with pytest.raises(OutageError) as caught:
        shop.sign(By(key=str(signing_key.private)), Services(log=True), **way)
    assert "sigstore.dev" in caught.value.problem
    assert shop.pieces() == []


def test_the_words_hold_no_secret(shop, sigstore, to_sigstore):
    token = sigstore.token(exp=0)
    with pytest.raises(UsageError) as caught:
        shop.sign(By(token=token), to_sigstore())
    assert token not in caught.value.problem
    assert caught.value.__cause__ is None
    assert PASSWORD not in repr(By(key="k", token=token)) + repr(Login("h", "u", PASSWORD))
    assert token not in repr(By(token=token))
