from typing import Annotated, Literal, Union
from fastapi import FastAPI, Form
from pydantic import BaseModel, Field
class A(BaseModel):
    kind: Annotated[Literal['a'], Field(alias='contact_type')]
    x: int
class B(BaseModel):
    kind: Annotated[Literal['b'], Field(alias='contact_type')]
    y: int
app = FastAPI()
@app.post('/1')
def f1(a: Annotated[Union[A, B], Form(discriminator='kind')]): ...
@app.post('/2')
def f2(a: Annotated[Annotated[Union[A, B], Field(discriminator='kind')], Form()]): ...
@app.post('/3')
def f3(a: Annotated[Union[A, B], Form(discriminator='kind')], other: Annotated[str, Form()]): ...
@app.post('/4')
def f4(a: Union[A, B] = Form(discriminator='kind')): ...
@app.post('/5')
def f5(a: Annotated[Union[A, B, None], Form(discriminator='kind')] = None): ...
