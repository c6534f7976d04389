"""An image whose own configuration tries to keep Trivy from finding what is in it."""

import json

import pytest

from tests.lab.contents import Deb, aws_key, debian, github_token
from tests.lab.oci import Layout

BASE = debian("12.4", [Deb("bash", "5.2.15-2+b2")])
SECRET = {
    "app/deploy.txt": f"token: {github_token()}\n".encode(),
    "app/.env": f"AWS_ACCESS_KEY_ID={aws_key()}\n".encode(),
}
MORE = {"app/more.txt": b"nothing to see\n"}
FOUND = {"app/deploy.txt", "app/.env"}
CMD = {
    "BuildKit": 'CMD ["/app"]',
    "BuildKit with its mark": 'CMD ["/app"] # buildkit',
    "classic builder": '/bin/sh -c #(nop)  CMD ["/app"]',
    "shell form": "CMD /app",
    "kaniko": 'CMD ["/app"]',
    "buildah": '/bin/sh -c #(nop)  CMD ["/app"]|unsetLabel=true|force-mtime=10',
    "the three letters alone": "CMD",
}


def empty(created_by):
    return {"created_by": created_by, "empty_layer": True}


def filled(created_by="COPY . /app # buildkit"):
    return {"created_by": created_by}


HISTORIES = {
    **{name: [filled(), filled(), empty(told), filled()] for name, told in CMD.items()},
    "an entry point as well": [filled(), filled(), empty('ENTRYPOINT ["/app"]'), empty("CMD []"), filled()],
    "several of them": [empty("CMD a"), filled(), empty("CMD b"), filled(), empty("CMD c"), filled()],
    "more entries than layers": [filled() for _ in range(9)] + [empty("CMD a"), filled()],
    "fewer entries than layers": [filled(), empty("CMD a"), filled()],
    "all said to be empty": [empty("COPY a"), empty("COPY b"), empty("CMD a"), empty("COPY c")],
    "the layers after it said to be empty": [filled(), filled(), empty("CMD a"), empty("COPY c"), filled()],
    "none": [],
}


@pytest.fixture
def image(tmp_path):
    layout = Layout(tmp_path / "layout")

    def build(*layers, **more):
        layout.tag(layout.image(layers or [BASE, SECRET, MORE], **more), "it")
        return f"oci:{layout.folder}:it"

    build.layout = layout
    return build


def secrets(said):
    return {one["finding"]["path"] for one in said.verdict["findings"] if one["finding"]["kind"] == "secret"}


def mistakes(said):
    return {one["finding"]["id"] for one in said.verdict["findings"] if one["finding"]["kind"] == "misconfiguration"}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_a_layer_is_searched_whatever_the_history_says(scan, image, history):
    said = scan(image(history=history))
    assert (said.code, secrets(said)) == (10, FOUND)


def test_a_secret_in_the_first_layer_is_found_below_a_command_and_one_more_layer(scan, image):
    history = [filled(), empty('CMD ["/app"]'), filled()]
    said = scan(image({**BASE, **SECRET}, MORE, history=history))
    assert (said.code, secrets(said)) == (10, FOUND)


def test_the_instruction_of_a_layer_is_that_of_the_real_history(scan, image):
    history = [filled("ADD root /"), filled("COPY keys /app"), empty("CMD a"), filled("RUN make")]
    said = scan(image(history=history))
    made = {
        place["created_by"]
        for one in said.verdict["findings"]
        if one["finding"]["kind"] == "secret"
        for place in one["finding"]["occurrences"]
    }
    assert made == {"COPY keys /app"}


