"""Adapter to GitHub: REST API, code scanning uploads, packages, comments, workflow files, OIDC tokens.

In: a token, a repository, SARIF or Markdown; the environment of a GitHub Actions job (`actions_context`).
Out: alerts in code scanning (`upload`), package versions (`packages`), pull request comments (`comments`).
GitHub's error responses are translated into errors with hints in `errors.py`.
Start with `api.py` (requests, retries, pages) and `upload.py` (`gate upload`).
"""
