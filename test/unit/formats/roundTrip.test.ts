/** Scanning what was written gives the model that was written, for random models of every kind of content. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { scanOnnx } from '../../../src/formats/onnx/scan';
import { writeOnnx } from '../../../src/formats/onnx/write';
import type { Attribute, Graph, GraphFunction, Initializer, ModelFile, Node, ValueType } from '../../../src/graph/graph';
import { byteLength } from '../../../src/tensor/dtype';
import type { DType } from '../../../src/tensor/dtype';
import { temporaryFolder } from './support';

const storedTypes: DType[] = [
  'float32', 'float64', 'float16', 'bfloat16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64',
  'bool', 'complex64', 'complex128', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float8e8m0',
  'int4', 'uint4', 'int2', 'uint2', 'float4e2m1',
];

// Names of every sort: prototype properties, markup, several scripts, and nothing at all where that is allowed.
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '<img src=x>', '重み', 'a/b.c:0', ' '),
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
);
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> => fc.record<T>(fields, { noNullPrototype: true });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const float = fc.float({ noNaN: true });
const bytes = fc.uint8Array({ maxLength: 20 });

const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const numericTensor: fc.Arbitrary<Initializer> = fc.tuple(fc.constantFrom(...storedTypes), dims).chain(([dtype, shape]) => {
  const length = byteLength(dtype, shape.reduce((product, dim) => product * dim, 1));
  return fc.uint8Array({ minLength: length, maxLength: length }).map((content) => ({ kind: 'inline' as const, dtype, dims: shape, bytes: content }));
});
const stringTensor: fc.Arbitrary<Initializer> = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 })
  .map((strings) => ({ kind: 'strings' as const, dtype: 'string' as const, dims: [strings.length], strings }));
const tensor = fc.oneof({ weight: 4, arbitrary: numericTensor }, { weight: 1, arbitrary: stringTensor });

const dim = fc.oneof(fc.integer({ min: 0, max: 5 }), name, fc.constant(null));
const { type } = fc.letrec<{ type: ValueType }>((tie) => ({
  type: fc.oneof({ depthSize: 'small' },
    record({ kind: fc.constantFrom('tensor' as const, 'sparse' as const), dtype: fc.constantFrom(...storedTypes, 'string' as const), dims: fc.array(dim, { maxLength: 3 }) }),
    record({ kind: fc.constant('tensor' as const), dtype: fc.constantFrom(...storedTypes) }),
    record({ kind: fc.constantFrom('sequence' as const, 'optional' as const), element: tie('type') }),
    record({ kind: fc.constant('map' as const), key: fc.constantFrom('int64' as const, 'string' as const), value: tie('type') })),
}));

const { graph, attribute } = fc.letrec<{ graph: Graph; attribute: Attribute }>((tie) => ({
  attribute: fc.oneof({ depthSize: 'small', withCrossShrink: true },
    record({ kind: fc.constant('int' as const), value: int64 }),
    record({ kind: fc.constant('float' as const), value: float }),
    record({ kind: fc.constant('string' as const), value: bytes }),
    record({ kind: fc.constant('tensor' as const), value: tensor }),
    record({ kind: fc.constant('type' as const), value: type }),
    record({ kind: fc.constant('ints' as const), value: fc.array(int64, { maxLength: 5 }) }),
    record({ kind: fc.constant('floats' as const), value: fc.array(float, { maxLength: 5 }) }),
    record({ kind: fc.constant('strings' as const), value: fc.array(bytes, { maxLength: 3 }) }),
    record({ kind: fc.constant('tensors' as const), value: fc.array(tensor, { maxLength: 3 }) }),
    record({ kind: fc.constant('types' as const), value: fc.array(type, { maxLength: 3 }) }),
    record({ kind: fc.constant('reference' as const), value: name, type: fc.constantFrom('int' as const, 'floats' as const, 'types' as const) }),
    record({ kind: fc.constant('graph' as const), value: tie('graph') }),
    record({ kind: fc.constant('graphs' as const), value: fc.array(tie('graph'), { maxLength: 2 }) })),
  graph: fc.tuple(name, fc.uniqueArray(name, { minLength: 2, maxLength: 10 }), fc.nat(4), fc.nat(3), fc.array(tensor, { minLength: 4, maxLength: 4 }),
    fc.array(nodeParts(tie('attribute')), { maxLength: 4 }), fc.array(fc.oneof(type, fc.constant({ kind: 'unknown' as const })), { minLength: 10, maxLength: 10 }))
    .map(([graphName, names, inputCount, weightCount, tensors, parts, types]) => assembleGraph(graphName, names, inputCount, weightCount, tensors, parts, types)),
}));

interface NodeParts { opType: string; domain: string; overload: string; doc: string; picks: number[]; attributes: [string, Attribute][] }

function nodeParts(of: fc.Arbitrary<Attribute>): fc.Arbitrary<NodeParts> {
  return record({
    opType: name, domain: fc.constantFrom('', 'ai.onnx.ml', 'com.microsoft', 'local'), overload: fc.constantFrom('', 'v2'), doc: fc.constantFrom('', 'why'),
    picks: fc.array(fc.nat(20), { maxLength: 3 }), attributes: fc.array(fc.tuple(name, of), { maxLength: 3 }),
  });
}

/** A graph whose nodes read only what stands before them: inputs, weights, '' and earlier outputs. */
function assembleGraph(graphName: string, names: string[], inputCount: number, weightCount: number, tensors: Initializer[], parts: NodeParts[], types: ValueType[]): Graph {
  const rest = [...names];
  const inputs = rest.splice(0, inputCount).map((inputName, i) => ({ name: inputName, type: types[i]! }));
  const initializers = new Map(rest.splice(0, weightCount).map((weightName, i) => [weightName, tensors[i]!]));
  const known = ['', ...inputs.map((input) => input.name), ...initializers.keys()];
  const nodes: Node[] = parts.map((part, i) => {
    const made = rest.length > 0 ? [rest.shift()!] : [];
    const node: Node = {
      name: `n${i}`, opType: part.opType, domain: part.domain, inputs: part.picks.map((pick) => known[pick % known.length]!), outputs: made,
      // The scanner gives a sparse_value its dense name, so that name cannot come back.
      attributes: new Map(part.attributes.filter(([key]) => key !== 'sparse_value')),
      ...(part.overload ? { overload: part.overload } : {}), ...(part.doc ? { doc: part.doc } : {}),
    };
    known.push(...made);
    return node;
  });
  const made = nodes.flatMap((node) => node.outputs);
  return {
    name: graphName, inputs, initializers, nodes, outputs: made.slice(-1).map((output, i) => ({ name: output, type: types[5 + i]! })),
    valueInfo: new Map(made.slice(0, -1).map((value, i) => [value, { name: value, type: types[7 + i % 3]! }])),
  };
}

