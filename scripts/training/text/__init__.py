"""The readers of emotion in texts, of languages and of homographs."""
