from typing import Annotated, Literal, Union
from fastapi import FastAPI, Form
from pydantic import BaseModel, Field
class Person(BaseModel):
    kind: Literal["person"] = Field(alias="contact_type")
    name: str
class Company(BaseModel):
    kind: Literal["company"] = Field(alias="contact_type")
    company_name: str
app = FastAPI()
@app.post('/1')
def f1(a: Annotated[Person | Company, Form(discriminator='kind')], token: Annotated[str, Form()]): ...
@app.post('/2')
def f2(token: Annotated[str, Form()], a: Annotated[Person | Company | None, Form(discriminator='kind')]=None): ...
@app.post('/3')
def f3(a: Annotated[Annotated[Person, Field(title='x')] | Company, Form(discriminator='kind')], token: Annotated[str, Form()]): ...