const functions: fc.Arbitrary<GraphFunction> = record({
  name, domain: fc.constant('local'), overload: fc.constantFrom('', 'v2'), inputs: fc.array(name, { maxLength: 2 }), outputs: fc.array(name, { maxLength: 2 }),
  attributes: fc.array(name, { maxLength: 2 }), defaults: fc.array(fc.tuple(name, attribute), { maxLength: 2 }).map((list) => new Map(list)),
  nodes: graph.map((body) => body.nodes), opsets: fc.constant(new Map([['', 18]])),
});

const model = record({
  producer: fc.constantFrom('', 'somebody'), irVersion: fc.integer({ min: 8, max: 13 }),
  opsets: fc.uniqueArray(fc.tuple(fc.constantFrom('', 'ai.onnx.ml', 'com.microsoft'), fc.integer({ min: 7, max: 25 })), { minLength: 1, selector: ([domain]) => domain }).map((list) => new Map(list)),
  metadata: fc.array(fc.tuple(name, fc.string({ unit: 'grapheme' })), { maxLength: 3 }).map((list) => new Map(list)),
  graph: graph.filter((body) => body.nodes.length > 0), functions: fc.array(functions, { maxLength: 2 }),
}).map((parts): ModelFile => ({ format: 'onnx', file: '', warnings: [], ...parts }));

describe('scan after write', function () {
  this.timeout(60_000);
  const folder = temporaryFolder();

  it('gives the same model', async () => {
    const file = path.join(folder, 'model.onnx');
    await fc.assert(fc.asyncProperty(model, async (original) => {
      fs.writeFileSync(file, (await writeOnnx({ ...original, file })).bytes);
      const scanned = await scanOnnx(file);
      assert.deepEqual({ ...scanned, warnings: [], file: '' }, original);
    }), { numRuns: 400 });
  });

  it('does not grow or change when it is written again', async () => {
    const file = path.join(folder, 'again.onnx');
    await fc.assert(fc.asyncProperty(model, async (original) => {
      const first = (await writeOnnx({ ...original, file })).bytes;
      fs.writeFileSync(file, first);
      assert.deepEqual((await writeOnnx(await scanOnnx(file))).bytes, first);
    }), { numRuns: 100 });
  });
});
