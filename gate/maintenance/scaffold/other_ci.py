"""Files for CI systems other than GitHub Actions: a script, the job that runs it, and the words of both."""

from collections.abc import Mapping

from gate.maintenance.scaffold.words import ScaffoldOptions

FILES = {
    "gitlab": {".gitlab-ci.yml": "gitlab-ci.yml", ".gitlab/image.yml": "gitlab.yml"},
    "forgejo": {".forgejo/workflows/image.yml": "forgejo.yml"},
    "azure": {"azure-pipelines.yml": "azure.yml"},
    "jenkins": {"Jenkinsfile": "Jenkinsfile"},
}
"""By CI system: each file, and its template."""
SCRIPT = ("ci/image.sh", "image.sh")
_LOGIN = "    REGISTRY_USERNAME: $CI_REGISTRY_USER\n    REGISTRY_PASSWORD: $CI_REGISTRY_PASSWORD\n"
_TOKEN = "  id_tokens:\n    GATE_IDENTITY_TOKEN:\n      aud: sigstore\n"  # noqa: S105 no secret


def more_words(options: ScaffoldOptions) -> Mapping[str, str]:
    """The words that only these templates have."""
    checkout = options.checkout
    repository, _, commit = options.action.partition(" ")[0].partition("@")
    branches = dict.fromkeys([checkout.branch, "develop"])
    return {
        "GATE-FILES": f"https://raw.githubusercontent.com/{repository}/{commit}",
        "GATE-ARCHIVE": f"https://github.com/{repository}/archive/{commit}.tar.gz",
        "SOURCE": f"https://{checkout.host}/{checkout.repository}",
        "SIGN-KEY": " --key env://COSIGN_PRIVATE_KEY" if options.by_key else "",
        "GITLAB-LOGIN": _LOGIN if options.token_of_job else "",
        "GITLAB-TOKEN": "" if options.by_key else _TOKEN,
        "AZURE-BRANCHES": f"[{', '.join(branches)}, feature/*]",
        "JENKINS-BRANCHES": "\n".join(f"                    branch '{name}'" for name in branches),
    }
