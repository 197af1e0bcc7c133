"""Training of the motion model, from scratch or towards one person. Needs the extra `train`."""
