"""Content to sound: voices that speak text, recordings and silence. Each folder with a `SPEC` is a voice."""
