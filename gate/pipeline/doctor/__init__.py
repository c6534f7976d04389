"""What is wrong, and how to mend it: every question is asked by itself, and one that fails is a row like any other."""

from gate.pipeline.doctor.context import Examination
from gate.pipeline.doctor.examine import examine

__all__ = ["Examination", "examine"]
