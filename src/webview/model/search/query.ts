/**
 * What somebody typed into the search box:
 * - words that must all be in a layer's name, type or setting: `conv fire`;
 * - dims, written 1x64x56x56, 1×64×56×56 or [1, 64, 56, 56], whole or in part, `?` for any: `?x64x56`; small ones with a
 *   convolution or a pool are its window: `Conv 3x3`;
 * - a sequence along the edges: `MatMul → Softmax → MatMul`, also with `->` or `>`; `*` is any one node, `…` up to eight.
 */

export interface Word {
  /** As typed, and in lower case. */
  readonly typed: string;
  readonly text: string;
  /** If it can be read as dims: its parts, '?' for any. One part is a lone number. */
  readonly dims?: readonly string[];
}

/** A node of the sequence: it has all words (none: any node), and stands up to `gap` nodes after the one before. */
export interface Step {
  readonly words: readonly Word[];
  readonly gap: number;
}

/** Nodes that one `…` may stand for. */
export const longestGap = 8;
/** What is longer is cut: a pasted file is no query. */
const longestQuery = 500, mostSteps = 32;

/** The steps of a query; none if it is empty. */
export function parseQuery(query: string): readonly Step[] {
  const steps: Step[] = [];
  let gap = 0;
  for (const part of query.slice(0, longestQuery).split(/→|⟶|⇒|->|=>|>/)) {
    const text = part.trim();
    if (text === '') continue;
    if (/^(…|\.\.\.?|\*\*)$/.test(text)) {
      // Nothing stands before the first node.
      if (steps.length > 0) gap = longestGap;
      continue;
    }
    steps.push({ words: text === '*' ? [] : wordsOf(text), gap });
    gap = 0;
    if (steps.length === mostSteps) break;
  }
  // A lone '*' finds everything, which helps nobody.
  return steps.some(({ words }) => words.length > 0) ? steps : [];
}

function wordsOf(text: string): Word[] {
  // Dims may be written with spaces; names with spaces stand in quotes.
  const joined = text.replace(/\s*([×,])\s*/g, '$1').replace(/(?<=[\d?*])\s*x\s*(?=[\d?*])/gi, 'x');
  return [...joined.matchAll(/"([^"]+)"?|(\S+)/g)].map(([, quoted, plain]) => {
    const typed = quoted ?? plain!;
    return { typed, text: typed.toLowerCase(), dims: quoted === undefined ? dimsOf(typed) : undefined };
  });
}

function dimsOf(word: string): readonly string[] | undefined {
  const parts = word.toLowerCase().replace(/^[[(]|[\])]$/g, '').split(/[×,]|(?<=[\d?*])x(?=[\d?*])/);
  if (parts.some((part) => !/^[\w?*.-]+$/.test(part))) return undefined;
  if (parts.length === 1 && !/^\d+$/.test(parts[0]!)) return undefined;
  return parts.map((part) => (part === '*' ? '?' : part));
}
