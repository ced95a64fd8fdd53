"""What ``[[services]]``, ``[[queues.producers]]`` and ``[[queues.consumers]]`` say."""

from pathlib import Path

from worker.config import QueueConsumer, QueueProducer, ServiceBinding, WorkerConfig, load_config


def config(folder: Path, text: str) -> WorkerConfig:
    (folder / "wrangler.toml").write_text('name = "w"\nmain = "w.js"\n' + text)
    return load_config(folder / "wrangler.toml")


def test_services_are_bound_to_a_worker_or_to_a_class_of_it(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        '[[services]]\nbinding = "A"\nservice = "a"\n'
        '[[services]]\nbinding = "B"\nservice = "b"\nentrypoint = "Named"\n'
        '[[services]]\nbinding = "C"\nservice = "c"\nentrypoint = "default"\n',
    )
    assert found.services == (
        ServiceBinding("A", "a"),
        ServiceBinding("B", "b", "Named"),
        ServiceBinding("C", "c"),
    )


def test_queues_have_wranglers_defaults(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        '[[queues.producers]]\nbinding = "Q"\nqueue = "q"\ndelivery_delay = 60\n'
        '[[queues.producers]]\nbinding = "OWN"\n'
        '[[queues.consumers]]\nqueue = "q"\n'
        '[[queues.consumers]]\nqueue = "r"\nmax_batch_size = 9\nmax_batch_timeout = 2\nmax_retries = 0\n'
        'dead_letter_queue = "dead"\nretry_delay = 30\n',
    )
    assert found.queue_producers == (QueueProducer("Q", "q", 60), QueueProducer("OWN", "OWN"))
    assert found.queue_consumers == (QueueConsumer("q"), QueueConsumer("r", 9, 2, 0, "dead", 30))
    assert QueueConsumer("q") == QueueConsumer("q", 5, 1, 2, None, 0)


def test_what_dev_emulates_is_not_absent_there(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        '[ai]\nbinding = "AI"\n[[services]]\nbinding = "A"\nservice = "a"\n'
        '[[queues.producers]]\nbinding = "Q"\nqueue = "q"\n',
    )
    assert found.not_emulated == {"A": "Worker", "AI": "AI", "Q": "Queue"}
    assert found.absent_in_dev == {"AI": "AI"}
