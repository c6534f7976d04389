"""Judge a scan by the policy: a scan and its inputs go in, a `Verdict` comes out.

Pure functions, without I/O: the clock, the feeds and the VEX documents are handed in (`inputs`). Start with `judge`; it
asks `finding_rules` about each finding and `scan_rules` about the image as a whole. `exceptions`, `trivyignore`, `vex`,
`baseline` and `feeds` say which findings count less or more, `limits` what an image may weigh.
"""