@pytest.mark.parametrize(
    "config",
    [
        {"Labels": {"org.opencontainers.image.base.name": "debian:12", "io.trivy.ignore": "all"}},
        {"Labels": {f"trivy.{name}": "true" for name in ("skip", "skip-dirs", "skip-files", "ignore")}},
        {"Env": ["TRIVY_SKIP_DIRS=/app", "TRIVY_SECRET_CONFIG=/x", "TRIVY_SCANNERS=vuln", "TRIVY_IGNOREFILE=/x"]},
        {"Cmd": ["trivy:ignore:*"], "Entrypoint": ["CMD"], "OnBuild": ["CMD a"], "Volumes": {"/app": {}}},
        {"User": "app", "WorkingDir": "/app", "Shell": ["CMD"]},
    ],
    ids=["base image", "trivy labels", "environment", "commands", "user"],
)
def test_nothing_in_the_configuration_switches_the_search_off(scan, image, config):
    said = scan(image(config=config))
    assert (said.code, secrets(said)) == (10, FOUND)


def test_secrets_in_the_configuration_itself_are_found_as_ever(scan, image):
    told = [empty(f"ENV AWS_ACCESS_KEY_ID={aws_key()}"), empty("CMD a")]
    said = scan(image(BASE, MORE, history=[filled(), *told, filled()], config={"Labels": {"token": github_token()}}))
    assert (said.code, secrets(said)) == (10, {""})
    assert {one["finding"]["id"] for one in said.verdict["findings"]} >= {"aws-access-key-id", "github-pat"}


def test_documents_name_the_image_and_not_what_trivy_was_handed(scan, image):
    it = image(history=[filled(), filled(), empty("CMD a"), filled()])
    said = scan(it, "--sbom", "sbom.json")
    manifest = image.layout.document(said.verdict["subject"]["digest"])
    assert said.verdict["platforms"][0]["image_id"] == manifest["config"]["digest"]
    told = {one["name"]: one["value"] for one in said.json("sbom.json")["metadata"]["component"]["properties"]}
    assert told["aquasecurity:trivy:ImageID"] == manifest["config"]["digest"]


IGNORED = {
    "a comment of its own": [empty("ARG A\n# trivy:ignore:DS-0002"), empty("USER root")],
    "behind the instruction": [empty("USER root # trivy:ignore:DS-0002")],
    "everything": [empty("# trivy:ignore:*"), empty("ARG A\n#trivy:ignore:*\nUSER root")],
    "with a date": [empty("#trivy:exp:2099-01-01:ignore:DS-0002"), empty("USER root")],
    "by its old name": [empty("# tfsec:ignore:*"), empty("USER root #tfsec:ignore:DS-0002")],
    "another user than it runs as": [empty("USER app")],
    "a second image": [empty("ARG A\nFROM scratch\nUSER app")],
    "no history": [],
}


@pytest.mark.parametrize("history", IGNORED.values(), ids=IGNORED)
def test_an_image_that_runs_as_root_is_reported_whatever_its_history_says(scan, image, history):
    said = scan(image(BASE, MORE, history=history), "--misconfigurations", "high")
    assert (said.code, mistakes(said) & {"DS-0002"}) == (10, {"DS-0002"})


@pytest.mark.parametrize("user", ["root", "0", "0:0", "000", "root:app"])
def test_root_is_root_by_every_name(scan, image, user):
    said = scan(image(BASE, history=[empty("USER app")], config={"User": user}), "--misconfigurations", "high")
    assert (said.code, mistakes(said) & {"DS-0002"}) == (10, {"DS-0002"})


def test_a_history_of_which_nothing_can_be_read_is_no_clean_one(scan, image):
    said = scan(
        image(BASE, MORE, history=[empty("ENV"), empty("USER app")], config={"User": "app"}),
        "--misconfigurations",
        "high",
    )
    assert said.code == 10
    assert "history as a Dockerfile" in json.dumps(said.verdict["reasons"])


def test_an_instruction_of_many_lines_stays_one(scan, image):
    history = [filled("RUN /bin/sh -c sudo make\nfrobnicate --all # buildkit"), empty("USER app")]
    said = scan(image(BASE, history=history, config={"User": "app"}), "--misconfigurations", "critical")
    assert (said.code, mistakes(said)) == (10, {"DS-0010", "DS-0026"})
