/** What names stand for in a source file. Scopes are not told apart: the latest value given before a place counts there. */
import { walk, type Expr } from './expression';

interface Binding {
  /** Where the value holds from. */
  readonly from: number;
  /** Absent: a value that is not known here. */
  readonly value?: Expr;
}

/** Steps a look-up may take through other names. */
export const maximumSteps = 200;

export class Scope {
  private readonly bindings = new Map<string, Binding[]>();

  constructor(root: Expr) {
    walk(root, (expr) => {
      if (expr.kind !== 'assign') return;
      for (const name of expr.targets) {
        const binding = { from: expr.range.end, ...(expr.value && !expr.keys && { value: expr.value }) };
        const known = this.bindings.get(name);
        if (known) known.push(binding);
        else this.bindings.set(name, [binding]);
      }
    });
    for (const known of this.bindings.values()) known.sort((a, b) => a.from - b.from);
  }

  /**
   * The value of a name at a place in the text; undefined where it is not known. A member of an object ('self.path') that
   * nobody sets is looked for in the class ('path'), and a name set only below in what stands below.
   */
  valueOf(name: string, at: number): Expr | undefined {
    const known = this.bindings.get(name) ?? this.bindings.get(name.replace(/^(self|cls|this|[A-Z]\w*)\./, ''));
    return known ? (latest(known, at) ?? known[0]!).value : this.memberOf(name, at);
  }

  /** `config.model` of `config = { model: … }`. */
  private memberOf(name: string, at: number): Expr | undefined {
    const dot = name.lastIndexOf('.');
    if (dot < 0) return undefined;
    const owner = this.bindings.get(name.slice(0, dot));
    const value = owner && (latest(owner, at) ?? owner[0]!).value;
    if (value?.kind === 'dict') return entryOf(value, name.slice(dot + 1));
    return undefined;
  }

  /** Follows names to what they stand for. */
  resolve(expr: Expr, at: number): Expr {
    let found = expr;
    for (let steps = 0; found.kind === 'name' && steps < 20; steps++) {
      const value = this.valueOf(found.name, steps === 0 ? at : found.range.start);
      if (!value) break;
      found = value;
    }
    return found;
  }
}

/** The last binding that holds at a place. */
function latest(bindings: readonly Binding[], at: number): Binding | undefined {
  let low = 0, high = bindings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bindings[middle]!.from <= at) low = middle + 1;
    else high = middle;
  }
  return bindings[low - 1];
}

export function entryOf(dict: Extract<Expr, { kind: 'dict' }>, key: string): Expr | undefined {
  return dict.entries.find((entry) => entry.key.kind === 'string' && entry.key.value === key)?.value;
}
