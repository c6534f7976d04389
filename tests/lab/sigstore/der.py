"""As much of ASN.1's DER (X.690) as certificates and timestamps need beyond what `cryptography` writes."""

from collections.abc import Iterator


def tlv(tag: int, *parts: bytes) -> bytes:
    """One element: its tag, its length, its content."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE."""
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """SET OF, in the order that DER asks for."""
    return tlv(0x31, *sorted(parts))


def octets(data: bytes) -> bytes:
    """OCTET STRING."""
    return tlv(0x04, data)


def utf8(text: str) -> bytes:
    """UTF8String."""
    return tlv(0x0C, text.encode())


def integer(number: int) -> bytes:
    """INTEGER, not negative."""
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def identifier(dotted: str) -> bytes:
    """OBJECT IDENTIFIER, from `1.2.840`."""
    first, second, *others = (int(number) for number in dotted.split("."))
    content = bytes([first * 40 + second])
    for number in others:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return tlv(0x06, content)


def elements(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The elements of `data`, one after another: tag, content, and the whole."""
    while data:
        tag, size, start = data[0], data[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[2:start], "big")
        yield tag, data[start : start + size], data[: start + size]
        data = data[start + size :]
