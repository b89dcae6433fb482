/**
 * Damaged and hostile ONNX files: each is answered within 5 seconds and 500 MB, by a model or by one line of text, and
 * no file outside the model's folder is opened.
 */
import * as assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { filesBelow, shared, sharedFolder, temporaryFolder } from '../unit/formats/support';
import type { Outcome } from './openInChild';

const limitMilliseconds = 5000, limitMegabytes = 500;

describe('damaged ONNX files', function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  let child: ChildProcess | undefined;

  async function start(): Promise<ChildProcess> {
    const started = fork(path.join(__dirname, 'openInChild.ts'), { execArgv: ['--require', 'tsx/cjs'], stdio: 'inherit' });
    await new Promise<void>((resolve) => started.once('message', () => resolve()));
    return started;
  }

  after(() => { child?.kill(); });

  async function examine(file: string): Promise<Outcome> {
    const running = child ??= await start();
    return new Promise((resolve, reject) => {
      const finish = (action: () => void): void => {
        clearTimeout(timer);
        running.removeAllListeners();
        action();
      };
      const timer = setTimeout(() => {
        running.kill('SIGKILL');
        child = undefined;
        finish(() => reject(new Error(`${file}: no answer within ${limitMilliseconds} ms`)));
      }, limitMilliseconds);
      running.once('message', (outcome: Outcome) => finish(() => resolve(outcome)));
      running.once('exit', (code, signal) => {
        child = undefined;
        finish(() => reject(new Error(`${file}: the process died (${signal ?? code})`)));
      });
      running.send(file);
    });
  }

  function judge(outcome: Outcome): void {
    const { file, errors, warnings, opened, peakMegabytes } = outcome;
    for (const { step, name, message } of errors) {
      assert.equal(name, 'BadModelFile', `${file}: ${step} threw ${name}: ${message}`);
      assertOneLine(file, message);
    }
    for (const warning of warnings) assertOneLine(file, warning);
    const home = fs.realpathSync(path.dirname(file));
    for (const other of opened) assert.ok(fs.realpathSync(path.resolve(other)).startsWith(home + path.sep), `${file}: ${other} was opened`);
    assert.ok(opened.length > 0, `${file}: nothing was opened, so nothing was watched`);
    assert.ok(peakMegabytes < limitMegabytes, `${file}: ${peakMegabytes} MB`);
  }

  function assertOneLine(file: string, text: string): void {
    assert.match(text, /^[^\u0000-\u001f\u202a-\u202e\u2066-\u2069]{10,600}$/, `${file}: not one clean line: ${JSON.stringify(text)}`);
  }

  const hostile = [...filesBelow(path.join(sharedFolder, 'pack/malformed/onnx'), '.onnx'), ...filesBelow(path.join(sharedFolder, 'pack/malformed/misc'), '.onnx')];

  it('are there', function () {
    shared(this, 'pack/malformed/onnx');
    assert.ok(hostile.length >= 25);
  });

  for (const file of hostile) it(path.basename(file), async () => judge(await examine(file)));

  // What must be refused or remarked on: a scanner that let everything through would pass the checks above.
  const expected: [string, RegExp][] = [
    ['all_ff', /damaged or not an ONNX model/], ['bitflip60_mnist', /damaged or not an ONNX model/], ['cycle', /has a cycle: node/], ['self_loop', /has a cycle: node/],
    ['empty_graph', /is an empty file/], ['length_2gb_claim', /claims a field of 2147483647 bytes/], ['nested_attr_graph_5000', /nests messages more than 200 deep/],
    ['png_renamed', /picture, where a model was expected/], ['truncated_mnist_header', /but \d+ remain/], ['varint_bomb', /claims a field of more than 2\^53 bytes/],
    ['dims_overflow', /more elements than any file holds/], ['dtype_unknown', /element type 999 is unknown/], ['ir_9999', /IR version 9999/],
    ['ext_file_url', /URL/], ['ext_huge_length', /has 1125899906842624 bytes/], ['ext_negative_offset', /offset "-16"/], ['ext_nul_in_path', /NUL/],
    ['ext_offset_past_end', /goes past the end/], ['ext_unc', /backslash/], ['ext_windows_backslash', /backslash/],
  ];
  for (const [name, answer] of expected) {
    it(`${name} is answered with its own reason`, async function () {
      const { errors, warnings } = await examine(shared(this, `pack/malformed/onnx/${name}.onnx`));
      assert.match([...errors.map((error) => error.message), ...warnings].join('\n'), answer);
    });
  }

  for (const name of ['prototype_names', 'xss_names', 'name_200k_chars_bidi_nul']) {
    it(`${name} opens, names and all`, async function () {
      const { errors, warnings } = await examine(shared(this, `pack/malformed/onnx/${name}.onnx`));
      assert.deepEqual([errors, warnings], [[], []]);
    });
  }

  /** Deterministic noise (mulberry32), so that a failure can be repeated. */
  function randomFrom(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
    };
  }

  /** Cut short, bits flipped (mostly in the structure, not the weights), or a stretch replaced. */
  function mutate(original: Uint8Array, seed: number): Uint8Array {
    const random = randomFrom(seed), bytes = original.slice();
    if (seed % 3 === 0) return bytes.subarray(0, random(bytes.length));
    if (seed % 3 === 1) {
      for (let flips = 1 + random(20); flips > 0; flips--) {
        const at = random(2) ? random(Math.min(600, bytes.length)) : random(bytes.length);
        bytes[at] = bytes[at]! ^ (1 << random(8));
      }
      return bytes;
    }
    const at = random(bytes.length), length = random(40);
    for (let i = at; i < Math.min(at + length, bytes.length); i++) bytes[i] = random(256);
    return bytes;
  }

  for (const [relative, count] of [['pack/onnx/mnist_cntk.onnx', 300], ['pack/structure/control_flow_model.onnx', 150], ['pack/structure/external_data/add_with_external_data.onnx', 100]] as const) {
    it(`${count} damaged versions of ${path.basename(relative)}`, async function () {
      const original = new Uint8Array(fs.readFileSync(shared(this, relative)));
      let slowest = 0, refused = 0, peak = 0;
      for (let seed = 1; seed <= count; seed++) {
        const file = path.join(folder, `damaged-${seed}.onnx`);
        fs.writeFileSync(file, mutate(original, seed));
        const outcome = await examine(file);
        judge(outcome);
        fs.rmSync(file);
        slowest = Math.max(slowest, outcome.milliseconds);
        peak = Math.max(peak, outcome.peakMegabytes);
        if (outcome.errors.some((error) => error.step === 'open')) refused++;
      }
      console.log(`      ${refused} of ${count} refused, slowest ${slowest.toFixed(0)} ms, at most ${peak.toFixed(0)} MB`);
      assert.ok(refused > count / 5);
    });
  }
});
