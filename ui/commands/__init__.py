"""The commands of `mien`, by subject; each module registers its own."""
