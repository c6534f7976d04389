"""Signing time by a transparency log or timestamp authority (never by the signer)."""

from dataclasses import replace
from datetime import UTC, datetime

from gate.cosign.certificate import timestamp_time
from gate.cosign.json_fields import UnreadableError
from gate.cosign.signed_content import SignedContent


def with_signing_time(signed_content: SignedContent, what: str) -> tuple[SignedContent, datetime | None]:
    """Return the content with the one timestamp that its signing time rests on, and that time (None without one).

    The earliest counts: a later timestamp can be obtained for an old signature, and cosign accepts any of several. A
    log's time takes precedence over a timestamp. Raises `UnreadableError`.
    """
    timestamps = [(timestamp_time(timestamp, what), timestamp) for timestamp in signed_content.timestamps]
    logged = min((entry.at for entry in signed_content.entries if entry.at), default=0)
    if logged:
        return replace(signed_content, timestamps=()), _moment(logged, what)
    if not timestamps:
        return signed_content, None
    at, first = min(timestamps)
    return replace(signed_content, timestamps=(first,)), at


def _moment(seconds: int, what: str) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as exc:
        raise UnreadableError(f"{what} has an invalid time") from exc
