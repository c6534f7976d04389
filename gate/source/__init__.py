"""The checkout that an image was built from: its Dockerfiles and lock files.

A finding goes in, the line of the repository that brought it comes out (`checkout`), or nothing where that is not
certain. `dockerfile` matches the instructions of a Dockerfile with the history of an image, `lockfiles` finds a package
in a lock file. Start with `checkout`.
"""
