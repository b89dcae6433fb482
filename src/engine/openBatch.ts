/**
 * Runs models whose file insists on one sample a run in batches anyway, where graph/batchable.ts can rewrite them: before
 * the rewritten model is used, two samples are run together and each alone, and have to give the same.
 */
import { makeBatchable } from '../graph/batchable';
import type { ModelFile } from '../graph/graph';
import { withRealInputs } from '../graph/realInputs';
import { toFloat32 } from '../tensor/convert';
import { isFloat } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { concatRows, sliceRows } from './batching';

type Dims = Readonly<Record<string, readonly number[]>>;
type Feeds = Readonly<Record<string, Tensor>>;
/** Runs a model and returns all of its outputs. */
type Run = (model: ModelFile, feeds: Feeds) => Promise<Feeds>;

/** Largest difference of two ways to compute an output, relative to its largest value: another summation order. */
const tolerance = 1e-3;

/** What was found out about a file, kept as long as the opened file is. */
interface Finding {
  readonly model: ModelFile | undefined;
  real?: ModelFile;
  proof?: Promise<boolean>;
  proven?: boolean;
}

const findings = new WeakMap<ModelFile, Map<string, Finding>>();

export class OpenBatch {
  private found: Finding | undefined;

  /** @param file the opened file, by which findings are kept. */
  constructor(private readonly file: ModelFile, private readonly sampleDims: Dims) {}

  /** Whether several samples may go into one run, as far as is known now. */
  get possible(): boolean {
    return this.finding.model !== undefined && this.finding.proven !== false;
  }

  /** The rewritten model, once it is proven. */
  get model(): ModelFile | undefined {
    return this.finding.proven ? this.finding.model : undefined;
  }

  /** The same with real-valued inputs (graph/realInputs.ts), as it is differentiated. */
  get real(): ModelFile | undefined {
    const { model } = this;
    return model && (this.finding.real ??= withRealInputs(model));
  }

  /**
   * Proves the rewritten model on the first and the last sample of `feeds`, once for a file.
   */
  async prove(feeds: Feeds, run: Run): Promise<void> {
    const { finding } = this, { model } = finding;
    if (!model || finding.proven !== undefined) return;
    finding.proof ??= agree(model, this.file, Object.fromEntries(model.graph.inputs.map(({ name }) => [name, feeds[name]!])), this.sampleDims, run);
    try {
      finding.proven = await finding.proof;
    } catch {
      // What cannot even be run together is run one by one; whatever else is wrong shows there.
      finding.proven = false;
    }
  }

  private get finding(): Finding {
    if (this.found) return this.found;
    const known = findings.get(this.file) ?? new Map<string, Finding>(), key = JSON.stringify(this.sampleDims);
    findings.set(this.file, known);
    let finding = known.get(key);
    if (!finding) known.set(key, finding = { model: makeBatchable(this.file, this.sampleDims).model });
    return this.found = finding;
  }
}

async function agree(rewritten: ModelFile, file: ModelFile, feeds: Feeds, sampleDims: Dims, run: Run): Promise<boolean> {
  const pairs = Object.entries(feeds).map(([name, tensor]) => [name, sampleDims[name]?.[0] === 1 ? twoSamples(tensor) : undefined, tensor] as const);
  const pick = (rows: readonly number[]): Record<string, Tensor> => Object.fromEntries(pairs.map(([name, pair, tensor]) => [name, pair ? concatRows(rows.map((row) => pair[row]!)) : tensor]));
  const together = await run(rewritten, pick([0, 1]));
  for (const place of [0, 1]) {
    const alone = await run(file, pick([place]));
    for (const [name, tensor] of Object.entries(alone)) {
      const other = together[name]!;
      if (other.dims[0] !== 2 * (tensor.dims[0] ?? 0) || !close(sliceRows(other, place * tensor.dims[0]!, (place + 1) * tensor.dims[0]!), tensor)) return false;
    }
  }
  return true;
}

/** The first and the last row, or the first and itself backwards where they are the same. */
function twoSamples(tensor: Tensor): readonly Tensor[] {
  const rows = tensor.dims[0]!, first = sliceRows(tensor, 0, 1), last = sliceRows(tensor, rows - 1, rows);
  const differ = Array.from(first.data as ArrayLike<unknown>).some((value, index) => value !== last.data[index]);
  return [first, differ ? last : { ...first, data: (first.data as Float32Array).slice().reverse() }];
}

function close(a: Tensor, b: Tensor): boolean {
  if (a.data.length !== b.data.length) return false;
  if (!isFloat(b.dtype)) return Array.from(b.data as ArrayLike<unknown>).every((value, index) => value === a.data[index]);
  const found = toFloat32(a), expected = toFloat32(b);
  let scale = 0, worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i]!) && Number.isNaN(found[i]!)) continue;
    scale = Math.max(scale, Math.abs(expected[i]!));
    const difference = Math.abs(found[i]! - expected[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  return worst <= tolerance * scale;
}
