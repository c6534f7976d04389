"""The tags of a repository, page by page (OCI distribution-spec v1.1, "Listing Tags")."""

from gate.errors import RegistryError
from gate.io.run_context import RunContext
from gate.model.image import ImageRef
from gate.registry.access import Access
from gate.registry.connections import RegistrySessions

_PAGES = 200
_MOST = 100_000
"""Tags; the largest repositories of public registries have a tenth of it."""


def tags(ref: ImageRef, *, context: RunContext, access: Access) -> tuple[str, ...]:
    """Every tag of the repository of `ref`, as the registry lists them.

    Raises `MissingError` when there is no such repository, `RegistryError` when they cannot be known, also for more
    than can be taken: half a list is no answer.
    """
    from gate.registry.referrers import next_page

    found: list[str] = []
    query = "n=1000"
    with RegistrySessions([ref], context=context, access=access) as sessions:
        repository = sessions.source(ref)
        for _ in range(_PAGES):
            some, link = repository.tags(query)
            found += some
            if len(found) > _MOST:
                raise RegistryError(f"{ref.name} has more than {_MOST:,} tags")
            query = next_page(link, "/tags/list")
            if not query:
                return tuple(found)
    raise RegistryError(f"the list of the tags of {ref.name} has more than {_PAGES} pages")
