"""Classifies a picture with the ONNX file and with the Keras file, and looks at one layer of the latter.

    python classify.py pictures/boat_1.png          (in this folder)

Needs numpy, pillow and onnxruntime; the second half also needs keras (and h5py).
In VS Code: hover over a path or a layer name, or use the lens above a line that loads a model.
"""
import sys

import numpy as np
import onnxruntime
from PIL import Image

LABELS = open("models/labels.txt").read().split()


def load(path):
    """A picture as the models want it: RGB, -1...1, 64x64, channels last."""
    image = Image.open(path).convert("RGB").resize((64, 64), Image.BILINEAR)
    return np.asarray(image, np.float32)[None] / 127.5 - 1


def show(title, probabilities):
    order = np.argsort(probabilities)[::-1][:3]
    print(f"{title:8}", ", ".join(f"{LABELS[i]} {probabilities[i]:.3f}" for i in order))


picture = load(sys.argv[1] if len(sys.argv) > 1 else "pictures/boat_1.png")

# The ONNX file takes channels first.
session = onnxruntime.InferenceSession("models/scenes.onnx")
(scores,) = session.run(["probabilities"], {"image": picture.transpose(0, 3, 1, 2)})
show("ONNX", scores[0])

try:
    import keras
except ImportError:
    sys.exit("keras is not installed: the second half is left out")

model = keras.models.load_model("models/scenes.h5", compile=False)
show("Keras", np.asarray(model.predict(picture, verbose=0))[0])

# What the last convolution sees: 64 maps of 8x8, the grid Grad-CAM works on.
conv4 = model.get_layer("conv4")
inside = keras.Model(model.inputs, conv4.output)
maps = np.asarray(inside.predict(picture, verbose=0))
print("conv4   ", maps.shape, "strongest map:", int(maps[0].sum(axis=(0, 1)).argmax()))
