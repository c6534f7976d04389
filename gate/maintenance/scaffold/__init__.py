"""Generate the files of `gate init`: workflows, a policy and the Dependabot configuration of a repository.

`read_checkout` reads the repository from git, `plan` compares the new files with the existing ones, `write` writes
them. The workflows are in `templates`; `actions.json` pins the actions that they use.
"""

from gate.maintenance.scaffold.checkout import Checkout, read_checkout
from gate.maintenance.scaffold.plan import Change, ScaffoldOptions, plan, write

__all__ = ["Change", "Checkout", "ScaffoldOptions", "plan", "read_checkout", "write"]
