"""Writes a journal with Optuna: everything that its trials can come to."""

import json
import math
import sys
import tempfile
import warnings
from pathlib import Path

import optuna
from optuna.distributions import FloatDistribution
from studies import describe, storage

warnings.simplefilter("ignore")


def objective(trial):
    rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
    optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam", None, True, 3, 0.5])
    layers = trial.suggest_int("layers", 2, 16, step=2)
    trial.suggest_categorical("flag", [False, True])
    if optimizer == "sgd":
        trial.suggest_float("momentum", 0, 0.95, step=0.1)
    for step in range(4):
        value = math.log(rate + 1e-3) ** 2 + step * 0.01 + layers
        if trial.number == 4 and step == 1:
            value = math.nan
        if trial.number == 5 and step == 2:
            value = -math.inf
        trial.report(value, step)
        if trial.number not in (4, 5) and trial.should_prune():
            raise optuna.TrialPruned()
    if trial.number == 6:
        raise ValueError("no luck: \"NaN\"")
    if trial.number == 7:
        return math.nan
    trial.set_constraint("memory", 1.5 if trial.number == 8 else -1.0)
    trial.set_user_attr("note", {"ä": [1, None, "Infinity"]})
    return value


with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "study.log"
    study = optuna.create_study(
        storage=storage(path),
        study_name="conditional ☃",
        sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=3),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=2),
    )
    study.set_metric_names(["val_loss"])
    study.enqueue_trial({"rate": 0.01, "optimizer": "sgd"})
    study.enqueue_trial({"rate": 0.02, "optimizer": None}, user_attrs={"memo": "x"})
    study.optimize(objective, n_trials=30, catch=(ValueError,))
    study.add_trial(
        optuna.trial.create_trial(
            params={"rate": 0.5},
            distributions={"rate": FloatDistribution(1e-5, 1, log=True)},
            value=3.0,
            intermediate_values={0: 1.0, 10: math.nan, 2: math.inf},
        )
    )
    study.ask()
    study.enqueue_trial({"rate": 0.03, "layers": 4})

    gone = optuna.create_study(storage=storage(path), study_name="gone")
    gone.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)

    several = optuna.create_study(
        storage=storage(path),
        study_name="several",
        directions=["minimize", "maximize"],
        sampler=optuna.samplers.NSGAIISampler(seed=1, population_size=4),
    )
    several.set_metric_names(["loss", "accuracy"])
    optuna.delete_study(study_name="gone", storage=storage(path))

    def two(trial):
        x = trial.suggest_float("x", 0, 1)
        return x, math.inf if trial.number == 2 else math.sin(7 * x)

    several.optimize(two, n_trials=12)

    json.dump({"journal": path.read_text(), "studies": describe(path)}, sys.stdout)
