/**
 * Cotangents that are another cotangent times a factor per channel. BatchNormalization leaves a note here, so that the
 * convolution in front of it can scale its (constant) kernel instead of reading a scaled cotangent.
 */
import type { GraphBuilder } from '../../graph/builder';

export interface ChannelScale {
  /** The cotangent before scaling. */
  readonly source: string;
  /** Factors [C]. */
  readonly scale: string;
}

const notes = new WeakMap<GraphBuilder, Map<string, ChannelScale>>();

/** Notes that `scaled` is `note.source` times `note.scale` along axis 1. */
export function noteChannelScale(b: GraphBuilder, scaled: string, note: ChannelScale): void {
  let table = notes.get(b);
  if (!table) notes.set(b, table = new Map());
  table.set(scaled, note);
}

/** The note on a cotangent, if it has one. */
export function channelScale(b: GraphBuilder, cotangent: string): ChannelScale | undefined {
  return notes.get(b)?.get(cotangent);
}
