"""`gate doctor --from-log`: the cause of a failure is found in its log, whatever the log is."""

import io
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.maintenance.known_errors import known, search
from tests.lab.tools import ROOT
from tests.pipeline.doctor.page import PAGE, page

SECRET = "gh" + "p_" + "s" * 36
GUIDE = {
    "Error: denied: permission_denied": "permission-denied",
    "Error: failed to push to registry": "push-failed",
    "Error: pull access denied": "pull-denied",
    "Error: denied: permission_denied: write_package": "write-package",
    "ERROR: failed to push to registry": "push-failed",
    "Error response from daemon: pull access denied for octo/app, repository does not exist or may require "
    "'docker login': denied: requested access to the resource is denied": "pull-denied",
}
MET = {
    "#15 ERROR: denied: permission_denied: write_package": "write-package",
    "denied: permission_denied: The token provided does not match expected scopes.": "scopes",
    "denied: installation not allowed to Create organization package": "installation",
    'Error response from daemon: Head "https://ghcr.io/v2/o/app/manifests/v1": denied: denied': "denied-denied",
    'Head "https://ghcr.io/v2/o/app/manifests/v1": unauthorized: authentication required': "unauthorized",
    "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
    "https://ghcr.io/token?scope=repository%3Ao%2Fapp%3Apull&service=ghcr.io: 403 Forbidden": "anonymous",
    "failed to solve: failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden": "token-403",
    "  Warning  Failed  3s  kubelet  Error: ImagePullBackOff": "image-pull",
    "manifest for ghcr.io/o/app:9 not found: manifest unknown": "manifest-unknown",
    "GET https://ghcr.io/v2/o/app/manifests/9: MANIFEST_UNKNOWN: manifest unknown": "manifest-unknown",
    "toomanyrequests: You have reached your unauthenticated pull rate limit.": "hub-limit",
    "FATAL init error: DB error: failed to download vulnerability DB: OCI repository error: GET https://ghcr.io/v2/"
    "aquasecurity/trivy-db/manifests/2: TOOMANYREQUESTS: retry-after: 35.852µs": "trivy-limit",
    "ERROR: failed to solve: failed to push ghcr.io/o/app:1: unexpected status from POST request to "
    "https://ghcr.io/v2/o/app/blobs/uploads/: 403 Forbidden": "push-403",
    "unexpected status from HEAD request to https://ghcr.io/v2/o/app/manifests/1: 401 Unauthorized": "request-403",
    'ERROR: failed to solve: process "/bin/sh -c go build" did not complete successfully: exit code: 1': "build-step",
    "no matching manifest for linux/arm64/v8 in the manifest list entries": "no-platform",
    "exec /usr/bin/app: exec format error": "exec-format",
    'invalid tag "ghcr.io/Octo/App:1": repository name must be lowercase': "lowercase",
    "Error: Resource not accessible by integration": "integration",
    "Advanced Security must be enabled for this repository to use code scanning.": "licence",
    "Error: no matching signatures: none of the expected identities matched what was in the certificate": (
        "no-matching-signatures"
    ),
    "Error: no signatures found": "no-signatures",
    "Non-interactive mode detected, using device flow.": "device-flow",
    "Error: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable": "oidc-env",
    "remote: Resource protected by organization SAML enforcement.": "saml",
    "x509: certificate signed by unknown authority": "x509",
    "x509: certificate has expired or is not yet valid: current time is before": "expired-clock",
    "Error: Cannot perform an interactive login from a non TTY device": "empty-secret",
    'error getting credentials - err: exec: "docker-credential-desktop": executable file not found in $PATH': "helper",
}
REPORTED = {
    "Error: Code Scanning could not process the submitted SARIF file:\ncould not fetch alerts from baseline": [
        "sarif-baseline"
    ],
    "Error: Code Scanning could not process the submitted SARIF file:\nan invalid URI was provided as a SARIF location:"
    ' parse "Dockerfile (nginx:1 lines)": first path segment in URL cannot contain colon': ["sarif-uri"],
    'Error: Code Scanning could not process the submitted SARIF file:\nSARIF URI scheme "docker" did not match the '
    'checkout URI scheme "file"': ["sarif-scheme"],
    "rejecting SARIF, as there are more runs than allowed (2726 > 15)": ["sarif-runs"],
    "rejecting SARIF, as there are more related locations per result than allowed (2427 > 1000)": ["sarif-related"],
    "rejecting SARIF, as there are more results per run than allowed (42118 > 25000)": ["sarif-limit"],
    "rejecting SARIF, as there are more threadflow steps per result than allowed (19350 > 10000)": ["sarif-limit"],
    "locationFromSarifResult: expected at least one location": ["sarif-location"],
    'Error: Unable to upload "x.sarif" as it is not valid SARIF:\n'
    "- instance.runs[0].tool.driver.rules[11].properties.tags contains duplicate item": ["sarif-schema"],
    "The CodeQL Action does not support uploading multiple SARIF runs with the same category. Please update your "
    "workflow to upload a single run per category.": ["sarif-category"],
    "Error: Code Scanning could not process the submitted SARIF file:\nsomething new": ["sarif-failed"],
    "Error: Path does not exist: trivy-results.sarif": ["sarif-missing"],
    "Warning: This run of the CodeQL Action does not have permission to access the CodeQL Action API endpoints.": [
        "codeql-permission"
    ],
    "Warning: v0.29 is not a valid semver. More info: https://semver.org/\nWarning: No Docker tag has been generated. "
    "Check tags input.\nERROR: failed to build: tag is needed when pushing to registry": ["semver", "no-tag"],
    'ERROR: failed to build: invalid tag "ghcr.io/o/app:fix/x": invalid reference format': ["tag-name"],
    'ERROR: invalid tag "ghcr.io/octo/app:": invalid reference format': ["tag-name"],
    "FATAL\tFatal error\timage scan error: scan error: context deadline exceeded": ["trivy-timeout"],
    "FATAL\tFatal error\trun error: image scan error: scan error: unable to initialize archive image: 2 errors "
    "occurred:\n\t* unable to open image.tar as a Docker image: file blobs/sha256/4b16 not found in tar\n\t* unable to "
    "open image.tar as an OCI Image: stat image.tar/index.json: not a directory": ["partial-archive"],
    "error: failed to solve: rpc error: code = Unknown desc = unexpected status: 403 Forbidden": ["request-403"],
    "denied: permission_denied: The requested installation does not exist.": ["installation"],
    "buildx failed with: ERROR: failed to solve: failed to push ghcr.io/app:latest: unexpected status from HEAD request"
    " to https://ghcr.io/v2/app/blobs/sha256:0000: 400 Bad Request": ["push-400"],
    'Error response from daemon: Get "https://ghcr.io/v2/": net/http: request canceled while waiting for connection '
    "(Client.Timeout exceeded while awaiting headers)": ["refused"],
    'failed to pull image "ghcr.io/o/app:1": no image found in image index for architecture "arm64", variant "v8"': [
        "no-platform"
    ],
    "Error: --certificate-identity or --certificate-identity-regexp is required for verification in keyless mode": [
        "no-identity-flags"
    ],
    "Error: signing [ghcr.io/o/app]: getting signer: reading key: decrypt: encrypted: decryption failed": [
        "cosign-key"
    ],
    "Error: You cannot delete the last tagged version of a package. You must delete the package instead.": [
        "last-version"
    ],
}


