"""Many threads, and the end of the one that runs the loop."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest
from faults.server import Fault

from smtp2go_async import NotSentError, OutcomeUnknownError, RetryPolicy, SyncClient
from smtp2go_async._sync import _loop_thread


def loop_threads():
    return [thread for thread in threading.enumerate() if thread.name == "smtp2go-async"]


def test_fifty_threads_at_once_each_get_their_own_responses(faults, sync_of, mail):
    client = sync_of()
    start = threading.Barrier(50)

    def calls(who):
        start.wait(60)
        return [client.email.send(**mail(f"{who}-{number}")).email_id for number in range(2)]

    with ThreadPoolExecutor(50) as pool:
        said = list(pool.map(calls, range(50)))

    assert said == [[f"{who}-{number}" for number in range(2)] for who in range(50)]
    assert len(faults.arrived) == 100


def test_threads_that_make_the_first_call_at_once_start_one_loop(faults, sync_of, mail):
    client = sync_of()
    start = threading.Barrier(20)

    def call(number):
        start.wait(60)
        return client.email.send(**mail(str(number))).email_id

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(call, range(20))) == [str(number) for number in range(20)]
    assert len(loop_threads()) == 1


def test_threads_wait_for_each_other_when_there_is_one_connection(faults, sync_of, mail):
    client = sync_of(max_connections=1)

    with ThreadPoolExecutor(10) as pool:
        said = list(pool.map(lambda number: client.email.send(**mail(str(number))).email_id, range(30)))
    assert said == [str(number) for number in range(30)]
    assert faults.connections == 1


def test_copies_can_be_made_and_used_from_many_threads(faults, sync_of, mail):
    client = sync_of()

    def call(number):
        return client.with_options(timeout=number + 1).email.send(**mail(str(number))).email_id

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(call, range(30))) == [str(number) for number in range(30)]


# --- closing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("retry", [RetryPolicy.none(), RetryPolicy(first_wait=0.0)], ids=["once", "repeating"])
@pytest.mark.parametrize("fault", [Fault.STALL, Fault.STALL_BEFORE_READING, Fault.STALL_IN_ANSWER])
def test_a_call_that_is_under_way_when_the_client_is_closed_may_have_been_carried_out(
    fault, retry, faults, sync_of, mail
):
    faults.otherwise = fault
    client = sync_of(retry=retry)
    caught = []

    def call():
        with pytest.raises(OutcomeUnknownError) as error:
            client.email.send(**mail())
        caught.append(error.value)

    thread = threading.Thread(target=call)
    thread.start()
    faults.wait_for(lambda: faults.arrived or (fault is Fault.STALL_BEFORE_READING and faults.connections))
    client.close()
    thread.join(60)

    assert [error.carried_out for error in caught] == [None]
    assert loop_threads() == []


def test_calls_that_come_while_the_client_is_closed_all_end(faults, sync_of, mail):
    client = sync_of()
    ended = []

    def calls():
        while True:
            try:
                client.email.send(**mail())
            except (NotSentError, OutcomeUnknownError) as error:
                ended.append(error)
                return

    threads = [threading.Thread(target=calls) for _ in range(20)]
    for thread in threads:
        thread.start()
    faults.wait_for(lambda: len(faults.arrived) > 50)
    client.close()
    for thread in threads:
        thread.join(60)

    assert len(ended) == 20


def test_a_task_that_a_call_has_just_started_ends_with_the_call():
    async def nothing():
        pass

    async def call():
        async with anyio.create_task_group() as group:
            thread._loop.ended.set()
            group.start_soon(anyio.sleep_forever)

    thread = _loop_thread.LoopThread(nothing)
    with pytest.raises(OutcomeUnknownError, match="closed"):
        thread.run(call)
    thread.stop()
    gc.collect()


def test_closing_twice_is_closing_once(faults, sync_of, mail):
    client = sync_of()
    client.email.send(**mail())
    client.close()
    client.close()
    client.with_options(timeout=1).close()

    assert loop_threads() == []


def test_many_threads_can_close_at_once(faults, sync_of, mail):
    client = sync_of()
    client.email.send(**mail())

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: client.close(), range(10)))
    assert loop_threads() == []


def test_a_client_that_was_never_used_can_be_closed(sync_of, mail):
    client = sync_of()
    client.close()

    with pytest.raises(NotSentError, match="closed"):
        client.email.send(**mail())


def test_the_end_of_the_block_closes(faults, key, mail):
    with SyncClient(key, base_url=faults.url) as client:
        client.email.send(**mail())

    assert loop_threads() == []
    faults.wait_for(lambda: faults.open == 0)


def test_an_error_in_the_block_gets_out_and_closes(faults, key, mail):
    with pytest.raises(ZeroDivisionError):
        with SyncClient(key, base_url=faults.url) as client:
            client.email.send(**mail())
            1 / 0  # noqa: B018

    assert loop_threads() == []


def test_a_client_that_is_forgotten_ends_its_thread_and_closes_its_connections(faults, key, mail):
    client = SyncClient(key, base_url=faults.url)
    client.email.send(**mail())
    (thread,) = loop_threads()
    gone = weakref.ref(client)
    del client
    gc.collect()

    assert gone() is None
    thread.join(60)
    assert not thread.is_alive()
    faults.wait_for(lambda: faults.open == 0)


def test_a_copy_that_is_forgotten_leaves_the_thread_to_the_original(faults, sync_of, mail):
    client = sync_of()
    copy = client.with_options(timeout=1)
    copy.email.send(**mail())
    del copy
    gc.collect()

    assert client.email.send(**mail("after")).email_id == "after"
    assert faults.connections == 1


def test_a_client_that_the_collector_finds_inside_its_own_loop_still_ends(faults, key, mail):
    client = SyncClient(key, base_url=faults.url)
    client.email.send(**mail())
    (thread,) = loop_threads()
    holder = [client]
    loop = client._thread._loop.running
    del client
    # The last reference goes away on the loop's own thread.
    loop.call_soon_threadsafe(holder.clear)

    thread.join(60)
    assert not thread.is_alive()
    faults.wait_for(lambda: faults.open == 0)


def test_an_http_client_that_only_the_blocking_client_can_close_is_closed_with_it(faults, key, mail):
    """Its connections belong to a loop that nobody else can reach, and that ends."""
    own = httpx.AsyncClient(verify=False)
    client = SyncClient(key, base_url=faults.url, http_client=own)
    client.email.send(**mail())
    client.close()
    del own
    gc.collect()

    faults.wait_for(lambda: faults.open == 0)


def test_a_thread_that_can_t_start_is_an_error_and_not_a_hang(sync_of, mail, monkeypatch):
    def broken(*_args, **_kwargs):
        raise OSError("too many open files")

    client = sync_of()
    with monkeypatch.context() as patch:
        patch.setattr(_loop_thread.anyio, "run", broken)
        with pytest.raises(OSError, match="too many open files"):
            client.email.send(**mail())

    assert client.email.send(**mail()).email_id == "reference"
