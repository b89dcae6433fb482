/**
 * GraphDef → ONNX nodes. Nodes are visited from the outputs back, so that what nobody asks for (assertions, training)
 * is left out; functions that are merely called are written out where they are called. What has no equivalent stays in
 * the graph under its TensorFlow name, so that the model can be looked at.
 */
import type { DType } from '../../tensor/dtype';
import type { ValueType } from '../../graph/graph';
import type { Emitter, Flow } from '../translate/emitter';
import { BadModelFile, shown } from '../badModelFile';
import { readTensorProto } from './constant';
import { controlFlow, sides } from './controlFlow';
import { reference, TfAttributes, type TfFunction, type TfGraph, type TfNode } from './graphDef';
import { isFlow, TfOp, type TfValue } from './op';
import { translatorFor } from './ops';
import type { Tables } from './tables';
import { Follows, Untranslatable } from './untranslatable';
import { weightValue } from './weightValues';
import type { TfjsWeight } from './weights';

/** Domain of nodes that keep their TensorFlow name. */
export const tensorflowDomain = 'tf';

const maxCallDepth = 64;
const maxTranslated = 500_000;

/** Values of one graph or function by node name. */
export interface Scope {
  readonly nodes: ReadonlyMap<string, TfNode>;
  readonly values: Map<string, readonly TfValue[]>;
  readonly depth: number;
}

export class Translator {
  /** First causes, in order. */
  readonly failures: Untranslatable[] = [];
  private readonly weightNames = new Map<string, string>();
  private translated = 0;

  constructor(readonly e: Emitter, private readonly graph: TfGraph, private readonly weights: ReadonlyMap<string, TfjsWeight>, readonly tables: Tables) {}

  /** What a reference ('node:1') stands for; everything it needs is translated first. */
  value(scope: Scope, text: string): TfValue {
    const { node, output } = reference(text, scope.nodes);
    this.visit(scope, node);
    const value = scope.values.get(node)?.[output];
    if (value === undefined) throw new BadModelFile(`node '${shown(node)}' has no output ${output}, which something in the graph reads`);
    return value;
  }

  /** A flow, or Untranslatable. */
  flow(scope: Scope, text: string): Flow {
    const value = this.value(scope, text);
    if (isFlow(value)) return value;
    throw new Follows('output', text, 'what it comes from could not be translated');
  }

  function(name: string | undefined): TfFunction | undefined {
    return name === undefined ? undefined : this.graph.functions.get(name);
  }

  /** The results of a function for these arguments, emitted here. */
  call(body: TfFunction, args: readonly TfValue[], depth: number): TfValue[] {
    if (depth > maxCallDepth) throw new BadModelFile(`functions call each other more than ${maxCallDepth} deep`);
    const scope: Scope = { nodes: body.nodes, values: new Map(), depth };
    body.inputs.forEach((name, index) => {
      const value = args[index];
      if (value !== undefined) scope.values.set(name, [value]);
    });
    return body.results.map((result) => this.value(scope, result));
  }

  // Depth first without recursion: graphs are chains of thousands of nodes.
  private visit(scope: Scope, target: string): void {
    if (scope.values.has(target)) return;
    const open = new Set<string>();
    const stack: { name: string; next: number }[] = [{ name: target, next: 0 }];
    while (stack.length) {
      const top = stack.at(-1)!;
      if (scope.values.has(top.name)) {
        stack.pop();
        continue;
      }
      const node = scope.nodes.get(top.name);
      if (!node) throw new BadModelFile(`node '${shown(top.name)}' is read but does not exist`);
      open.add(top.name);
      const dependency = node.inputs[top.next++];
      if (dependency !== undefined) {
        const { node: name } = reference(dependency, scope.nodes);
        if (scope.values.has(name)) continue;
        if (!open.has(name)) {
          stack.push({ name, next: 0 });
          continue;
        }
        // Loops of the old control flow (Enter, NextIteration) run in circles.
        scope.values.set(name, this.keep(scope.nodes.get(name)!, [], new Untranslatable(scope.nodes.get(name)!.op, name, 'it is part of a loop written with Enter and NextIteration, which ONNX cannot express')));
        continue;
      }
      scope.values.set(node.name, this.node(scope, node));
      stack.pop();
    }
  }

