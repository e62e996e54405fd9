"""Opens a registered model as any user of MLflow would. Input: {uri, model, alias, run: id of the run there}."""

import hashlib
import json
import logging
import os
import sys
import tempfile

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
logging.disable(logging.WARNING)

import mlflow  # noqa: E402
from mlflow.models import Model  # noqa: E402
from mlflow.tracking import MlflowClient  # noqa: E402


def main():
    request = json.load(sys.stdin)
    mlflow.set_tracking_uri(request["uri"])
    mlflow.set_registry_uri(request["uri"])
    version = MlflowClient().get_model_version_by_alias(request["model"], request["alias"])
    with tempfile.TemporaryDirectory() as folder:
        by_alias = mlflow.artifacts.download_artifacts(f"models:/{request['model']}@{request['alias']}", dst_path=folder)
        model = Model.load(by_alias)
        with open(os.path.join(by_alias, model.flavors["lathe"]["bundle"]), "rb") as bundle:
            digest = hashlib.sha256(bundle.read()).hexdigest()
        of_run = Model.load(f"runs:/{request['run']}/model")
        answer = {
            "version": str(version.version),
            "aliases": list(version.aliases),
            "description": version.description,
            "tags": version.tags,
            "run_id": version.run_id,
            "bundle_sha256": digest,
            "flavors": model.flavors,
            "model_run_id": model.run_id,
            "same": model.model_uuid == of_run.model_uuid,
            "created": model.utc_time_created,
        }
    print(json.dumps(answer))


main()
