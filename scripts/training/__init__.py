"""Makes the weights that come with the product, from corpora that are not in the repository (`--data`)."""
