from typing import Annotated
from fastapi import FastAPI
from pydantic import BaseModel, Field
class Invoice(BaseModel):
    children: "Invoice | None" = None
class Shape(BaseModel):
    first_name: Invoice
    URL: Invoice = Field(title="T", examples=['e'])
    z: list[Annotated[Invoice, Field(description='D')]]
class Later(BaseModel):
    x: Invoice
app = FastAPI()
@app.get('/')
def f() -> Shape: ...
@app.get('/2')
def f2() -> Later: ...
