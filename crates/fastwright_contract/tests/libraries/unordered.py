from typing import Literal
from fastapi import FastAPI
from names import found, listed

app = FastAPI()

@app.get("/found")
def any_order(name: Literal[tuple(found)]): ...


@app.get("/listed", openapi_extra={"x-listed": listed, "x-sorted": sorted(listed)})
def extra(): ...
