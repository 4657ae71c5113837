"""When a webhook that failed is tried again."""

from datetime import timedelta
from itertools import accumulate

import pytest

from smtp2go_async.sandbox.notify.schedule import MAX_TRIES, WAITS, RetryTimes


def test_the_tries_keep_to_what_the_provider_documents():
    moments = [timedelta(), *accumulate(WAITS)]
    assert sum(moment <= timedelta(minutes=30) for moment in moments) == 5
    hourly = [moment for moment in moments if timedelta(minutes=30) < moment <= timedelta(hours=24)]
    assert {later - earlier for earlier, later in zip(hourly, hourly[1:], strict=False)} == {timedelta(hours=1)}
    assert moments[-1] == timedelta(hours=48)
    assert len(moments) == MAX_TRIES <= 35
    assert moments == sorted(moments)


def test_there_is_no_wait_after_the_last_try():
    assert RetryTimes().wait_after(MAX_TRIES - 1) == timedelta(hours=12)
    assert RetryTimes().wait_after(MAX_TRIES) is None


def test_a_factor_makes_time_pass_faster():
    assert RetryTimes(60).wait_after(1) == timedelta(seconds=2)


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf")])
def test_a_factor_that_means_nothing_is_refused(factor):
    with pytest.raises(ValueError, match=r"^time_factor: must be more than 0"):
        RetryTimes(factor)
