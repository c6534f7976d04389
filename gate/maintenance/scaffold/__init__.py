"""Generate the files of `gate init`: workflows, a policy and the Dependabot configuration of a repository.

`read_checkout` reads the repository from git, `images` names what it builds, `plan` compares the new files with the
existing ones, `write` writes them. The workflows are in `templates`; `actions.json` pins the actions that they use.
"""

from gate.maintenance.scaffold.checkout import Checkout, check_branch, read_checkout
from gate.maintenance.scaffold.images import Image, images
from gate.maintenance.scaffold.plan import Change, plan, write
from gate.maintenance.scaffold.words import ScaffoldOptions

__all__ = ["Change", "Checkout", "Image", "ScaffoldOptions", "check_branch", "images", "plan", "read_checkout", "write"]
