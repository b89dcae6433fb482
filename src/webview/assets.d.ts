/** The bundled text of a worker script (esbuild.mjs, plugin 'workers'). Pages start it from a blob: their policy allows no other source. */
declare module 'worker:*' {
  const source: string;
  export default source;
}

/** A style sheet: bundled into the .css file beside the script. */
declare module '*.css';
