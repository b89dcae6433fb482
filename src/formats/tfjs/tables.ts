/**
 * Hash tables whose content is constant: filled by LookupTableImportV2 in the model's initializer graph (or in the
 * graph itself) and read by LookupTableFindV2, which is ai.onnx.ml's LabelEncoder.
 */
import { initializerType, type Initializer } from '../../graph/graph';
import { tensorFromBytes, toFloat64 } from '../../tensor/convert';
import { readTensorProto } from './constant';
import { reference, TfAttributes, type TfGraph, type TfNode } from './graphDef';
import type { TfjsWeight } from './weights';

export type Column = readonly number[] | readonly string[];

export interface Table {
  readonly keys: Column;
  readonly values: Column;
}

/** Content of tables by the name they share, or that of their node. */
export type Tables = ReadonlyMap<string, Table>;

const tableOps = new Set(['HashTable', 'HashTableV2', 'MutableHashTable', 'MutableHashTableV2']);
const imports = new Set(['LookupTableImport', 'LookupTableImportV2', 'InitializeTable', 'InitializeTableV2']);
const maxRange = 1_000_000;

export function isTable(node: TfNode): boolean {
  return tableOps.has(node.op);
}

/** Handles with the same shared name are one table, in whichever graph they stand. */
export function tableName(node: TfNode): string {
  return new TfAttributes(node.attributes).text('shared_name') || node.name;
}

export function readTables(graphs: readonly TfGraph[], weights: ReadonlyMap<string, TfjsWeight>): Tables {
  const tables = new Map<string, Table>();
  for (const { nodes } of graphs) {
    for (const node of nodes.values()) {
      if (!imports.has(node.op)) continue;
      const [handle, keys, values] = node.inputs.map((input) => nodes.get(reference(input, nodes).node));
      if (!handle || !isTable(handle) || !keys || !values) continue;
      const content = { keys: column(keys, nodes, weights, 0), values: column(values, nodes, weights, 0) };
      if (content.keys && content.values && content.keys.length === content.values.length) {
        tables.set(tableName(handle), { keys: content.keys, values: content.values });
      }
    }
  }
  return tables;
}

/** A column as far as it is a constant, a range of constants or a cast of these. */
function column(node: TfNode, nodes: ReadonlyMap<string, TfNode>, weights: ReadonlyMap<string, TfjsWeight>, depth: number): Column | undefined {
  if (depth > 8) return undefined;
  const input = (index: number): Column | undefined => {
    const producer = nodes.get(reference(node.inputs[index] ?? '', nodes).node);
    return producer && column(producer, nodes, weights, depth + 1);
  };
  switch (node.op) {
    case 'Const': {
      const stored = weights.get(node.name)?.stored ?? proto(node);
      return stored && content(stored);
    }
    case 'Cast': case 'Identity': return input(0);
    case 'Range': {
      const [start, limit, delta] = [0, 1, 2].map((index) => input(index)?.[0]);
      if (typeof start !== 'number' || typeof limit !== 'number' || typeof delta !== 'number' || delta === 0) return undefined;
      const count = Math.max(0, Math.ceil((limit - start) / delta));
      return count <= maxRange ? Array.from({ length: count }, (_, index) => start + index * delta) : undefined;
    }
    default: return undefined;
  }
}

function proto(node: TfNode): Initializer | undefined {
  const tensor = new TfAttributes(node.attributes).tensor('value');
  const read = tensor && readTensorProto(tensor);
  return typeof read === 'object' ? read : undefined;
}

/** Strings, and numbers that were read with the structure. */
function content(stored: Initializer): Column | undefined {
  if (stored.kind === 'strings') return stored.strings;
  if (stored.kind !== 'inline') return undefined;
  const { dtype, dims } = initializerType(stored);
  return Array.from(toFloat64(tensorFromBytes(dtype, dims, stored.bytes)));
}
