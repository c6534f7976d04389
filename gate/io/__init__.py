"""Input and output: the clock and environment of a run, files, child processes, HTTP, JSON, YAML.

Each module is the only user of one thing: `process` starts programs (`sh`), `http_client` opens sockets, `strict_json`
and `yaml_document` parse text from outside, `schema` validates it, `files` and `locks` touch the disk. Nothing here
knows of images. Start with `run_context`: what a test replaces is in that one value.
"""
