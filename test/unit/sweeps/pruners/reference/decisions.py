"""What Optuna's pruners decide: writes decisions.json and signed-rank.json beside this file.

    pip install optuna==5.0.0 scipy==1.17.1 && python decisions.py

A study is a text of events, in their order in time; several trials may run at once. `3:2=0.41` is the value 0.41 that the
trial 3 reported at step 2, with a `!` behind it where Optuna ended the trial then; `3=0.41` completes it, `3x` is a failure.
"""

import json
import math
import random
import warnings
from pathlib import Path

import optuna
import scipy.stats

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
P = optuna.pruners


def build(settings):
    """The pruner that settings of ours describe."""
    kwargs = {key: value for key, value in settings.items() if key not in ("name", "pruner")}
    match settings["name"]:
        case "none":
            return None
        case "median":
            return P.MedianPruner(**kwargs)
        case "percentile":
            return P.PercentilePruner(**kwargs)
        case "successive_halving":
            return P.SuccessiveHalvingPruner(**kwargs)
        case "hyperband":
            return P.HyperbandPruner(**kwargs)
        case "threshold":
            return P.ThresholdPruner(**kwargs)
        case "wilcoxon":
            return P.WilcoxonPruner(**kwargs)
        case "patient":
            return P.PatientPruner(build(settings["pruner"]), **kwargs)


def curve(rng, steps, nan, digits):
    """A learning curve: falling, noisy, now and then no number."""
    if rng.random() < nan:
        return [math.nan] * steps
    floor, height, rate = rng.uniform(0, 0.6), rng.uniform(0.1, 1), rng.uniform(0.1, 1)
    values = [floor + height * math.exp(-rate * s) + rng.gauss(0, 0.03) for s in range(steps)]
    return [math.nan if rng.random() < nan else round(v, digits) for v in values]


def folds(rng, count, digits):
    """Losses of the folds of one trial: every fold has a level of its own, every trial too."""
    level = rng.uniform(0, 0.5)
    return [round(level + 0.3 * math.sin(fold * 1.7) + rng.gauss(0, 0.15), digits) for fold in range(count)]


def show(value):
    return "nan" if math.isnan(value) else f"{value:g}"


def run(settings, seed, *, direction, trials, steps, jobs=1, nan=0.03, digits=3, every=1, failing=0.05):
    rng = random.Random(seed)
    name = f"study {seed}"
    study = optuna.create_study(
        study_name=name,
        direction=direction,
        pruner=build(settings) or P.NopPruner(),
        sampler=optuna.samplers.RandomSampler(seed=0),
    )
    sign = 1 if direction == "minimize" else -1
    running, events, started = [], [], 0
    while started < trials or running:
        while started < trials and len(running) < jobs:
            if settings["name"] == "wilcoxon":
                values = folds(rng, steps, digits)
            else:
                values = curve(rng, steps, nan, digits)
            reported = [(s, sign * v) for s, v in enumerate(values, 1) if s == steps or rng.random() < 1 / every]
            fails = rng.randrange(1, len(reported) + 1) if rng.random() < failing else None
            running.append((study.ask(), reported, fails))
            started += 1
        index = rng.randrange(len(running))
        trial, reported, fails = running[index]
        done = len(trial._cached_frozen_trial.intermediate_values)
        if done == fails:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            events.append(f"{trial.number}x")
            running.pop(index)
            continue
        if done == len(reported):
            numbers = [v for _, v in reported if not math.isnan(v)]
            if not numbers:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
                events.append(f"{trial.number}x")
            else:
                last = sum(numbers) / len(numbers) if settings["name"] == "wilcoxon" else numbers[-1]
                study.tell(trial, float(show(last)))
                events.append(f"{trial.number}={show(last)}")
            running.pop(index)
            continue
        step, value = reported[done]
        trial.report(value, step)
        pruned = trial.should_prune()
        events.append(f"{trial.number}:{step}={show(value)}{'!' if pruned else ''}")
        if pruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            running.pop(index)
    return {"pruner": settings, "name": name, "direction": direction, "steps": steps, "events": " ".join(events)}