  private node(scope: Scope, node: TfNode): readonly TfValue[] {
    if (this.translated++ > maxTranslated) throw new BadModelFile(`more than ${maxTranslated} nodes come out of the functions this graph calls`);
    const inputs = node.inputs.map((text): TfValue | undefined => {
      const { node: name, output } = reference(text, scope.nodes);
      return scope.values.get(name)?.[output];
    });
    try {
      if (node.op === 'Const' || node.op === 'VarHandleOp') return [{ value: this.constant(node), stored: 'natural' }];
      return this.e.within(node.name, () => {
        const op = new TfOp(node, this.e, inputs);
        if (node.op === 'Merge' || node.op === 'RefMerge') return [this.merge(scope, op)];
        const translate = translatorFor(node.op);
        const result = translate ? translate(op) : controlFlow(this, op, scope.depth);
        if (result === undefined) return op.fail('it has no equivalent in ONNX');
        return Array.isArray(result) ? result as readonly TfValue[] : [result as TfValue];
      });
    } catch (error) {
      if (error instanceof BadModelFile) throw error;
      const reason = error instanceof Untranslatable ? error : new Untranslatable(node.op, node.name, error instanceof Error ? error.message : String(error));
      return this.keep(node, inputs, reason);
    }
  }

  private merge(scope: Scope, op: TfOp): TfValue {
    const found = sides(scope.nodes, op.node.name);
    if (!found) op.fail('the condition it depends on was not found');
    const condition = this.flow(scope, found.condition);
    return op.emit('Where', [this.e.natural(condition), op.natural(found.whenTrue), op.natural(found.whenFalse)]);
  }

  /** The node under its own name, with outputs of unknown type. */
  private keep(node: TfNode, inputs: readonly (TfValue | undefined)[], reason: Untranslatable): readonly TfValue[] {
    if (!(reason instanceof Follows)) this.failures.push(reason);
    const names = inputs.map((input) => (input === undefined ? '' : this.nameOf(input))).filter((name) => name !== '');
    const outputs = this.e.within(node.name, () => this.e.ops(node.op, names, outputsOf(node), {}, tensorflowDomain));
    return outputs.map((opaque) => ({ opaque }));
  }

  nameOf(value: TfValue): string {
    if (isFlow(value)) return this.e.natural(value);
    if ('list' in value) return this.e.natural(value.list);
    return 'opaque' in value ? value.opaque : '';
  }

  private constant(node: TfNode): string {
    let name = this.weightNames.get(node.name);
    if (name !== undefined) return name;
    const weight = this.weights.get(node.name);
    if (weight) name = weightValue(this.e, weight);
    else {
      const tensor = new TfAttributes(node.attributes).tensor('value');
      const content = tensor ? readTensorProto(tensor) : 'it has no value';
      if (typeof content === 'string') throw new Untranslatable(node.op, node.name, content);
      name = this.e.weight(node.name, content);
    }
    this.weightNames.set(node.name, name);
    return name;
  }

  /** What is computed inside a subgraph exists only there. */
  inside<T>(body: () => T): T {
    const before = new Map(this.weightNames);
    try {
      return body();
    } finally {
      for (const [node, name] of this.weightNames) {
        if (!before.has(node) && !this.e.initializers.has(name)) this.weightNames.delete(node);
      }
    }
  }

  /** Forgets failures after `count`: a loop body is translated again with wider dims. */
  forgetFailures(count: number): void {
    this.failures.length = count;
  }
}

/** How many outputs a node that is not translated has, as far as its attributes tell. */
function outputsOf(node: TfNode): number {
  const attributes = new TfAttributes(node.attributes);
  const counted: Readonly<Record<string, number>> = {
    SparseFillEmptyRows: 4, SparseReshape: 2, StringSplit: 3, StringNGrams: 2, NonMaxSuppressionV4: 2, NonMaxSuppressionV5: 3, Switch: 2, Merge: 2,
    TopKV2: 2, Unique: 2, UniqueV2: 2, FusedBatchNorm: 5, FusedBatchNormV2: 5, FusedBatchNormV3: 6, MaxPoolWithArgmax: 2, TensorListPopBack: 2,
  };
  const listed = node.attributes.Tout ?? (node.op.includes('While') ? node.attributes.T : undefined);
  const types = (listed as { list?: { type?: unknown[] } } | undefined)?.list?.type;
  const count = counted[node.op] ?? (types?.length || attributes.int('num_split', 0) || (node.op === 'Unpack' ? attributes.int('num', 0) : 0));
  return Math.min(Math.max(1, count), 4096);
}

export function tensorType(dtype: DType, dims: readonly (number | string | null)[] | undefined): ValueType {
  return { kind: 'tensor', dtype, dims };
}
