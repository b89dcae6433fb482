/** An engine that does not get through a model file is ended, and everybody is answered. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { EngineProcess, type EngineExit } from '../../../src/protocol/engineProcess';
import { parseLimits, type ParseLimits } from '../../../src/protocol/parseWatch';
import { LensError } from '../../../src/protocol/rpc';

const root = path.resolve(__dirname, '../../..');
const pack = path.join(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'), 'pack');
const large = path.join(pack, 'structure/gpt_220blocks_random_over10k_nodes.onnx');
const picture = path.join(pack, 'images/chelsea.png');

describe('watch over parsing', function () {
  this.timeout(30_000);
  let engine: EngineProcess | undefined;

  before(function () {
    if (fs.existsSync(large)) return;
    console.log(`      skipped: there is no ${pack} (set MODEL_LENS_SHARED)`);
    this.skip();
  });

  afterEach(() => engine?.dispose());

  const launch = (limits: Partial<ParseLimits>): EngineProcess =>
    (engine = new EngineProcess({ enginePath: path.join(root, 'src/engine/main.ts'), execArgv: ['--require', 'tsx/cjs'], parseLimits: { ...parseLimits, ...limits } }));
  const exitOf = (process: EngineProcess): Promise<EngineExit> => new Promise((resolve) => process.onDidExit(resolve));

  it('ends a process that takes too long, says why, and answers what else was asked by a new one', async () => {
    const running = launch({ milliseconds: 100, millisecondsPerMegabyte: 0 });
    const exit = exitOf(running);
    const refused = running.request('inspect', { file: large }).then(() => assert.fail('it did not fail'), (error: unknown) => error);
    const { width } = await running.request('picture', { file: picture, maxSide: 64 });
    assert.ok(width > 0);
    const error = await refused;
    assert.ok(error instanceof LensError);
    assert.equal(error.code, 'badFile');
    assert.match(error.message, /^gpt_220blocks\S+ took longer than 0\.1 s to parse: the file is probably damaged$/);
    assert.equal((await exit).reason, 'damagedFile');
  });

  it('ends a process that takes too much memory', async function () {
    if (process.platform === 'win32') {
      console.log('      skipped: Windows does not tell the memory of another process cheaply');
      this.skip();
    }
    const running = launch({ megabytes: 5, megabytesPerMegabyte: 0 });
    await assert.rejects(running.request('inspect', { file: large }), /took more than 5 MB of memory to parse/);
  });

  it('leaves a sound file alone', async () => {
    const { summary } = await launch({}).request('inspect', { file: large });
    assert.equal(summary.totals.nodes, 20461);
  });
});
