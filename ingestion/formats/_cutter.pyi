from typing import Any

class Rows:
    def stream(self) -> Any: ...

def cut(
    columns: tuple[str, ...],
    are_json: bytes,
    most_depth: int,
    pieces: tuple[tuple[int, bytes, int], ...],
) -> tuple[Rows, list[list[int]]]: ...
def count(data: bytes, wanted: bytes) -> int: ...
