"""Decide what may be signed, as what, and whether the evidence attached to an image is enough.

Pure functions, without I/O: `signing_policy` says whether a verdict may be signed in this run, `predicates` makes the
content of the attestations, `identity` holds a signer against the policy, and `evidence_checks` turns proven evidence
into the answer of `gate verify`. Start there.
"""
