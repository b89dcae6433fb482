/**
 * Integers with names in them: sums of products of symbols ('H', 'classes') and of floor divisions of such sums. Equal
 * values have one form, so that what can be proved is proved by comparing. Sources: docstrings of the layers say
 * ⌊(H + 2p − k)/s⌋ + 1, and two such steps are one: ⌊(⌊x/a⌋ + b)/c⌋ = ⌊(x + ab)/(ac)⌋ for integers a, c > 0.
 */

/** Something is not known; the message is one sentence that says what and why. */
export class Unknown extends Error {}

interface Atom {
  readonly key: string;
  /** For a symbol that is a parameter with a default: what it is unless somebody says otherwise. */
  readonly value?: number;
  /** Of a floor division. */
  readonly floor?: { readonly of: Sym; readonly by: number };
}
interface Term { readonly factor: number; readonly atoms: readonly Atom[] }

const maxTerms = 40;
const maxKey = 400;

/** A polynomial with integer factors. Immutable. */
export class Sym {
  /** `factors`: what was multiplied, which reads better than what comes of it. */
  private constructor(private readonly terms: ReadonlyMap<string, Term>, private readonly factors?: readonly Sym[]) {}

  /** The product, printed as one. */
  static product(factors: readonly Sym[]): Sym {
    const result = factors.reduce((a, b) => a.times(b), Sym.int(1));
    return result.terms.size > 1 ? new Sym(result.terms, factors) : result;
  }

  static int(value: number): Sym {
    if (!Number.isSafeInteger(value)) throw new Unknown('A number is too large.');
    return new Sym(value === 0 ? new Map() : new Map([['', { factor: value, atoms: [] }]]));
  }

  static symbol(name: string, value?: number): Sym {
    return Sym.of([{ factor: 1, atoms: [{ key: name, value }] }]);
  }

  private static of(terms: Iterable<Term>): Sym {
    const sums = new Map<string, Term>();
    for (const { factor, atoms } of terms) {
      const sorted = [...atoms].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      const key = sorted.map((atom) => atom.key).join('·');
      const sum = (sums.get(key)?.factor ?? 0) + factor;
      if (!Number.isSafeInteger(sum)) throw new Unknown('A number is too large.');
      if (sum === 0) sums.delete(key);
      else sums.set(key, { factor: sum, atoms: sorted });
      if (key.length > maxKey) throw new Unknown('The formula is too long.');
    }
    if (sums.size > maxTerms) throw new Unknown('The formula is too long.');
    return new Sym(sums);
  }

  /** The number, if there is no name in it. */
  get constant(): number | undefined {
    if (this.terms.size === 0) return 0;
    return this.terms.size === 1 ? this.terms.get('')?.factor : undefined;
  }

  /** The number, with parameters at their defaults; undefined if other names remain. */
  get value(): number | undefined {
    let sum = 0;
    for (const { factor, atoms } of this.terms.values()) {
      let product = factor;
      for (const atom of atoms) {
        const value = atom.floor ? floorOf(atom.floor) : atom.value;
        if (value === undefined) return undefined;
        product *= value;
      }
      sum += product;
    }
    return Number.isSafeInteger(sum) ? sum : undefined;
  }

  plus(other: Sym | number): Sym {
    const right = typeof other === 'number' ? Sym.int(other) : other;
    return Sym.of([...this.terms.values(), ...right.terms.values()]);
  }

  minus(other: Sym | number): Sym {
    return this.plus((typeof other === 'number' ? Sym.int(other) : other).times(-1));
  }

  times(other: Sym | number): Sym {
    const right = typeof other === 'number' ? Sym.int(other) : other;
    if (this.terms.size * right.terms.size > 4 * maxTerms) throw new Unknown('The formula is too long.');
    const products: Term[] = [];
    for (const a of this.terms.values()) for (const b of right.terms.values()) products.push({ factor: a.factor * b.factor, atoms: [...a.atoms, ...b.atoms] });
    return Sym.of(products);
  }

  /** The quotient if it is one for all values of the names, else undefined. */
  dividedBy(other: Sym): Sym | undefined {
    if (other.terms.size !== 1) {
      return other.terms.size > 1 && this.equals(other) ? Sym.int(1) : undefined;
    }
    const [divisor] = [...other.terms.values()] as [Term];
    const quotients: Term[] = [];
    for (const { factor, atoms } of this.terms.values()) {
      const rest = [...atoms];
      for (const atom of divisor.atoms) {
        const at = rest.findIndex(({ key }) => key === atom.key);
        if (at < 0) return undefined;
        rest.splice(at, 1);
      }
      if (factor % divisor.factor !== 0) return undefined;
      quotients.push({ factor: factor / divisor.factor, atoms: rest });
    }
    return Sym.of(quotients);
  }

