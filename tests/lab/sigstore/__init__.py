"""A private Sigstore on loopback: every key is made at its start, and nothing but its trusted root believes it.

Fulcio, its log of certificates, Rekor 1 and 2, a timestamp authority and the token endpoint of GitHub Actions, on one
port. What they say is true in every byte that a verifier checks; they keep nothing, and check little themselves.
"""

from tests.lab.sigstore.claims import GITLAB, ISSUER, PEOPLE, email_claims, github_claims, gitlab_claims, workflow_uri
from tests.lab.sigstore.server import Sigstore

__all__ = ["GITLAB", "ISSUER", "PEOPLE", "Sigstore", "email_claims", "github_claims", "gitlab_claims", "workflow_uri"]
