"""Chores around images: clean-up plans, tags, trends, the files of `gate init`, known errors.

Nothing here talks to a registry or to GitHub: `prune` plans which versions of a package may go, `tags` names a build,
`trend` compares verdicts over time, `scaffold` plans the files of a gated repository, and `known_errors` finds the
cause of a failure in a log. The commands are in `gate.pipeline` and `gate.cli`.
"""
