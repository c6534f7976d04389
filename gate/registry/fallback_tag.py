"""Take lost entries out of the fallback tag, the list of evidence of a registry without the referrers API.

The tag `sha256-<hex>` is an index that clients write (OCI distribution-spec v1.1, "Referrers Tag Schema"). A clean-up
that deletes manifests leaves their entries in it.
"""

from collections.abc import Collection

from gate.errors import RegistryError
from gate.io import strict_json
from gate.io.run_context import RunContext
from gate.model.image import ImageRef
from gate.registry import evidence_manifests
from gate.registry.access import Access
from gate.registry.connections import RegistrySessions
from gate.registry.manifests import Index


def drop_missing(
    ref: ImageRef, subject: str, manifests: Collection[str], *, context: RunContext, access: Access
) -> tuple[str, ...]:
    """Drop those of `manifests` that the fallback tag of `subject` lists and that still answer 404; return those.

    Every other entry stays as it is. Call it for one subject at a time: the tag is read, changed and written. Raises
    `RegistryError` when the tag cannot be read or written.
    """
    tag = evidence_manifests.tag(subject)
    with RegistrySessions([ref], context=context, access=access, actions="pull,push") as sessions:
        source = sessions.source(ref)
        document = source.tagged(tag)
        if not isinstance(document.parsed(), Index):
            raise RegistryError(f"the tag {tag} is an image and no index")
        entries = document.doc["manifests"]
        listed = dict.fromkeys(entry["digest"] for entry in entries)
        lost = tuple(digest for digest in listed if digest in manifests and not source.has(digest))
        if lost:
            kept = [entry for entry in entries if entry["digest"] not in lost]
            source.put(tag, strict_json.dumps({**document.doc, "manifests": kept}), document.kind)
    return lost
