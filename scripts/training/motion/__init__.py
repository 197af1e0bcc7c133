"""The motion model that comes with the product: speech, performances, windows, training."""
