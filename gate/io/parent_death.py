"""Let a child end when its parent ends, also when the parent is killed and can do nothing about it any more."""

import ctypes
import os
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
"""https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html"""


def ends_with_parent(number: int) -> Callable[[], None] | None:
    """Make the function for a new child to call: the system sends it the signal `number` when its parent ends.

    It is the thread that starts the child whose end counts, so that thread has to wait for it. Only Linux has this;
    elsewhere there is no such function.
    """
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    control = ctypes.CDLL(None, use_errno=True).prctl  # found here: a child of a fork does as little as possible

    def in_child() -> None:
        control(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it ended before that
            os.kill(os.getpid(), number)

    return in_child
