import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openWorkbench, type Workbench } from '../../../tools/vscode/workbench';
import { Window } from '../pages';
import { screenshots } from '../workspaces';

const keras = `import keras
from keras import layers

num_classes = 10

model = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
    layers.MaxPooling2D(pool_size=(2, 2)),
    layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
    layers.MaxPooling2D(pool_size=(2, 2)),
    layers.Flatten(),
    layers.Dropout(0.5),
    layers.Dense(num_classes, activation="softmax"),
])

def tower(x, widths=(32, 64, 128)):
    for width in widths:
        x = layers.SeparableConv2D(width, 3, padding="same")(x)
    return layers.GlobalAveragePooling2D()(x)

embedding = tower(keras.Input((96, 96, 3)))
`;
const torch = `import torch
from torch import nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 5, stride=2)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.head = nn.Linear(512, classes)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        return self.head(x)


net = Net()
out = net(torch.randn(8, 3, 32, 32))
`;

describe('layers in source code on screen', () => {
  let workbench: Workbench, window: Window, workspace: string;
  const shot = (name: string): Promise<Buffer> => workbench.page.screenshot({ path: path.join(screenshots, `layers-${name}.png`) });
  const settle = (): Promise<void> => workbench.page.waitForTimeout(700);

  before(async () => {
    workspace = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-layers-'));
    fs.writeFileSync(path.join(workspace, 'mnist.py'), keras);
    fs.writeFileSync(path.join(workspace, 'net.py'), torch);
    fs.mkdirSync(screenshots, { recursive: true });
    workbench = await openWorkbench({ workspace, settings: { 'workbench.colorTheme': 'Default Dark Modern', 'workbench.editor.enablePreview': false, 'editor.hover.delay': 100, 'modelLens.inlayHints': true, 'editor.minimap.enabled': false } });
    window = new Window(workbench.page);
  });

  after(async () => {
    await workbench?.close();
    if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  });

  /** Moves over a word until the hover says what is expected: others are slower, and hints move the words. */
  const hover = async (word: string, expected: RegExp): Promise<string> => {
    const { page } = workbench;
    let text = '';
    for (let attempt = 0; attempt < 20; attempt++) {
      // The word itself: what is coloured alike is one element.
      const box = await page.locator('.editor-group-container.active .monaco-editor .view-line', { hasText: word }).first().evaluate((line, sought) => {
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const at = node.textContent!.indexOf(sought);
          if (at < 0) continue;
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + sought.length);
          const { x, y } = range.getBoundingClientRect();
          return { x, y };
        }
        return null;
      }, word, { timeout: 5000 }).catch(() => null);
      if (box) {
        await page.mouse.move(box.x + 8, box.y + 8);
        await page.mouse.move(box.x + 11, box.y + 9);
        await page.waitForTimeout(700);
        const shown = page.locator('.monaco-hover:visible').first();
        text = ((await shown.count()) ? await shown.innerText() : '').replace(/\s+/g, ' ');
        if (expected.test(text)) return text;
        await page.mouse.move(box.x + 300, box.y + 400);
      }
      await page.waitForTimeout(500);
    }
    throw new Error(`the hover over '${word}' says '${text}'`);
  };

  const hints = async (count: number): Promise<string[]> => {
    const all = workbench.page.locator('.editor-group-container.active .view-line span[class*="dyn-rule"]').filter({ hasText: '→' });
    for (let waited = 0; waited < 20_000 && (await all.count()) < count; waited += 200) await workbench.page.waitForTimeout(200);
    return (await all.allTextContents()).map((text) => text.replace(/\s/g, ' ').trim());
  };

  it('Keras: a hover with dims, parameters and total; hints behind the calls', async () => {
    await window.openFile('mnist.py');
    const text = await hover('Dense', /Dense N × 1600 → N × 10/);
    assert.match(text, /16,010 parameters · 34,826 up to here/);
    await settle();
    await shot('keras-dark');
    const shown = await hints(8);
    assert.ok(shown.some((hint) => hint.includes('→ N × 26 × 26 × 32 · 320')), shown.join('\n'));
    await workbench.page.keyboard.press('Escape');
    const loop = await hover('SeparableConv2D', /SeparableConv2D/);
    assert.match(loop, /In the loop, or for 3 calls: N × 96 × 96 × 32 \(155 parameters\)/);
    await settle();
    await shot('loop-dark');
    await workbench.page.keyboard.press('Escape');
  });

  it('PyTorch: a contradiction says itself; light and high contrast', async () => {
    await window.openFile('net.py');
    const text = await hover('Linear', /nn\.Linear 8 × 1568 → 8 × 10/);
    assert.match(text, /It expects 512 features, gets 1568/);
    await window.setTheme('Light Modern');
    await hover('Linear', /1568/);
    await settle();
    await shot('torch-light');
    await window.setTheme('Dark High Contrast');
    await hover('Linear', /1568/);
    await settle();
    await shot('torch-contrast');
  });
});
