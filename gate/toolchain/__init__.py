"""Install and find the pinned Trivy and cosign: download releases, check them against the lock, keep them in the cache.

In: the lock (`lock.json`: releases and SHA-256 sums), the deny list (`deny.json`), GitHub or a folder with releases.
Out: the path of a checked program (`lookup.find`), the installed programs (`install`), a new lock (`renew`).
Denied releases are refused wherever a program comes from.
Start with `lookup.py` (which program is used) and `install.py` (`gate tools install`).
"""
