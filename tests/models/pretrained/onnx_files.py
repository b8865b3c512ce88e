"""Small ONNX models: their input x is averaged over its positions as `mean`, and doubled as `y`."""

from onnx import TensorProto, checker, helper


def write_onnx(path, shape=(None, 3, 8, 8), dtype=TensorProto.FLOAT, outputs=("y",), inputs=("x",)):
    """Write a model whose input has this shape; None is a side of any length."""
    rank = {"y": 2, "mean": 4}
    cast = helper.make_node("Cast", ["x"], ["cast"], to=TensorProto.FLOAT)
    nodes = [
        cast,
        helper.make_node("GlobalAveragePool", ["cast"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Add", ["flat", "flat"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info(name, dtype, shape) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * rank[name]) for name in outputs],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path
