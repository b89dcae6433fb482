/** What people are told about a model: ports, layers, totals. The shape of `model-lens inspect --json`. */
import type { DType } from '../tensor/dtype';
import type { Dims, ModelFormat } from './graph';

export interface PortSummary {
  readonly name: string;
  readonly dtype: DType | string;
  /** A symbolic dim is a string, an unknown one null; the whole is null when the rank is unknown. */
  readonly dims: Dims | null;
}

export interface LayerSummary {
  readonly name: string;
  readonly type: string;
  readonly inputDims: readonly (Dims | null)[];
  readonly outputDims: readonly (Dims | null)[];
  /** Elements of the weights this layer reads first (a shared weight counts once). */
  readonly parameters: number;
  /** Multiply-accumulates for one sample (symbolic batch counted as 1); null when unknown. */
  readonly macs: number | null;
  /** Bytes of what it makes for one sample; null when unknown. */
  readonly activationBytes?: number | null;
}

/** What runs a model, and why it is not ONNX Runtime where it is not. */
export interface RuntimeChoice {
  readonly id: 'onnxruntime' | 'tfjs' | 'tfjs-node';
  readonly version?: string;
  readonly reason?: string;
}

export interface ModelSummary {
  readonly format: ModelFormat;
  readonly producer: string;
  readonly opset: Readonly<Record<string, number>>;
  readonly inputs: readonly PortSummary[];
  readonly outputs: readonly PortSummary[];
  readonly layers: readonly LayerSummary[];
  readonly totals: {
    readonly layers: number;
    readonly nodes: number;
    readonly parameters: number;
    readonly macs: number | null;
    readonly weightBytes: number;
    /** Bytes of all layers' outputs for one sample; null when one of them is unknown. */
    readonly activationBytes?: number | null;
  };
  readonly metadata: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** Why the model can be looked at but not run, in one sentence. */
  readonly notRunnable?: string;
  /** What would run it; absent where nothing can, and where nobody asked. */
  readonly runtime?: RuntimeChoice;
}

/** A box that holds nodes of the architecture graph: what belongs together by name, or a repeated block. */
export interface ArchitectureGroup {
  /** Position in `groups`. A parent comes before its children. */
  readonly id: number;
  /** The group it lies in; null: at the top. */
  readonly parent: number | null;
  /** 'repeat' holds `count` alike blocks, each a 'group' (or a single node). */
  readonly kind: 'group' | 'repeat';
  readonly name: string;
  /** The distinct types of what lies below, most frequent first, at most four. */
  readonly type: string;
  readonly count?: number;
  /** Operator nodes at or below. */
  readonly nodes: number;
  readonly parameters: number;
  readonly macs: number | null;
  readonly activationBytes: number | null;
}

export interface ArchitectureNode {
  /** Position in `nodes`. */
  readonly id: number;
  /** Names the node for good, over reloads of the file: 'input:NAME', 'output:NAME', 'node:12' (position in the file), 'node:12/then_branch/3', 'layer:5'. */
  readonly key: string;
  readonly kind: 'input' | 'output' | 'op';
  readonly name: string;
  readonly opType: string;
  /** Colour family: 'conv', 'activation', 'norm', 'pool', 'dense', 'shape', 'merge', 'recurrent', 'attention', 'other', 'port'. */
  readonly family: string;
  /** One line under the type: '3×3 / 2, 64', '[N, 1000]'. */
  readonly detail: string;
  readonly outputDims: readonly (Dims | null)[];
  readonly parameters: number;
  readonly macs: number | null;
  readonly activationBytes?: number | null;
  /** Its row in the summary's layers; null for ports and for what is no layer. */
  readonly layer: number | null;
  /** The innermost group it lies in; null: none. */
  readonly group: number | null;
  /** Graphs of If, Loop and Scan, by attribute name. */
  readonly subgraphs?: readonly { readonly name: string; readonly view: ArchitectureView }[];
}

/** The architecture graph as it is drawn: operators and ports, edges labelled by dims, and the groups they lie in. */
export interface ArchitectureView {
  readonly nodes: readonly ArchitectureNode[];
  readonly edges: readonly { readonly from: number; readonly to: number; readonly value: string; readonly dims: Dims | null }[];
  readonly groups: readonly ArchitectureGroup[];
  /** Nodes of graphs inside nodes that are left out: nested too deep, or too many. Absent: none. */
  readonly omitted?: number;
}
