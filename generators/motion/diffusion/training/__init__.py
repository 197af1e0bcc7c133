"""Training of the motion model, from scratch or towards one person; needs the extra train."""
