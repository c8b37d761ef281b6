"""What a machine would do with a network, told before any is booked."""
