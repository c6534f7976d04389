"""Types of policy values: durations, thresholds, dates, names, sizes."""

import re
from contextlib import suppress
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from gate.errors import GateError
from gate.model.findings import Severity
from gate.model.image import Platform

_SPAN = re.compile(r"([0-9]{1,5}) ?(h|d|w)")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def _span(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not (match := _SPAN.fullmatch(value)):
        raise ValueError("a span of time is a number and h, d or w: 12h, 7d, 2w")
    return int(match[1]) * _UNITS[match[2]]


def spell(span: timedelta) -> str:
    """`7d` for whole days, hours otherwise: the form that `Span` reads back."""
    hours = round(span.total_seconds() / 3600)
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"


Span = Annotated[
    timedelta,
    BeforeValidator(_span),
    PlainSerializer(spell, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,5} ?[hdw]$", "examples": ["12h", "7d"]}),
]


def _threshold(value: Any) -> Any:
    return None if value == "none" else value


Threshold = Annotated[
    Severity | None,
    BeforeValidator(_threshold),
    PlainSerializer(lambda value: value or "none", return_type=str),
    WithJsonSchema({"enum": ["critical", "high", "medium", "low", "unknown", "none"]}),
]


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _DAY.fullmatch(value):
        raise ValueError("a day is written YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError as exc:
        raise ValueError(f"there is no day {value}") from exc


def _package(value: str) -> str:
    if value.startswith("pkg:"):
        from gate.model import purl

        purl.pattern(value)
    return value


def _platform(value: str) -> str:
    try:
        Platform.parse(value)
    except GateError as exc:
        raise ValueError(f"{exc.problem}; {exc.hint}") from exc
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Day = Annotated[date, BeforeValidator(_day)]
Package = Annotated[Text, AfterValidator(_package)]
PlatformName = Annotated[Text, AfterValidator(_platform)]


_SHARE = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?%", re.ASCII)
_BYTES = re.compile(r"[0-9]{1,15}(\.[0-9]{1,3})?( ?[kmgtp]i?b|b)?", re.ASCII | re.IGNORECASE)


def _growth(value: Any) -> str | int:
    if isinstance(value, str) and _SHARE.fullmatch(value):
        return value
    if (isinstance(value, str) and _BYTES.fullmatch(value)) or (type(value) is int and value >= 0):
        with suppress(ValidationError):
            return int(TypeAdapter(ByteSize).validate_python(value))
    raise ValueError("growth is a share, or bytes: 10%, 20MB")


def _size(value: Any) -> Any:
    if isinstance(value, str) and not value.isascii():
        raise ValueError("a size is a number of bytes, or a number and a unit: 400MB, 1GiB")
    return value


Bytes = Annotated[ByteSize, BeforeValidator(_size)]
"""A number of bytes, or a number and a unit."""


Allowance = Annotated[
    str | int,
    PlainValidator(_growth, json_schema_input_type=str | int),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "pattern": f"^(?:{_SHARE.pattern}|[0-9]{{1,15}}(\\.[0-9]{{1,3}})?( ?[kKmMgGtTpP]i?[bB]|[bB])?)$",
                    "type": "string",
                },
                {"minimum": 0, "type": "integer"},
            ],
            "examples": ["10%", "20MB"],
        }
    ),
]
