"""Read images and attached evidence from registries, OCI layouts and archives; check every byte by digest.

In: an `ImageRef` or the path of a local image, credentials found in the environment, limits (`Access`).
Out: `Acquired` (a pinned image with one OCI layout for each platform), `ImageEvidence` (what is attached to it).
Start with `acquire.acquire` (fetch images), `fetch_evidence` (signatures, attestations), `client.Repository` (HTTP).
Also here: `acquire.resolve` (tag to digest), `tags`, `graph` (what manifests need), `credentials.find` (logins).
"""
