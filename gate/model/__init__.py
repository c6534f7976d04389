"""Values: an image, its findings, the verdict on it, the evidence attached to it, and the results of commands.

Frozen pydantic models and dataclasses without I/O, shared by every other package. Start with `image` (what is
scanned), `findings` (what a scan found) and `verdict` (what the judge decided); `evidence` and `verification` are what
`gate verify` works with. The JSON that `gate` writes has the shape of these values, and `schemas/` is generated from
them.
"""
