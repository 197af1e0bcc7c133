"""A portrait and motion to pictures. Each folder with a `SPEC` is a frame source."""