def decisions():
    studies = []

    def add(settings, **how):
        for direction in ("minimize", "maximize"):
            studies.append(run(settings, len(studies), direction=direction, **how))

    median = {"name": "median"}
    add(median, trials=30, steps=9)
    add(median, trials=30, steps=9, jobs=4, nan=0.2)
    add(median, trials=30, steps=9, digits=1)
    add({**median, "n_startup_trials": 0, "n_warmup_steps": 3, "interval_steps": 2}, trials=30, steps=10, every=2)
    add({**median, "n_startup_trials": 2, "n_min_trials": 6}, trials=30, steps=9, every=2, jobs=2)

    percentile = {"name": "percentile", "percentile": 25.0}
    add(percentile, trials=30, steps=9)
    add({**percentile, "percentile": 70.0, "n_startup_trials": 1}, trials=40, steps=9, nan=0.2, jobs=3)
    add({**percentile, "percentile": 33.3, "n_warmup_steps": 2, "interval_steps": 3}, trials=40, steps=12, every=2)
    add({**percentile, "percentile": 0.0, "n_min_trials": 3}, trials=20, steps=9)
    add({**percentile, "percentile": 100.0}, trials=20, steps=9, digits=1)

    halving = {"name": "successive_halving"}
    add({**halving, "min_resource": 1}, trials=60, steps=17)
    add({**halving, "min_resource": 1, "reduction_factor": 2}, trials=60, steps=17, jobs=4, nan=0.1, digits=2)
    add({**halving, "min_resource": 2, "reduction_factor": 3}, trials=50, steps=19, digits=1)
    add({**halving, "min_resource": 1, "reduction_factor": 2, "min_early_stopping_rate": 2}, trials=50, steps=9)
    add({**halving, "min_resource": 1, "reduction_factor": 3, "bootstrap_count": 5}, trials=60, steps=9, jobs=3)
    add({**halving, "min_resource": 3, "reduction_factor": 2}, trials=50, steps=24, every=2)

    hyperband = {"name": "hyperband"}
    add({**hyperband, "max_resource": 9}, trials=45, steps=9)
    add({**hyperband, "max_resource": 30}, trials=45, steps=30, jobs=3)
    add({**hyperband, "max_resource": 16, "reduction_factor": 2}, trials=45, steps=16, nan=0.1, digits=2)
    add({**hyperband, "min_resource": 2, "max_resource": 20, "bootstrap_count": 1}, trials=45, steps=20, jobs=2)
    add({**hyperband, "min_resource": 5, "max_resource": 3}, trials=10, steps=9)

    threshold = {"name": "threshold"}
    add({**threshold, "lower": -0.8, "upper": 0.8}, trials=50, steps=9)
    add({**threshold, "upper": 0.5, "n_warmup_steps": 4}, trials=40, steps=9, nan=0.1)
    add({**threshold, "lower": -0.6, "interval_steps": 3}, trials=40, steps=12, every=2, nan=0.1)

    patient = {"name": "patient", "patience": 3, "min_delta": 0.0}
    add({**patient, "pruner": {"name": "none"}}, trials=12, steps=15)
    add({**patient, "patience": 0, "min_delta": 0.02, "pruner": {"name": "none"}}, trials=12, steps=12, nan=0.2)
    add({**patient, "patience": 1, "pruner": {"name": "median"}}, trials=20, steps=15, jobs=2)
    add({**patient, "patience": 1, "pruner": {"name": "threshold", "upper": 0.4, "lower": -0.4}}, trials=15, steps=12)
    inner = {"name": "successive_halving", "min_resource": 1, "reduction_factor": 2}
    add({**patient, "patience": 1, "pruner": inner}, trials=25, steps=20, jobs=3)
    inner = {"name": "hyperband", "max_resource": 20, "reduction_factor": 2}
    add({**patient, "patience": 0, "pruner": inner}, trials=25, steps=20)

    wilcoxon = {"name": "wilcoxon", "p_threshold": 0.1, "n_startup_steps": 2}
    add(wilcoxon, trials=60, steps=10, jobs=2)
    add({**wilcoxon, "p_threshold": 0.3, "n_startup_steps": 0}, trials=60, steps=12, digits=1)
    add({**wilcoxon, "p_threshold": 0.02, "n_startup_steps": 5}, trials=30, steps=20, digits=1)
    add({**wilcoxon, "p_threshold": 0.005, "n_startup_steps": 40}, trials=12, steps=60, digits=2)
    return studies


def signed_rank():
    rng = random.Random(7)
    tests = []
    for n in [2, 3, 4, 5, 8, 12, 13, 14, 20, 35, 50, 51, 70, 100]:
        for digits in (0, 1, 6):
            for shift in (0, 0.4):
                d = [round(rng.gauss(shift, 1), digits) + 0.0 for _ in range(n)]
                p = scipy.stats.wilcoxon(d, alternative="greater", zero_method="zsplit").pvalue
                tests.append(" ".join(f"{v:g}" for v in d) + f" -> {p:.15g}")
    for n in (2, 13, 14, 60):
        p = scipy.stats.wilcoxon([0.0] * n, alternative="greater", zero_method="zsplit").pvalue
        tests.append(" ".join(["0"] * n) + f" -> {p:.15g}")
    return tests


def write(name, content):
    (HERE / name).write_text(json.dumps(content, indent=2) + "\n")


studies = decisions()
counts = {}
for study in studies:
    reports = [event for event in study["events"].split() if ":" in event]
    asked, ended = counts.get(study["pruner"]["name"], (0, 0))
    counts[study["pruner"]["name"]] = (asked + len(reports), ended + sum(event.endswith("!") for event in reports))
print("decisions, of them endings:", counts)
write("decisions.json", studies)
write("signed-rank.json", signed_rank())
