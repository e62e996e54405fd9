"""Opens a journal in Optuna, says what is in it, and goes on with its first study for three trials."""

import json
import sys
import tempfile
import warnings
from pathlib import Path

import optuna
from studies import describe, storage

warnings.simplefilter("ignore")
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "study.log"
    path.write_text(json.load(sys.stdin)["journal"])
    studies = describe(path)

    study = optuna.load_study(
        study_name=studies[0]["name"],
        storage=storage(path),
        sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=1),
    )
    ranges = {}
    for trial in study.trials:
        ranges.update(trial.distributions)
    before = len(study.trials)

    def objective(trial):
        for key, distribution in ranges.items():
            trial._suggest(key, distribution)
        return float(trial.number)

    study.optimize(objective, n_trials=3)
    after = [trial.state.name for trial in study.trials[before:]]
    json.dump({"studies": studies, "after": after, "journal": path.read_text()}, sys.stdout)
