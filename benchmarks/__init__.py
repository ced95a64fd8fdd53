"""What is fast enough, measured side by side: ``python -m benchmarks``. See docs/performance.md."""
