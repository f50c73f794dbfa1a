from dataclasses import dataclass
from fastapi import FastAPI
from pydantic import BaseModel, computed_field, Field
class Plain(BaseModel):
    n: int = 1
    children: list["Plain"] = []
@dataclass
class D:
    x: int = 1
    @computed_field
    def c(self) -> int: return 1
app = FastAPI(separate_input_output_schemas=False)
@app.post('/3')
def f3(a: Plain) -> Plain: ...
@app.post('/4')
def f4(a: list[D]) -> dict[str, Plain]: ...
@app.post('/5')
def f5() -> list[D]: ...
@app.post('/6')
def f6(a: D): ...
@app.post('/7', responses={404: {'model': D}})
def f7(): ...
