/**
 * Whether a device computed what the CPU computed. Rounding differs everywhere, and where a network has a kink (ReLU,
 * max-pooling) a rounding can turn single elements of a gradient around: so what is asked is that the whole points the
 * same way and only few elements are far off.
 */
import { toFloat32 } from '../../tensor/convert';
import { isFloat } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';

interface Limits {
  /** Least cosine between the two. */
  readonly cosine: number;
  /** An element is off by more than this part of the largest absolute value … */
  readonly difference: number;
  /** … and so many of them may be. */
  readonly share: number;
}

const single: Limits = { cosine: 0.999, difference: 1e-2, share: 0.01 };
/** Models in half precision: eleven bits instead of 24 are computed with on a GPU, and on the CPU more. */
const half: Limits = { cosine: 0.99, difference: 5e-2, share: 0.02 };
/** Below this a gradient is what rounding left of a saturated output, on either side. */
const noise = 1e-7;
/** Whole numbers and truth values that may differ: elements of a mask where two classes are as likely. */
const shareOfWholes = 0.01;

/** What differs, in words; undefined where `found` is the same as `expected` within what rounding explains. */
export function disagreement(found: Readonly<Record<string, Tensor>>, expected: Readonly<Record<string, Tensor>>, halfPrecision = false): string | undefined {
  for (const [name, tensor] of Object.entries(expected)) {
    const other = found[name], label = name.replace(/^\0(?:gradient|figure) ?/, 'gradient of ').replace(/\0/g, '');
    if (!other || other.dims.join() !== tensor.dims.join()) return `'${label}' has dims [${other?.dims.join(', ') ?? ''}] instead of [${tensor.dims.join(', ')}]`;
    const difference = isFloat(tensor.dtype) ? realDifference(toFloat32(other), toFloat32(tensor), halfPrecision ? half : single) : wholeDifference(other, tensor);
    if (difference !== undefined) return `'${label}' ${difference}`;
  }
  return undefined;
}

function realDifference(found: Float32Array, expected: Float32Array, limits: Limits): string | undefined {
  let scale = 0;
  for (const value of expected) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  let dot = 0, left = 0, right = 0, off = 0, worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = found[i]!, b = expected[i]!;
    if (Object.is(a, b) || a === b) {
      if (Number.isFinite(b)) { dot += a * b; left += a * a; right += b * b; }
      continue;
    }
    if (!Number.isFinite(a) || !Number.isFinite(b)) return `holds ${a} where the CPU has ${b}`;
    dot += a * b;
    left += a * a;
    right += b * b;
    const difference = Math.abs(a - b);
    worst = Math.max(worst, difference);
    if (difference > limits.difference * scale + noise) off++;
  }
  // Few numbers have no crowd to hide in.
  if (off > Math.floor(limits.share * expected.length)) return `differs by up to ${(worst / Math.max(scale, noise)).toPrecision(2)} of its largest value, in ${off} of ${expected.length} numbers`;
  if (scale <= 10 * noise) return undefined;
  const cosine = dot / Math.sqrt(left * right);
  return cosine >= limits.cosine ? undefined : `points elsewhere (cosine ${cosine.toFixed(4)})`;
}

function wholeDifference(found: Tensor, expected: Tensor): string | undefined {
  let off = 0;
  for (let i = 0; i < expected.data.length; i++) if (found.data[i] !== expected.data[i]) off++;
  return off > Math.floor(shareOfWholes * expected.data.length) ? `differs in ${off} of ${expected.data.length} values` : undefined;
}
