"""The ordering service of an online bookshop."""
