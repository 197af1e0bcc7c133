"""Motion of a real person: followed in a video, or read from a Live Link Face CSV."""

from generators.motion.live_link import is_motion_file
from generators.motion.tracked.pipeline import FollowedMotion, read_recorded_motion, track_motion

__all__ = ["FollowedMotion", "is_motion_file", "read_recorded_motion", "track_motion"]
