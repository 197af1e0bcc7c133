"""Commands of `mien` that are more than a request, one module each."""
