"""GitHub: its interfaces, as far as a run of ours needs them."""
