"""What codeQ sends to others, signed: results to a task's webhook, and news of work to subscribers."""
