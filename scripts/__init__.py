"""What makes and measures the product, outside the wheel; run from the repository's root as `scripts.…`.

`training` makes the weights that come with the product, `evaluation` measures what it does, `benchmarks` what that
costs and how the code is built, `research` keeps questions that were answered once.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
