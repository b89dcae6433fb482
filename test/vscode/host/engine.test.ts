import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { EngineProcess } from '../../../src/protocol/engineProcess';
import type { WireError } from '../../../src/protocol/engine';
import { tinyModel } from './tinyModel';

describe('the engine under this extension host', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-engine-'));
  const enginePath = path.join(vscode.extensions.getExtension('model-lens.model-lens')!.extensionPath, 'dist/engine.cjs');
  const engine = new EngineProcess({ enginePath });
  const model = path.join(folder, 'tiny.onnx');

  before(async () => fs.writeFileSync(model, await tinyModel()));
  after(() => {
    engine.dispose();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('inspects a model', async () => {
    const { summary, architecture } = await engine.request('inspect', { file: model });
    assert.deepEqual(summary.layers.map(({ type }) => type), ['Conv', 'Relu', 'GlobalAveragePool', 'Flatten']);
    assert.equal(summary.totals.parameters, 4 * 3 * 3 * 3 + 4);
    assert.deepEqual(summary.outputs.map(({ dims }) => dims), [[1, 4]]);
    assert.equal(architecture.nodes.filter(({ kind }) => kind === 'op').length, 4);
  });

  it('lists its devices, the CPU among them', async () => {
    const devices = await engine.request('devices', {});
    assert.ok(devices.find(({ id }) => id === 'cpu')?.available);
  });

  it('says in words what is no model', async () => {
    const file = path.join(folder, 'page.onnx');
    fs.writeFileSync(file, '<html><body>Not found</body></html>');
    await assert.rejects(engine.request('inspect', { file }), (error: Error & WireError) => {
      assert.equal(error.code, 'badFile');
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  });

  it('answers open requests when it is killed, and starts anew', async () => {
    const disposable = new EngineProcess({ enginePath });
    try {
      // Killed before it can have come up.
      const open = disposable.request('inspect', { file: model });
      const { pid } = disposable;
      assert.ok(pid);
      disposable.kill();
      await assert.rejects(open, (error: Error & WireError) => error.code === 'engineDied');
      const { summary } = await disposable.request('inspect', { file: model });
      assert.equal(summary.totals.layers, 4);
      assert.notEqual(disposable.pid, pid);
    } finally {
      disposable.dispose();
    }
  });
});
