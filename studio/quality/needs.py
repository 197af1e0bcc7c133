"""What the check of a finished clip reads, known before anything is rendered."""

CHECK_WEIGHTS = ("face-landmarker", "whisper-base")
