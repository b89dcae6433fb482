/** Sessions kept on disk: real models, real sessions, real files. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Models } from '../../../src/engine/models';
import { RuntimeModel } from '../../../src/engine/runtimeModel';
import { cacheFolder, SessionCache, sessionCacheOf, type SessionCacheOptions } from '../../../src/engine/sessionCache';
import { Sessions } from '../../../src/engine/sessions';
import type { GradientResult } from '../../../src/methods/model';
import { Random } from '../../../src/tensor/random';
import { elementCount, floatTensor } from '../../../src/tensor/tensor';

const root = path.join(__dirname, '../../..');
const scenes = path.join(root, 'samples/models/scenes.onnx');

describe('engine/sessionCache', function () {
  this.timeout(30_000);
  let folder: string, model: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lens-sessions-'));
    model = path.join(folder, 'scenes.onnx');
    fs.copyFileSync(scenes, model);
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const kept = (): string[] => (fs.existsSync(cacheDirectory()) ? fs.readdirSync(cacheDirectory()).sort() : []);
  const cacheDirectory = (): string => path.join(folder, 'cache');
  const cacheWith = (options: Partial<SessionCacheOptions> = {}): SessionCache => new SessionCache({ folder: cacheDirectory(), versions: ['1'], ...options });

  /** A gradient and a forward pass as one process would compute them, and how many sessions it had to build. */
  async function explain(cache: SessionCache | undefined, file = model): Promise<{ gradients: GradientResult; outputs: Float32Array; built: number }> {
    const sessions = new Counting({ cache });
    const opened = await new Models().open(file);
    const input = opened.runnable.graph.inputs[0]!, output = opened.runnable.graph.outputs[0]!.name;
    const dims = input.type.kind === 'tensor' ? input.type.dims!.map((dim, axis) => (axis === 0 || typeof dim !== 'number' ? 1 : dim)) : [];
    const random = new Random(11), x = floatTensor(dims, Float32Array.from({ length: elementCount(dims) }, () => random.uniform()));
    const runtime = new RuntimeModel({ file: opened.runnable, identity: opened.identity, sampleDims: { [input.name]: dims }, sessions, device: 'cpu' });
    const outputs = (await runtime.run({ [input.name]: x }))[output]!.data as Float32Array;
    const gradients = await runtime.gradients({ feeds: { [input.name]: x }, target: { output, index: 1, space: 'logit' }, wrt: [input.name], fetch: [output] });
    await sessions.releaseAll();
    return { gradients, outputs, built: sessions.built };
  }

  it('gives what was kept, bit for bit, without building it again', async () => {
    const without = await explain(undefined), first = await explain(cacheWith()), second = await explain(cacheWith());
    assert.deepEqual([without.built, first.built, second.built], [2, 2, 0]);
    assert.equal(kept().length, 2);
    assert.deepEqual(first.gradients, without.gradients);
    assert.deepEqual(second.gradients, without.gradients);
    assert.deepEqual(second.outputs, without.outputs);
    assert.ok(without.outputs.some((value) => value !== 0) && Object.values(without.gradients.gradients)[0]!.data.some((value) => value !== 0));
  });

  it('does not take what another version kept', async () => {
    await explain(cacheWith());
    assert.equal((await explain(cacheWith({ versions: ['2'] }))).built, 2);
    assert.equal(kept().length, 4);
  });

  it('sees that the model file was written over, also with the dates and size it had', async () => {
    await explain(cacheWith());
    const { atime, mtime } = fs.statSync(model);
    const bytes = fs.readFileSync(model);
    fs.writeFileSync(model, bytes);
    fs.utimesSync(model, atime, mtime);
    assert.equal((await explain(cacheWith())).built, 2);
  });

  it('throws away what is damaged, cut short or of another kind, and makes it anew', async () => {
    const fresh = await explain(cacheWith()), [first, second] = kept().map((name) => path.join(cacheDirectory(), name)) as [string, string];
    const spoil: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => { bytes[bytes.length >> 1]! ^= 1; return bytes; },
      (bytes) => { bytes[bytes.length - 40]! ^= 1; return bytes; },
      (bytes) => bytes.subarray(0, bytes.length - 100),
      () => Buffer.alloc(0),
      () => Buffer.from('something else of somebody else, longer than what stands at the end of ours'),
    ];
    for (const change of spoil) {
      for (const file of [first, second]) fs.writeFileSync(file, change(fs.readFileSync(file)));
      const again = await explain(cacheWith());
      assert.equal(again.built, 2);
      assert.deepEqual(again.gradients, fresh.gradients);
      assert.equal((await explain(cacheWith())).built, 0, 'it was made anew');
    }
  });

  it('builds the session where a whole file holds no model', async () => {
    const cache = cacheWith();
    await explain(cache);
    for (const name of kept()) {
      const place = path.join(cacheDirectory(), name), draft = (await cache.draft(place, 1))!;
      fs.writeFileSync(draft, 'no model');
      cache.keep(draft, place, null);
    }
    await cache.settled();
    assert.equal((await explain(cacheWith())).built, 2);
    assert.equal((await explain(cacheWith())).built, 0);
  });

  it('keeps to its bound by forgetting what was not used for longest, and leaves other files alone', async () => {
    await explain(cacheWith());
    const sizes = kept().map((name) => fs.statSync(path.join(cacheDirectory(), name)).size), total = sizes.reduce((a, b) => a + b);
    const stranger = path.join(cacheDirectory(), 'notes.txt'), abandoned = path.join(cacheDirectory(), `${'0'.repeat(40)}.1-0.part`);
    for (const file of [stranger, abandoned]) {
      fs.writeFileSync(file, 'x');
      fs.utimesSync(file, 1, 1);
    }
    const old = kept().filter((name) => name.endsWith('.session'));
    for (const name of old) fs.utimesSync(path.join(cacheDirectory(), name), 1000, 1000);
    // As large as what another version keeps now.
    await explain(cacheWith({ versions: ['2'], maximumBytes: total }));
    const now = kept();
    assert.ok(fs.existsSync(stranger) && !fs.existsSync(abandoned));
    assert.equal(now.filter((name) => name.endsWith('.session')).length, 2);
    assert.ok(old.every((name) => !now.includes(name)), 'the older ones went');
    assert.equal((await explain(cacheWith({ versions: ['2'] }))).built, 0);
  });

  it('keeps nothing of models that are too large, and does without a folder it cannot write to', async () => {
    await explain(cacheWith({ maximumFileBytes: 1000 }));
    assert.deepEqual(kept(), []);
    fs.writeFileSync(cacheDirectory(), 'a file where the folder should be');
    const { built, outputs } = await explain(cacheWith());
    assert.equal(built, 2);
    assert.ok(outputs.length > 0);
    fs.rmSync(cacheDirectory());
  });

  it('writes a model that turns out too large only once', async () => {
    const cache = cacheWith({ maximumFileBytes: 1000 }), place = cache.place(['large']), draft = (await cache.draft(place, 100))!;
    fs.writeFileSync(draft, Buffer.alloc(1001));
    cache.keep(draft, place, { of: 'it' });
    await cache.settled();
    assert.deepEqual(await cache.read(place), { bytes: Buffer.alloc(0), note: { of: 'it' } });
    assert.deepEqual(kept(), [path.basename(place)]);
  });

  it('keeps weights that stayed in the model\'s file there, and finds them again', async function () {
    const file = path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack/converted/imagenet_mobilenet_v2_dequant_fp32.onnx');
    if (!fs.existsSync(file)) {
      console.log('      no reference models: skipped');
      return this.skip();
    }
    const first = await explain(cacheWith(), file), second = await explain(cacheWith(), file);
    assert.deepEqual([first.built, second.built], [2, 0]);
    assert.deepEqual(second.gradients, first.gradients);
  });

  it('lies where the system keeps such things, or where it is told to', () => {
    const home = path.join(path.sep, 'home', 'me');
    assert.equal(cacheFolder({}, 'linux', home), path.join(home, '.cache/model-lens/sessions'));
    assert.equal(cacheFolder({ XDG_CACHE_HOME: path.resolve('/c') }, 'linux', home), path.resolve('/c/model-lens/sessions'));
    assert.equal(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux', home), path.join(home, '.cache/model-lens/sessions'));
    assert.equal(cacheFolder({}, 'darwin', home), path.join(home, 'Library/Caches/model-lens/sessions'));
    assert.equal(cacheFolder({ LOCALAPPDATA: path.resolve('/local') }, 'win32', home), path.resolve('/local/model-lens/sessions'));
    assert.equal(cacheFolder({ MODEL_LENS_CACHE: path.resolve('/mine') }, 'linux', home), path.resolve('/mine'));
    assert.equal(cacheFolder({ MODEL_LENS_CACHE: 'off' }, 'linux', home), undefined);
    // From source there is no version to tell one state of the rules from the next.
    assert.equal(sessionCacheOf(__filename, folder), undefined);
  });
});

class Counting extends Sessions {
  built = 0;

  override use: Sessions['use'] = (request, work) => super.use({
    ...request,
    build: () => {
      this.built++;
      return request.build();
    },
  }, work);
}
