"""Names of images are read as Docker reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import UsageError
from gate.model.image import ImageRef, PinnedImage, Platform

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("grafana/grafana", "docker.io/grafana/grafana:latest"),
        ("docker.io/alpine", "docker.io/library/alpine:latest"),
        ("docker.io/grafana/grafana", "docker.io/grafana/grafana:latest"),
        ("index.docker.io/alpine", "docker.io/library/alpine:latest"),
        ("registry-1.docker.io/alpine", "docker.io/library/alpine:latest"),
        ("ghcr.io/o/app", "ghcr.io/o/app:latest"),
        ("GHCR.io/o/app", "ghcr.io/o/app:latest"),
        ("ghcr.io/o/a/b/c:v1", "ghcr.io/o/a/b/c:v1"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("localhost:5000/app:1", "localhost:5000/app:1"),
        ("host:5000/app", "host:5000/app:latest"),
        ("127.0.0.1:5000/o/app:1", "127.0.0.1:5000/o/app:1"),
        ("[::1]:5000/app:1", "[::1]:5000/app:1"),
        ("[2001:db8::1]/app", "[2001:db8::1]/app:latest"),
        ("app:5000", "docker.io/library/app:5000"),
        (f"ghcr.io/o/app@{DIGEST}", f"ghcr.io/o/app@{DIGEST}"),
        (f"ghcr.io/o/app:1@{DIGEST}", f"ghcr.io/o/app:1@{DIGEST}"),
        (f"alpine@{DIGEST}", f"docker.io/library/alpine@{DIGEST}"),
        ("a_b/c__d/e-f/g--h/i.j", "docker.io/a_b/c__d/e-f/g--h/i.j:latest"),
        ("ghcr.io/o/app:_A.b-C", "ghcr.io/o/app:_A.b-C"),
        ("ghcr.io/o/app:" + "x" * 128, "ghcr.io/o/app:" + "x" * 128),
    ],
)
def test_references_are_read_as_docker_reads_them(text, canonical):
    assert str(ImageRef.parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("", "not an image reference", "spaces or control"),
        (" alpine", "not an image reference", "spaces"),
        ("alpine\n", "not an image reference", "control"),
        ("al pine", "not an image reference", "spaces"),
        ("alp\x1b[31mine", "not an image reference", "control"),
        ("älpine", "not an image reference", "reference is like"),
        ("--config=x", "not an image reference", "options before images"),
        ("https://ghcr.io/o/app", "not an image reference", "leave the scheme out: ghcr.io/o/app"),
        ("ghcr.io/Owner/App", "image names are lower case", "write ghcr.io/owner/app"),
        ("Owner/app:Tag", "image names are lower case", "write docker.io/owner/app"),
        ("ghcr.io/o/app:", "not a tag", "at most 128"),
        ("ghcr.io/o/app:-x", "not a tag", "starts with none"),
        ("ghcr.io/o/app:" + "x" * 129, "not a tag", "at most 128"),
        ("ghcr.io/o/app@", "not a digest", "64 lower-case"),
        ("ghcr.io/o/app@sha256:abc", "not a digest", "64 lower-case"),
        (f"ghcr.io/o/app@sha256:{HEX.upper()}", "not a digest", "lower-case"),
        (f"ghcr.io/o/app@sha512:{HEX * 2}", "not a digest", "sha256"),
        (f"ghcr.io/o/app@{DIGEST}@{DIGEST}", "not a digest", "sha256"),
        ("ghcr.io/", "not an image name", "lower-case letters"),
        ("ghcr.io//app", "not an image name", "lower-case letters"),
        ("ghcr.io/o/../app", "not an image name", "lower-case letters"),
        ("ghcr.io/o/app/", "not an image name", "lower-case letters"),
        ("ghcr.io/o/a___b", "not an image name", "lower-case letters"),
        ("ghcr.io/o/-app", "not an image name", "lower-case letters"),
        ("-.io/app", "not an image reference", "options"),
        ("a.-/app", "not a registry", "host name"),
        ("host:port/app", "not a registry", "with a port"),
        ("host:123456/app", "not a registry", "with a port"),
        ("[::1/app", "not a registry", "host name"),
        ("host:99999/app", "not a port: 99999", "from 1 to 65535"),
        ("host:0/app", "not a port: 0", "from 1 to 65535"),
        ("[::1]:65536/app", "not a port: 65536", "from 1 to 65535"),
        ("ghcr.io/Acme/App:1.0", "lower case", "write ghcr.io/acme/app:1.0"),
        (f"ghcr.io/Acme/App:V1@{DIGEST}", "lower case", f"write ghcr.io/acme/app:V1@{DIGEST}"),
        ("user:pass@ghcr.io/o/app", "not a digest", "sha256"),
        ("ghcr.io/" + "a/" * 130 + "a", "is too long", "at most 255"),
    ],
)
def test_what_is_no_reference_is_refused_with_the_mend(text, problem, hint):
    with pytest.raises(UsageError, match=problem) as caught:
        ImageRef.parse(text)
    assert hint in caught.value.hint
    assert caught.value.problem.isprintable()


NEARLY = st.text(alphabet="aZ09.:/@-_[]sha256 \n", max_size=100)
SOUND = st.from_regex(
    r"(([a-z0-9-]+\.[a-z]+|localhost)(:[0-9]{1,5})?/)?[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+){0,2}(:[A-Za-z0-9_.-]{1,128})?(@sha256:[0-9a-f]{64})?",
    fullmatch=True,
)


@given(st.text(max_size=400) | NEARLY | SOUND)
def test_any_text_is_a_reference_that_reads_back_as_itself_or_a_usage_error(text):
    try:
        ref = ImageRef.parse(text)
    except UsageError as exc:
        refusal = exc
    else:
        assert ImageRef.parse(str(ref)) == ref
        assert ref.tag or ref.digest
        return
    assert refusal.hint
    assert refusal.problem.isprintable()


@pytest.mark.parametrize("text", ["linux/amd64", "linux/arm/v7", "windows/amd64"])
def test_platforms_read_back_as_themselves(text):
    assert str(Platform.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/amd 64", "linux/amd64\n", "l\x1b/a"]
)
def test_what_is_no_platform_is_refused(text):
    with pytest.raises(UsageError, match="not a platform"):
        Platform.parse(text)


@given(st.text(max_size=50))
def test_any_text_is_a_platform_or_a_usage_error(text):
    try:
        platform = Platform.parse(text)
    except UsageError:
        return
    assert Platform.parse(str(platform)) == platform


@pytest.mark.parametrize(
    ("asked", "there", "answer"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm", "linux/arm/v6", True),
        ("linux/arm/v7", "linux/arm", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/amd64", "linux/arm64", False),
        ("linux/amd64", "windows/amd64", False),
    ],
)
def test_a_platform_covers_what_runs_as_it(asked, there, answer):
    assert Platform.parse(asked).covers(Platform.parse(there)) is answer


def test_a_pinned_image_is_named_by_its_digest_alone():
    assert str(PinnedImage(name="ghcr.io/o/app", tag="1", digest=DIGEST)) == f"ghcr.io/o/app@{DIGEST}"
