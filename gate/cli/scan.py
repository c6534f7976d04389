"""`gate scan`."""

from typing import Any

import click

from gate.cli.options import PATH, option, output_options, policy_options, sign_options, together

looking_options = together(
    option(
        "--platform",
        "platforms",
        multiple=True,
        metavar="OS/ARCH",
        help="Only this platform, or all. Repeatable. [default: all]",
    ),
    option(
        "--scanners",
        multiple=True,
        type=click.Choice(["vuln", "secret", "misconfig", "license"]),
        help="Look for this beside what the policy judges. Repeatable.",
    ),
    option("--baseline", default="", metavar="FILE|IMAGE", help="Refuse only what is new against this."),
    option("--baseline-of-any-image", is_flag=True, help="Take a baseline that is of another image."),
    option(
        "--offline",
        is_flag=True,
        help="Fetch no database and no feed; the image may still be pulled. Signing then needs --trivy-cache.",
    ),
    option("--trivy-cache", type=PATH, metavar="DIR", help="Use this Trivy cache directory without updating it."),
    option(
        "--db-repository", "db_repositories", multiple=True, metavar="REF", help="Where the database is. Repeatable."
    ),
    option(
        "--java-db-repository",
        "java_db_repositories",
        multiple=True,
        metavar="REF",
        help="Where the index of Java archives is. Repeatable.",
    ),
    option("--plain-http", is_flag=True, help="Speak HTTP to the registry; to this machine it is spoken anyway."),
    option(
        "--timeout",
        type=click.FloatRange(1, 24 * 3600),
        default=600,
        show_default=True,
        metavar="SECONDS",
        help="For the public feeds, for the pull, and for each run of a tool.",
    ),
    option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=2,
        show_default=True,
        metavar="N",
        help="Platforms scanned side by side.",
    ),
)


@click.command(no_args_is_help=True)
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@policy_options
@looking_options
@option("--sbom", type=PATH, metavar="FILE", help="Write the software bill of materials; one file a platform.")
@option(
    "--sbom-format",
    multiple=True,
    type=click.Choice(["cyclonedx", "spdx-json"]),
    default=["cyclonedx"],
    show_default=True,
    help="Its format. Repeatable: FILE is of the first, the other stands beside it as .cdx.json or .spdx.json.",
)
@output_options
@option("--sign", is_flag=True, help="Sign every image, with its evidence, when all of them pass. See `gate sign`.")
@sign_options
def scan(images: tuple[str, ...], **given: Any) -> int:
    """Scan images by digest and judge what is found.

    IMAGE is a reference (ghcr.io/owner/app:tag), an OCI layout (oci:DIR), or the output of `docker save` or `podman
    save` (docker-archive:FILE, oci-archive:FILE). Choose one of several with :NAME or @DIGEST at the end. Exit code 0:
    every image passed; 10: at least one breaks the policy; any other: at least one could not be judged. The others are
    judged and reported all the same, and nothing is signed.
    """
    from gate.cli.scan_run import scan as run_scan

    return run_scan(images, given)
