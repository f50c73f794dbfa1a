"""Letters to customers; nothing calls this yet."""


def greeting(name: str) -> str:
    return f"Dear {name},"
