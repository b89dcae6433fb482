/**
 * A model as the comparison sees it: ports and operators in topological order, quantisation folded into what it serves.
 * QuantizeLinear, DequantizeLinear and the arithmetic of scales are looked through: an edge leads from a convolution
 * straight to the next one, so that a float model and its quantised twin have the same shape.
 */
import { elementCount } from '../../tensor/tensor';
import type { Dims, Graph, ModelFile, Node } from '../graph';
import { readsOf } from '../indexes';
import type { Inference } from '../inference/infer';
import { dimsOf, dtypeOf } from '../inference/infer';
import { isPlumbing, plumbingValues } from '../plumbing';
import type { ArchitectureView, ModelSummary } from '../summary';
import { WeightFrame } from '../weights';
import { settingsText } from './attributes';
import { frameworkClass, glue, integerOps, isCounted, opClass, plainName } from './opClass';
import { weightsOf, type WeightInput } from './roles';

/** One of the two models, with what is already known of it. */
export interface Side {
  readonly model: ModelFile;
  readonly inference: Inference;
  readonly summary: ModelSummary;
  readonly view: ArchitectureView;
}

export interface Element {
  readonly id: number;
  readonly kind: 'input' | 'output' | 'op';
  /** What it does; ports: their kind. */
  readonly type: string;
  readonly opClass: string;
  readonly name: string;
  /** Names it may be known by in the other model, the best first; counted ones apart. */
  readonly names: readonly string[];
  readonly countedNames: readonly string[];
  readonly node?: Node;
  readonly dims: readonly (Dims | null)[];
  readonly dtype: string;
  readonly weights: readonly WeightInput[];
  /** Dims of its weights, in no order: the same for [64, 3, 3, 3] and [3, 3, 3, 64]. */
  readonly weightText: string;
  /** Settings without defaults. */
  readonly settings: string;
  /** Node of the model's view it is drawn as. */
  readonly drawn: number;
  /** Elements whose values it reads, in the order of its inputs. */
  readonly preds: number[];
  readonly succs: number[];
  /** Element types of activations that are quantised here. */
  readonly quantised: Set<string>;
}

/** A model's elements, and which drawn nodes are folded into which others. */
export interface Elements {
  readonly side: Side;
  readonly frame: WeightFrame;
  readonly list: readonly Element[];
  /** Drawn nodes of quantisation, and the drawn node they are folded into. */
  readonly folded: ReadonlyMap<number, number>;
}

/** @param mergeNorms a multiplication and an addition of constants are one normalisation, as other files have it. */
export function elementsOf(side: Side, mergeNorms: boolean): Elements {
  return new Builder(side, mergeNorms).build();
}

class Builder {
  private readonly graph: Graph;
  private readonly frame: WeightFrame;
  private readonly list: Element[] = [];
  /** By value: the element that makes it, quantisation looked through. */
  private readonly makers = new Map<string, number>();
  /** Values that are scales or zero points of dynamic quantisation, with the constants multiplied in. */
  private readonly scales = new Map<string, readonly string[]>();
  private readonly folded = new Map<number, number>();
  private readonly byKey: ReadonlyMap<string, number>;
  private readonly layerOfNode = new Map<string, number>();
  private readonly integerScales = new Map<number, string[]>();

  constructor(private readonly side: Side, private readonly mergeNorms: boolean) {
    this.graph = side.model.graph;
    this.frame = new WeightFrame(this.graph, side.inference);
    this.byKey = new Map(side.view.nodes.map((node) => [node.key, node.id]));
    side.model.layers?.forEach((layer, index) => {
      if (!this.byKey.has(`layer:${index}`)) return;
      for (const name of layer.nodes) this.layerOfNode.set(name, index);
    });
  }

