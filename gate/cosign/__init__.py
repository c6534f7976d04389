"""The adapter to cosign: who signed what, proven by it, and signing with it.

Past this room nobody knows its flags, its files, its exit codes or its words.
"""
