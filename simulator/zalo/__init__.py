"""Zalo's two interfaces for programs: the Bot Platform and the Official Account (zalo.md)."""
