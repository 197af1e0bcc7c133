import checkpoints  # noqa: F401  # ends the reports of libraries before any is imported
