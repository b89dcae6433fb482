"""Runs both files of the sample network on noise and looks at layers by name.

    python scripts/look_inside.py          (in the samples folder)

Needs numpy, onnxruntime and keras. In VS Code: hover over paths, over names of layers and tensors, and over the layers
of `small_network`; the lines above the loads open the models. A name the model does not have, or a shape that does not
fit, is marked with a hint.
"""
import os
from pathlib import Path

import numpy as np
import onnxruntime as ort
import keras
from keras import layers

MODELS = Path(__file__).resolve().parent.parent / "models"
ONNX_FILE = MODELS / "scenes.onnx"

# Channels first in ONNX, channels last in Keras.
session = ort.InferenceSession(str(ONNX_FILE), providers=["CPUExecutionProvider"])
(probabilities,) = session.run(["probabilities"], {"image": np.random.rand(1, 3, 64, 64).astype(np.float32)})
print("ONNX ", probabilities.shape)

model = keras.models.load_model(os.path.join(MODELS, "scenes.h5"), compile=False)
print("Keras", model.predict(np.zeros((1, 64, 64, 3)), verbose=0).shape)

for name in ["conv1", "conv4", "average"]:
    print(name, model.get_layer(name).output.shape)
kernel, bias = model.get_layer("conv1").get_weights()
print("first filters", kernel.shape, bias.shape)


def small_network(classes=6):
    """The same kind of network, to be trained anew: hover over a layer for its output and its parameters."""
    return keras.Sequential([
        keras.Input((64, 64, 3)),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(classes, activation="softmax"),
    ])


small_network().summary()
