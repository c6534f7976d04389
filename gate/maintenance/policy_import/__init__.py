"""Translate the settings of Trivy and Grype into lines for gate.yaml.

`files.import_file` reads a `.trivyignore`, `trivy.yaml` or `.grype.yaml`, `lines.policy_lines` writes what it means.
What gate.yaml cannot say is left out with a reason; a condition of an ignored finding is never dropped.
"""

from gate.maintenance.policy_import.files import import_file
from gate.maintenance.policy_import.lines import policy_lines
from gate.maintenance.policy_import.settings import ImportedException, ImportedSettings

__all__ = ["ImportedException", "ImportedSettings", "import_file", "policy_lines"]
