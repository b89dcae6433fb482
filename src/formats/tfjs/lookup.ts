/** Look-ups in constant tables as LabelEncoder (ai.onnx.ml). */
import type { Attribute } from '../../graph/graph';
import type { TfOp, TfValue } from './op';
import type { Column } from './tables';
import type { Translator } from './translator';

export const mlDomain = 'ai.onnx.ml';

function attribute(suffix: 'keys' | 'values', column: Column, isInteger: boolean): [string, Attribute] {
  if (typeof column[0] === 'string') return [`${suffix}_strings`, { kind: 'strings', value: (column as readonly string[]).map((text) => new TextEncoder().encode(text)) }];
  const numbers = column as readonly number[];
  return isInteger
    ? [`${suffix}_int64s`, { kind: 'ints', value: numbers.map((item) => BigInt(Math.trunc(item))) }]
    : [`${suffix}_floats`, { kind: 'floats', value: numbers }];
}

export function lookup(translator: Translator, op: TfOp): TfValue {
  const { e } = op;
  const handle = op.inputs[0];
  const table = handle && 'table' in handle ? translator.tables.get(handle.table) : undefined;
  if (!table) return op.fail('the content of the table it looks up is computed while the model runs');
  if (op.node.op.startsWith('LookupTableSize')) return op.of(e.constant(table.keys.length, 'int32'));
  const keyType = op.dtype(1), valueType = op.dtype(2);
  const keys = keyType === 'int32' ? e.cast(op.natural(1), 'int64') : op.natural(1);
  const output = e.fresh('LabelEncoder');
  e.add({
    name: output, opType: 'LabelEncoder', domain: mlDomain, inputs: [keys], outputs: [output],
    attributes: new Map([attribute('keys', table.keys, keyType === 'int32'), attribute('values', table.values, valueType === 'int32'), fallback(op, valueType)]),
  });
  return valueType === 'int32' ? op.int32(output) : op.of(output);
}

function fallback(op: TfOp, type: string): [string, Attribute] {
  if (type === 'string') {
    const stored = op.e.initializers.get(op.natural(2));
    if (stored?.kind !== 'strings') op.fail('the default of its table is computed while the model runs');
    return ['default_string', { kind: 'string', value: new TextEncoder().encode(stored.strings[0] ?? '') }];
  }
  const value = op.numbers(2)?.[0] ?? op.fail('the default of its table is computed while the model runs');
  return type === 'int32' ? ['default_int64', { kind: 'int', value: BigInt(Math.trunc(value)) }] : ['default_float', { kind: 'float', value }];
}
