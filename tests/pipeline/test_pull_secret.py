"""`gate pull-secret`: what Kubernetes takes, and who may see the token."""

import base64
import json
import re
import stat

import kubernetes_validate
import pytest

from gate.io import yaml_document
from tests.lab.loopback import Answer, Loopback

TOKEN = "gh" + "p_" + "k" * 36
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "web", "image": "ghcr.io/octo/app:1"}]},
}


@pytest.fixture
def github():
    """GitHub's API, as far as it tells what a token may do: what `scopes` holds, None for no word of them."""

    class GitHub(Loopback):
        def __init__(self):
            super().__init__(self.answer)
            self.scopes, self.status = "read:packages", 200

        def answer(self, request):
            told = {} if self.scopes is None else {"X-OAuth-Scopes": self.scopes}
            return Answer(self.status, b'{"login": "octo"}', {"Content-Type": "application/json", **told})

    with GitHub() as served:
        yield served


@pytest.fixture
def make(gate, github):
    """Make it for ghcr.io; the token is piped in."""

    def call(*args, stdin=TOKEN, env=None):
        known = {"GITHUB_API_URL": github.url, **(env or {})}
        return gate("pull-secret", "-u", "octo", "--token-stdin", *args, stdin=stdin, env=known)

    call.folder = gate.folder
    return call


def documents(text):
    return [yaml_document.read(one.encode(), "it").value for one in text.split("---\n")]


def login(document):
    return json.loads(base64.b64decode(document["data"][".dockerconfigjson"]))


def test_the_secret_is_one_that_kubernetes_takes_and_docker_reads(make):
    said = make("--namespace", "prod")
    assert said.code == 0, said.err
    [secret] = documents(said.out)
    kubernetes_validate.validate(secret, "1.37", strict=True)
    assert secret["metadata"] == {"name": "ghcr-secret", "namespace": "prod"}
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    assert login(secret) == {"auths": {"ghcr.io": {"auth": base64.b64encode(f"octo:{TOKEN}".encode()).decode()}}}


def test_a_token_is_for_the_registry_that_is_named(gate):
    said = gate("pull-secret", "docker.io", "-u", "octo", env={"GATE_TOKEN": "t"})
    assert list(login(documents(said.out)[0])["auths"]) == ["https://index.docker.io/v1/"]
    assert said.err == ""


def test_a_service_account_pulls_with_it(make):
    secret, account = documents(make("--service-account", "default", "--namespace", "prod", "--name", "pull").out)
    kubernetes_validate.validate(account, "1.37", strict=True)
    assert account["imagePullSecrets"] == [{"name": secret["metadata"]["name"]}] == [{"name": "pull"}]
    assert account["metadata"] == {"name": "default", "namespace": "prod"}


def test_a_pod_pulls_with_it_once_the_patch_is_merged(make):
    _, patch = documents(make("--pod", "web").out)
    kubernetes_validate.validate({**POD, "spec": {**POD["spec"], **patch["spec"]}}, "1.37", strict=True)
    assert (patch["kind"], patch["metadata"]) == ("Pod", {"name": "web"})
    assert patch["spec"] == {"imagePullSecrets": [{"name": "ghcr-secret"}]}


def test_kubernetes_would_refuse_what_the_schemas_refuse():
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**POD, "spec": {**POD["spec"], "imagePullSecrets": "x"}}, "1.37", strict=True)


def test_the_secret_that_is_sealed_stands_alone_and_has_a_namespace(make):
    said = make("--as", "sealed-secret", "-n", "prod")
    [secret] = documents(said.out)
    assert secret["kind"] == "Secret"
    assert secret["metadata"]["namespace"] == "prod"
    assert make("--as", "sealed-secret").code == 2
    assert make("--as", "sealed-secret", "-n", "prod", "--pod", "web").code == 2


def test_an_external_secret_holds_no_token_and_asks_for_none(gate):
    args = ("pull-secret", "-u", "octo", "--as", "external-secret", "--store", "vault", "--remote-key", "ghcr/token")
    said = gate(*args, "--cluster-store", "-n", "prod", "--service-account", "default")
    assert said.code == 0, said.err
    one, account = documents(said.out)
    assert (one["apiVersion"], one["kind"]) == ("external-secrets.io/v1", "ExternalSecret")
    assert one["spec"]["secretStoreRef"] == {"name": "vault", "kind": "ClusterSecretStore"}
    assert one["spec"]["data"] == [{"secretKey": "token", "remoteRef": {"key": "ghcr/token"}}]
    assert account["imagePullSecrets"] == [{"name": one["spec"]["target"]["name"]}]


