from worker.sdk.workflows import NonRetryableError as NonRetryableError
