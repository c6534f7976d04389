"""What a repository needs to have its images gated: workflows, a policy, updates; written into its checkout.

The workflows are files in `templates`; `actions.json` pins what they use by commit, each with where that was read.
"""

from gate.maintenance.scaffold.checkout import Checkout, look
from gate.maintenance.scaffold.plan import Change, Wish, plan, write

__all__ = ["Change", "Checkout", "Wish", "look", "plan", "write"]