  /** ⌊this / other⌋. */
  floorDiv(other: Sym | number): Sym {
    const right = typeof other === 'number' ? Sym.int(other) : other;
    const exact = this.dividedBy(right);
    if (exact) return exact;
    const by = right.constant ?? right.value;
    if (by === undefined || by === 0) {
      const value = this.value;
      if (by === undefined || value === undefined) throw new Unknown(`Whether ${right.print()} divides ${this.print()} is not known.`);
      throw new Unknown('Something is divided by zero.');
    }
    if (by < 0) return this.times(-1).floorDiv(-by);
    const whole: Term[] = [];
    const rest: Term[] = [];
    for (const { factor, atoms } of this.terms.values()) {
      const quotient = Math.floor(factor / by);
      if (quotient !== 0) whole.push({ factor: quotient, atoms });
      if (factor - quotient * by !== 0) rest.push({ factor: factor - quotient * by, atoms });
    }
    // The part that `by` divides comes out; what stays has factors in [0, by).
    const remainder = Sym.of(rest);
    const outer = Sym.of(whole);
    if (remainder.constant !== undefined) return outer.plus(Math.floor(remainder.constant / by));
    const inner = remainder.loneFloor();
    if (inner) return outer.plus(inner.of.plus(inner.by * inner.plus).floorDiv(inner.by * by));
    return outer.plus(Sym.of([{ factor: 1, atoms: [{ key: `⌊${remainder.print()}⌋${by}`, floor: { of: remainder, by } }] }]));
  }

  /** ⌈this / other⌉. */
  ceilDiv(other: number): Sym {
    return this.plus(other - 1).floorDiv(other);
  }

  mod(other: Sym): Sym {
    return this.minus(this.floorDiv(other).times(other));
  }

  equals(other: Sym | number): boolean {
    return this.minus(other).constant === 0;
  }

  /** Whether the two differ whatever the names stand for (parameters at their defaults). */
  differs(other: Sym | number): boolean {
    const difference = this.minus(other);
    const value = difference.constant ?? difference.value;
    return value !== undefined && value !== 0;
  }

  /** Names with a default that this depends on, with it. */
  defaults(into = new Map<string, number>()): Map<string, number> {
    for (const { atoms } of this.terms.values()) {
      for (const { key, value, floor } of atoms) {
        if (floor) floor.of.defaults(into);
        else if (value !== undefined) into.set(key, value);
      }
    }
    return into;
  }

  /** With parameters at their defaults. */
  private settled(): Sym {
    return Sym.of([...this.terms.values()].map(({ factor, atoms }) => {
      const open: Atom[] = [];
      for (const atom of atoms) {
        const value = atom.floor ? floorOf(atom.floor) : atom.value;
        if (value === undefined) open.push(atom);
        else factor *= value;
      }
      return { factor, atoms: open };
    }));
  }

  /** x of x + c where x is one floor division. */
  private loneFloor(): { of: Sym; by: number; plus: number } | undefined {
    let found: { of: Sym; by: number } | undefined;
    let plus = 0;
    for (const { factor, atoms } of this.terms.values()) {
      if (!atoms.length) plus = factor;
      else if (factor === 1 && atoms.length === 1 && atoms[0]!.floor && !found) found = atoms[0]!.floor;
      else return undefined;
    }
    return found && { ...found, plus };
  }

  /** '10·classes + 10', '⌈H/32⌉'. */
  print(): string {
    const value = this.value;
    if (value !== undefined) return String(value);
    if (this.factors) {
      const size = this.factors.reduce((all, { value: one }) => all * (one ?? 1), 1);
      const open = this.factors.filter(({ value: one }) => one === undefined).map((factor) => factor.print());
      if (size !== 0) return [...(size === 1 ? [] : [String(size)]), ...open.map((text) => (open.length > 1 || size !== 1 ? bracketed(text) : text))].join('·');
    }
    const terms = [...this.settled().terms.values()].sort((a, b) => b.atoms.length - a.atoms.length);
    return terms.map(({ factor, atoms }, index) => {
      const size = Math.abs(factor);
      const names = powers(atoms.map(printAtom));
      const text = names ? (size === 1 ? names : `${size}·${names}`) : String(size);
      return index === 0 ? `${factor < 0 ? '−' : ''}${text}` : `${factor < 0 ? ' − ' : ' + '}${text}`;
    }).join('');
  }
}

function floorOf({ of, by }: { of: Sym; by: number }): number | undefined {
  const value = of.value;
  return value === undefined ? undefined : Math.floor(value / by);
}

function printAtom({ key, floor }: Atom): string {
  if (!floor) return key;
  const text = floor.of.print();
  // ⌊(x + by − 1)/by⌋ is the rounding up of x/by.
  const up = floor.of.minus(floor.by - 1).print();
  const fraction = (above: string): string => `${/ [+−] /.test(above) ? `(${above})` : above}/${floor.by}`;
  return / [+−] \d+$/.test(text) && !/ [+−] \d+$/.test(up) ? `⌈${fraction(up)}⌉` : `⌊${fraction(text)}⌋`;
}

function powers(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const superscript = (count: number): string => (count === 1 ? '' : [...String(count)].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join(''));
  return [...counts].map(([name, count]) => name + superscript(count)).join('·');
}

/** A sum in parentheses; signs inside of roundings make no sum. */
export const bracketed = (text: string): string => (/ [+−] (?![^⌊⌈]*[⌋⌉])/.test(text) ? `(${text})` : text);

export const product = (factors: readonly Sym[]): Sym => Sym.product(factors);
export const sum = (terms: readonly Sym[]): Sym => terms.reduce((a, b) => a.plus(b), Sym.int(0));
