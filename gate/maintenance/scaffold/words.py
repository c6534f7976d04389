"""What is put into the templates of workflows: each word `__NAME__` and its text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from gate.attestation.pinning import find_ids
from gate.maintenance.scaffold.checkout import GITHUB, Checkout
from gate.maintenance.scaffold.images import Image, default_registry
from gate.maintenance.scaffold.pins import pins, uses

GHCR = "ghcr.io"
GITLAB = "gitlab.com"
_QEMU = "      - uses: {}\n"
_OTHER_BRANCHES = ("develop", '"feature/**"')
_SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"
_KEY = """\
          signing-key: env://COSIGN_PRIVATE_KEY
        env:
          COSIGN_PRIVATE_KEY: ${{ secrets.COSIGN_PRIVATE_KEY }}
          COSIGN_PASSWORD: ${{ secrets.COSIGN_PASSWORD }}
"""


@dataclass(frozen=True)
class ScaffoldOptions:
    """What the generated files are for."""

    checkout: Checkout
    action: str
    """The action that runs `gate`, pinned to a commit."""
    images: Sequence[Image]
    """All of them in the same registry."""
    platforms: Sequence[str] = ("linux/amd64",)
    manifests: Sequence[str] = ()
    """Kubernetes manifests to deploy; none: no workflow deploys."""
    push_pull_requests: bool = False
    """Whether pull requests of the repository are pushed and tagged, too."""

    @property
    def by_key(self) -> bool:
        """Whether images are signed with a key: public Sigstore knows github.com and gitlab.com."""
        return (self.checkout.ci, self.checkout.host) not in {("github", GITHUB), ("gitlab", GITLAB)}

    @property
    def token_of_job(self) -> bool:
        """Whether the job's own token is the login of the registry."""
        own = self.images[0].registry == default_registry(self.checkout)
        return own and self.checkout.ci in {"github", "gitlab"}


def words(options: ScaffoldOptions, workflow: str) -> Mapping[str, str]:
    """The text for each word; `workflow` is the name of the workflow that signs."""
    checkout = options.checkout
    branches = [f'"{checkout.branch}"', *(one for one in _OTHER_BRANCHES if one != checkout.branch)]
    # Spread scheduled runs over the hour; the minute of a repository stays the same.
    minute = int(sha256(checkout.repository.encode()).hexdigest(), 16) % 60
    return {
        "BRANCH": checkout.branch,
        "BRANCHES": f"[{', '.join(branches)}]",
        "PLATFORMS": ",".join(options.platforms),
        "IDENTITY": _identity(options, workflow),
        "QEMU": _QEMU.format(uses("docker/setup-qemu-action")) if len(options.platforms) > 1 else "",
        "GATE": options.action,
        "MINUTE": str(minute),
        "KEY": _KEY if options.by_key else "",
        "TAGS": "" if checkout.ci == "github" else f'tags:\n  default_branch: "{checkout.branch}"\n',
        **_events(options),
        **_registry(options),
        **_images(options.images),
        **_manifests(options.manifests),
        **{name: uses(name) for name in pins()},
    }


def _images(images: Sequence[Image]) -> dict[str, str]:
    """One image stands in the text; several are the elements of a matrix."""
    if len(images) > 1:
        lines = ["    strategy:", "      fail-fast: false", "      matrix:", "        include:"]
        for image in images:
            lines += [f"          - name: {image.label}", f"            image: {image.name}"]
            lines += [f"            context: {image.context}", f"            dockerfile: {image.dockerfile}"]
        return {
            "STRATEGY": "\n".join(lines) + "\n",
            "FOR": " ${{ matrix.name }}",
            "PRUNED": "pruned-${{ matrix.name }}",
            "IMAGE": "${{ matrix.image }}",
            "CONTEXT": "${{ matrix.context }}",
            "DOCKERFILE": "${{ matrix.dockerfile }}",
            "DEPLOYED": "          image: ${{ matrix.image }}:latest\n",
        }
    [image] = images
    return {
        "STRATEGY": "",
        "FOR": "",
        "PRUNED": "pruned",
        "IMAGE": image.name,
        "CONTEXT": image.context,
        "DOCKERFILE": image.dockerfile,
        "DEPLOYED": "          # The repository variable GATE_DEPLOYED lists the deployed images, one a line.\n"
        f"          image: ${{{{ vars.GATE_DEPLOYED || '{image.name}:latest' }}}}\n",
    }


def _events(options: ScaffoldOptions) -> dict[str, str]:
    if options.push_pull_requests:
        return {
            "JUDGED-ONLY": "Pull requests of forks",
            "IF-JUDGED-ONLY": f"github.event_name == 'pull_request' && !({_SAME_REPOSITORY})",
            "IF-PUSHED": f"github.event_name != 'pull_request' || {_SAME_REPOSITORY}",
        }
    return {
        "JUDGED-ONLY": "Pull requests",
        "IF-JUDGED-ONLY": "github.event_name == 'pull_request'",
        "IF-PUSHED": "github.event_name != 'pull_request'",
    }


def _registry(options: ScaffoldOptions) -> dict[str, str]:
    """The login; the action has one of its own for ghcr.io, from the token of the job."""
    registry = options.images[0].registry
    username, password = "${{ github.actor }}", "${{ github.token }}"
    if not options.token_of_job:
        username, password = "${{ secrets.REGISTRY_USERNAME }}", "${{ secrets.REGISTRY_PASSWORD }}"
    login = (
        f"          registry: {registry}\n"
        f"          registry-username: {username}\n"
        f"          registry-password: {password}\n"
    )
    return {
        "REGISTRY": registry,
        "USERNAME": username,
        "PASSWORD": password,
        "LOGIN": "" if registry == GHCR and options.token_of_job else login,
    }


def _manifests(manifests: Sequence[str]) -> dict[str, str]:
    several = "|\n" + "\n".join(f"            {path}" for path in manifests)
    return {
        "MANIFESTS": several if len(manifests) > 1 else "".join(manifests),
        "FILENAMES": "".join(f" --filename {path}" for path in manifests),
    }


def _identity(options: ScaffoldOptions, workflow: str) -> str:
    """The element of `trust.identities`; comments say how to find ids that are unknown."""
    checkout = options.checkout
    if options.by_key:
        return (
            f"    # A key signs, because public Sigstore knows no identities of {checkout.host}.\n    - key: cosign.pub"
        )
    if checkout.ci == "gitlab":
        server = f"https://{checkout.host}"
        return (
            "    # Subjects are exact: add one for each release that is to be trusted, ending in @refs/tags/v1.2.3.\n"
            f"    - issuer: {server}\n"
            f"      subject: {server}/{checkout.repository}//.gitlab-ci.yml@refs/heads/{checkout.branch}"
        )
    if checkout.repository_id and checkout.owner_id:
        ids = f'      repository_id: "{checkout.repository_id}"\n      owner_id: "{checkout.owner_id}"'
    else:
        ids = (
            "      # Anybody can register the name of a deleted repository again, but not its ids. Find the ids:\n"
            f"      # {find_ids(checkout.repository)}\n"
            '      # repository_id: ""\n'
            '      # owner_id: ""'
        )
    return (
        f"    - repository: {checkout.repository}\n"
        f"      workflow: {workflow}\n"
        f'      refs: ["{checkout.branch}", "v*"]\n{ids}'
    )
