/** Einsum: the cotangent of an operand is the einsum of the cotangent and the other operands. */
import { attrString } from '../../graph/graph';
import type { Cotangents, Rule, RuleContext } from '../rule';
import { sumToDims } from '../context';
import { sameDims } from './helpers';

/** 'bij,bjk->bik' as letters of each operand and of the result; an ellipsis becomes letters of its own. */
export function parseEinsum(equation: string, ranks: readonly number[]): { operands: string[][]; result: string[] } | undefined {
  const [left, right] = equation.replace(/\s+/g, '').split('->') as [string, string | undefined];
  const parts = left.split(',');
  if (parts.length !== ranks.length) return undefined;
  const used = new Set(equation.match(/[a-zA-Z]/g) ?? []);
  const spare = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].filter((letter) => !used.has(letter));
  const widths = parts.map((part, index) => (part.includes('...') ? ranks[index]! - (part.length - 3) : 0));
  const width = Math.max(0, ...widths);
  const ellipsis = spare.slice(0, width);
  const letters = (part: string, size: number): string[] => {
    const at = part.indexOf('...');
    return at < 0 ? [...part] : [...part.slice(0, at), ...ellipsis.slice(width - size), ...part.slice(at + 3)];
  };
  const operands = parts.map((part, index) => letters(part, widths[index]!));
  if (operands.some((operand, index) => operand.length !== ranks[index])) return undefined;
  if (right !== undefined) return { operands, result: letters(right, width) };
  // Without '->': the ellipsis, then the letters that occur once, in alphabetical order.
  const all = operands.flat();
  const once = [...used].filter((letter) => all.filter((other) => other === letter).length === 1).sort();
  return { operands, result: [...ellipsis, ...once] };
}

// y[result] = Σ Π operands:  x̄ᵢ[operand i] = Σ g[result]·Π others, repeated along letters that only operand i has
export const einsumRule: Rule = {
  vjp: (c): Cotangents => c.node.inputs.map((input, index) => (c.wants(index) ? cotangent(c, input, index) : undefined)),
};

function cotangent(c: RuleContext, input: string, index: number): string {
  const equation = attrString(c.node, 'equation', '');
  const parsed = parseEinsum(equation, c.node.inputs.map((name) => c.dims(name).length)) ?? c.fail(`its equation '${equation}' does not fit its inputs`);
  const { operands, result } = parsed, own = operands[index]!;
  if (new Set(own).size !== own.length) c.fail(`its equation '${equation}' takes a diagonal, whose gradient is not there yet`);
  const others = operands.filter((_, other) => other !== index);
  const otherNames = c.node.inputs.filter((_, other) => other !== index);

  // Sizes of letters as they come out of the product: a broadcast dim of 1 has the size of the others there.
  const sizes = new Map<string, number>();
  const note = (letters: readonly string[], dims: readonly number[]): void =>
    letters.forEach((letter, axis) => { if ((sizes.get(letter) ?? 1) === 1) sizes.set(letter, dims[axis]!); });
  note(result, c.dims(c.node.outputs[0]!));
  others.forEach((letters, other) => note(letters, c.dims(otherNames[other]!)));

  const present = own.filter((letter) => sizes.has(letter));
  const formula = `${[result, ...others].map((letters) => letters.join('')).join(',')}->${present.join('')}`;
  let value = c.b.op('Einsum', [c.g, ...otherNames], { equation: formula });
  const target = c.dims(input);
  const broadcast = present.map((letter) => sizes.get(letter)!);
  const summed = present.map((letter) => (target[own.indexOf(letter)] === 1 ? 1 : sizes.get(letter)!));
  if (!sameDims(broadcast, summed)) value = sumToDims(c.b, value, broadcast, summed);
  if (present.length === own.length) return value;
  const kept = own.map((letter, axis) => (sizes.has(letter) ? target[axis]! : 1));
  return c.b.expand(c.b.reshape(value, kept), target);
}
