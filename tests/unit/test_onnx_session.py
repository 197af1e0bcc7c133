"""Sessions of onnxruntime are opened in one place, whose settings hold for all of them."""

import ast
import re
from pathlib import Path

import numpy as np

import checkpoints
from emotion_embed.signals.onnx_session import open_session

ROOT = Path(__file__).resolve().parents[2]


def _doubled() -> bytes:
    from onnx import TensorProto, helper

    node = helper.make_node("Mul", ["x", "factor"], ["y"])
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("x", "y")]
    factor = helper.make_tensor("factor", TensorProto.FLOAT, [1], [2.0])
    graph = helper.make_graph([node], "doubled", values[:1], values[1:], [factor])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString()


def test_a_graph_is_opened_from_bytes_and_from_a_file(tmp_path):
    (tmp_path / "a.onnx").write_bytes(_doubled())
    for graph in (_doubled(), tmp_path / "a.onnx", str(tmp_path / "a.onnx")):
        session = open_session(graph, threads=2)
        assert session.run(None, {"x": np.arange(3, dtype=np.float32)})[0].tolist() == [0, 2, 4]
        options = session.get_session_options()
        assert options.intra_op_num_threads == 2 and not options.enable_mem_pattern
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_no_other_module_makes_a_session():
    calls = {
        f"{module.relative_to(ROOT)}:{node.lineno}"
        for package in ("checkpoints", "emotion_embed", "generators", "studio", "ui", "scripts")
        for module in (ROOT / package).rglob("*.py")
        if module.name != "onnx_session.py"
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("InferenceSession", "SessionOptions"))
    }
    assert calls == set()


def test_committed_weights_name_no_file_of_the_machine_that_made_them():
    weights = Path(checkpoints.__file__).parent / "weights"
    models = sorted(weights.rglob("*.onnx"))
    assert models
    for model in models:
        assert re.findall(rb"/[\w./-]{2,80}\.py\b", model.read_bytes()) == [], model
