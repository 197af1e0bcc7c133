"""A photo moved by a rigged mesh: no GPU, no network per frame."""

from generators.spec import GeneratorSpec, lazily

SPEC = GeneratorSpec(
    kind="head",
    name="mesh",
    factory="generators.head.mesh:MeshHead",
    summary="a photo moved by a rigged mesh, on the processor",
    config="generators.head.mesh.configuration:MeshHeadConfig",
    consumes=frozenset({"motion"}),
    weights=("face-landmarker", "selfie-segmenter"),
    own_weights=("face_rig",),
    is_default=True,
)

__getattr__ = lazily(__name__, MeshHead="pipeline", MeshHeadConfig="configuration")