  build(): Elements {
    const { graph, frame } = this;
    const plumbing = plumbingValues(graph, this.side.inference, frame.constants);
    for (const { name } of graph.inputs) this.makers.set(name, this.port('input', name, []));
    for (const [position, node] of graph.nodes.entries()) {
      if (node.opType === 'Constant' || frame.isConstantNode(node)) continue;
      const drawn = this.drawnNode(node, position);
      if (this.fold(node, drawn) || this.joinNorm(node, drawn)) continue;
      if (drawn === undefined) {
        // Shape arithmetic is no layer; a framework's glue between layers passes its input on.
        if (!isPlumbing(node, plumbing)) this.passOn(node);
        continue;
      }
      const id = this.operator(node, drawn);
      for (const name of node.outputs) if (name !== '') this.makers.set(name, id);
    }
    this.layersWithoutOperators();
    for (const { name } of graph.outputs) this.port('output', name, this.makers.has(name) ? [this.makers.get(name)!] : []);
    for (const element of this.list) for (const pred of element.preds) this.list[pred]!.succs.push(element.id);
    for (const [id, names] of this.integerScales) (this.list[id] as { weights: readonly WeightInput[] }).weights = this.list[id]!.weights.map((weight) => weight.role === 'weight' ? { ...weight, scales: names } : weight);
    return { side: this.side, frame, list: this.list, folded: this.folded };
  }

  private drawnNode(node: Node, position: number): number | undefined {
    if (!this.side.model.layers) return this.byKey.get(`node:${position}`);
    const layer = this.layerOfNode.get(node.name);
    return layer === undefined ? undefined : this.byKey.get(`layer:${layer}`);
  }

  /** Folds a node of quantisation into what it serves. @returns whether it was one. */
  private fold(node: Node, drawn: number | undefined): boolean {
    const [from = '', other = ''] = node.inputs, to = node.outputs[0] ?? '';
    const maker = this.makers.get(from);
    switch (node.opType) {
      case 'Identity': case 'QuantizeLinear': case 'DequantizeLinear': case 'DynamicQuantizeLinear': {
        if (maker === undefined) return false;
        this.alias(to, maker, drawn);
        if (node.opType === 'DynamicQuantizeLinear') for (const name of node.outputs.slice(1)) if (name) this.scales.set(name, []);
        if (node.opType === 'QuantizeLinear' || node.opType === 'DynamicQuantizeLinear') this.list[maker]!.quantised.add(dtypeOf(this.side.inference, to) || 'uint8');
        if (node.opType === 'DequantizeLinear') this.list[maker]!.quantised.add(dtypeOf(this.side.inference, from) || 'uint8');
        return true;
      }
      case 'Cast': case 'Mul': {
        const served = maker ?? this.makers.get(other);
        if (node.opType === 'Mul' && this.isScale(from) && this.isScale(other)) {
          if (!this.scales.has(from) && !this.scales.has(other)) return false;
          this.scales.set(to, [from, other].flatMap((name) => this.scales.get(name) ?? [name]));
          if (drawn !== undefined) this.pendingScales.set(to, drawn);
          return true;
        }
        if (served === undefined || !integerOps.has(this.list[served]!.type)) return false;
        if (node.opType === 'Mul') {
          const scale = maker === undefined ? from : other;
          if (!this.isScale(scale)) return false;
          this.integerScales.set(served, [...(this.scales.get(scale) ?? [scale])]);
          if (this.pendingScales.has(scale)) this.folded.set(this.pendingScales.get(scale)!, this.list[served]!.drawn);
        }
        this.alias(to, served, drawn);
        return true;
      }
      default: return false;
    }
  }

  /** Joins `x · scale + shift` into one normalisation. @returns whether this node is its addition. */
  private joinNorm(node: Node, drawn: number | undefined): boolean {
    if (!this.mergeNorms || node.opType !== 'Add') return false;
    const [from, other] = node.inputs.map((name) => this.makers.get(name));
    const mul = this.list[from ?? other ?? -1], [shift] = weightsOf(node, this.frame), [scale] = mul?.weights ?? [];
    if (!mul || (from === undefined) === (other === undefined) || mul.opClass !== 'Mul' || mul.weights.length !== 1 || !shift || !perChannel(scale!.dims) || !perChannel(shift.dims)) return false;
    this.list[mul.id] = { ...mul, opClass: 'BatchNormalization', weights: [{ ...scale!, role: 'scale' }, { ...shift, role: 'bias' }], settings: '' };
    this.alias(node.outputs[0] ?? '', mul.id, drawn);
    return true;
  }

  /** Products of scales that wait for the layer they belong to: by value, the node that is drawn. */
  private readonly pendingScales = new Map<string, number>();

  private isScale(name: string): boolean {
    return this.scales.has(name) || this.frame.isConstant(name);
  }

  private alias(value: string, maker: number, drawn: number | undefined): void {
    if (value !== '') this.makers.set(value, maker);
    if (drawn !== undefined && drawn !== this.list[maker]!.drawn) this.folded.set(drawn, this.list[maker]!.drawn);
  }

