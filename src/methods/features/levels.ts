/**
 * Features at levels between 0 and 1, for methods that vary them by degrees: of a picture or a signal between the fill
 * and the input, of a table between each column's least and largest value.
 */
import { toFloat32 } from '../../tensor/convert';
import type { FloatTensor } from '../../tensor/tensor';
import type { MethodContext, Parameters } from '../method';
import { ParameterError, ParameterReader } from '../parameters';
import { explainedInput } from '../samples';
import { featuresOf, type Features } from './features';
import { fillsOf, samplesOf } from './fills';

export interface Levels {
  readonly features: Features;
  /** What `auto` chose, for the record. */
  readonly chosen: Parameters;
  /** Sets every element: its feature is at `level[feature]`. A buffer that was written before must still hold that. */
  write(level: ArrayLike<number>, into: Float32Array): void;
}

/** The features the parameters ask for (`auto`: a grid of patches for pictures) and what their levels mean. Throws ParameterError where something does not fit. */
export function levelsOf(context: MethodContext, parameters: Parameters): Levels {
  const input = explainedInput(context), reader = new ParameterReader(parameters);
  const grid = parameters.features === 'auto' && input.dims.length === 4 && (context.kind === 'image' || context.kind === 'tensor');
  const features = featuresOf(context, grid ? new ParameterReader({ ...parameters, features: 'grid' }) : reader), chosen = grid ? { features: 'grid' } : features.chosen;
  const rows = tableRows(context, reader, input);
  if (rows && !features.picture) return { features, chosen: { ...chosen, background: context.tensors.backgroundFile ? 'file' : 'table' }, write: byQuantile(rows, features, input) };
  const fills = fillsOf(context, features, reader, 'zeros'), fill = meanOf(fills.samples.map((sample) => sample as Float32Array)), { spans } = features;
  // What each buffer holds, so that only features whose level differs are written again.
  const held = new WeakMap<Float32Array, Float64Array>();
  return {
    features, chosen: { ...chosen, ...fills.chosen },
    write: (level, into) => {
      let known = held.get(into);
      if (!known) {
        into.set(input.data);
        held.set(into, known = new Float64Array(spans.length).fill(1));
      }
      for (let feature = 0; feature < spans.length; feature++) {
        const share = level[feature]!, own = spans[feature]!;
        if (share === known[feature]) continue;
        known[feature] = share;
        for (let k = 0; k < own.length; k += 2) for (let i = own[k]!, end = own[k + 1]!; i < end; i++) into[i] = fill[i]! + (input.data[i]! - fill[i]!) * share;
      }
    },
  };
}

/** Rows that columns take their values from, where there are some and nothing else was asked for. */
function tableRows({ tensors }: MethodContext, parameters: ParameterReader, input: FloatTensor): Float32Array[] | undefined {
  const choice = parameters.text('background'), given = choice === 'file' ? tensors.backgroundFile : choice === 'auto' ? tensors.backgroundFile ?? tensors.background : undefined;
  if (!given) return undefined;
  const rows = samplesOf(toFloat32(given), given.dims, input.dims);
  return rows.length > 1 ? rows : undefined;
}

/**
 * Each column at the quantile of its own values that its level says (the nearest value there is, so that categories
 * stay what they are). Columns that are one feature together take the values of one row, so that they stay consistent.
 */
function byQuantile(rows: readonly Float32Array[], { labels, count }: Features, input: FloatTensor): Levels['write'] {
  const members: number[][] = Array.from({ length: count }, () => []);
  labels.forEach((label, column) => { if (label >= 0) members[label]!.push(column); });
  // Rows in the order of a feature's values: its first column decides, further ones break ties.
  const orders = members.map((columns) => Int32Array.from(rows, (_, row) => row).sort((a, b) => {
    for (const column of columns) if (rows[a]![column] !== rows[b]![column]) return rows[a]![column]! - rows[b]![column]!;
    return a - b;
  }));
  return (level, into) => {
    into.set(input.data);
    members.forEach((columns, feature) => {
      const row = rows[orders[feature]![Math.min(rows.length - 1, Math.round(level[feature]! * (rows.length - 1)))]!]!;
      for (const column of columns) into[column] = row[column]!;
    });
  };
}

function meanOf(samples: readonly Float32Array[]): Float32Array {
  if (samples.length === 0) throw new ParameterError("parameter 'background': found no sample");
  if (samples.length === 1) return samples[0]!;
  return Float32Array.from(samples[0]!, (_, i) => samples.reduce((sum, sample) => sum + sample[i]!, 0) / samples.length);
}
