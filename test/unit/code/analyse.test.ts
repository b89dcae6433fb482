import assert from 'node:assert/strict';
import { analyse } from '../../../src/code/analyse';
import type { SourceAnalysis } from '../../../src/code/types';

const loads = ({ loads }: SourceAnalysis): string[] => loads.map(({ kind, path, variable }) => `${variable ?? '-'} = ${kind} ${path ?? '?'}`);
const names = ({ names, loads }: SourceAnalysis): string[] => names.map(({ kind, value, load }) => `${kind} ${value}${load === undefined ? '' : ` of ${loads[load]!.path}`}`).sort();
const shapes = ({ shapes }: SourceAnalysis): string[] => shapes.map(({ dims, input }) => `${input ?? '-'} ${dims.join('×')}`);

/** Every range is where its string is. */
function placed(text: string, analysis: SourceAnalysis): void {
  for (const { range, content, value } of [...analysis.strings, ...analysis.names]) {
    assert.ok(range.start <= content.start && content.start <= content.end && content.end <= range.end && range.end <= text.length, JSON.stringify({ range, content, value }));
    if (!text.slice(content.start, content.end).includes('\\') && !/""|\{\{|''|^\s*\n/.test(text.slice(content.start, content.end))) assert.equal(text.slice(content.start, content.end), value);
  }
}

async function read(language: string, text: string): Promise<SourceAnalysis> {
  const analysis = await analyse(language, text);
  placed(text, analysis);
  return analysis;
}

describe('what source code says about models', () => {
  describe('Python', () => {
    it('an inference script: constants, pathlib, named outputs and feeds', async () => {
      const found = await read('python', `
import argparse, os
from pathlib import Path
import numpy as np
import onnxruntime as ort

ROOT = Path(__file__).parent
MODEL = ROOT / "weights" / "resnet50.onnx"
LABELS = os.path.join("data", "labels.txt")

class Classifier:
    providers = ["CPUExecutionProvider"]
    def __init__(self, path=MODEL):
        self.session = ort.InferenceSession(str(path), providers=self.providers)

    def __call__(self, image):
        feeds = {"data": image.astype(np.float32)}
        return self.session.run(["probs", "features"], feeds)[0]

    def warm_up(self):
        x = np.zeros((1, 3, 224, 224), dtype=np.float32)
        self.session.run(None, {"data": x})
`);
      assert.deepEqual(loads(found), ['self.session = onnxruntime weights/resnet50.onnx']);
      assert.deepEqual(names(found), ['input data of weights/resnet50.onnx', 'input data of weights/resnet50.onnx', 'output features of weights/resnet50.onnx', 'output probs of weights/resnet50.onnx']);
      assert.deepEqual(shapes(found), ['data 1×3×224×224']);
    });

    it('a Keras script: load, layers, sub-model, prediction', async () => {
      const found = await read('python', `
import tensorflow as tf
import numpy as np
name = "vgg"
model = tf.keras.models.load_model(f"models/{name}.h5", compile=False)
extractor = tf.keras.Model(model.inputs, model.get_layer("block5_conv3").output)
backbone = model.get_layer(name="encoder").get_layer('conv_1')
model.predict(np.random.rand(4, 224, 224, 3))
model.predict(np.random.normal(0, 1, size=(2, 224, 224, 3)))
model(tf.zeros([1, 224, 224, 3]))
for layer in model.layers:
    print(layer.name)
`);
      assert.deepEqual(loads(found), ['model = keras models/vgg.h5']);
      assert.deepEqual(names(found), ['layer block5_conv3 of models/vgg.h5', 'layer conv_1 of models/vgg.h5', 'layer encoder of models/vgg.h5']);
      assert.deepEqual(shapes(found), ['- 4×224×224×3', '- 2×224×224×3', '- 1×224×224×3']);
    });

    it('a PyTorch export: module names are asked of the exported file', async () => {
      const found = await read('python', `
import torch, torchvision
model = torchvision.models.resnet18().eval()
dummy = torch.randn(1, 3, 224, 224)
torch.onnx.export(model, dummy, "out/resnet18.onnx", input_names=["x"], output_names=["y"])
conv = dict(model.named_modules())["layer1.0.conv1"]
modules = dict(model.named_modules())
modules["layer2.1"].register_forward_hook(hook)
model.get_submodule("layer3.0")
w = model.state_dict()["fc.weight"]
`);
      assert.deepEqual(loads(found), ['model = export out/resnet18.onnx']);
      assert.deepEqual(names(found), ['layer layer1.0.conv1 of out/resnet18.onnx', 'layer layer2.1 of out/resnet18.onnx', 'layer layer3.0 of out/resnet18.onnx', 'tensor fc.weight of out/resnet18.onnx']);
    });

    it('the latest value of a variable counts', async () => {
      const found = await read('python', `
def first():
    model = load_model("a.h5")
    return model.get_layer("one")
def second():
    model = load_model("b.h5")
    return model.get_layer("two")
def third(model):
    return model.get_layer("three")
def fourth(path):
    return load_model(path)
path = "c.h5"
`);
      assert.deepEqual(loads(found), ['model = keras a.h5', 'model = keras b.h5', '- = keras ?']);
      assert.deepEqual(names(found), ['layer one of a.h5', 'layer three', 'layer two of b.h5']);
    });

    it('other libraries, and what is none', async () => {
      const found = await read('python', `
import cv2, onnx, subprocess, spacy
net = cv2.dnn.readNetFromONNX("face.onnx")
net.setInput(blob, "data")
out = net.forward(["prob", "box"])
graph = onnx.load("face.onnx", load_external_data=False)
subprocess.run(["ls", "-l"])
subprocess.run(["protoc", "model.proto"], {"check": True})
app.run({"debug": True})
doc = df.get("column")
model.save("trained.keras")
model.load_weights(os.path.join("ckpt", "best.weights.h5"))
plt.save("figure.png")
os.environ.get("MODEL_PATH", "default.onnx")
`);
      assert.deepEqual(loads(found), ['net = opencv face.onnx', 'graph = onnx face.onnx', 'model = save trained.keras', 'model = weights ckpt/best.weights.h5']);
      assert.deepEqual(names(found).filter((name) => name.includes('face')), ['input data of face.onnx', 'tensor box of face.onnx', 'tensor prob of face.onnx']);
      assert.ok(found.strings.some(({ value }) => value === 'default.onnx'));
    });

    it('notebook cells with magics, and half-written code', async () => {
      const cell = await read('python', '%matplotlib inline\n!pip install keras\nmodel = keras.models.load_model("a.keras")\nmodel.get_layer("x")');
      assert.deepEqual(names(cell), ['layer x of a.keras']);
      const half = await read('python', 'model = keras.models.load_model("a.keras")\nmodel.get_layer("")\nif x:\n');
      assert.deepEqual(half.names.map(({ value, load }) => [value, load]), [['', 0]]);
      const unclosed = await read('python', 'session = ort.InferenceSession("a.onnx")\nsession.run(["pro"');
      assert.deepEqual(loads(unclosed), ['session = onnxruntime a.onnx']);
    });

    it('a string that ends a path knows the whole of it', async () => {
      const found = await read('python', 'MODELS = Path(__file__).parent / "models"\nA = MODELS / "a.onnx"\nB = os.path.join("x", "b.h5")\nC = unknown / "c.onnx"\nD = "d.onnx"\n');
      assert.deepEqual(found.strings.filter(({ value }) => value.includes('.')).map(({ value, path }) => `${value} ${path ?? '-'}`), ['a.onnx models/a.onnx', 'b.h5 x/b.h5', 'c.onnx -', 'd.onnx -']);
    });

    it('shapes that are not known are not told', async () => {
      const found = await read('python', `
s = ort.InferenceSession("a.onnx")
N = 8
s.run(None, {"a": np.zeros((N, 3, h, 224)), "b": x, "c": np.zeros(shape), "d": y.reshape(-1, 10), "e": np.ones([2, 2]).astype("float32"), "f": np.full((1, 5), 0.5), "g": np.zeros(10)})
`);
      assert.deepEqual(shapes(found), ['a 8×3×-1×224', 'd -1×10', 'e 2×2', 'f 1×5']);
    });
  });

  describe('JavaScript and TypeScript', () => {
    it('onnxruntime: feeds, outputs, destructuring', async () => {
      const found = await read('typescript', `
import * as ort from 'onnxruntime-web';
import path from 'node:path';
const MODELS = { detector: path.join(__dirname, 'models', 'yolo.onnx') };
export class Detector {
  private session?: ort.InferenceSession;
  async load(): Promise<void> { this.session = await ort.InferenceSession.create(MODELS.detector, { executionProviders: ['wasm'] }); }
  async detect(image: Float32Array) {
    const images = new ort.Tensor('float32', image, [1, 3, 640, 640]);
    const { boxes, scores: s } = await this.session!.run({ images, 'orig_size': <any>size }, ['boxes', 'scores']);
    const results = await this.session!.run({ images });
    return results['labels'];
  }
}
`);
      assert.deepEqual(loads(found), ['this.session = onnxruntime models/yolo.onnx']);
      assert.deepEqual([...new Set(names(found))], ['boxes', 'images', 'labels', 'orig_size', 'scores'].map((name) => `${/images|orig/.test(name) ? 'input' : 'output'} ${name} of models/yolo.onnx`).sort());
      assert.deepEqual([...new Set(shapes(found))], ['images 1×3×640×640']);
    });

    it('TensorFlow.js: layers and graph models', async () => {
      const found = await read('javascript', `
const tf = require('@tensorflow/tfjs-node');
const url = new URL('./web_model/model.json', import.meta.url);
async function main() {
  const model = await tf.loadLayersModel(\`file://models/a/model.json\`);
  model.getLayer('dense_1').output;
  model.predict(tf.zeros([1, 28, 28, 1]));
  const graph = await tf.loadGraphModel(url);
  const [a, b] = graph.execute({ x: tf.tensor2d(v, [1, 4]) }, ['Identity', 'Identity_1']);
  const c = await graph.executeAsync(x, 'softmax');
}
`);
      assert.deepEqual(loads(found), ['model = tfjs models/a/model.json', 'graph = tfjs ./web_model/model.json']);
      assert.deepEqual(names(found), ['input x of ./web_model/model.json', 'layer dense_1 of models/a/model.json', 'tensor Identity of ./web_model/model.json', 'tensor Identity_1 of ./web_model/model.json', 'tensor softmax of ./web_model/model.json']);
      assert.deepEqual(shapes(found), ['- 1×28×28×1', 'x 1×4']);
    });

    it('JSX, regular expressions and templates with holes do not confuse', async () => {
      const found = await read('typescriptreact', 'const a = /["\'`]/g; const view = <img src="x.onnx" alt={`m/${name}.onnx`} />;\nconst s = await InferenceSession.create(`m/${"b"}.onnx`);');
      assert.deepEqual(loads(found), ['s = onnxruntime m/b.onnx']);
      assert.ok(found.strings.some(({ value }) => value === 'x.onnx'));
      assert.ok(!found.strings.some(({ value }) => value.startsWith('m/')));
    });
  });

  it('C#', async () => {
    const found = await read('csharp', `
using Microsoft.ML.OnnxRuntime;
public class Scorer : IDisposable {
    private const string ModelPath = @"Models\\net.onnx";
    private readonly InferenceSession _session = new(ModelPath);
    public float[] Score(float[] data) {
        using var other = new InferenceSession(Path.Combine("Models", "b.onnx"), new SessionOptions());
        var tensor = new DenseTensor<float>(data, new[] { 1, 3, 224, 224 });
        var inputs = new List<NamedOnnxValue> { NamedOnnxValue.CreateFromTensor("data", tensor) };
        using var results = _session.Run(inputs, new[] { "probs" });
        var meta = _session.InputMetadata["data"]; // "comment.onnx"
        return results.First(r => r.Name == "probs").AsEnumerable<float>().ToArray();
    }
}
`);
    assert.deepEqual(loads(found), ['_session = onnxruntime Models\\net.onnx', 'other = onnxruntime Models/b.onnx']);
    assert.deepEqual(names(found), ['input data', 'input data of Models\\net.onnx', 'output probs of Models\\net.onnx']);
    assert.deepEqual(shapes(found), ['data 1×3×224×224']);
    assert.ok(!found.strings.some(({ value }) => value === 'comment.onnx'));
  });

  it('C++ and C', async () => {
    const found = await read('cpp', `
#include <onnxruntime_cxx_api.h>
#define FALLBACK "fallback.onnx"
static const char* kModel = "models/" "net.onnx"; /* "no.onnx" */
int main(int argc, char** argv) {
  Ort::Env env(ORT_LOGGING_LEVEL_WARNING, "app");
  Ort::Session session(env, ORT_TSTR("models/net.onnx"), Ort::SessionOptions{nullptr});
  auto second = std::make_unique<Ort::Session>(env, kModel, options);
  std::vector<const char*> input_names = {"data"};
  const char* output_names[] = {"probs"};
  auto out = session.Run(Ort::RunOptions{nullptr}, input_names.data(), &tensor, 1, output_names, 1);
  cv::dnn::Net net = cv::dnn::readNetFromONNX(FALLBACK);
  std::string raw = R"x(C:\\models\\"q".onnx)x"; char quote = '"';
}
`);
    assert.deepEqual(loads(found), ['session = onnxruntime models/net.onnx', 'second = onnxruntime models/net.onnx', 'net = opencv fallback.onnx']);
    assert.ok(names(found).includes('output probs of models/net.onnx'));
    assert.ok(found.strings.some(({ value }) => value === 'C:\\models\\"q".onnx'));
    const c = await read('c', 'OrtStatus* s = g_ort->CreateSession(env, "net.onnx", options, &session);');
    assert.deepEqual(c.loads.map(({ path }) => path), ['net.onnx']);
  });

  it('Java', async () => {
    const found = await read('java', `
public class Main {
  static final String MODEL = "net.onnx";
  public static void main(String[] args) throws OrtException {
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession session = env.createSession(Paths.get("models", MODEL).toString(), new OrtSession.SessionOptions());
         OrtSession.Result result = session.run(Map.of("data", tensor))) {
      result.get("probs");
    }
    String text = """
        not a "path.onnx" here
        """;
  }
}
`);
    assert.deepEqual(loads(found), ['session = onnxruntime models/net.onnx']);
    assert.deepEqual(names(found), ['input data of models/net.onnx', 'output probs of models/net.onnx']);
  });

  it('Rust', async () => {
    const found = await read('rust', `
const MODEL: &str = "models/net.onnx";
fn main<'a>() -> ort::Result<()> {
    let mut session = Session::builder()?.with_intra_threads(4)?.commit_from_file(MODEL)?;
    let outputs = session.run(ort::inputs!["data" => view]?)?;
    let probs = outputs["probs"].try_extract_tensor::<f32>()?;
    let other = tract_onnx::onnx().model_for_path(r#"other.onnx"#)?;
    let c = 'x'; /* nested /* "no.onnx" */ */
    Ok(())
}
`);
    assert.deepEqual(loads(found), ['session = onnxruntime models/net.onnx', 'other = tract other.onnx']);
    assert.deepEqual(names(found), ['input data of models/net.onnx', 'output probs of models/net.onnx']);
    assert.ok(!found.strings.some(({ value }) => value === 'no.onnx'));
  });

  it('JSON, YAML and Markdown', async () => {
    const json = await read('jsonc', '{ "model": "models\\/a.onnx", // "b.onnx"\n  "n": 1, "esc": "a\\u0041\\n" }');
    assert.deepEqual(json.strings.map(({ value }) => value), ['model', 'models/a.onnx', 'n', 'esc', 'aA\n']);
    const yaml = await read('yaml', "model: models/a.onnx # c.onnx\nlist:\n  - ../b.h5\n  - 'it''s.keras'\n  - \"d\\u002eonnx\"\nname: resnet\nmap: {path: e.onnx, url: https://x.y/f.onnx}\n");
    assert.deepEqual(yaml.strings.map(({ value }) => value), ['models/a.onnx', '../b.h5', "it's.keras", 'd.onnx', 'e.onnx', 'https://x.y/f.onnx']);
    const markdown = await read('markdown', 'Use `models/a.onnx` or [b](models/b.h5), see models/c.keras.\n\n```python\nm = load_model("d.h5")\nm.get_layer("x")\n```\n\n~~~ts\nconst s = await ort.InferenceSession.create("e.onnx");\nawait s.run({ y });\n~~~\nEnd.\n');
    assert.deepEqual(markdown.strings.map(({ value }) => value), ['models/a.onnx', 'models/b.h5', 'models/c.keras', 'd.h5', 'x', 'e.onnx', 'y']);
    assert.deepEqual(loads(markdown), ['m = keras d.h5', 's = onnxruntime e.onnx']);
    assert.deepEqual(names(markdown), ['input y of e.onnx', 'layer x of d.h5']);
  });

  it('a text of another language says nothing', async () => {
    assert.deepEqual(await analyse('plaintext', 'load_model("a.h5")'), { strings: [], loads: [], names: [], shapes: [], layers: [] });
  });

  it('a text that is too long is refused in one line', async () => {
    await assert.rejects(analyse('python', ' '.repeat(1_000_001)), /1000001 characters; up to 1000000 are read/);
  });
});
