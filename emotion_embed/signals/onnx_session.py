"""The one place that opens onnxruntime sessions: which device, how many threads, what they do while they wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnxruntime
    from onnx import ModelProto

_ERRORS_ONLY = 3  # of onnxruntime's levels of severity


def open_session(
    graph: str | PathLike[str] | bytes,
    *,
    threads: int = 1,
    weights: Mapping[str, np.ndarray] | None = None,
    providers: Sequence[str] = ("CPUExecutionProvider",),
) -> onnxruntime.InferenceSession:
    """A session, on the processor unless `providers` say otherwise.

    Args:
        graph: The file of an ONNX model, or one that is serialised already.
        threads: How many threads one operator may use.
        weights: Values of initialisers that the graph names but does not hold; they are copied.
        providers: onnxruntime's names of what may compute, what is preferred first.

    Raises:
        Exception: What onnxruntime raises for a file that is torn or absent; its errors have no common type.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    options.enable_mem_pattern = False  # a plan of memory is kept per input shape, and sentences have many
    # Waiting threads sleep: the picture is rendered on the same cores meanwhile.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if weights:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
        options.add_external_initializers(list(weights), values)
    source = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(source, options, providers=list(providers))


def run_arrays(session: onnxruntime.InferenceSession, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """All outputs of a graph, in its own order, where they are plain arrays; onnxruntime knows other kinds too."""
    return [np.asarray(output) for output in session.run(None, dict(inputs))]


def without_traces(model: ModelProto) -> ModelProto:
    """A model without what its exporter notes of the machine it ran on: on each node the lines of source, with their
    paths, that it came from. What it computes stays."""
    for graph in (model.graph, *model.functions):
        for part in (*graph.node, *graph.value_info):
            part.ClearField("doc_string")
            part.ClearField("metadata_props")
    model.graph.ClearField("metadata_props")
    model.ClearField("metadata_props")
    return model
