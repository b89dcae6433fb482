/** How long a page kept its thread busy, told by the processor's clock: other programs on the machine do not count. */
import type { Page } from 'playwright-core';

export interface Task {
  /** Milliseconds of processor time, and from beginning to end. */
  readonly busy: number;
  readonly wall: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly data?: { readonly url?: string } };
}

/** Watches all tasks of the threads that run `script` while `work` is done. @returns the busiest first. */
export async function tasksDuring(page: Page, script: string, work: () => Promise<void>): Promise<readonly Task[]> {
  const session = await page.context().newCDPSession(page), events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => { for (const event of value as unknown as TraceEvent[]) events.push(event); });
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', 'devtools.timeline'] } });
  try {
    await work();
  } finally {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    await session.detach();
  }
  const thread = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const threads = new Set(events.filter((event) => event.args?.data?.url?.includes(script)).map(thread));
  return events.filter((event) => event.ph === 'X' && /RunTask$/.test(event.name) && event.tdur !== undefined && threads.has(thread(event)))
    .map(({ dur = 0, tdur = 0 }) => ({ busy: tdur / 1000, wall: dur / 1000 })).sort((a, b) => b.busy - a.busy);
}
