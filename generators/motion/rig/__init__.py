"""What motion generators share: how a face and head are built and move, whoever decides what they do."""
