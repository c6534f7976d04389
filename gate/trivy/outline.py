"""What a report of Trivy's is made of (pkg/types/report.go): every member that it writes.

What else a later Trivy may write is read and checked as well, only slower.
"""

from gate.strictjson import Outline

OUTLINE = Outline(
    ("SchemaVersion", "Trivy", "ReportID", "CreatedAt", "ArtifactID", "ArtifactName", "ArtifactType", "Metadata"),
    "Results",
    (
        *("Target", "Class", "Type", "MisconfSummary", "Misconfigurations", "Secrets", "Licenses", "CustomResources"),
        "ExperimentalModifiedFindings",
    ),
    ("Packages", "Vulnerabilities"),
)
