"""Motion by rule: phones to lips, feelings to expressions, and a life of its own (blinks, gaze, head, breath)."""

from generators.spec import GeneratorSpec, lazily

SPEC = GeneratorSpec(
    kind="motion",
    name="procedural",
    factory="generators.motion.procedural:ProceduralMotion",
    summary="by rule from phones, loudness and feeling; the quickest",
    config="generators.motion.procedural.configuration:ProceduralMotionConfig",
    consumes=frozenset({"speech", "emotion"}),
    own_weights=("face_rig",),
)

__getattr__ = lazily(__name__, ProceduralMotion="pipeline", ProceduralMotionConfig="configuration")
