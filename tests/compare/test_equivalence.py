"""The equivalence tests against SciPy and against their stated error."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neuroport.compare import ComparisonError
from neuroport.compare.measures.equivalence import equivalence_of_means, equivalence_of_pairs, holm


def test_tost_equals_two_one_sided_scipy_tests():
    random = np.random.default_rng(0)
    a, b, margin = random.normal(0, 1, 12), random.normal(0.2, 1, 9), 1.0
    test = equivalence_of_means(a, b, margin)
    lower = stats.ttest_ind(b + margin, a, alternative="greater").pvalue
    upper = stats.ttest_ind(b - margin, a, alternative="less").pvalue
    # both are closed forms of the same t: only rounding differs
    assert test.p_equivalence == pytest.approx(max(lower, upper), rel=1e-9)
    assert test.p_difference == pytest.approx(stats.ttest_ind(a, b).pvalue, rel=1e-9)


def test_paired_tost_equals_scipy():
    d = np.random.default_rng(1).normal(0.1, 1, 30)
    test = equivalence_of_pairs(d, 0.8)
    lower = stats.ttest_1samp(d, -0.8, alternative="greater").pvalue
    upper = stats.ttest_1samp(d, 0.8, alternative="less").pvalue
    assert test.p_equivalence == pytest.approx(max(lower, upper), rel=1e-9)


def test_difference_as_large_as_the_margin_is_accepted_no_more_often_than_stated():
    random = np.random.default_rng(2)
    accepted = sum(
        equivalence_of_means(random.normal(0, 1, 10), random.normal(3.0, 1, 2), 3.0).p_equivalence
        <= 0.05 for _ in range(2000))
    # binomial(2000, 0.05): 100 expected, five standard deviations are 49
    assert 51 <= accepted <= 149


def test_interval_inside_the_margin_is_the_same_as_tost():
    random = np.random.default_rng(3)
    for _ in range(50):
        test = equivalence_of_means(random.normal(0, 1, 8), random.normal(0, 1, 3), 2.0)
        low, high = test.interval(0.90)
        assert (test.p_equivalence <= 0.05) == (low >= -2.0 and high <= 2.0)


def test_equal_runs_are_equivalent_only_if_the_target_equals_them():
    same = equivalence_of_means([5.0] * 6, [5.0], 0.01)
    assert same.p_equivalence == 0.0 and same.p_difference == 1.0
    other = equivalence_of_means([5.0] * 6, [5.1], 0.01)
    assert other.p_equivalence == 1.0 and other.p_difference == 0.0


@pytest.mark.parametrize("arguments", [([1.0], [1.0], 1.0), ([1.0, 2.0], [], 1.0),
                                       ([1.0, 2.0], [1.0], -1.0)])
def test_too_few_runs_are_refused_by_name(arguments):
    with pytest.raises(ComparisonError, match="equivalence test"):
        equivalence_of_means(*arguments)


def test_holm_keeps_the_familywise_error():
    assert holm([0.01, 0.04, 0.03], 0.05) == [True, False, False]
    assert holm([0.01, 0.02, 0.03], 0.05) == [True, True, True]
    assert holm([], 0.05) == []
    random = np.random.default_rng(4)
    wrong = sum(any(holm(list(random.random(20)), 0.05)) for _ in range(2000))
    # exact familywise error 1 - 0.9975^20 = 0.0488, i.e. 98; five standard deviations are 48
    assert wrong <= 146
