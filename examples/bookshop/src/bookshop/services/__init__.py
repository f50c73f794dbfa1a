"""What the shop does. Nothing here knows of HTTP requests."""
