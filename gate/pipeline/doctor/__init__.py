"""`gate doctor`: check the set-up, and name a remedy for each problem.

In: a `DoctorRequest`. Out: one `DiagnosisRow` for each check. A failing check is a row too: the others still run.
Start with `examine.py`, which lists all checks in order. `setup.py` has what they share; the other modules hold the
checks by subject: this machine, the workflows, the token, the registry, GitHub.
"""

from gate.pipeline.doctor.examine import run_checks
from gate.pipeline.doctor.setup import DoctorRequest

__all__ = ["DoctorRequest", "run_checks"]
