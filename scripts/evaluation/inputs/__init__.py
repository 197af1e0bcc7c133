"""How many of the inputs that people really give are handled rightly: `scripts.evaluation.inputs`."""
