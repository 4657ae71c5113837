"""The settings of a sandbox account, changed from several threads at once."""

from concurrent.futures import ThreadPoolExecutor

THREADS = 8
EACH = 100


def test_nothing_that_threads_add_at_once_is_lost(account):
    def work(thread):
        for number in range(EACH):
            name = f"user{thread}x{number}@example.com"
            account.call("/users/smtp/add", {"username": name, "email_password": "n0t-A-real-0ne!"})
            account.call("/allowed_recipients/add", {"allowed_recipients": [name]})
            account.call("/domain/add", {"domain": f"d{thread}x{number}.example"})
            account.publish_dns(f"d{thread}x{number}.example")
            if number % 2:
                account.call("/users/smtp/remove", {"username": name})
                account.call("/allowed_recipients/remove", {"allowed_recipients": [name]})

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    kept = THREADS * EACH // 2
    assert len(account.call("/users/smtp/view", {})["data"]["results"]) == kept
    assert len(account.call("/allowed_recipients/view", {})["data"]["allowed_recipients"]) == kept
    assert len(account.call("/domain/view", {})["data"]["domains"]) == THREADS * EACH
