"""A trained model as the product opens it: pipeline, `model.onnx` and `config.json`."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from emotion_embed.signals.onnx_session import without_traces
from generators.motion.diffusion.configuration import N_WINDOW
from generators.motion.diffusion.model import MotionTransformer

if TYPE_CHECKING:
    from onnx import ModelProto


def export(model: MotionTransformer, folder: Path, notes: dict) -> None:
    """Write the pipeline (safetensors, float16), `model.onnx` and `config.json` for the product."""
    from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

    from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline

    folder.mkdir(parents=True, exist_ok=True)
    model.eval().reset_attention_backend()
    statistics = {n: getattr(model, n).tolist() for n in ("mean", "scale", "noise_scale", "style_mean", "style_scale")}
    rounded = copy.deepcopy(model).half().float()  # both files hold the same numbers
    to_onnx(rounded, folder / "model.onnx")
    pipeline = MotionDiffusionPipeline(copy.deepcopy(model).half(), FlowMatchEulerDiscreteScheduler(shift=1.0))
    pipeline.save_pretrained(folder)
    config = {"audio_encoder": model.config["audio_features"], "statistics": statistics, **notes}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


INPUTS = ("motion", "known", "valid", "sigma", "audio", "phones", "emotion", "style", "has_audio", "has_emotion")


def to_onnx(model: MotionTransformer, path: Path) -> None:
    """The network as one ONNX file whose weights are stored in float16 and computed with in float32."""
    import onnx

    widths = model.config
    shapes = {
        "motion": (2, N_WINDOW, widths["motion_width"]), "known": (2, N_WINDOW), "valid": (2, N_WINDOW), "sigma": (2,),
        "audio": (2, N_WINDOW, widths["audio_width"]), "phones": (2, N_WINDOW, widths["phone_width"]),
        "emotion": (2, N_WINDOW, widths["emotion_width"]), "style": (2, widths["style_width"]), "has_audio": (2,),
        "has_emotion": (2,),
    }  # fmt: skip
    given = tuple(torch.rand(shapes[name]) for name in INPUTS)
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.onnx.export(
        model, given, dynamo=True, input_names=list(INPUTS), output_names=["clean"],
        dynamic_shapes={name: {0: batch} for name in INPUTS}, verbose=False,
    )  # fmt: skip
    half = path.with_suffix(".half.onnx")
    if program is None:
        raise RuntimeError("torch wrote no ONNX program.")
    program.save(half, external_data=False)
    onnx.save(without_traces(with_half_weights(onnx.load(half))), path)
    half.unlink()


def with_half_weights(model: ModelProto) -> ModelProto:
    """Large weights as float16 with a cast behind each, which onnxruntime folds away when it opens the file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) > 256:
            name, values = tensor.name, numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + ".half"))
            casts.append(helper.make_node("Cast", [name + ".half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    return model
