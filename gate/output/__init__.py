"""Render results as documents and terminal text. Pure functions without I/O.

In: verdicts and other values of `gate.model`. Out: text or bytes for `gate.cli` to print or write.
One module a format: `terminal`, `markdown`, `html`, `csv`, `junit`, `gitlab`, `annotations`, `sarif/`; `*_terminal`
show the results of other commands. Outside text is made safe to show here.
Start with `verdict_text.py` and `formatting.py`, which all formats share, then `terminal.py`.
"""
