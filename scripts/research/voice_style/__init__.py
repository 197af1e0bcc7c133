"""How the speaking styles of the voice were found: a response-surface search with five judges."""
