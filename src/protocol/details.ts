/** Questions about one layer and its weights. */
import type { Dims } from '../graph/graph';

export interface ValueDetails {
  readonly name: string;
  /** The operator's own word for it: 'X', 'W', 'B'. */
  readonly role: string;
  readonly dtype: string;
  readonly dims: Dims | null;
  /** The nodes that make it (an input) or read it (an output). */
  readonly nodes: readonly NodeReference[];
}

/** A node to go to, by its key, and what it is called. */
export interface NodeReference {
  readonly key: string;
  readonly name: string;
  readonly type: string;
}

/** A stored tensor. `id` asks for its content ('tensorDetails'). */
export interface StoredTensor {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly bytes: number;
  /** Where it lies: file name and offset, 'in the graph', or why it cannot be read. */
  readonly place: string;
  readonly readable: boolean;
}

export interface LayerDetails {
  readonly key: string;
  readonly name: string;
  readonly type: string;
  /** Its colour, as in an ArchitectureNode. */
  readonly family: string;
  readonly domain: string;
  /** What the operator does, in one sentence; absent for unknown ones. */
  readonly documentation?: string;
  readonly attributes: readonly { readonly name: string; readonly value: string; readonly documentation?: string; readonly isDefault?: boolean }[];
  readonly inputs: readonly ValueDetails[];
  readonly outputs: readonly ValueDetails[];
  readonly tensors: readonly StoredTensor[];
  readonly parameters: number;
  readonly macs: number | null;
  readonly activationBytes: number | null;
  /** Of a framework's layer: the operators it became. */
  readonly operators: readonly { readonly name: string; readonly type: string }[];
}

/** A look at a tensor: figures over all of it, and one two-dimensional slice. */
export interface TensorDetails {
  readonly id: string;
  readonly name: string;
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly count: number;
  /** Over the finite values (NaN where there are none); null for what is no real number and for an empty tensor. */
  readonly statistics: {
    readonly min: number; readonly max: number; readonly mean: number; readonly std: number;
    /** Part that is exactly zero. */
    readonly sparsity: number;
    readonly l1: number; readonly l2: number;
    readonly nans: number; readonly infinities: number;
  } | null;
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] } | null;
  /** Rows × columns of the slice: the last two axes at `index` on the others (given for tensors of rank over 2). */
  readonly slice: { readonly rows: number; readonly columns: number; readonly rowStart: number; readonly columnStart: number; readonly index: readonly number[]; readonly values: Float32Array | Float64Array;
    /** The elements in words where they are no numbers, or whole numbers beyond what `values` can hold; `values` may be empty then. */
    readonly strings?: readonly string[] };
  /**
   * Filters of a convolution over 1, 3 or 4 channels, as pictures: count × height × width × channels (1 or 3), 0…1 from
   * the smallest to the largest value of them all. Large kernels give the first `count` of `filters`; of four channels
   * the first three are shown.
   */
  readonly tiles?: { readonly count: number; readonly filters: number; readonly minimum: number; readonly maximum: number; readonly height: number; readonly width: number; readonly channels: 1 | 3; readonly values: Float32Array };
}

export interface DetailsRequests {
  layerDetails: { params: { file: string; key: string }; result: LayerDetails; progress: never };
  tensorDetails: {
    params: {
      file: string; id: string;
      /** Position on the leading axes, default zeros. */
      index?: readonly number[];
      /** First row and column of the slice's window, default 0. */
      rowStart?: number; columnStart?: number;
      bins?: number;
    };
    result: TensorDetails; progress: { readonly done: number; readonly total: number };
  };
  /** Writes a tensor's content as .npy, decoded as the file has it. */
  saveTensor: { params: { file: string; id: string; to: string }; result: SavedTensor; progress: { readonly done: number; readonly total: number } };
}

export interface SavedTensor {
  readonly bytes: number;
  /** Type in the file. */
  readonly dtype: string;
  /** Why it is not the tensor's own type, in a sentence. */
  readonly note?: string;
}
