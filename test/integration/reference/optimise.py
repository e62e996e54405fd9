"""Runs Optuna on test functions. In: {sampler, function, trials, seeds}. Out: the values of each study's best trials, by seed.

With one objective that is one trial; with several those of the Pareto front.
"""

import json
import sys
import warnings

import optuna

from functions import SEVERAL, SINGLE

SAMPLERS = {
    "cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    "nsga2": lambda seed: optuna.samplers.NSGAIISampler(seed=seed),
}

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
request = json.load(sys.stdin)
function = {**SINGLE, **SEVERAL}[request["function"]]
directions = ["minimize"] * (2 if request["function"] in SEVERAL else 1)
fronts = []
for seed in request["seeds"]:
    study = optuna.create_study(sampler=SAMPLERS[request["sampler"]](seed), directions=directions)
    study.optimize(function, n_trials=request["trials"])
    fronts.append([trial.values for trial in study.best_trials])
json.dump(fronts, sys.stdout)
