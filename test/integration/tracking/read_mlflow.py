"""What an MLflow server holds of a run, read back with MLflow's own client. A line of input: {uri, run_id: id of the run in Lathe}."""

import json
import logging
import math
import os
import sys

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
logging.disable(logging.WARNING)

from mlflow.tracking import MlflowClient  # noqa: E402


def number(value):
    """JSON has no NaN; infinities come back from MLflow as the largest doubles."""
    return "NaN" if math.isnan(value) else value


def history(client, run_id, key):
    points = client.get_metric_history(run_id, key)
    return [[point.step, number(point.value), point.timestamp] for point in sorted(points, key=lambda p: (p.step, p.timestamp))]


def files(client, run_id, path=None):
    found = {}
    for entry in client.list_artifacts(run_id, path):
        if entry.is_dir:
            found.update(files(client, run_id, entry.path))
        else:
            found[entry.path] = entry.file_size
    return found


def read(request):
    client = MlflowClient(request["uri"], request["uri"])
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    runs = client.search_runs(experiments, f"tags.`lathe.run_id` = '{request['run_id']}'")
    return [
        {
            "id": run.info.run_id,
            "experiment": client.get_experiment(run.info.experiment_id).name,
            "name": run.info.run_name,
            "status": run.info.status,
            "start_time": run.info.start_time,
            "end_time": run.info.end_time,
            "metrics": {key: history(client, run.info.run_id, key) for key in run.data.metrics},
            "params": run.data.params,
            "tags": run.data.tags,
            "files": files(client, run.info.run_id),
        }
        for run in runs
    ]


for line in sys.stdin:
    print(json.dumps(read(json.loads(line))), flush=True)
