/** Questions of the code features: what a source file says about models, and what the models say about its names. */
import type { NameUse, SourceAnalysis } from '../code/types';
import type { Dims } from '../graph/graph';
import type { PortSummary } from '../graph/summary';

export type { ModelLoad, NameUse, ShapeUse, SourceAnalysis, SourceLayer, SourceRange, SourceString } from '../code/types';

/** A model in a few lines: hover, code lens, models view. */
export interface ModelOutline {
  readonly file: string;
  readonly bytes: number;
  readonly format: string;
  readonly producer: string;
  readonly inputs: readonly PortSummary[];
  readonly outputs: readonly PortSummary[];
  readonly layers: number;
  readonly parameters: number;
  readonly macs: number | null;
  readonly warnings: readonly string[];
}

/** A layer or tensor of a model, as its name in code is explained. */
export interface NamedThing {
  readonly name: string;
  readonly kind: 'layer' | 'tensor' | 'input' | 'output' | 'weight';
  /** Operator or class; of a tensor: of the layer that makes it. */
  readonly type: string;
  readonly inputDims: readonly (Dims | null)[];
  readonly outputDims: readonly (Dims | null)[];
  readonly dtype?: string;
  readonly parameters: number;
  /** Of a name that several layers share ('layer1.0'): how many. Type, dims and parameters are of them together. */
  readonly layers?: number;
  /** Node to reveal in the editor. */
  readonly key?: string;
}

/** What a name is asked to be; 'tensor': anything. */
export type NameKind = NameUse['kind'];

export interface CodeRequests {
  outline: { params: { file: string }; result: ModelOutline; progress: never };
  /** What carries this name; also a part of a dotted or slashed name ('layer1.0' finds 'layer1.0.conv1'). Empty: nothing does. */
  lookUp: { params: { file: string; name: string; kind?: NameKind }; result: { readonly things: readonly NamedThing[]; /** Near names, when nothing was found. */ readonly similar: readonly string[] }; progress: never };
  /** Names that begin with or contain `part`, best first, at most `limit`. */
  names: { params: { file: string; part: string; limit: number; kind?: NameKind }; result: readonly NamedThing[]; progress: never };
  /** What a source text says about models. `language`: VS Code's language id. */
  analyseSource: { params: { language: string; text: string }; result: SourceAnalysis; progress: never };
}
