"""Which line of a Dockerfile made which layer: as BuildKit, the classic builder, buildah and kaniko write it down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.io.redact import masked
from gate.source.dockerfile import attribute, instructions

BASE = ["/bin/sh -c #(nop) ADD file:0b1c2d in / ", "RUN /bin/sh -c apt-get update # buildkit"]


def lines(dockerfile, *history, target=""):
    """The first line for each layer; None where there is none."""
    found = attribute(history, instructions(dockerfile), target)
    return [one.start_line if one else None for one in found]


def test_layers_of_the_base_image_are_the_from_line_s():
    text = '# an app\nFROM debian:12\nRUN apt-get install -y curl\nCOPY src /app\nCMD ["/app"]\n'
    made = ("RUN /bin/sh -c apt-get install -y curl # buildkit", "COPY src /app # buildkit")
    assert lines(text, *BASE, *made) == [2, 2, 3, 4]


def test_continued_lines_with_comments_are_one_instruction_and_end_where_they_end():
    text = "FROM debian\nRUN apt-get update && \\\n    # why\n\n    apt-get install -y \\\n\tcurl\nUSER me\n"
    (_, run, user) = instructions(text)
    assert (run.start_line, run.end_line, run.end_column) == (2, 6, 6)
    assert user.start_line == 7
    history = "RUN /bin/sh -c apt-get update &&     apt-get install -y  curl # buildkit"
    assert lines(text, *BASE, history) == [1, 1, 2]


def test_the_escape_directive_changes_what_continues_a_line():
    text = "# escape=`\nFROM windows\nRUN dir `\n  C:\\\nCOPY a b\n"
    assert [(one.keyword, one.start_line) for one in instructions(text)] == [("FROM", 2), ("RUN", 3), ("COPY", 5)]


def test_here_documents_are_read_to_their_end():
    text = (
        "FROM debian\n"
        "RUN <<EOF\napt-get update\nCOPY no instruction\nEOF\n"
        "RUN cat <<-'A' > /x && cat <<B\n\tone\n\tA\ntwo\nB\n"
        "COPY <<EOF /etc/motd\nhello\nEOF\n"
        "RUN <<EOF\n#!/usr/bin/env python\nprint()\nEOF\n"
        "RUN echo $((1<<2)) '<<NONE'\n"
    )
    history = (
        "RUN /bin/sh -c apt-get update\nCOPY no instruction\n # buildkit",
        "RUN /bin/sh -c cat <<-'A' > /x && cat <<B\n\tone\nA\ntwo\nB # buildkit",
        "COPY <<EOF /etc/motd # buildkit",
        "RUN /bin/sh -c /dev/pipes/EOF # buildkit",
        "RUN /bin/sh -c echo $((1<<2)) '<<NONE' # buildkit",
    )
    assert lines(text, *BASE, *history) == [1, 1, 2, 6, 11, 14, 18]


def test_build_arguments_and_other_shells_may_stand_before_the_command():
    text = 'FROM debian\nARG A\nRUN make\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN a | b\nRUN ["x", "y z"]\n'
    history = (
        "RUN |1 A=two words /bin/sh -c make # buildkit",
        "RUN |1 A=b /bin/bash -o pipefail -c a | b # buildkit",
        "RUN |1 A=b x y z # buildkit",
    )
    assert lines(text, *BASE, *history) == [1, 1, 3, 5, 6]


def test_a_command_whose_secret_is_hidden_in_the_history_is_found_all_the_same():
    text = "FROM debian\nRUN make\nRUN curl -H 'Authorization: Bearer abcdef0123456789' https://example.org\n"
    shown = masked("RUN /bin/sh -c curl -H 'Authorization: Bearer abcdef0123456789' https://example.org # buildkit")
    assert "***" in shown
    assert lines(text, *BASE, "RUN /bin/sh -c make # buildkit", shown) == [1, 1, 2, 3]


def test_flags_are_no_part_of_what_is_compared():
    text = (
        "FROM debian\nRUN --mount=type=cache,target=/c --network=none make\nCOPY --chown=a:b --link --chmod=755 a /c\n"
    )
    history = ("RUN /bin/sh -c make # buildkit", "COPY --chown=a:b --chmod=755 a /c # buildkit")
    assert lines(text, *BASE, *history) == [1, 1, 2, 3]


def test_variables_may_stand_for_anything_but_the_rest_must_fit():
    text = "FROM debian\nARG V\nCOPY app-${V}.tar /opt/$V/\n"
    assert lines(text, *BASE, "COPY app-1.2.tar /opt/1.2/ # buildkit") == [1, 1, 3]
    assert lines(text, *BASE, "COPY lib-1.2.tar /opt/1.2/ # buildkit") == []


def test_the_classic_builder_tells_only_where_a_copy_went():
    text = "FROM debian\nRUN make\nWORKDIR /srv\nCOPY a b app/\nADD x.tgz /opt\n"
    history = (
        "/bin/sh -c make",
        "/bin/sh -c #(nop) WORKDIR /srv",
        "/bin/sh -c #(nop) COPY multi:9f8e in app/ ",
        "/bin/sh -c #(nop) ADD file:1a2b in /opt ",
    )
    assert lines(text, *BASE, *history) == [1, 1, 2, 3, 4, 5]
    resolved = (*history[:2], "/bin/sh -c #(nop) COPY multi:9f8e in /srv/app/ ", history[3])
    assert lines(text, *BASE, *resolved) == [1, 1, 2, 3, 4, 5]


def test_kaniko_writes_instructions_as_they_are():
    assert lines("FROM debian\nRUN make all\nCOPY . /app\n", *BASE, "RUN make all", "COPY . /app") == [1, 1, 2, 3]


def test_a_workdir_that_made_no_layer_is_passed_over():
    text = "FROM debian\nWORKDIR /app\nRUN make\nWORKDIR sub\nCOPY . .\n"
    assert lines(text, "x", "RUN /bin/sh -c make # buildkit", "COPY . . # buildkit") == [1, 3, 5]
    with_layers = ("x", "RUN /bin/sh -c make # buildkit", "WORKDIR /app/sub", "COPY . . # buildkit")
    assert lines(text, *with_layers) == [1, 3, 4, 5]


MANY = """\
FROM golang AS build
RUN go build -o /out
FROM debian AS base
RUN apt-get install -y curl
FROM base AS dev
RUN apt-get install -y gdb
FROM base
COPY --from=build /out /app
"""


def test_the_last_stage_with_what_it_is_built_upon_is_what_counts():
    history = ("RUN /bin/sh -c apt-get install -y curl # buildkit", "COPY /out /app # buildkit")
    assert lines(MANY, *BASE, *history) == [3, 3, 4, 8]


def test_another_stage_is_taken_when_it_alone_fits_or_is_named():
    history = ("RUN /bin/sh -c apt-get install -y curl # buildkit", "RUN /bin/sh -c apt-get install -y gdb # buildkit")
    assert lines(MANY, *BASE, *history) == [3, 3, 4, 6]
    assert lines(MANY, *BASE, *history, target="dev") == [3, 3, 4, 6]
    assert lines(MANY, *BASE, *history, target="build") == []
    assert lines(MANY, *BASE, *history, target="nowhere") == []


def test_a_stage_chosen_by_a_variable_is_not_guessed_at():
    text = "ARG B\nFROM debian AS base-a\nRUN x\nFROM debian AS base-b\nRUN y\nFROM base-$B\nCOPY a b\n"
    assert lines(text, *BASE, "RUN /bin/sh -c x # buildkit", "COPY a b # buildkit") == [None, None, None, 7]
    outside = "ARG B\nFROM debian:$B\nCOPY a b\n"
    assert lines(outside, *BASE, "COPY a b # buildkit") == [2, 2, 3]


STAGED = "FROM golang AS build\nRUN make\nFROM {base}\nRUN apt-get install -y curl\nCOPY --from=build /out /app\n"
OWN = ("RUN /bin/sh -c apt-get install -y curl # buildkit", "COPY /out /app # buildkit")


@pytest.mark.parametrize(
    ("arguments", "base"),
    [
        ("ARG BASE=debian:12", "${BASE}"),
        ("ARG BASE=debian:12", "$BASE"),
        ('ARG BASE="debian:12"', '"${BASE}"'),
        ("ARG TAG=12 BASE=debian:${TAG}", "${BASE}"),
        ("ARG BASE", "${BASE:-debian:12}"),
        ("ARG REGISTRY=docker.io", "${REGISTRY}/library/debian:${TAG:-12}"),
        ("ARG BASE=debian:12", "--platform=$TARGETPLATFORM ${BASE}"),
    ],
)
def test_a_base_by_an_argument_with_a_default_keeps_every_line(arguments, base):
    text = f"{arguments}\n{STAGED.format(base=base)}"
    assert lines(text, *BASE, *OWN) == [4, 4, 5, 6]


@pytest.mark.parametrize(
    "arguments", ["ARG BASE", "ARG OTHER=debian", "ARG BASE=$UNKNOWN", "ARG BASE=build", "ARG BASE='x"]
)
def test_a_base_that_is_not_known_never_takes_the_stage_its_own_lines(arguments):
    text = f"{arguments}\n{STAGED.format(base='${BASE}')}"
    assert lines(text, *BASE, *OWN)[-2:] == [5, 6]


def test_a_default_that_names_a_stage_is_built_upon_that_stage():
    text = f"ARG BASE=build\n{STAGED.format(base='${BASE}')}"
    made = ("RUN /bin/sh -c make # buildkit", *OWN)
    assert lines(text, *BASE, *made) == [2, 2, 3, 5, 6]


def test_arguments_after_the_first_stage_say_nothing_about_a_base():
    text = "FROM golang AS build\nARG BASE=build\nRUN make\nFROM ${BASE}\nCOPY a b\n"
    assert lines(text, *BASE, "COPY a b # buildkit") == [None, None, 5]


def test_defaults_that_name_each_other_stay_short():
    arguments = "\n".join(["ARG A0=xxxxxxxxxx", *(f"ARG A{i}=$A{i - 1}$A{i - 1}" for i in range(1, 60))])
    text = f"{arguments}\nFROM $A59\nCOPY a b\n"
    assert lines(text, *BASE, "COPY a b # buildkit")[-1] == 62


def test_a_base_of_nothing_has_no_layers():
    text = "FROM scratch\nCOPY app /\n"
    assert lines(text, "COPY app / # buildkit") == [2]
    assert lines(text, *BASE, "COPY app / # buildkit") == []


@pytest.mark.parametrize(
    "history",
    [
        (*BASE, "COPY other /app # buildkit"),
        (*BASE, "COPY src /app # buildkit", "RUN /bin/sh -c rm -r /x # buildkit"),
        (*BASE, ""),
        (*BASE, "RUN /bin/sh -c evil && make # buildkit", "COPY src /app # buildkit"),
        (),
    ],
)
def test_a_dockerfile_of_another_image_gives_no_line_at_all(history):
    assert lines("FROM debian\nRUN make\nCOPY src /app\n", *history) == []


def test_a_dockerfile_that_adds_nothing_cannot_be_recognised():
    assert lines("FROM debian\nENV A=b\nWORKDIR /app\n", *BASE, "WORKDIR /app") == []


def test_a_layer_that_two_instructions_may_have_made_gets_no_line():
    text = "FROM debian\nWORKDIR /app\nRUN make\n"
    base = ("x", "WORKDIR /app")
    assert lines(text, *base, "RUN /bin/sh -c make # buildkit") == [1, None, 3]


def test_history_cut_for_display_still_matches_by_its_beginning():
    long = "echo " + " ".join(str(number) for number in range(500))
    cut = f"RUN /bin/sh -c {long}"[:300] + "…"
    assert lines(f"FROM debian\nRUN {long}\n", *BASE, cut) == [1, 1, 2]
    assert lines("FROM debian\nRUN echo other\n", *BASE, cut) == []


def test_an_empty_dockerfile_is_nobody_s():
    assert lines("", *BASE) == lines("# nothing\n", *BASE) == lines("RUN make\n", *BASE) == []


@given(st.text(alphabet="FROM RUNCPYAS<\\`#\n\"'[]$-{}=EO/a", max_size=200), st.lists(st.text(max_size=60), max_size=5))
def test_nothing_that_may_stand_in_a_dockerfile_or_a_history_stops_us(text, history):
    found = attribute(history, instructions(text))
    assert len(found) in {0, len(history)}
    count = len(text.removeprefix("\ufeff").splitlines())
    assert all(1 <= one.start_line <= one.end_line <= count for one in instructions(text))


def test_a_template_of_many_variables_takes_no_time_that_grows_with_their_number():
    text = "FROM debian\nCOPY " + "$A a " * 400 + "/x\n"
    assert lines(text, *BASE, "COPY " + "a " * 3000 + "/y # buildkit") == []
