"""Makes optuna_gp.json: the best values that Optuna's GPSampler finds, by function and seed.

It needs torch, which is too large to install for every run of the tests:
    pip install -r ../requirements.txt torch && python optuna_gp.py
"""

import json
import os
import time
import warnings
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import optuna  # noqa: E402

from functions import SINGLE  # noqa: E402

TRIALS = 60
SEEDS = 20

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
path = Path(__file__).with_name("optuna_gp.json")
results = {"optuna": optuna.__version__, "trials": TRIALS, "best": {name: [] for name in SINGLE}}
for seed in range(SEEDS):
    for name, function in SINGLE.items():
        started = time.time()
        study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=seed))
        study.optimize(function, n_trials=TRIALS)
        results["best"][name].append(float(f"{study.best_value:.8g}"))
        print(seed, name, study.best_value, f"{(time.time() - started) / TRIALS * 1e3:.0f} ms a trial", flush=True)
    path.write_text(json.dumps(results, indent=2) + "\n")
