"""What Optuna says of the studies of a journal file, as JSON."""

import math

import optuna
from optuna.distributions import distribution_to_json
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.logging.set_verbosity(optuna.logging.CRITICAL)


def storage(path):
    return JournalStorage(JournalFileBackend(str(path)))


def number(value):
    """JSON has no NaN and no infinities."""
    return value if value is None or math.isfinite(value) else str(value)


def milliseconds(time):
    # Optuna's times are local and without a zone.
    return None if time is None else math.floor(round(time.timestamp() * 1e6) / 1e3)


def describe_trial(trial):
    return {
        "number": trial.number,
        "state": trial.state.name,
        "values": None if trial.values is None else [number(value) for value in trial.values],
        "params": trial.params,
        "distributions": {key: distribution_to_json(one) for key, one in trial.distributions.items()},
        "intermediate": [[step, number(value)] for step, value in sorted(trial.intermediate_values.items())],
        "user_attrs": trial.user_attrs,
        "fixed_params": trial.system_attrs.get("fixed_params"),
        "violation": sum(max(0, value) for value in trial.constraints.values()),
        "started": milliseconds(trial.datetime_start),
        "ended": milliseconds(trial.datetime_complete),
    }


def describe(path):
    described = []
    for summary in optuna.get_all_study_summaries(storage(path)):
        study = optuna.load_study(study_name=summary.study_name, storage=storage(path))
        try:
            best = study.best_trial.number if len(study.directions) == 1 else None
        except ValueError:
            best = None
        described.append(
            {
                "name": study.study_name,
                "directions": [direction.name for direction in study.directions],
                "metric_names": study.metric_names,
                "user_attrs": study.user_attrs,
                "best": best,
                "front": sorted(trial.number for trial in study.best_trials),
                "trials": [describe_trial(trial) for trial in study.trials],
            }
        )
    return described
