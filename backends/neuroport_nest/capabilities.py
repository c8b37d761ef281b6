"""What ``capabilities.toml`` declares."""

from neuroport.backend.capabilities_file import load_capabilities

__all__ = ["CAPABILITIES"]

CAPABILITIES = load_capabilities("neuroport_nest")
