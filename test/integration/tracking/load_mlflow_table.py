"""A table among the files of a run, by columns. Input: {uri, run: id of the run there, path}."""

import json
import logging
import os
import sys

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
logging.disable(logging.WARNING)

from mlflow.tracking import MlflowClient  # noqa: E402


request = json.load(sys.stdin)
client = MlflowClient(request["uri"], request["uri"])
experiment = client.get_run(request["run"]).info.experiment_id
table = client.load_table(experiment, request["path"], run_ids=[request["run"]])
print(json.dumps(table.to_dict(orient="list")))
