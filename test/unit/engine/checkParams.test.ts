import assert from 'node:assert/strict';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { handlers } from '../../../src/engine/jobs';

const root = path.resolve(__dirname, '../../..');
const model = path.join(root, 'samples/models/scenes.onnx'), inputs = { '': path.join(root, 'samples/pictures/boat_1.png') };

describe('Requests with malformed parameters', () => {
  const engine = new Engine(path.join(root, 'src/engine/main.ts'));
  after(() => engine.close());
  const jobs = handlers(engine) as unknown as Record<string, (params: unknown, context: unknown) => Promise<unknown>>;
  const refused = (job: string, params: unknown, message: RegExp): Promise<void> =>
    assert.rejects(jobs[job]!(params, { signal: new AbortController().signal, progress: () => undefined }), { code: 'badInput', message });

  it('are refused by every job over a sample, naming what is wrong', async () => {
    for (const job of ['predict', 'explain', 'trust', 'whatIf', 'regions', 'detections', 'layerMaps', 'inputPicture', 'preprocessings', 'agreement']) {
      const good = { model, inputs, method: 'saliency' };
      for (const params of [undefined, null, 5, 'x', []]) await refused(job, params, new RegExp(`^the parameters of ${job}: found .*, expected an object$`));
      await refused(job, { ...good, model: 5 }, /^model: found 5, expected a text$/);
      await refused(job, { ...good, inputs: null }, /^inputs: found null, expected an object$/);
      await refused(job, { ...good, inputs: { '': 5 } }, /^inputs '': found 5, expected a text$/);
      await refused(job, { ...good, target: 5 }, /^target: found 5, expected an object$/);
      await refused(job, { ...good, target: { class: {} } }, /^target\.class: found an object, expected a text$/);
      await refused(job, { ...good, target: { space: 'no' } }, /^target\.space: found 'no', expected logit, probability, output$/);
    }
  });

  it('are refused where two models, many pictures or an edit are asked about', async () => {
    await refused('explainPair', { a: model, inputs, method: 'saliency' }, /^b: found undefined, expected a text$/);
    await refused('explainMany', { model, method: 'saliency', pictures: 'abc', folder: 'x' }, /no pictures/);
    await refused('explainMany', { model, method: 'saliency', pictures: ['a.png'] }, /^folder: found undefined/);
    await refused('keptPicture', { folder: root, number: '../x' }, /^number: found \.\.\/x/);
    for (const edit of [undefined, null, 5]) await refused('whatIf', { model, inputs, edit }, /^edit: found .*, expected an object$/);
    await refused('whatIf', { model, inputs, edit: {} }, /^edit\.action: found 'undefined'/);
  });
});
