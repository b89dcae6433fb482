/** What one scan carries along: the file, its folder, what was noticed, and how much memory is left to spend. */
import * as path from 'node:path';
import { BadModelFile, shown } from '../badModelFile';
import type { ByteSource } from '../bytes';

/** More warnings than anybody reads; a damaged file could make millions. */
const maxWarnings = 200;

/**
 * Far beyond any model seen; a file that goes past one of these would exhaust memory.
 * `text` counts characters of distinct names and strings, `values` elements of attribute lists (and what weighs as
 * much), `inline` bytes of small tensors, `doc` characters of comments.
 */
const limits = { nodes: 500_000, tensors: 500_000, text: 2 ** 27, values: 2 ** 24, inline: 2 ** 26, doc: 2 ** 23 };
const plural = { nodes: 'nodes', tensors: 'weight tensors', text: 'characters of names and strings', values: 'attribute values' };

export class ScanContext {
  readonly folder: string;
  private readonly spent = { nodes: 0, tensors: 0, text: 0, values: 0, inline: 0, doc: 0 };
  private readonly notes = new Set<string>();
  private suppressed = 0;
  private readonly texts = new Map<string, string>();

  constructor(readonly source: ByteSource) {
    this.folder = path.dirname(path.resolve(source.file));
  }

  spend(what: keyof typeof plural, amount = 1): void {
    this.spent[what] += amount;
    if (this.spent[what] > limits[what]) {
      throw new BadModelFile(`${shown(path.basename(this.source.file))} holds more than ${limits[what]} ${plural[what]}, more than are read`);
    }
  }

  /** Whether `amount` more bytes or characters may be kept of what a model can do without in memory. */
  mayKeep(what: 'inline' | 'doc', amount: number): boolean {
    if (this.spent[what] + amount > limits[what]) return false;
    this.spent[what] += amount;
    return true;
  }

  /** The same string object for every occurrence of a name, so that a name is in memory once. */
  intern(text: string): string {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    this.spend('text', text.length);
    this.texts.set(text, text);
    return text;
  }

  warn(sentence: string): void {
    if (this.notes.size < maxWarnings) this.notes.add(sentence);
    else if (!this.notes.has(sentence)) this.suppressed++;
  }

  get warnings(): readonly string[] {
    return this.suppressed === 0 ? [...this.notes] : [...this.notes, `${this.suppressed} more remarks of this kind were left out.`];
  }
}
