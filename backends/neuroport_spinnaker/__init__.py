"""SpiNNaker backend of neuroport."""
