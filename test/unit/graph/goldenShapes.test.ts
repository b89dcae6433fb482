/** Inference against the dims a real run produced, for every model with a golden shapes file. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { inferShapes } from '../../../src/graph/inference/infer';
import type { Dims, ModelFile, ValueInfo, ValueType } from '../../../src/graph/graph';
import { openForInference, sharedFolder, skipWithoutShared } from './shared';

interface Golden {
  readonly model: string;
  readonly inputShapes: Readonly<Record<string, readonly number[]>>;
  readonly inferred?: Readonly<Record<string, Dims>>;
  readonly values?: Readonly<Record<string, readonly number[] | null>>;
  readonly dtypes?: Readonly<Record<string, string>>;
}

/** Values whose dims depend on the data, by model: nothing but running the model can tell them. */
const dataDependent: Readonly<Record<string, readonly string[]>> = {
  // The If's branches are for two sampling rates; which one runs is an input.
  'onnx/audio_silero_vad_v5.onnx': ['output', 'stateN', 'If_0_outputs_0', 'If_0_outputs_1'],
};

/** The model as if its file said nothing about inner values and outputs. */
function withoutDeclarations(model: ModelFile): ModelFile {
  const outputs = model.graph.outputs.map(({ name }): ValueInfo => ({ name, type: { kind: 'unknown' } }));
  return { ...model, graph: { ...model.graph, valueInfo: new Map(), outputs } };
}

function differences({ model, values, dtypes }: Golden, types: ReadonlyMap<string, ValueType>): string[] {
  const allowed = new Set(dataDependent[model]);
  const wrong: string[] = [];
  for (const [name, dims] of Object.entries(values ?? {})) {
    const type = types.get(name);
    const got = type?.kind === 'tensor' ? type.dims : undefined;
    if (dims !== null && JSON.stringify(got) !== JSON.stringify(dims)) {
      const compatible = got === undefined || (got.length === dims.length && got.every((dim, axis) => typeof dim !== 'number' || dim === dims[axis]));
      if (!compatible || !allowed.has(name)) wrong.push(`${name}: real [${dims.join(',')}], inferred ${JSON.stringify(got)}${compatible ? '' : ' CONTRADICTS'}`);
    }
    const dtype = dtypes?.[name];
    if (dtype !== undefined && type?.kind === 'tensor' && type.dtype !== dtype) wrong.push(`${name}: real ${dtype}, inferred ${type.dtype}`);
  }
  return wrong;
}

const folder = path.join(sharedFolder, 'golden/shapes');
const files = fs.existsSync(folder) ? fs.readdirSync(folder).filter((file) => file.endsWith('.json')) : [];

describe('inference on real models', () => {
  it('finds golden shapes', function () {
    skipWithoutShared(this, folder);
    assert.ok(files.length > 0);
  });

  for (const file of files) {
    const golden = JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) as Golden;

    for (const how of ['with', 'without'] as const) {
      it(`${golden.model}: every value has its real dims ${how} what the file declares`, async () => {
        const { model, reader } = await openForInference(path.join(sharedFolder, 'pack', golden.model));
        const { types } = inferShapes(how === 'with' ? model : withoutDeclarations(model), golden.inputShapes, reader);
        const wrong = differences(golden, types);
        assert.equal(wrong.length, 0, `${wrong.length} of ${Object.keys(golden.values ?? {}).length} values:\n${wrong.slice(0, 12).join('\n')}`);
      });
    }

    it(`${golden.model}: declared inputs contradict neither ONNX's inference nor the real run`, async () => {
      const { model, reader } = await openForInference(path.join(sharedFolder, 'pack', golden.model));
      const { types } = inferShapes(model, {}, reader);
      const wrong: string[] = [];
      for (const [name, dims] of Object.entries(golden.inferred ?? {})) {
        const type = types.get(name);
        const got = type?.kind === 'tensor' ? type.dims : undefined;
        if (dims === null || got === undefined) continue;
        if (got.length !== dims.length || dims.some((dim, axis) => typeof dim === 'number' && typeof got[axis] === 'number' && dim !== got[axis])) {
          wrong.push(`${name}: onnx [${dims.join(',')}], inferred ${JSON.stringify(got)}`);
        }
      }
      assert.equal(wrong.length, 0, wrong.slice(0, 12).join('\n'));
    });
  }
});
