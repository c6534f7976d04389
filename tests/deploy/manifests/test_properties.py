"""What holds for every deployment: it names what it says, pinned it is otherwise the same, and nothing ends badly."""

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gate.deploy.manifests import parse_manifests, pin
from gate.errors import InputError
from gate.text import one_line

DIGEST = "@sha256:" + "c" * 64
HOSTS = st.sampled_from(["", "ghcr.io/", "localhost:5000/"])
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}(?:[._/-][a-z0-9]{1,4}){0,2}", fullmatch=True)
TAGS = st.sampled_from(["", ":1", ":v1.2-x_y", ":latest", "@sha256:" + "d" * 64])
IMAGES = st.builds("{}{}{}".format, HOSTS, NAMES, TAGS)
QUOTES = st.sampled_from(["", "'", '"'])
ENDS = st.sampled_from(["", " ", "   # image: no", " # é"])
BETWEEN = st.sampled_from(["", "", "\n", "# Source: é/{{ x }}.yaml\n", "   \n"])
OTHERS = st.sampled_from(
    [
        "name: x",
        "args: ['--a', \"image: no\"]",
        "text: |\n  image: no\n\n  - containers:",
        'env: [{name: A, value: "\\u00e9\'"}]',
    ]
)
LINES = (
    "apiVersion: v1|kind: Pod|kind: List|items:|spec:|containers:|image: a|- image: b|image:|services:|web: {image: a}"
)
MARKS = '{ } [ ] , : - # \' " & * &a *a <<: *a | > ! !!str {{ $X \\ nginx:1 null 1 \x85 {"apiVersion":"v1", "items":['
SPACES = ("\n", "\n  ", "\n---\n", "\r\n", "\t", ": ", "- ", " #", "")
WORDS = st.sampled_from([*LINES.split("|"), *MARKS.split(" "), *SPACES])


def indented(text, by):
    return "".join(f"{' ' * by}{line}" if line.strip() else line for line in text.splitlines(keepends=True))


@st.composite
def containers(draw, place):
    """One element of a list, with a mark where its image belongs."""
    quote, end = draw(QUOTES), draw(ENDS)
    if draw(st.booleans()):
        before, after = draw(st.sampled_from(["", "name: x, "])), draw(st.sampled_from(["", ", args: ['}']", "  "]))
        return f"- {{{before}image: {quote}<{place}>{quote}{after}}}{end}\n"
    anchor = draw(st.sampled_from(["", "&i ", "!!str "]))
    key = draw(st.sampled_from(["image: ", "'image' :   ", '"im\\x61ge": ']))
    lines = [f"{key}{anchor}{quote}<{place}>{quote}{end}", *draw(st.lists(OTHERS, max_size=2, unique=True))]
    body = "\n".join(draw(st.permutations(lines))) + "\n"
    gap = draw(st.integers(1, 3))
    return "-" + " " * gap + indented(body, gap + 1).lstrip(" ") + draw(st.sampled_from(["", "\n", "# image: no\n"]))


@st.composite
def pods(draw, first):
    """A document, and how many images it names."""
    count, by = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    listed = "".join(draw(containers(first + number)) for number in range(count))
    kind = draw(st.sampled_from(["containers", "initContainers"]))
    spec = f"{kind}:\n" + indented(listed, draw(st.integers(0, 3)))
    template = f"template:\n{indented('spec:' + chr(10) + indented(spec, by), by)}"
    head = ["apiVersion: example.org/v1\n", "kind: 'Thing'\n", f"spec:\n{indented(template, by)}"]
    return draw(BETWEEN).join(draw(st.permutations(head))), count


@st.composite
def services(draw, first):
    count, by = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    text = "services:\n"
    for number in range(first, first + count):
        quote = draw(QUOTES)
        body = f"image: {quote}<{number}>{quote}{draw(ENDS)}\nbuild: .\n"
        text += indented(f"'s {number}':\n{indented(body, by)}", by) + draw(BETWEEN)
    return text, count


@st.composite
def deployments(draw):
    """A text with marks for its images, and the images."""
    document = draw(st.sampled_from([pods, services]))
    text, count = draw(BETWEEN), 0
    for number in range(draw(st.integers(1, 3))):
        body, more = draw(document(count))
        text += ("---\n" if number or draw(st.booleans()) else "") + draw(BETWEEN) + body
        count += more
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    return draw(st.sampled_from(["", "\ufeff"])) + text, draw(st.lists(IMAGES, min_size=count, max_size=count))


@st.composite
def lists(draw):
    images = draw(st.lists(IMAGES, min_size=1, max_size=5))
    lines = [f"{draw(BETWEEN)}{draw(st.sampled_from(['', '  ']))}<{n}>{draw(ENDS)}\n" for n in range(len(images))]
    return "".join(lines), images


@st.composite
def objects(draw):
    """JSON as `kubectl` writes it, and as nobody does."""
    images = draw(st.lists(IMAGES, min_size=1, max_size=4))
    said = draw(st.text(max_size=5).filter(lambda text: not set(text) & set("<>")))
    pod = {"containers": [{"name": said, "image": f"<{n}>", said: [1, None, {}]} for n in range(len(images))]}
    whole = {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod", "spec": pod}]}
    indent = draw(st.sampled_from([None, 1, 4, "\t"]))
    return json.dumps(whole, indent=indent, ensure_ascii=draw(st.booleans())), images


def filled(text, images):
    for number, image in enumerate(images):
        text = text.replace(f"<{number}>", image)
    return text.encode()


@given(deployments() | lists() | objects())
@settings(max_examples=150)
def test_pinning_a_deployment_changes_only_the_digests_of_its_images(drawn):
    text, images = drawn
    data = filled(text, images)
    found = parse_manifests(data, "file")
    assert sorted(one.image for one in found.images) == sorted(images)
    after = {image: image.partition("@")[0] + DIGEST for image in images}
    pinned = pin(data, found, after)
    assert pinned == filled(text, [after[image] for image in images])
    again = parse_manifests(pinned, "file")
    assert [one.image for one in again.images] == [after[one.image] for one in found.images]
    assert pin(pinned, again, {one: one for one in after.values()}) == pinned


@given(deployments() | lists())
def test_every_image_is_told_at_its_place(drawn):
    text, images = drawn
    data = filled(text, images)
    lines = data.decode("utf-8-sig").split("\n")
    for one in parse_manifests(data, "file").images:
        assert one.image in lines[one.line - 1][one.column - 1 :]


@given(st.data())
@settings(max_examples=150)
def test_whatever_is_done_to_a_deployment_it_is_read_and_pinned_or_refused_in_words(data):
    text, images = data.draw(deployments() | objects())
    broken = filled(text, images).decode()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(broken)))
        broken = broken[:place] + data.draw(WORDS) + broken[place + data.draw(st.integers(0, 4)) :]
    said = outcome(broken.encode())
    assert said == one_line(said, 10_000)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | st.lists(WORDS).map(" ".join).map(str.encode))
@example(b'{"' * 100_000)
@example(b"nginx\n\xc2\x85")
@settings(max_examples=400)
def test_no_bytes_end_in_anything_but_words(data):
    said = outcome(data)
    assert said == one_line(said, 10_000)


def outcome(data):
    """What an input error says; any other error ends the test."""
    try:
        found = parse_manifests(data, "file")
        pinned = pin(data, found, {one.image: one.image.partition("@")[0] + DIGEST for one in found.images})
    except InputError as exc:
        return exc.problem
    assert [one.path for one in parse_manifests(pinned, "file").images] == [one.path for one in found.images]
    return ""
