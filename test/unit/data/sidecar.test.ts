import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { ModelFolder } from '../../../src/data/beside';
import { parseSidecar, readSidecar } from '../../../src/data/sidecar';
import { folderWith } from './support';

const example = {
  inputs: {
    data: {
      kind: 'image', layout: 'NCHW', channels: 'RGB', range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225],
      resize: { shorterSide: 256, crop: 224, interpolation: 'bilinear' },
    },
  },
  outputs: { probs: { kind: 'logits', labels: 'labels.txt' } },
};

/** The error of an image input with `change` made to it. */
function errorOf(change: Record<string, unknown>): string {
  try {
    parseSidecar({ inputs: { data: { ...example.inputs.data, ...change } } }, 'cat.lens.json');
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

describe('data/sidecar', () => {
  it('reads the example of the documentation', () => {
    const sidecar = parseSidecar(example, 'cat.lens.json');
    const input = sidecar.inputs.get('data');
    assert.ok(input?.kind === 'image');
    assert.deepEqual(input.image, {
      source: 'cat.lens.json', layout: 'NCHW', channels: 'RGB', alpha: undefined,
      scaling: { range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      resize: { mode: 'crop', shorterSide: 256, height: 224, width: 224, interpolation: 'bilinear' },
    });
    assert.deepEqual(sidecar.outputs.get('probs'), { kind: 'logits', labels: 'labels.txt' });
    assert.deepEqual(sidecar.warnings, []);
  });

  it('the other kinds', () => {
    const { inputs } = parseSidecar({
      inputs: {
        a: { kind: 'table', columns: ['age', { name: 'sex', categories: ['f', 'm'] }, { name: 'height', unit: 'cm' }] },
        b: { kind: 'text', tokenizer: 'tokenizer.json', maxLength: 128 },
        c: { kind: 'sound', sampleRate: 16000 },
        d: { kind: 'tensor' },
      },
    }, 'm.lens.json');
    assert.deepEqual(JSON.parse(JSON.stringify(Object.fromEntries(inputs))), {
      a: { kind: 'table', columns: [{ name: 'age' }, { name: 'sex', categories: ['f', 'm'] }, { name: 'height', unit: 'cm' }] },
      b: { kind: 'text', tokenizer: 'tokenizer.json', maxLength: 128 },
      c: { kind: 'sound', sampleRate: 16000 },
      d: { kind: 'tensor' },
    });
  });

  it('every way of resizing', () => {
    const resize = (value: unknown): unknown => {
      const input = parseSidecar({ inputs: { x: { kind: 'image', resize: value } } }, 'm').inputs.get('x');
      return input?.kind === 'image' ? JSON.parse(JSON.stringify(input.image.resize)) : undefined;
    };
    assert.deepEqual(resize({ size: [120, 160] }), { mode: 'stretch', height: 120, width: 160 });
    assert.deepEqual(resize({ letterbox: 640, fill: 114 }), { mode: 'letterbox', height: 640, width: 640, fill: [114, 114, 114] });
    assert.deepEqual(resize({ interpolation: 'lanczos' }), { interpolation: 'lanczos' });
  });

  it('errors name the field, what was found and what was expected', () => {
    assert.equal(errorOf({ layout: 'NCWH' }), 'cat.lens.json: inputs.data.layout: found "NCWH", expected one of NCHW, NHWC');
    assert.equal(errorOf({ range: [0, '1'] }), 'cat.lens.json: inputs.data.range: found a list of 2, expected 2 numbers');
    assert.match(errorOf({ range: [1, 0] }), /inputs\.data\.range: found "1, 0", expected the smaller number first/);
    assert.match(errorOf({ mean: [1, 2] }), /inputs\.data\.mean: found a list of 2, expected 1 or 3 numbers/);
    assert.match(errorOf({ std: [1, 0, 1] }), /inputs\.data\.std: found 0, expected numbers other than 0/);
    assert.match(errorOf({ kind: 'picture' }), /inputs\.data\.kind: found "picture", expected one of image, table, text, sound, tensor/);
    assert.match(errorOf({ kind: undefined }), /inputs\.data\.kind: found nothing, expected one of/);
    assert.match(errorOf({ resize: { shorterSide: 256, size: 224 } }), /inputs\.data\.resize: found "shorterSide and size"/);
    assert.match(errorOf({ resize: { crop: [224, 0] } }), /inputs\.data\.resize\.crop: found 0, expected a whole number from 1/);
    assert.match(errorOf({ resize: { interpolation: 'cubic' } }), /interpolation: found "cubic", expected one of nearest, box, bilinear/);
    assert.throws(() => parseSidecar({ inputs: [] }, 'm'), /inputs: found a list of 0, expected an object/);
  });

  it('unknown fields are warnings', () => {
    const { warnings } = parseSidecar({ input: {}, inputs: { data: { kind: 'tensor', layuot: 'NCHW' } } }, 'm');
    assert.deepEqual(warnings.map((text) => text.split(' is ')[0]), ['m: input', 'm: inputs.data.layuot']);
  });

  it('is found by the model\'s full name before its stem, and must be JSON', () => {
    const folder = folderWith({ 'a.onnx.lens.json': '{"inputs":{}}', 'a.lens.json': '{', 'b.lens.json': '{,' });
    assert.equal(readSidecar(new ModelFolder(path.join(folder, 'a.onnx')))?.name, 'a.onnx.lens.json');
    assert.throws(() => readSidecar(new ModelFolder(path.join(folder, 'b.onnx'))), /b\.lens\.json: not valid JSON/);
    assert.equal(readSidecar(new ModelFolder(path.join(folder, 'c.onnx'))), undefined);
  });

  it('never leads out of the model\'s folder', () => {
    const outer = folderWith({ 'secret.txt': 'a\nb' });
    const inner = path.join(outer, 'inner');
    fs.mkdirSync(inner);
    fs.writeFileSync(path.join(inner, 'labels.txt'), 'a');
    fs.symlinkSync(path.join(outer, 'secret.txt'), path.join(inner, 'link.txt'));
    const folder = new ModelFolder(path.join(inner, 'm.onnx'));
    assert.equal(folder.text('labels.txt'), 'a');
    for (const way of ['../secret.txt', path.join(outer, 'secret.txt'), '..', '.', 'x/../../secret.txt']) assert.throws(() => folder.text(way, 'labels'), /labels: found .* expected a file inside the model's folder/);
    assert.throws(() => folder.text('link.txt', 'labels'), /is a link out of the model's folder/);
    assert.throws(() => folder.text('none.txt', 'labels'), /there is no such file/);
  });

  it('the JSON Schema knows the same fields', () => {
    const schema = JSON.parse(fs.readFileSync(path.join(__dirname, '../../../media/lens.schema.json'), 'utf8')) as { definitions: Record<string, { properties?: Record<string, unknown> }> };
    const fields = (name: string): string[] => Object.keys(schema.definitions[name]?.properties ?? {}).sort();
    const known = (kind: string): string[] => parseSidecar({ inputs: { x: { kind, unheard: 1 } } }, 'm').warnings[0]!.replace(/.*known: |\)/g, '').split(', ').sort();
    for (const kind of ['image', 'table', 'text', 'sound']) assert.deepEqual(fields(kind), known(kind), kind);
    const { warnings } = parseSidecar({ inputs: { x: { kind: 'image', resize: { unheard: 1 } } }, outputs: { y: { unheard: 1 } } }, 'm');
    assert.deepEqual(warnings.map((text) => text.replace(/.*known: |\)/g, '').split(', ').sort()), [fields('resize'), fields('output')]);
  });
});