def ids(text):
    return [match.error.id for match in search(io.BytesIO(text if isinstance(text, bytes) else text.encode()))]


@pytest.mark.parametrize("line", [*GUIDE, *MET])
def test_an_error_as_tools_write_it_is_known(line):
    assert ids(f"step 1\n{line}\nstep 2\n") == [{**GUIDE, **MET}[line]]


@pytest.mark.parametrize(("log", "errors"), REPORTED.items())
def test_a_log_from_a_public_report_has_its_cause(log, errors):
    assert ids(log) == errors


def test_every_heading_of_the_page_is_found_as_it_stands_there():
    headings = re.findall(r"^### `(.+)`$", PAGE.read_text(), re.MULTILINE)
    assert len(headings) == len(known())
    assert [heading for heading in headings if not ids(heading)] == []


@pytest.mark.parametrize("guide", ["guide.md", "guide.zh-CN.md"])
def test_every_error_of_the_guide_is_known(guide):
    errors = re.findall(r"^\| `([a-z][^`]+)` \|", (ROOT / "docs" / guide).read_text(), re.MULTILINE)
    assert "pull access denied" in errors
    assert [error for error in errors if error.count(" ") > 1 and not ids(f"Error: {error}")] == []


def test_what_cosign_says_when_all_is_well_is_no_error():
    assert ids("tlog entry created with index: 4711\nPushing signature to: ghcr.io/o/app\n") == []


@pytest.mark.parametrize("error", known(), ids=lambda one: one.id)
def test_every_error_of_the_table_is_found_by_its_own_text(error):
    assert ids(error.text) == [error.id]


