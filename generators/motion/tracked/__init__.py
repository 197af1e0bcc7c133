"""Motion of a real person: followed in a video, or read from a Live Link Face CSV."""

from generators.spec import GeneratorSpec, lazily

SPEC = GeneratorSpec(
    kind="motion",
    name="tracked",
    factory="generators.motion.tracked:TrackedMotion",
    summary="what a person does in a video, or what a Live Link Face CSV says",
    consumes=frozenset({"video"}),
    weights=("face-landmarker",),
    is_implied=True,
)

__getattr__ = lazily(
    __name__, TrackedMotion="pipeline", read_recorded_motion="pipeline", track_motion="pipeline",
    is_motion_file="generators.motion.live_link",
)  # fmt: skip
