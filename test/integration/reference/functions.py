"""Test functions of optimisation as objectives of Optuna. `test/helpers/objectives.ts` has the same ones."""

import numpy as np

HARTMANN_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
HARTMANN_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
HARTMANN_ALPHA = np.array([1, 1.2, 3, 3.2])


def floats(trial, count, low, high):
    return np.array([trial.suggest_float(f"x{i}", low, high) for i in range(count)])


def sphere5(trial):
    return float(np.sum(floats(trial, 5, -5, 5) ** 2))


def rosenbrock4(trial):
    x = floats(trial, 4, -5, 10)
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    bowl = (y - 5.1 / (4 * np.pi**2) * x * x + 5 / np.pi * x - 6) ** 2
    return float(bowl + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


def hartmann6(trial):
    x = floats(trial, 6, 0, 1)
    return -float(HARTMANN_ALPHA @ np.exp(-np.sum(HARTMANN_A * (x - HARTMANN_P) ** 2, axis=1)))


def ackley10(trial):
    x = floats(trial, 10, -32.768, 32.768)
    valley = -20 * np.exp(-0.2 * np.sqrt(np.mean(x * x)))
    return float(valley - np.exp(np.mean(np.cos(2 * np.pi * x))) + 20 + np.e)


def mixed4(trial):
    """A learning rate, a width, an optimizer and a dropout rate; each optimizer has its own best rate."""
    rate = trial.suggest_float("rate", 1e-5, 1, log=True)
    width = trial.suggest_int("width", 1, 64)
    optimizer = trial.suggest_categorical("optimizer", ["sgd", "adam", "rms", "lion"])
    dropout = trial.suggest_float("dropout", 0, 0.9, step=0.1)
    best, floor = {"sgd": (-1, 0.3), "adam": (-3, 0.0), "rms": (-3.3, 0.1), "lion": (-4, 0.2)}[optimizer]
    return float((np.log10(rate) - best) ** 2 + floor + ((width - 37) / 32) ** 2 + (dropout - 0.3) ** 2)


def zdt1(trial):
    x = floats(trial, 30, 0, 1)
    g = 1 + 9 * np.mean(x[1:])
    return float(x[0]), float(g * (1 - np.sqrt(x[0] / g)))


def zdt2(trial):
    x = floats(trial, 30, 0, 1)
    g = 1 + 9 * np.mean(x[1:])
    return float(x[0]), float(g * (1 - (x[0] / g) ** 2))


SINGLE = {f.__name__: f for f in (sphere5, rosenbrock4, branin, hartmann6, ackley10, mixed4)}
SEVERAL = {f.__name__: f for f in (zdt1, zdt2)}
