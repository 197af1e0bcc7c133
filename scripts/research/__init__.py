"""Questions that were answered once; kept so that the answers can be had again."""
