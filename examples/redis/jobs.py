"""A job's fields as the new queue names them."""

FIELDS = {"data": "data", "created_at": "timestamp", "description": "name"}


def to_bull(job_id: str, job: dict[str, str]) -> dict[str, str]:
    """The same job every time it is asked: no clock and no chance in here."""
    made = {new: job[old] for old, new in FIELDS.items() if old in job}
    return made | {"opts": '{"jobId":"' + job_id + '"}', "atm": job.get("retries", "0")}
