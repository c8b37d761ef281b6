"""What runs leave: one result, the store on disk, recordings made elsewhere."""
