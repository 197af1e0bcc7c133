"""Speech and feeling to motion. Each folder with a `SPEC` is a motion source."""
