"""The functions and the test of these comparisons. In: {points: {function: [params]}, ours, theirs}. Out: {values, p}."""

import json
import sys

import numpy as np
from optuna.trial import FixedTrial
from scipy.stats import mannwhitneyu

from functions import SEVERAL, SINGLE

request = json.load(sys.stdin)
functions = {**SINGLE, **SEVERAL}
values = {
    name: [np.atleast_1d(functions[name](FixedTrial(params))).tolist() for params in points]
    for name, points in request["points"].items()
}
p = mannwhitneyu(request["ours"], request["theirs"], alternative="greater", method="asymptotic").pvalue
json.dump({"values": values, "p": p}, sys.stdout)
