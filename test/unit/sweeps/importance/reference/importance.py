"""What Optuna says of importance: writes importance.json beside this file.

    pip install optuna==5.0.0 scikit-learn==1.9.1 && python importance.py

`trials` are lines of parameter values, in the order of `space` (a dash where a trial does not have one), and the objective
behind an arrow. `fanova` is the mean over ten forests; null where Optuna has no such answer.
"""

import json
import math
import random
import warnings
from pathlib import Path

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator, get_param_importances

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")


def distribution(spec):
    spec = {key: value for key, value in spec.items() if key != "when"}
    match spec.pop("type"):
        case "float":
            return FloatDistribution(**spec)
        case "int":
            return IntDistribution(**spec)
        case "categorical":
            return CategoricalDistribution(**spec)
        case "bool":
            return CategoricalDistribution([False, True])


def draw(rng, spec):
    if spec["type"] == "bool":
        return rng.random() < 0.5
    if spec["type"] == "categorical":
        return rng.choice(spec["choices"])
    low, high, log, step = spec["low"], spec["high"], spec.get("log", False), spec.get("step")
    value = math.exp(rng.uniform(math.log(low), math.log(high))) if log else rng.uniform(low, high)
    if spec["type"] == "int":
        return low + round((value - low) / (step or 1)) * (step or 1)
    if step:
        return round(low + round((value - low) / step) * step, 6)
    return min(high, max(low, float(f"{value:.4g}")))


def study(name, space, objective, *, n=150, seed=0, direction="minimize", fanova=True):
    rng = random.Random(seed)
    dists = {key: distribution(spec) for key, spec in space.items()}
    optuna_study = optuna.create_study(direction=direction)
    lines = []
    for _ in range(n):
        params = {}
        for key, spec in space.items():
            if all(params.get(other) == value for other, value in spec.get("when", {}).items()):
                params[key] = draw(rng, spec)
        value = float(f"{objective(params, rng):.6g}")
        optuna_study.add_trial(
            optuna.trial.create_trial(
                params=params, distributions={key: dists[key] for key in params}, value=value
            )
        )
        lines.append(" ".join(json.dumps(params[key]) if key in params else "-" for key in space) + f" -> {value:g}")
    ped = get_param_importances(optuna_study, evaluator=PedAnovaImportanceEvaluator())
    forests = [
        get_param_importances(optuna_study, evaluator=FanovaImportanceEvaluator(seed=s)) for s in range(10) if fanova
    ]
    return {
        "name": name,
        "direction": direction,
        "space": space,
        "ped_anova": {key: float(value) for key, value in sorted(ped.items())},
        "fanova": {key: sum(f[key] for f in forests) / 10 for key in forests[0]} if forests else None,
        "trials": lines,
    }


UNIT = {"type": "float", "low": 0, "high": 1}
linear = {"x0": UNIT, "x1": UNIT, "x2": UNIT}
mixed = {
    "optimizer": {"type": "categorical", "choices": ["sgd", "adamw", "lion"]},
    "layers": {"type": "int", "low": 1, "high": 8},
    "dropout": {"type": "float", "low": 0, "high": 0.5, "step": 0.1},
    "bias": {"type": "bool"},
    "width": {"type": "int", "low": 16, "high": 512, "step": 16},
}
logarithmic = {
    "rate": {"type": "float", "low": 1e-5, "high": 1e-1, "log": True},
    "width": {"type": "int", "low": 8, "high": 512, "log": True},
    "decay": {"type": "float", "low": 1e-6, "high": 1e-2, "log": True},
}
conditional = {
    "optimizer": {"type": "categorical", "choices": ["sgd", "adamw"]},
    "momentum": {**UNIT, "when": {"optimizer": "sgd"}},
    "beta": {**UNIT, "when": {"optimizer": "adamw"}},
    "dropout": UNIT,
    "fixed": {"type": "int", "low": 3, "high": 3},
}


def of_linear(p, rng):
    return 10 * p["x0"] + 3 * p["x1"] + p["x2"] + rng.gauss(0, 0.1)


def of_mixed(p, rng):
    levels = {"sgd": 0, "adamw": 2, "lion": 5}
    return levels[p["optimizer"]] + 0.5 * p["layers"] + 2 * p["dropout"] + 0.1 * p["bias"] + rng.gauss(0, 0.05)


def of_log(p, rng):
    return 2 * math.log10(p["rate"]) + 0.8 * math.log2(p["width"]) + rng.gauss(0, 0.1)


def of_conditional(p, rng):
    own = 4 * p["momentum"] if p["optimizer"] == "sgd" else 0.2 * p["beta"]
    return own + p["dropout"] + rng.gauss(0, 0.02)


studies = [
    study("linear", linear, of_linear),
    study("linear, maximised", linear, of_linear, direction="maximize", seed=1),
    study("linear, infinite now and then", linear, lambda p, r: math.inf if r.random() < 0.1 else of_linear(p, r)),
    study("linear, rounded to a few values", linear, lambda p, r: round(of_linear(p, r) / 3), seed=2),
    study("linear, few trials", linear, of_linear, n=6, seed=3),
    study("linear, two trials", linear, of_linear, n=2, seed=4),
    study("mixed", mixed, of_mixed, n=200),
    study("logarithmic", logarithmic, of_log, n=200),
    study("conditional", conditional, of_conditional, n=200, fanova=False),
]
for s in studies:
    print(s["name"], *({k: round(v, 3) for k, v in s[e].items()} for e in ("ped_anova", "fanova") if s[e]), sep="\n  ")
Path(__file__).with_name("importance.json").write_text(json.dumps(studies, indent=2) + "\n")
