"""How many of the inputs that people really give are handled rightly: `python -m scripts.evaluation.inputs`."""
