"""A scan sees nothing that could be used to write, to sign, or to be somebody."""

from dataclasses import replace

from gate.cosign import program as cosign_program
from gate.trivy import program

NAMES = """
GITHUB_TOKEN GH_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL ACTIONS_ID_TOKEN_REQUEST_TOKEN
ACTIONS_RUNTIME_TOKEN ACTIONS_CACHE_URL SIGSTORE_ID_TOKEN GATE_IDENTITY_TOKEN GATE_REGISTRY_PASSWORD
GATE_REGISTRY_USERNAME GATE_SIGNING_KEY COSIGN_PASSWORD COSIGN_PRIVATE_KEY DOCKER_CONFIG DOCKER_AUTH_CONFIG
REGISTRY_AUTH_FILE AWS_SECRET_ACCESS_KEY AZURE_CLIENT_SECRET GOOGLE_APPLICATION_CREDENTIALS
VAULT_TOKEN KUBECONFIG SSH_AUTH_SOCK TRIVY_PASSWORD TRIVY_SEVERITY
"""
SECRETS = dict.fromkeys(NAMES.split(), "hush")


def test_a_scan_sees_no_credential(context, tmp_path):
    told = tmp_path / "trivy"
    told.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\n")
    told.chmod(0o755)
    here = replace(
        context, env={**context.env, **SECRETS, "GATE_TRIVY": str(told), "HTTPS_PROXY": "http://127.0.0.1:9"}
    )
    program.run([program.command(here, tmp_path / "room", ["image"], timeout=20)], jobs=1)
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines())
    assert set(seen) & set(SECRETS) <= {"DOCKER_CONFIG"}
    assert "hush" not in seen.values()
    assert seen["HOME"] == seen["DOCKER_CONFIG"] == str(tmp_path / "room" / "home")
    assert not list((tmp_path / "room" / "home").iterdir())
    assert "HTTPS_PROXY" not in seen


def test_a_check_of_a_signature_sees_no_credential(context):
    """What cosign gets when it only looks."""
    here = replace(context, env={**context.env, **SECRETS})
    assert not set(cosign_program.network(here)) & set(SECRETS)
