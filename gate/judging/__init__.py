"""Judge a scan by the policy: a scan and its inputs go in, a `Verdict` comes out.

Pure functions without I/O: time and file contents are parameters (`judge.JudgeInputs`). Start with `judge`, which
applies `finding_rules` to each finding and `scan_rules` to the image. `exceptions`, `trivyignore`, `vex` and `baseline`
excuse findings; `feeds` parses the KEV catalog and EPSS scores, which make them worse; `limits` caps how many there may
be of a severity.
"""
