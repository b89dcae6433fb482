/** Recurrent layers. Layout 0: X [seq, batch, in], Y [seq, directions, batch, hidden]; layout 1 has the batch first. */
import type { Dim } from '../graph';
import type { InferRule, InferTable } from './context';
import { tensor } from './context';

/** LSTM, GRU, RNN: Y, Y_h and for LSTM Y_c. The hidden size is the attribute, else R's last dim [directions, gates·hidden, hidden]. */
const recurrent: InferRule = (c) => {
  const x = c.dims(0), dtype = c.dtype(0);
  const direction = c.string('direction', 'forward');
  const directions = direction === 'bidirectional' ? 2 : 1;
  const hidden: Dim = c.optionalInt('hidden_size') ?? c.dims(2)?.[2] ?? null;
  const batchFirst = c.int('layout', 0) === 1;
  const sequence = x?.[batchFirst ? 1 : 0] ?? null, batch = x?.[batchFirst ? 0 : 1] ?? null;
  const last = tensor(dtype, batchFirst ? [batch, directions, hidden] : [directions, batch, hidden]);
  return [tensor(dtype, batchFirst ? [batch, sequence, directions, hidden] : [sequence, directions, batch, hidden]), last, last];
};

export const recurrentRules: InferTable = { LSTM: recurrent, GRU: recurrent, RNN: recurrent };
