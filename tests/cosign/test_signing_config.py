"""Signing configurations, and tokens as they are given."""

import json

import pytest

from gate.cosign.signing_config import SigningServices, read_signing_config
from gate.cosign.signing_identity import token
from gate.cosign.trusted_root import Roots
from gate.errors import InputError, UsageError


def test_without_a_file_the_public_services_are_meant(public):
    assert read_signing_config(None, Roots(), log=False) == SigningServices()
    assert read_signing_config(None, Roots(), log=True) == SigningServices(log=True)
    assert read_signing_config(None, public, log=False).root == public.documents[0]


def test_offline_nothing_goes_into_a_log():
    with pytest.raises(UsageError, match="offline"):
        read_signing_config(None, Roots(offline=True), log=True)


@pytest.mark.parametrize(("rekor", "which"), [(1, 0), (2, 0), (None, 1)])
def test_of_several_roots_the_one_with_or_without_a_log_fits_the_configuration(sigstore, both, rekor, which):
    assert read_signing_config(sigstore.signing_config(rekor=rekor), both, log=False).root == both.documents[which]


WRONG = {
    "nothing": "",
    "no JSON": "x",
    "a list": "[]",
    "something else": '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
    "a field twice": '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","a":1,"a":2}',
    "services that are none": '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","caUrls":{}}',
    "a service that is none": '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","tsaUrls":[7]}',
    "too large": " " * ((1 << 20) + 1),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_is_no_configuration_is_an_error(text, tmp_path):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError):
        read_signing_config(tmp_path / "config.json", Roots(), log=False)


def test_a_token_is_given_as_itself_or_in_a_file(context, sigstore):
    given = sigstore.token()
    (context.cwd / "token").write_text(f"{given}\n")
    assert token(given, context) == token("token", context) == given


@pytest.mark.parametrize("text", ["x", "a.b", "a b.c.d", json.dumps({"value": "x"})])
def test_a_file_without_a_token_is_an_error_that_does_not_quote_it(context, text):
    (context.cwd / "token").write_text(text)
    with pytest.raises(UsageError) as caught:
        token("token", context)
    assert len(text) < 2 or text not in caught.value.problem
    with pytest.raises(InputError):
        token("nowhere", context)
