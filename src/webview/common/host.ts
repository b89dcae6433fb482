/** The page's line to the extension: typed messages both ways, and the state VS Code keeps for it. */

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

export interface Host<Sent, State> {
  post(message: Sent): void;
  /** The state saved last; undefined at the first start, and whatever another version may have saved. */
  savedState(): Partial<State> | undefined;
  saveState(state: State): void;
}

/** Connects the page. `receive` gets every message of the extension. Call once. */
export function connect<Received extends { readonly type: string }, Sent extends { readonly type: string }, State>(receive: (message: Received) => void): Host<Sent, State> {
  const api = acquireVsCodeApi();
  window.addEventListener('message', (event: MessageEvent<Received>) => {
    if (typeof event.data?.type === 'string') receive(event.data);
  });
  return {
    post: (message) => api.postMessage(message),
    savedState: () => {
      const state = api.getState();
      return typeof state === 'object' && state !== null ? (state as Partial<State>) : undefined;
    },
    saveState: (state) => api.setState(state),
  };
}
