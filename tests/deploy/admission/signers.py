"""Identities of a policy, and signers that are one of them or look like it."""

from gate.model.evidence import Signer
from gate.policy import GITHUB_ISSUER, Identity, Trust

SERVER = "https://github.com"
PEM = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEvtc/qpHtx7iUUj+rRHR99a8mnGni
qiGkmUb9YpWWTS4YwlvwdmMDiGzcsHiDOYz6f88u2hCRF5GUCvyiZAKrsA==
-----END PUBLIC KEY-----
"""
KEYS = {"cosign.pub": PEM.encode(), "old.pub": PEM.encode()}
POLICY = "ab" * 32
IMAGES = ["ghcr.io/acme/**", "ghcr.io/zoo/app"]

RELEASE = {"repository": "o/app", "workflow": ".github/workflows/release.yml"}
OWN = Identity(**RELEASE, refs=("main", "v*"))
EXACT = Identity(**RELEASE, refs=("main",))
PUSHED = Identity(**RELEASE, refs=("main",), events=("push", "workflow_dispatch"))
MANY = Identity(repository="o/app-*", workflow=".github/workflows/**/*.yml", refs=("refs/heads/release/*", "v?.0"))
CALLED = Identity(repository="o/*", workflow="o/ci/.github/workflows/build.yml@refs/tags/v1", refs=("main",))
MAIL = Identity(issuer="https://accounts.example.com", subject="a.b@example.com")
SUBJECT = Identity(issuer=GITHUB_ISSUER, subject=f"{SERVER}/o/app/{RELEASE['workflow']}@refs/heads/main")
PINNED = Identity(**RELEASE, refs=("main",), repository_id="1001", owner_id="2002")
KEY = Identity(key="cosign.pub")
ALL = (OWN, EXACT, PUSHED, MANY, CALLED, MAIL, SUBJECT, KEY)


def trust(*identities, **more):
    return Trust(identities=identities, **more)


def run(repository="o/app", *, workflow=".github/workflows/release.yml", ref="refs/heads/main", **more):
    """A workflow of its own repository, as a certificate of Fulcio tells it; `more` takes the place of parts."""
    known = {
        "subject": f"{SERVER}/{repository}/{workflow}@{ref}",
        "issuer": GITHUB_ISSUER,
        "repository": f"{SERVER}/{repository}",
        "ref": ref,
        "event": "push",
    }
    return Signer(**(known | more))


SIGNERS = {
    "right": run(),
    "a tag": run(ref="refs/tags/v1.2"),
    "dispatched": run(event="workflow_dispatch"),
    "on a schedule": run(event="schedule"),
    "a longer name": run("o/app-evil"),
    "a longer owner": run("oo/app"),
    "a name with .git": run("o/app.git"),
    "a dot for any letter": run(workflow=".github/workflows/releaseXyml"),
    "a letter for the dot of the folder": run(workflow="Xgithub/workflows/release.yml"),
    "another server's letter": run(subject=f"https://githubXcom/o/app/{RELEASE['workflow']}@refs/heads/main"),
    "another workflow": run(workflow=".github/workflows/test.yml"),
    "a workflow further down": run("o/app-b", workflow=".github/workflows/a/b/c.yml", ref="refs/heads/release/1"),
    "a workflow right there": run("o/app-", workflow=".github/workflows/c.yml", ref="refs/tags/v1.0"),
    "a tag that is longer": run("o/app-b", workflow=".github/workflows/c.yml", ref="refs/tags/v11.0"),
    "a branch further down": run("o/app-b", workflow=".github/workflows/c.yml", ref="refs/heads/release/1/2"),
    "another branch": run(ref="refs/heads/dev"),
    "a branch that begins alike": run(ref="refs/heads/main2"),
    "a branch below": run(ref="refs/heads/main/x"),
    "a branch that is called like a tag": run(ref="refs/heads/v1.2"),
    "a tag below": run(ref="refs/tags/v1/x"),
    "a pull request": run(ref="refs/pull/1/merge"),
    "another issuer": run(issuer="https://token.actions.githubusercontent.com.evil.example"),
    "no issuer": run(issuer=""),
    "something in front": run(subject=f"https://evil.example/{SERVER}/o/app/{RELEASE['workflow']}@refs/heads/main"),
    "something behind": run(subject=f"{SERVER}/o/app/{RELEASE['workflow']}@refs/heads/main.evil"),
    "a line behind": run(subject=f"{SERVER}/o/app/{RELEASE['workflow']}@refs/heads/main\n"),
    "a line in front": run(subject=f"x\n{SERVER}/o/app/{RELEASE['workflow']}@refs/heads/main"),
    "no ref": run(subject=f"{SERVER}/o/app/{RELEASE['workflow']}"),
    "a ref in the name": run("o/app@x"),
    "a ref in a name like that": run("o/app-@x", workflow=".github/workflows/c.yml", ref="refs/tags/v1.0"),
    "nothing": Signer(),
    "a person": Signer(subject="a.b@example.com", issuer="https://accounts.example.com"),
    "a person like that": Signer(subject="aXb@example.com", issuer="https://accounts.example.com"),
    "a longer person": Signer(subject="aa.b@example.com", issuer="https://accounts.example.com"),
    "a person of another issuer": Signer(subject="a.b@example.com", issuer="https://accounts.example.com/"),
}
# Whoever may call a workflow signs under its name: only the extensions of the certificate tell who that was.
_BUILD = f"{SERVER}/o/ci/.github/workflows/build.yml"
CALLERS = {
    "somebody calls our workflow": run("evil/app", subject=run().subject),
    "our own repository calls it from another branch": run(ref="refs/heads/dev", subject=run().subject),
    "a neighbour that is trusted calls it": run(
        "o/app-b",
        ref="refs/tags/v1.0",
        subject=f"{SERVER}/o/app-a/.github/workflows/c.yml@refs/tags/v1.0",
    ),
    "the run is at another ref that is trusted": run(ref="refs/tags/v1", subject=run().subject),
    "ours calls the shared one": run("o/app", subject=f"{_BUILD}@refs/tags/v1"),
    "ours calls another version of it": run("o/app", subject=f"{_BUILD}@refs/tags/v2"),
    "ours calls it from another branch": run("o/app", ref="refs/heads/dev", subject=f"{_BUILD}@refs/tags/v1"),
    "somebody calls the shared one": run("evil/app", subject=f"{_BUILD}@refs/tags/v1"),
    "somebody whose name begins like ours": run("o2/app", subject=f"{_BUILD}@refs/tags/v1"),
}
