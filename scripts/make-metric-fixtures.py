"""Makes test/metrics/fixtures.json: small samples with ties and constants, and what scipy, scikit-learn and numpy say of them.

Run once with Python 3, numpy, scipy and scikit-learn:  python3 scripts/make-metric-fixtures.py
Weights are whole numbers; what is expected of weighted samples is what holds of the samples written out that often.
"""
import json
import os
import warnings

import numpy as np
from scipy import special, stats
from sklearn import metrics
from sklearn.calibration import calibration_curve

PATH = os.path.join(os.path.dirname(__file__), '..', 'test', 'metrics', 'fixtures.json')
RANDOM = np.random.default_rng(20260501)
warnings.filterwarnings('ignore')


def number(value):
    return None if value is None or not np.isfinite(value) else float(value)


def correlations(x, y, weights):
    a, b = np.repeat(x, weights), np.repeat(y, weights)
    return {
        'x': x.tolist(),
        'y': y.tolist(),
        'weights': weights.tolist(),
        'pearson': number(stats.pearsonr(a, b)[0]) if len(a) > 1 else None,
        'spearman': number(stats.spearmanr(a, b)[0]) if len(a) > 1 else None,
        'kendall': number(stats.kendalltau(a, b)[0]) if len(a) > 1 else None,
    }


def correlation_cases():
    n = 40
    smooth = RANDOM.normal(size=n)
    ones = np.ones(n, dtype=int)
    noisy = smooth + RANDOM.normal(size=n)
    counts = RANDOM.integers(0, 4, size=n)
    yield correlations(smooth, noisy, ones)
    yield correlations(smooth, noisy, counts)
    yield correlations(np.round(smooth), np.round(noisy), ones)
    yield correlations(np.round(smooth), np.round(noisy), counts)
    yield correlations(np.full(n, 0.1), noisy, ones)
    yield correlations(noisy, np.full(n, 3.0), counts)
    yield correlations(np.array([1.0, 2.0]), np.array([5.0, 3.0]), np.array([1, 1]))
    yield correlations(np.array([1.0, 2.0, 2.0]), np.array([5.0, 3.0, 9.0]), np.array([0, 2, 3]))
    yield correlations(1e9 + smooth, -smooth, ones)


def ranking(scores, good, weights):
    a, b = np.repeat(scores, weights), np.repeat(good, weights)
    both = 0 < b.sum() < len(b)
    case = {'scores': scores.tolist(), 'good': good.tolist(), 'weights': weights.tolist()}
    case['auroc'] = number(metrics.roc_auc_score(b, a)) if both else None
    if both and (weights == 1).all():
        fpr, tpr, thresholds = metrics.roc_curve(good, scores, drop_intermediate=False)
        case['roc'] = [[number(t), float(f), float(g)] for t, f, g in zip(thresholds, fpr, tpr)]
    return case


def ranking_cases():
    n = 60
    good = RANDOM.integers(0, 2, size=n)
    scores = RANDOM.normal(size=n) + good
    ones = np.ones(n, dtype=int)
    yield ranking(scores, good, ones)
    yield ranking(np.round(scores), good, ones)
    yield ranking(np.round(scores), good, RANDOM.integers(0, 4, size=n))
    yield ranking(np.full(n, 2.0), good, ones)
    yield ranking(scores, np.ones(n, dtype=int), ones)
    yield ranking(scores, np.zeros(n, dtype=int), ones)


def chances():
    n = 50
    good = RANDOM.integers(0, 2, size=n)
    logits = RANDOM.normal(size=n) * 3
    p = 1 / (1 + np.exp(-logits))
    truth, predicted = calibration_curve(good, p, n_bins=5, strategy='quantile')
    return {
        'logits': logits.tolist(),
        'good': good.tolist(),
        'logLoss': metrics.log_loss(good, p),
        'calibration': {'truth': truth.tolist(), 'predicted': predicted.tolist()},
    }


def values():
    truth = np.round(RANDOM.uniform(0, 10, size=30), 1)
    predicted = truth + RANDOM.normal(size=30)
    return {
        'truth': truth.tolist(),
        'predicted': predicted.tolist(),
        'rmse': float(np.sqrt(metrics.mean_squared_error(truth, predicted))),
        'mae': float(metrics.mean_absolute_error(truth, predicted)),
    }


def quantiles():
    sample = RANDOM.normal(size=17)
    shares = [0, 0.025, 0.3, 0.5, 0.975, 1]
    return {'sample': sample.tolist(), 'shares': shares, 'values': [float(np.quantile(sample, s)) for s in shares]}


def proportions():
    counts = [(0, 20), (20, 20), (3, 50), (499, 1000), (1, 1)]
    pairs = [((3, 50), (60, 400)), ((0, 30), (100, 200)), ((5, 5), (90, 200)), ((400, 1000), (395, 1000))]
    p = [0.001, 0.2, 0.04, 0.01, 0.9, 0.04]
    x = [0, 0.1, 0.5, 1, 2, 2.49, 2.5, 3, 5, 10]
    return {
        'wilson': [[k, n, *map(float, stats.binomtest(k, n).proportion_ci(method='wilson'))] for k, n in counts],
        'differ': [
            [a, b, float(stats.chi2_contingency([[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]], correction=False)[1])]
            for a, b in pairs
        ],
        'rates': {'p': p, 'adjusted': stats.false_discovery_control(p, method='by').tolist()},
        'erfc': [[v, float(special.erfc(v))] for v in x],
    }


def main():
    fixtures = {
        'correlations': list(correlation_cases()),
        'rankings': list(ranking_cases()),
        'chances': chances(),
        'values': values(),
        'quantiles': quantiles(),
        'proportions': proportions(),
    }
    with open(PATH, 'w', encoding='utf-8') as file:
        json.dump(fixtures, file)
        file.write('\n')


if __name__ == '__main__':
    main()
