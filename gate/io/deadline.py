"""Deadline of a run, which limits every wait in it."""

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Deadline:
    """The end of a run, or of a part of it; without arguments there is none."""

    seconds: float = math.inf
    """How long it may take in all."""
    ends: float = math.inf
    """When it ends, by the monotonic clock."""
    option: str = ""
    """The option that moves it, to be named in a hint."""

    @classmethod
    def after(cls, seconds: float, option: str) -> "Deadline":
        """One that ends so many seconds from now."""
        return cls(seconds, time.monotonic() + seconds, option)

    def or_after(self, seconds: float, option: str) -> "Deadline":
        """The sooner of this one and one that ends so many seconds from now."""
        return self if self.left(seconds) < seconds else Deadline.after(seconds, option)

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return time.monotonic() >= self.ends

    def left(self, most: float) -> float:
        """Seconds that are left, `most` at most; never below 0."""
        return max(0.0, min(most, self.ends - time.monotonic()))
