"""Adapter to cosign: read signatures and attestations, verify them offline, and sign images.

In: evidence attached to an image as bytes (`model.evidence.Piece`), trusted keys and identities, a `SigningIdentity`.
Out: claims (`statements.read`), proofs (`verify.verify_claims`), signatures and attestations in a registry (`sign`).
cosign's flags, files, exit codes and error texts are known in this package only.
Start with `statements.py` (reading), `verify.py` (verification) and `sign.py` (signing).
"""
