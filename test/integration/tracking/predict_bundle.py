"""
Opens a registered model of a table in Python alone: the bundle by mlflow.artifacts, its tfjs files by numpy.
Input: {uri, model, alias, rows: [[number]]}. Output: {bytes, probabilities: [[number]]}.
"""

import io
import json
import os
import sys
import tempfile
import zipfile

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"

import mlflow  # noqa: E402
import numpy as np  # noqa: E402


def weights(bundle):
    model = json.loads(bundle.read("tfjs/model.json"))
    data = bundle.read("tfjs/weights.bin")
    tensors, at = {}, 0
    for entry in model["weightsManifest"][0]["weights"]:
        size = int(np.prod(entry["shape"]))
        tensors[entry["name"]] = np.frombuffer(data, "<f4", size, at).reshape(entry["shape"])
        at += 4 * size
    assert at == len(data)
    return model["modelTopology"]["config"]["layers"], tensors


def main():
    request = json.load(sys.stdin)
    mlflow.set_tracking_uri(request["uri"])
    with tempfile.TemporaryDirectory() as folder:
        place = mlflow.artifacts.download_artifacts(
            f"models:/{request['model']}@{request['alias']}", dst_path=folder
        )
        with open(os.path.join(place, "bundle.zip"), "rb") as file:
            content = file.read()
    bundle = zipfile.ZipFile(io.BytesIO(content))
    assert bundle.testzip() is None
    columns = json.loads(bundle.read("preprocessing.json"))["inputs"]["columns"]
    mean, std = (np.array([column[key] for column in columns]) for key in ("mean", "std"))
    x = ((np.array(request["rows"]) - mean) / std).astype(np.float32)
    layers, tensors = weights(bundle)
    for layer in layers:
        if layer["class_name"] != "Dense":
            continue
        name = layer["config"]["name"]
        x = x @ tensors[f"{name}/kernel"] + tensors[f"{name}/bias"]
        if layer["config"]["activation"] == "relu":
            x = np.maximum(x, 0)
    e = np.exp(x - x.max(axis=1, keepdims=True))
    print(json.dumps({"bytes": len(content), "probabilities": (e / e.sum(axis=1, keepdims=True)).tolist()}))


main()
