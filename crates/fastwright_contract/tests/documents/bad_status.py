from fastapi import FastAPI
app = FastAPI()
@app.get('/a', responses={'hello': {'description': 'Not a valid additional response'}})
def a(): ...
