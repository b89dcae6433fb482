/**
 * Random numbers as NumPy's `default_rng(seed)` draws them, for algorithms whose reference breaks ties by them: PCG64
 * (O'Neill, PCG, HMC-CS-2014-0905) with XSL-RR output, seeded through NumPy's `SeedSequence`, and standard normals by
 * the ziggurat (Marsaglia and Tsang 2000) with 256 layers. Everything of our own draws from `Random` instead.
 */

const mask64 = (1n << 64n) - 1n, mask128 = (1n << 128n) - 1n;
const multiplier = (2549297995355413924n << 64n) | 4865540595714422341n;

export class NumpyRandom {
  private state = 0n;
  private readonly increment: bigint;

  /** @param seed a whole number from 0 to 2^53 − 1; throws for any other. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`a seed must be a whole number from 0 on, found ${seed}`);
    const words = seedWords(seed), wide = (at: number) => (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
    const start = (wide(0) << 64n) | wide(2), sequence = (wide(4) << 64n) | wide(6);
    this.increment = ((sequence << 1n) | 1n) & mask128;
    this.step();
    this.state = (this.state + start) & mask128;
    this.step();
  }

  private step(): void {
    this.state = (this.state * multiplier + this.increment) & mask128;
  }

  /** 64 random bits. */
  private bits(): bigint {
    this.step();
    const folded = ((this.state >> 64n) ^ this.state) & mask64, turn = this.state >> 122n;
    return ((folded >> turn) | (folded << ((64n - turn) & 63n))) & mask64;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return Number(this.bits() >> 11n) / 2 ** 53;
  }

  normal(): number {
    for (;;) {
      // From the low end: 8 bits choose the layer, 1 the sign, 52 the place.
      const drawn = this.bits(), layer = Number(drawn & 0xffn), place = Number((drawn >> 9n) & 0xfffffffffffffn);
      const x = (drawn & 0x100n ? -1 : 1) * place * ziggurat.width[layer]!;
      if (place < ziggurat.inside[layer]!) return x;
      if (layer > 0) {
        const low = ziggurat.density[layer]!, high = ziggurat.density[layer - 1]!;
        if ((high - low) * this.uniform() + low < Math.exp(-0.5 * x * x)) return x;
        continue;
      }
      for (;;) {
        const beyond = -Math.log1p(-this.uniform()) / tail, height = -Math.log1p(-this.uniform());
        if (2 * height > beyond * beyond) return (drawn >> 17n) & 1n ? -(tail + beyond) : tail + beyond;
      }
    }
  }
}

/** Where the ziggurat's tail begins, and the area of each of its layers. */
const tail = 3.6541528853610088, area = 0.004928673233974658;

const ziggurat = (() => {
  const scale = 2 ** 52, width = new Float64Array(256), density = new Float64Array(256), inside = new Float64Array(256);
  const f = (x: number) => Math.exp(-0.5 * x * x), base = area / f(tail);
  inside[0] = Math.floor((tail / base) * scale);
  width[0] = base / scale;
  width[255] = tail / scale;
  density[0] = 1;
  density[255] = f(tail);
  for (let layer = 254, last = tail; layer >= 1; layer--) {
    const edge = Math.sqrt(-2 * Math.log(area / last + f(last)));
    inside[layer + 1] = Math.floor((edge / last) * scale);
    width[layer] = edge / scale;
    density[layer] = f(edge);
    last = edge;
  }
  return { width, density, inside };
})();

/** Eight 32-bit words out of a seed: NumPy's `SeedSequence(seed).generate_state(4, uint64)`, low words first. */
function seedWords(seed: number): Uint32Array {
  const entropy = [seed >>> 0, Math.floor(seed / 2 ** 32)], pool = new Uint32Array(4);
  let constant = 0x43b0d7e5;
  const hash = (value: number): number => {
    value ^= constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  for (let i = 0; i < 4; i++) pool[i] = hash(entropy[i] ?? 0);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from === to) continue;
      const mixed = (Math.imul(pool[to]!, 0xca01f9dd) - Math.imul(hash(pool[from]!), 0x4973f715)) | 0;
      pool[to] = mixed ^ (mixed >>> 16);
    }
  }
  constant = 0x8b51f9dd;
  return Uint32Array.from({ length: 8 }, (_, i) => {
    let value = pool[i % 4]! ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  });
}
