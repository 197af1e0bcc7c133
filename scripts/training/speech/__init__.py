"""The heads of `emotion_embed/readers/speech.py`: features, soft labels, training and measuring."""