def test_the_template_of_an_external_secret_gives_what_docker_reads(gate):
    args = ("pull-secret", "-u", "octo", "--as", "external-secret", "--store", "vault", "--remote-key", "k")
    [one] = documents(gate(*args).out)
    assert one["spec"]["secretStoreRef"]["kind"] == "SecretStore"
    template = one["spec"]["target"]["template"]
    assert template["type"] == "kubernetes.io/dockerconfigjson"
    # What the operator's engine makes of the one action in it: the user, a colon and the token, in base64.
    text = template["data"][".dockerconfigjson"]
    [action] = re.findall(r"\{\{ (.*?) \}\}", text)
    assert action == 'printf "octo:%s" (trim .token) | b64enc'
    packed = base64.b64encode(b"octo:t").decode()
    filled = text.replace("{{ " + action + " }}", packed)
    assert json.loads(filled) == {"auths": {"ghcr.io": {"auth": packed}}}


@pytest.mark.parametrize("user", ['o"cto', "{{.token}}", "o%s", "ok\n"])
@pytest.mark.parametrize("key", ["k", "{{k}}", "a b"])
def test_nothing_gets_into_a_template_that_could_be_one(gate, user, key):
    said = gate("pull-secret", "-u", user, "--as", "external-secret", "--store", "vault", "--remote-key", key)
    assert (said.code, said.out) == (2, "")


@pytest.mark.parametrize(
    "args",
    [
        ("--as", "external-secret"),
        ("--as", "external-secret", "--store", "vault"),
        ("--as", "external-secret", "--store", "Vault", "--remote-key", "k"),
        ("--store", "vault"),
        ("--remote-key", "k"),
        ("--cluster-store",),
        ("--name", "Ghcr"),
        ("--name", "-x"),
        ("--name", "a..b"),
        ("--name", "x" * 254),
        ("--name", ""),
        ("--name", "a\nkind: Evil"),
        ("--namespace", "a.b"),
        ("--namespace", "x" * 64),
        ("--service-account", "A"),
        ("--pod", "a/b"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_printed(make, args):
    said = make(*args)
    assert (said.code, said.out) == (2, "")


def test_a_token_that_can_do_no_more_than_pull_is_no_warning(make, github):
    said = make()
    assert said.err == ""
    [asked] = github.requests
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_token_that_can_do_more_is_a_warning(make, github):
    github.scopes = "repo, write:packages, read:packages"
    said = make()
    assert said.code == 0
    assert "has more scopes than read:packages: repo, write:packages" in said.err


def test_a_token_that_pulls_nothing_is_a_warning(make, github):
    github.scopes = "gist"
    assert "lacks the scope read:packages" in make().err


@pytest.mark.parametrize(("scopes", "status"), [(None, 200), ("read:packages", 401), (None, 404)])
def test_what_a_token_can_do_may_not_be_known_and_that_is_said(make, github, scopes, status):
    github.scopes, github.status = scopes, status
    said = make()
    assert said.code == 0
    assert "the scopes of the token are unknown" in said.err


def test_a_hostile_scope_is_shown_harmless(make, github):
    github.scopes = "\x1b]0;x, ::error::y"
    assert "\x1b" not in make().err


def test_a_fine_grained_token_is_refused(make):
    said = make(stdin="github_pat_" + "x" * 40)
    assert (said.code, said.out) == (2, "")


def test_the_token_never_stands_in_the_log_of_a_job(make):
    env = {"GITHUB_ACTIONS": "true"}
    said = make(env=env)
    assert (said.code, said.out) == (2, "")
    assert "log of the job" in said.err
    assert make("--output", "secret.yaml", env=env).code == 0


def test_a_file_with_the_token_is_for_its_owner_alone(make):
    file = make.folder / "secret.yaml"
    file.write_text("old")
    file.chmod(0o644)
    said = make("--output", "secret.yaml")
    assert (said.code, said.out) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert login(documents(file.read_text())[0])
    assert [one.name for one in make.folder.iterdir()] == ["secret.yaml"]


def test_a_file_that_cannot_be_written_is_told(make):
    assert make("--output", "nowhere/secret.yaml").code == 3


def test_the_hint_about_the_token_is_that_of_the_command(gate):
    assert "gh auth token | gate pull-secret -u NAME" in gate("pull-secret", "-u", "octo").err
    assert "gh auth token | gate login -u NAME" in gate("login", "-u", "octo").err
