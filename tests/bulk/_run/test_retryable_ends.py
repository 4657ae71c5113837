"""Does the error of a run that ended early say whether the run can be started again, without sending a row twice?"""

import json
import pickle

import pytest
from bulk.helpers import BAD_KEY, LOST, TURNED_AWAY, emails

from smtp2go_async import BulkStoppedError, NotSentError, Smtp2goError

AWAY = NotSentError("the connection was refused")
CLOSED = NotSentError("this client is closed", final=True)


@pytest.mark.parametrize(
    ("turn", "passes"), [(AWAY, True), (CLOSED, False), (BAD_KEY, False), (TURNED_AWAY, True), (LOST, True)]
)
@pytest.mark.parametrize("has_journal", [True, False])
@pytest.mark.parametrize("via", ["send", "batch"])
def test_a_run_that_ended_early_is_retryable_with_a_journal_if_its_cause_passes(
    turn, passes, has_journal, via, go, client, provider, path
):
    provider.otherwise = turn
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(2000), via=via, journal=path if has_journal else None)
    assert caught.value.retryable is (passes and has_journal)
    again = Smtp2goError.from_dict(json.loads(json.dumps(caught.value.to_dict())))
    assert (again.retryable, pickle.loads(pickle.dumps(caught.value)).retryable) == (caught.value.retryable,) * 2
