"""When something was signed, by somebody else's word than the signer's: the one word that its proof then covers."""

from dataclasses import replace
from datetime import UTC, datetime

from gate.cosign.certificate import stamped
from gate.cosign.json_fields import UnreadableError
from gate.cosign.signed_content import Sealed


def timed(found: Sealed, what: str) -> tuple[Sealed, datetime | None]:
    """What was found with no timestamp but the one that its time rests on, and that time.

    The earliest counts, since a later one can be had for an old signature; of several, cosign would be content with
    any. A log's word goes before an authority's. Raises `UnreadableError`.
    """
    stamps = [(stamped(stamp, what), stamp) for stamp in found.stamps]
    logged = min((entry.at for entry in found.entries if entry.at), default=0)
    if logged:
        return replace(found, stamps=()), _moment(logged, what)
    if not stamps:
        return found, None
    at, first = min(stamps)
    return replace(found, stamps=(first,)), at


def _moment(seconds: int, what: str) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as exc:
        raise UnreadableError(f"{what} has a time that there is not") from exc
