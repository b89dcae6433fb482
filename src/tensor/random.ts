/**
 * Seeded random numbers: the same seed gives the same numbers on every machine and in every version of this project.
 *
 * The generator is xoshiro128** 1.1 (Blackman and Vigna, 2018; prng.di.unimi.it): 128 bits of state, period 2^128 − 1.
 * Its state is filled by splitmix32 from the seed. Not for secrets.
 */
export class Random {
  private readonly state = new Uint32Array(4);
  private spare: number | undefined;

  /** @param seed any finite number; both its 32-bit halves count, so seeds up to 2^53 differ from each other. */
  constructor(seed: number) {
    if (!Number.isFinite(seed)) throw new Error(`a seed must be a finite number, found ${seed}`);
    const whole = Math.floor(Math.abs(seed));
    let mix = (whole >>> 0) ^ Math.imul(Math.floor(whole / 2 ** 32) >>> 0, 0x9e3779b1) ^ (seed < 0 ? 0x5bd1e995 : 0);
    for (let i = 0; i < 4; i++) {
      mix = (mix + 0x9e3779b9) | 0;
      let z = mix;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.state[i] = z ^ (z >>> 15);
    }
    if (this.state.every((word) => word === 0)) this.state[0] = 1;
  }

  /** A whole number, uniform in 0 … 2^32 − 1. */
  uint32(): number {
    const s = this.state;
    const product = Math.imul(s[1]!, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** A whole number, uniform in 0 … bound − 1, without modulo bias. Throws unless 1 ≤ bound ≤ 2^32. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) throw new Error(`a random whole number needs a bound from 1 to 2^32, found ${bound}`);
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const drawn = this.uint32();
      if (drawn < limit) return drawn % bound;
    }
  }

  /** Standard normal (Marsaglia's polar method). */
  normal(): number {
    if (this.spare !== undefined) {
      const value = this.spare;
      this.spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1, v = 2 * this.uniform() - 1, s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      this.spare = v * factor;
      return u * factor;
    }
  }

  /** Shuffles in place (Fisher–Yates) and returns the list. */
  shuffle<T extends { length: number; [index: number]: unknown }>(list: T): T {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = list[i];
      list[i] = list[j];
      list[j] = held;
    }
    return list;
  }
}
