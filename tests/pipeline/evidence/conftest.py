"""Signing and verifying by the command itself: real cosign, a real registry, a private Sigstore, nothing faked."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from jsonschema import Draft202012Validator

from gate.cli import run
from tests.lab.cosign import PASSWORD, Cosign
from tests.lab.sigstore import github_claims
from tests.lab.tools import ROOT

IDENTITY = ("--repository", "octo/app", "--workflow", ".github/workflows/release.yml", "--ref", "main")
SCHEMAS = {
    signed: Draft202012Validator(json.loads((ROOT / "schemas" / f"{name}.schema.json").read_bytes()))
    for signed, name in ((True, "signing"), (False, "verification"))
}


def place_of(request):
    """A repository of the test's own."""
    return f"octo/test-{sha256(request.node.nodeid.encode()).hexdigest()[:12]}"


class Said:
    """What a run of the command left."""

    def __init__(self, code, out, err, folder):
        self.code, self.out, self.err, self.folder = code, out, err, folder

    @property
    def results(self):
        document = json.loads((self.folder / "answers.json").read_bytes())
        SCHEMAS["signed" in document].validate(document)
        return document["results"]

    def row(self, check, platform=None):
        """The first answer to that question about the only image, or the one for that platform."""
        [one] = self.results
        return next(row for row in one["rows"] if row["check"] == check and platform in {None, row["platform"]})

    def state(self, check, platform=None):
        return self.row(check, platform)["state"]

    @property
    def words(self):
        return self.out + self.err


@pytest.fixture
def gate(context, capfd, cosign):
    """Run a command line as a person would, with the real cosign; `env` is added to the run context's."""

    def call(*args, env=None, now=None):
        added = {"GATE_COSIGN": str(cosign), "COSIGN_PASSWORD": PASSWORD, **(env or {})}
        here = replace(context, env={**context.env, **added}, now=now or context.now)
        (here.cwd / "answers.json").unlink(missing_ok=True)
        capfd.readouterr()
        code = run([str(arg) for arg in args], here)
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Said(int(code), out, err, here.cwd)

    call.folder = context.cwd
    call.context = context
    return call


@pytest.fixture
def verify(gate, sigstore):
    """Verify with the private Sigstore's root of trust; by default the release workflow of octo/app is trusted."""

    def call(*args, trust=IDENTITY, root=sigstore.trusted_root, **more):
        return gate("verify", *args, *trust, "--trusted-root", root, "--json=answers.json", **more)

    call.folder = gate.folder
    return call


@pytest.fixture
def lab(sigstore, database, trivy):
    """Options that a run needs here and not elsewhere."""
    services = ["--signing-config", sigstore.signing_config(), "--trusted-root", sigstore.trusted_root]
    return [*services, "--offline", "--trivy-cache", database]


@pytest.fixture
def sign(gate, lab, sigstore):
    """Sign as a job of octo/app on main, unless the claims say otherwise; with `env`, in that environment alone."""

    def call(*args, env=None, **claims):
        job = sigstore.actions_env(**github_claims(**claims)) if env is None else env
        return gate("sign", *args, *lab, "--json=answers.json", env=job)

    call.folder = gate.folder
    call.job = lambda: sigstore.actions_env(**github_claims())
    return call


@pytest.fixture
def workshop(cosign, sigstore, tmp_path):
    """The real cosign by itself, for whoever signs without `gate`: `workshop()` is the release workflow of octo/app."""

    def make(program=cosign, *, key=None, **claims):
        room = tmp_path / "workshop"
        if key:
            return Signs(Cosign(program, room), key)
        return Signs(Cosign(program, room, sigstore), sigstore.token(**github_claims(**claims)))

    return make


class Signs:
    """Somebody who signs with plain cosign."""

    def __init__(self, program, by):
        self.program, self.by = program, by

    def sign(self, image, *more, **options):
        self.program.sign(image, self.by, *more, **options)

    def attest(self, image, kind, predicate, *more, **options):
        self.program.attest(image, kind, predicate, self.by, *more, **options)
