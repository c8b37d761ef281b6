"""The ladder: one rung for each level at which two results can agree or differ."""
