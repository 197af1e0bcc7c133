"""The plug-in's own tests run where it is installed: in a process of theirs, see `installed.py`."""

collect_ignore = ["mien-toy"]
