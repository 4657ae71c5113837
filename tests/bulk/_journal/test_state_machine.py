"""The states of rows in any order of claims, outcomes and crashes."""

import sqlite3
import weakref

from bulk.helpers import claims, settled_rows
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from properties import examples

from smtp2go_async import Journal


class JournalMachine(RuleBasedStateMachine):
    """Claims, settlements, closings and crashes in any order, beside a model that is a dict."""

    def __init__(self):
        super().__init__()
        self.journal = JournalInMemory()
        self.model = {}

    @rule(references=st.sets(st.sampled_from("abcdef"), min_size=1))
    def claim(self, references):
        self.journal.commit(claims(*references), [])
        self.model.update(dict.fromkeys(references, "claimed"))

    @precondition(lambda self: "claimed" in self.model.values())
    @rule(data=st.data(), state=st.sampled_from(["sent", "refused", "failed", "unknown", "pending"]))
    def settle(self, data, state):
        reference = data.draw(st.sampled_from(sorted(name for name in self.model if self.model[name] == "claimed")))
        self.journal.commit([], settled_rows(state, reference))
        self.model[reference] = state

    @rule(reference=st.sampled_from("abcdef"), state=st.sampled_from(["sent", "unknown"]))
    def claim_and_settle_together(self, reference, state):
        """The rows that a commit settles were claimed before it, and the rows that it claims stay claimed."""
        before = {name for name, now in self.model.items() if now == "claimed"}
        self.journal.commit(claims(reference), settled_rows(state, *before))
        self.model.update(dict.fromkeys(before, state))
        self.model[reference] = "claimed"

    @rule()
    def be_cut_off_and_open_again(self):
        self.journal.start_again()
        self.model = {name: "unknown" if state == "claimed" else state for name, state in self.model.items()}

    @invariant()
    def journal_and_model_agree(self):
        assert {row.reference: row.state for row in self.journal.rows()} == self.model
        assert {state: count for state, count in self.journal.counts().items() if count} == {
            state: list(self.model.values()).count(state) for state in set(self.model.values())
        }


class JournalInMemory(Journal):
    """A journal without a file, which is a hundred times as fast."""

    def __init__(self):
        super().__init__("nowhere")
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._connection.close)
        self.start_again()

    def start_again(self):
        self._start(self._connection, UnwatchedFiles())


class UnwatchedFiles:
    needs_checkpoint, is_sealed = False, True

    def nothing(self, *_, **__):
        return True

    check_commits = start_watching = check_intact = seal_commits = nothing
    note_write = measure_wal = is_safe_to_write = nothing


JournalMachine.TestCase.settings = examples(60, stateful_step_count=25)


TestJournalMachine = JournalMachine.TestCase