  private passOn(node: Node): void {
    const maker = node.inputs.map((name) => this.makers.get(name)).find((id) => id !== undefined);
    if (maker !== undefined) for (const name of node.outputs) if (name !== '') this.makers.set(name, maker);
  }

  private port(kind: 'input' | 'output', name: string, preds: number[]): number {
    const { inference } = this.side;
    const id = this.list.length;
    this.list.push({
      id, kind, type: kind === 'input' ? 'Input' : 'Output', opClass: kind, name, names: [plainName(name)], countedNames: [], dims: [dimsOf(inference, name) ?? null], dtype: dtypeOf(inference, name) || 'unknown',
      weights: [], weightText: '', settings: '', drawn: this.byKey.get(`${kind}:${name}`) ?? -1, preds, succs: [], quantised: new Set(),
    });
    return id;
  }

  private operator(node: Node, drawn: number): number {
    const { frame, side } = this;
    const id = this.list.length;
    const weights = weightsOf(node, frame);
    const outputs = node.outputs.filter((name) => name !== '');
    const own = node.name || outputs[0] || '';
    const known = [...weights.map(({ value }) => value), own, ...outputs.slice(0, 1)];
    const layer = this.layerOfNode.get(node.name);
    if (layer !== undefined) known.splice(0, 0, `${side.model.layers![layer]!.name}/${opClass(node.opType, node.domain)}`);
    const plain = [...new Set(known.map(plainName).filter((name) => name !== ''))];
    const preds: number[] = [];
    for (const name of readsInOrder(node)) {
      const maker = this.makers.get(name);
      if (maker !== undefined) preds.push(maker);
    }
    this.list.push({
      id, kind: 'op', type: node.opType, opClass: opClass(node.opType, node.domain), name: own,
      names: plain.filter((name) => !isCounted(name, node.opType)), countedNames: plain.filter((name) => isCounted(name, node.opType)),
      node, dims: outputs.map((name) => dimsOf(side.inference, name) ?? null), dtype: dtypeOf(side.inference, outputs[0] ?? '') || 'unknown',
      weights, weightText: weightText(weights),
      settings: settingsText(node, side, frame), drawn, preds, succs: [], quantised: new Set(node.opType.startsWith('QLinear') ? [dtypeOf(side.inference, outputs[0] ?? '') || 'uint8'] : []),
    });
    return id;
  }

  /** Layers that were not translated, or that pass their input on (Dropout), stand for themselves. */
  private layersWithoutOperators(): void {
    this.side.model.layers?.forEach((layer, index) => {
      const drawn = this.byKey.get(`layer:${index}`);
      if (drawn === undefined || layer.nodes.some((name) => this.layerOfNode.get(name) === index)) return;
      const preds = layer.inputs.map((name) => this.makers.get(name)).filter((id) => id !== undefined);
      this.list.push({
        id: this.list.length, kind: 'op', type: layer.type, opClass: frameworkClass(layer.type), name: layer.name, names: [plainName(layer.name)], countedNames: [], dims: layer.outputDims,
        dtype: 'unknown', weights: [], weightText: layer.parameters > 0 ? String(layer.parameters) : '', settings: '', drawn, preds, succs: [], quantised: new Set(),
      });
    });
  }
}

/** More than one number, along one axis. */
function perChannel(dims: readonly number[]): boolean {
  return dims.filter((dim) => dim !== 1).length === 1;
}

function weightText(weights: readonly WeightInput[]): string {
  const texts = weights.filter(({ role }) => role !== 'bias').map(({ dims }) => dims.filter((dim) => dim !== 1).sort((a, b) => a - b).join('×') || '1');
  // Normalisations have as many numbers of each kind as they need; what counts is for how many channels.
  return texts.every((text) => text === texts[0]) ? texts[0] ?? '' : texts.join(' ');
}

/** Inputs in order, then what subgraphs take from outside. */
function readsInOrder(node: Node): Iterable<string> {
  return new Set([...node.inputs.filter((name) => name !== ''), ...readsOf(node)]);
}

/** Whether an element only moves data. */
export function isGlue(element: Element): boolean {
  return glue.has(element.opClass);
}

/** Elements of its weights in all. */
export function weightElements(element: Element): number {
  return element.weights.reduce((sum, { dims }) => sum + elementCount(dims), 0);
}
