"""The numbers that GitHub code scanning holds a SARIF file to.

From "SARIF support for code scanning" and "SARIF results exceed one or more limits" in GitHub's documentation;
`RELATED` is in no table, only in the words of refused uploads.
"""

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

PACKED = 10_000_000
"""Bytes of the file after gzip."""
RUNS = 20
RESULTS = 25_000
"""In one run."""
SHOWN = 5_000
"""Results of a run that are shown, the worst."""
RULES = 25_000
EXTENSIONS = 100
STEPS = 10_000
"""Locations in the thread flows of one result."""
STEPS_SHOWN = 1_000
LOCATIONS = 1_000
LOCATIONS_SHOWN = 100
RELATED = 1_000
TAGS = 20
TAGS_SHOWN = 10
DESCRIPTION = 1_024
"""Characters of a rule's short or full description."""
NAME = 255
"""Characters of a rule's name; the same bound is kept for its id."""
