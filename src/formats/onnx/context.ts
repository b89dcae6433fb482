/** What one scan carries along: the file, its folder, what was noticed, and how much memory is left to spend. */
import * as path from 'node:path';
import { BadModelFile, shown } from '../badModelFile';
import type { ByteSource } from '../bytes';

/** More warnings than anybody reads; a damaged file could make millions. */
const maxWarnings = 200;

/**
 * Far beyond any real model; a file that goes past one of these was made to exhaust memory.
 * `text` counts bytes of distinct names and strings, `values` elements of attribute lists, `inline` bytes of small tensors.
 */
const limits = { nodes: 2_000_000, tensors: 2_000_000, text: 1 << 28, values: 1 << 25, inline: 1 << 26 };
const plural: Record<keyof typeof limits, string> = {
  nodes: 'nodes', tensors: 'weight tensors', text: 'bytes of names and strings', values: 'values in attribute lists', inline: 'bytes of small tensors',
};

export class ScanContext {
  readonly folder: string;
  private readonly spent = { nodes: 0, tensors: 0, text: 0, values: 0, inline: 0 };
  private readonly notes = new Set<string>();
  private suppressed = 0;
  private readonly texts = new Map<string, string>();

  constructor(readonly source: ByteSource) {
    this.folder = path.dirname(path.resolve(source.file));
  }

  spend(what: keyof typeof limits, amount = 1): void {
    this.spent[what] += amount;
    if (this.spent[what] > limits[what]) {
      throw new BadModelFile(`${shown(path.basename(this.source.file))} holds more than ${limits[what]} ${plural[what]}; no real model does`);
    }
  }

  /** Whether `amount` more bytes may be kept inline; a model that is nothing but small tensors keeps the rest in the file. */
  mayInline(amount: number): boolean {
    if (this.spent.inline + amount > limits.inline) return false;
    this.spent.inline += amount;
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
