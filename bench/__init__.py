"""Measurements and brute force: every command is one process, ends in one JSON line, exit 1 when it fails."""
