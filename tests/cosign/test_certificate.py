"""Who a certificate names, and everything hostile that it may say instead."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gate.cosign.certificate import key_hash, signer, timestamp_time
from gate.cosign.json_fields import ForeignError, UnreadableError
from gate.errors import InputError
from gate.model.evidence import Signer
from tests.builders import NOW
from tests.lab.sigstore import ISSUER, der, keys

ARC = "1.3.6.1.4.1.57264.1"
URI = x509.UniformResourceIdentifier
JOB = "https://github.com/octo/app/.github/workflows/release.yml@refs/heads/main"
ONE = (URI(JOB),)


def certificate(names=ONE, **extensions):
    """By a key of its own, since nobody asks whose it is; extensions like `n8=...`, in bytes."""
    key = keys.new()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(minutes=10))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    for name, value in extensions.items():
        oid = x509.ObjectIdentifier(f"{ARC}.{name.removeprefix('n')}")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(keys.Encoding.DER)


def test_every_field_is_read():
    given = {f"n{number}": der.utf8(f"value-{number}") for number in (8, 12, 13, 14, 15, 17, 20, 21)}
    assert signer(certificate(**given), "it") == Signer(
        subject=JOB,
        issuer="value-8",
        repository="value-12",
        repository_id="value-15",
        owner_id="value-17",
        commit="value-13",
        ref="value-14",
        event="value-20",
        run="value-21",
    )


@pytest.mark.parametrize("size", [1, 127, 128, 255, 256, 4096])
def test_a_text_may_have_any_length(size):
    assert signer(certificate(n8=der.utf8("i" * size)), "it").issuer == "i" * size


def test_the_older_form_of_the_issuer_is_the_text_itself():
    assert signer(certificate(n1=ISSUER.encode()), "it").issuer == ISSUER
    assert signer(certificate(n1=ISSUER.encode(), n8=der.utf8(ISSUER)), "it").issuer == ISSUER


OLDER = {2: (20, "push"), 3: (13, "a" * 40), 5: (12, "octo/app"), 6: (14, "refs/heads/main")}


@pytest.mark.parametrize(("older", "newer", "value"), [(one, *two) for one, two in OLDER.items()])
def test_an_older_form_says_what_the_newer_one_says_or_the_certificate_is_refused(older, newer, value):
    whole = f"https://github.com/{value}" if newer == 12 else value

    def made(old, new=whole):
        return certificate(**{f"n{older}": old, f"n{newer}": der.utf8(new)})

    signer(made(value.encode()), "it")
    signer(certificate(**{f"n{older}": value.encode()}), "it")  # nothing is taken from the older form alone
    for wrong in (b"evil/app", value.upper().encode(), f"{value}x".encode(), der.utf8(value), b"\xff", b"", b" "):
        with pytest.raises(UnreadableError):
            signer(made(wrong), "it")
    if newer == 12:
        for other in (
            f"https://github.com/evil/{value}",
            value.replace("octo", "evil"),
            f"https://github.com/{value}/x",
        ):
            with pytest.raises(UnreadableError, match="two repositories"):
                signer(made(value.encode(), other), "it")


def test_an_address_is_a_name_too():
    assert signer(certificate([x509.RFC822Name("dev@example.org")]), "it") == Signer(subject="dev@example.org")


def twice():
    """The same extension again, which the builder would not write: another one is made to look like it."""
    one = certificate(n13=der.utf8("aaaa"), n14=der.utf8("aaaa"))
    numbers = [der.identifier(f"{ARC}.{number}") for number in (13, 14)]
    assert one.count(numbers[1]) == 1
    return one.replace(numbers[1], numbers[0])


HOSTILE = {
    "an extension twice": twice,
    "no certificate": lambda: b"\x30\x00",
    "one with something after it": lambda: certificate() + b"\0",
    "two issuers": lambda: certificate(n1=b"https://evil.example", n8=der.utf8(ISSUER)),
    "an issuer that is no DER": lambda: certificate(n8=ISSUER.encode()),
    "a text of another kind": lambda: certificate(n8=der.tlv(0x13, b"text")),
    "a text longer than it says": lambda: certificate(n8=der.utf8("text") + b"more"),
    "a text shorter than it says": lambda: certificate(n8=der.utf8("text")[:-1]),
    "a length with zeros before it": lambda: certificate(n8=b"\x0c\x82\x00\x04text"),
    "a length longer than it has to be": lambda: certificate(n8=b"\x0c\x81\x04text"),
    "a length without an end": lambda: certificate(n8=b"\x0c\x80text\x00\x00"),
    "a length of nothing": lambda: certificate(n8=b"\x0c"),
    "an empty extension": lambda: certificate(n8=b""),
    "an empty text": lambda: certificate(n8=b"\x0c\x00"),
    "a text that is none": lambda: certificate(n8=b"\x0c\x02\xff\xfe"),
    "an older issuer that is no text": lambda: certificate(n1=b"\xff"),
    "a text with a line end": lambda: certificate(n14=der.utf8("refs/heads/main\n")),
    "a text that runs backwards": lambda: certificate(n14=der.utf8("refs/heads/\u202eniam")),
    "a name with a line end": lambda: certificate([URI(f"{JOB}\nx")]),
    "a name with a zero byte": lambda: certificate([URI(f"{JOB}\0.evil.example")]),
    "a name with a space before it": lambda: certificate([URI(f" {JOB}")]),
    "an endless name": lambda: certificate([URI(f"https://a.example/{'a' * 5000}")]),
    "an endless text": lambda: certificate(n8=der.utf8("i" * 70_000)),
    "an empty name": lambda: certificate([URI("")]),
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_what_is_malformed_is_refused(made):
    with pytest.raises(UnreadableError) as caught:
        signer(made(), "it")
    assert not isinstance(caught.value, ForeignError)
    assert caught.value.problem.isprintable()


FOREIGN = {
    "nobody": (),
    "two names": (URI(JOB), URI("https://evil.example")),
    "a name and an address": (URI(JOB), x509.RFC822Name("dev@example.org")),
    "a machine": (x509.DNSName("example.org"),),
}


@pytest.mark.parametrize("names", FOREIGN.values(), ids=FOREIGN)
def test_who_has_not_exactly_one_name_is_nobody_to_us(names):
    with pytest.raises(ForeignError):
        signer(certificate(names), "it")


def test_a_timestamp_that_is_none_is_refused():
    with pytest.raises(UnreadableError, match="timestamp"):
        timestamp_time(b"\x30\x00", "it")


@pytest.mark.parametrize("pem", [b"", b"x", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_public_key_that_is_none_is_refused(pem):
    with pytest.raises(InputError):
        key_hash(pem)
