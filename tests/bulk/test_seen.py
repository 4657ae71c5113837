"""The references that came before in a list."""

from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async.bulk._seen import Seen


@given(st.lists(st.sampled_from("abcdefgh"), max_size=30))
def test_a_reference_is_new_only_once(references):
    seen = Seen()
    found = [seen.add(reference) for reference in references]
    assert found == [reference not in references[:position] for position, reference in enumerate(references)]
    seen.close()
