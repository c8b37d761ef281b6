"""SpiNNaker backend of neuroport."""

from neuroport_spinnaker.backend import EmulatedBackend, SpinnakerBackend

__all__ = ["EmulatedBackend", "SpinnakerBackend"]
