"""`gate verify`."""

from typing import Any

import click

from gate.cli.untyped import PATH, option, together

trust_options = together(
    option("--policy", "policy_file", type=PATH, metavar="FILE", help="Policy file. [default: gate.yaml, if there]"),
    option("--repository", metavar="OWNER/NAME", help="Trust a workflow of this repository alone."),
    option("--workflow", metavar="PATH", help="That workflow: .github/workflows/release.yml."),
    option("--ref", "refs", multiple=True, metavar="REF", help="On this branch, or tags like 'v*'. Repeatable."),
    option("--issuer", metavar="URL", help="Who vouches for it. [default: GitHub Actions]"),
    option("--subject", metavar="NAME", help="Trust this identity of the issuer alone, exactly."),
    option("--key", "public_key", type=PATH, metavar="FILE", help="Trust this public key alone."),
    option(
        "--require",
        multiple=True,
        type=click.Choice(["signature", "verdict", "sbom"]),
        help="Ask for this alone. Repeatable. [default: all three]",
    ),
    option("--max-age", metavar="SPAN", help="Take an older verdict for stale: 12h, 7d. [default: 7d]"),
    option(
        "--accept-policy",
        "policies",
        multiple=True,
        metavar="SHA256|any",
        help="Take verdicts under this policy too. Repeatable.",
    ),
)

looking_options = together(
    option("--trusted-root", type=PATH, metavar="FILE", help="Root of trust, instead of fetching Sigstore's."),
    option("--offline", is_flag=True, help="Fetch no root of trust, no database and no feed."),
    option("--plain-http", is_flag=True, help="Speak HTTP to the registry; to this machine it is spoken anyway."),
    option(
        "--timeout",
        type=click.FloatRange(1, 24 * 3600),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="For everything.",
    ),
    option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Tools run side by side."),
    option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour. [default: auto]"),
    option("--quiet", "-q", is_flag=True, help="Print no table and no progress."),
)

rejudge_options = together(
    option("--rejudge", is_flag=True, help="Judge the attested bills of materials by today's database too."),
    option("--trivy-cache", type=PATH, metavar="DIR", help="Use this Trivy cache directory without updating it."),
    option(
        "--db-repository", "db_repositories", multiple=True, metavar="REF", help="Where the database is. Repeatable."
    ),
)


@click.command(no_args_is_help=True)
@click.argument("images", metavar="IMAGE...", nargs=-1)
@option(
    "--file", "-f", "files", multiple=True, type=PATH, metavar="FILE",
    help="Verify what a Kubernetes manifest, a Compose file or a list names; - is standard input. Repeatable.",
)  # fmt: skip
@option("--pin", is_flag=True, help="Write the files back with digests, once every image is verified.")
@trust_options
@rejudge_options
@option("--explain", is_flag=True, help="Say what the admission controllers of a cluster can read of the evidence.")
@option("--json", "json_file", type=PATH, metavar="FILE", help="Write the answers as JSON; - is standard output.")
@looking_options
def verify(images: tuple[str, ...], **given: Any) -> int:
    """Verify images before a deploy: who signed, what the verdict was, and how old it is.

    Exit code 0: every image is verified; 11: at least one is not; 3: a field of a file may name another and cannot be
    read; 6: at least one could not be told, and none is known to be bad.
    """
    from gate.cli.verifying import verify as run_verify

    return run_verify(images, given)
