"""POST /classify {"text": "I loved it"} -> {"label": "positive"}

AMAAS_HOME=models flask --app examples/flask_classify.py run
"""

import os

import amaas
from flask import Flask, jsonify, request

app = Flask(__name__)
reviews = amaas.Service().load(os.environ.get("MODEL", "sentiment@^1"))


@app.post("/classify")
def classify():
    match request.get_json(silent=True):
        case {"text": str(text)}:
            try:
                return jsonify(label=reviews(text, overflow="error")[0]["label"])
            except amaas.InvalidArgument as error:
                return jsonify(error=str(error)), 400
    return jsonify(error='send JSON with a string under "text"'), 400
