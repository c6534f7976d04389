"""Trivy: its database, its runs and its reports. Nothing past this room knows its flags, fields or exit codes."""
