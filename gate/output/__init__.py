"""Verdict in, document out: pure functions, no I/O."""
