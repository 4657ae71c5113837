"""Parts of the receiver: the head of a request, refusals, answers, and what goes on when a request is cancelled."""
