"""Adapter to Trivy: provide its vulnerability database, run it on images and SBOMs, read its JSON reports.

In: one private OCI layout for each platform (`registry.acquire`), or reports and SBOMs that exist already.
Out: a `Report` for each platform, merged into one `model.findings.Scan` (`merge_platforms`), and SBOMs (`sbom`).
Trivy's flags, field names, exit codes and error texts are known in this package only.
Start with `scan.py` (run Trivy), `report.py` (read a report) and `database.py` (where the database comes from).
"""