def test_the_page_is_made_of_the_table():
    assert PAGE.read_text() == page(), "run: python -m tests.pipeline.doctor.page"


def test_the_cause_and_the_mend_are_named_with_the_line(gate):
    (gate.folder / "push.log").write_text("a\nb\nERROR: denied: permission_denied: write_package\n")
    said = gate("doctor", "--from-log", "push.log")
    assert said.code == 0
    assert "line 3" in said.out
    assert "packages: write" in said.out
    assert "Manage" in said.out


def test_standard_input_is_read_too(gate):
    said = gate("doctor", "--from-log", "-", stdin=b"exec format error")
    assert said.code == 0
    assert "another CPU architecture" in said.out


def test_a_log_without_a_known_error_is_no_good_end(gate):
    said = gate("doctor", "--from-log", "-", stdin=b"all is well\n")
    assert said.code == 3
    assert said.out == ""
    assert "no known error" in said.err
    assert gate("doctor", "--from-log", "nowhere.log").code == 3


def test_what_only_says_that_it_failed_counts_when_nothing_else_does():
    assert ids("failed to push to registry\nErrImagePull\n") == ["push-failed", "image-pull"]
    assert ids("failed to push to registry\ndenied: permission_denied: write_package\n") == ["write-package"]


def test_nothing_of_the_log_is_shown(gate):
    log = f"\x1b]0;evil\x07::error::x\ndenied: permission_denied: write_package {SECRET} <script>\x1b[2J\n"
    for args in ([], ["--json"]):
        said = gate("doctor", "--from-log", "-", *args, stdin=log.encode())
        assert said.code == 0
        for hidden in (SECRET, "evil", "::error", "script", "\x1b"):
            assert hidden not in said.out + said.err


@pytest.mark.parametrize(
    "log",
    [
        "\x1b[31mdenied:\x1b[0m permission_denied: \x1b[1mwrite_package\x1b[22m",
        "downloading 10%\rdownloading 99%\rdenied: permission_denied: write_package\r\n",
        "Denied: PERMISSION_DENIED: Write_Package",
    ],
)
def test_colours_progress_bars_and_case_hide_nothing(log):
    assert ids(log) == ["write-package"]
    assert ids(log.encode("utf-16")) == ["write-package"]


@pytest.mark.parametrize(
    "line", ["updating stuff", "initializing stuff", "a process failed", "denied", "403 Forbidden"]
)
def test_ordinary_words_are_no_error(line):
    assert ids(line) == []


@given(st.sampled_from(known()), st.binary(max_size=300), st.binary(max_size=300))
def test_no_bytes_around_a_line_hide_what_it_says(error, before, after):
    assert error.id in ids(before + b"\x1b[0m\n" + error.text.encode() + b"\n" + after)


def test_words_of_two_lines_are_not_one_error():
    assert ids("failed to push\nfailed to solve\n") == []


def test_an_error_across_the_pieces_in_which_a_log_is_read_is_found():
    phrase = b"denied: permission_denied: write_package"
    for before in ((1 << 20) - 20, (1 << 20) - len(phrase), (2 << 20) - 7):
        assert ids(b"x" * before + phrase + b"y" * 100) == ["write-package"]
        assert ids(b"x\n" * (before // 2) + phrase + b"\nend") == ["write-package"]


def test_the_number_of_a_line_is_right_far_down():
    [seen] = search(io.BytesIO(b"an ordinary line\n" * 200_000 + b"exec format error\n" * 3))
    assert (seen.line, seen.times) == (200_001, 3)


def test_a_log_that_says_one_thing_again_and_again_still_says_the_other():
    log = b"x509: certificate has expired or is not yet valid\n" * 30_000 + b"exec format error\n"
    found = {match.error.id: match.times for match in search(io.BytesIO(log))}
    assert found == {"expired-clock": 10_000, "exec-format": 1}


def test_bytes_that_are_no_text_are_read_all_the_same():
    noise = random.Random(5).randbytes(3 << 20)
    assert ids(noise + b"\nexec format error\n" + noise) == ["exec-format"]


class Endless:
    """A log that never holds more than it was asked for."""

    def __init__(self, pieces):
        self.pieces, self.largest = pieces, 0

    def read(self, size=-1):
        self.largest = max(self.largest, size)
        assert size > 0
        self.pieces -= 1
        return b"a" * size if self.pieces >= 0 else b""


def test_a_long_log_is_never_held_whole():
    log = Endless(50)
    assert search(log) == []
    assert log.largest <= 1 << 20
