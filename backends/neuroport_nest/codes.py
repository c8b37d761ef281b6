"""The kinds of findings of this backend, read from its file."""

from __future__ import annotations

from neuroport.findings import register_file

__all__: list[str] = []

register_file("neuroport_nest")
