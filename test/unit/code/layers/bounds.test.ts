// Whatever the text: no exception, no hang, and time that grows with the text.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { layersOf, python } from './layersOf';

const here = (name: string): string => fs.readFileSync(path.join(__dirname, name), 'utf8');
/** The sources inside the tests beside this one, by their template strings. */
const fixtures = ['torch.test.ts', 'keras.test.ts'].flatMap((name) => [...here(name).matchAll(/`([^`]{200,})`/g)].map(([, text]) => text!.replace('${head}', 'import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n')));

describe('bounds of layers in source', () => {
  it('cut off anywhere, with lines lost or marks changed', async () => {
    assert.ok(fixtures.length >= 8);
    let state = 12345;
    const random = (to: number): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % to;
    for (const text of fixtures) {
      const language = /@tensorflow\/tfjs/.test(text) ? 'typescript' : 'python';
      for (let turn = 0; turn < 8; turn++) {
        const at = random(text.length);
        const lines = text.split('\n');
        lines.splice(random(lines.length), 1 + random(3));
        for (const damaged of [text.slice(0, at), text.slice(at), lines.join('\n'), `${text.slice(0, at)}${'()[]{}:,=*'[random(10)]}${text.slice(at + random(3))}`]) {
          for (const layer of await layersOf(language, damaged)) {
            assert.ok(layer.name.start >= 0 && layer.name.end <= damaged.length && layer.call.end <= damaged.length && layer.call.start <= layer.name.end);
          }
        }
      }
    }
  });

  it('recursion, endless loops, exponential growth and deep nests end', async () => {
    const head = 'import torch\nfrom torch import nn\n';
    for (const text of [
      'def f(x):\n  return f(nn.Linear(3, 3)(x))\nf(1)\n', 'while True:\n  m = nn.Linear(3, 3)\n', 'def f(n):\n  return f(n - 1) + f(n - 2)\nf(50)\n',
      'x = [1]\nfor i in range(100):\n  x = x + x\nm = nn.Linear(len(x), 3)\n', 'a = n\nfor i in range(400):\n  a = a * a + n\nm = nn.Linear(a, a)\n', `m = nn.Sequential(${'nn.Sequential('.repeat(200)}nn.Linear(2, 3)${')'.repeat(200)})\n`,
      'class A(A): pass\nm = A()\n', 'class A(nn.Module):\n  def __init__(self):\n    self.a = A()\nm = A()\n', 'x = []\nx.append(x)\nm = nn.Sequential(*x)\nm(x)\n', 'm = nn.Sequential()\nm.append(m)\nm(torch.randn(1))\n', `m = ${'['.repeat(500)}nn.Linear(1, 2)${']'.repeat(500)}\n`,
      'm = nn.Sequential(*[nn.Linear(2, 2) for a in range(500) for b in range(500) for c in range(500)])\n', 'm = nn.Conv2d(9007199254740991, 9007199254740991, 99999)\n', 'a = 2 ** 999999\nb = "x" * 10 ** 9\nm = nn.Linear(1 << 999, 3)\n', 'm = nn.Conv2d(0, -1, 0, 0)\ny = m(torch.randn(1, 0, 0, 0))\n', 'for f in f: f = f(f)\n',
      'x = {}\nx["a"] = x\nm = nn.ModuleDict(x)\nm["a"]["a"]\n', 'def f(*a, **k): return f(*a, **k)\nf(*[1] * 9999)\n',
    ]) {
      const begin = performance.now();
      await python(head + text);
      assert.ok(performance.now() - begin < 4000, `${performance.now() - begin} ms for\n${text}`);
    }
  });

  it('time grows with the text', async () => {
    const text = (count: number): string => `from keras import layers, Input\nx = Input((64, 64, 3))\n${'x = layers.Conv2D(32, 3, padding="same")(x)\n'.repeat(count)}`;
    await python(text(50));
    const time = async (count: number): Promise<number> => {
      const begin = performance.now();
      assert.equal((await python(text(count))).length, count + 1);
      return performance.now() - begin;
    };
    const [short, long] = [await time(250), await time(1000)];
    assert.ok(long < 12 * short + 200, `${short} ms for 250 layers, ${long} ms for 1000`);
  });

  it('a file that builds no model is dismissed', async () => {
    assert.deepEqual(await python('import os\nprint(os.getcwd())\n'), []);
    assert.deepEqual(await layersOf('javascript', 'console.log(1)'), []);
  });
});
