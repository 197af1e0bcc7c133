"""Motion by diffusion: any voice moves any face, with the feeling asked for."""

from generators.spec import GeneratorSpec, lazily

SPEC = GeneratorSpec(
    kind="motion",
    name="diffusion",
    factory="generators.motion.diffusion:DiffusionMotion",
    summary="learned from sound and feeling; diffusion:FOLDER loads a model of your own",
    config="generators.motion.diffusion.configuration:DiffusionMotionConfig",
    consumes=frozenset({"speech", "emotion"}),
    weights=("whisper-base",),
    own_weights=("motion_diffusion", "emotion_bank"),
    styles="generators.motion.diffusion.configuration:parse_style",
    folders=True,
    native_fps=25.0,
    window_s=2.8,
    is_default=True,
)

__getattr__ = lazily(__name__, DiffusionMotion="pipeline", DiffusionMotionConfig="configuration")
